"""The world outside, made into records: one file per source, and the list of them."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from pydantic import BaseModel, JsonValue, ValidationError

from collectors.custom import CustomCollector, CustomReceiver
from collectors.file import FileCollector
from collectors.git import GitCollector
from collectors.github import GitHubCollector
from collectors.github_events import GitHubReceiver
from collectors.json_source import JsonCollector
from collectors.probe import ProbeCollector
from collectors.prometheus import PrometheusCollector
from collectors.qc import QcCollector
from collectors.slack_events import SlackCollector, SlackReceiver
from collectors.sql import SqlCollector
from model.errors import UnknownName, UsageError
from model.form import Unfit
from model.language import Message
from model.pushed import Receiver
from model.record import Collector
from model.source import Reach

COLLECTORS: tuple[type[Collector], ...] = (
    GitCollector,
    GitHubCollector,
    JsonCollector,
    PrometheusCollector,
    ProbeCollector,
    SqlCollector,
    FileCollector,
    SlackCollector,
    CustomCollector,
    QcCollector,
)

RECEIVERS: tuple[type[Receiver], ...] = (GitHubReceiver, SlackReceiver, CustomReceiver)


def collector(kind: str, config: Mapping[str, JsonValue], reach: Reach) -> Collector:
    """Return the collector of a kind, its configuration validated.

    Raises:
        UnknownName: there is no such kind.
        UsageError: a setting is missing, unknown or wrong; the value itself is never repeated.
    """
    kinds = {known.kind: known for known in COLLECTORS}
    if kind not in kinds:
        raise UnknownName(
            "There is no kind of source called {kind}.",
            hint=Message("The kinds are: {kinds}.", {"kinds": ", ".join(kinds)}),
            close=difflib.get_close_matches(kind, kinds),
            kind=kind,
        )
    try:
        settings = kinds[kind].Config.model_validate(dict(config))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        unfit = first.get("ctx", {}).get("error")
        reason = unfit.message if isinstance(unfit, Unfit) else first["msg"]
        raise UsageError(
            "The setting {setting} of a {kind} source is not right: {reason}.",
            hint=Message("A {kind} source takes: {settings}.", {"kind": kind, "settings": ", ".join(_settings(kind))}),
            setting=".".join(map(str, first["loc"])) or kind,
            kind=kind,
            reason=reason,
        ) from None
    return kinds[kind](settings, reach)


def _settings(kind: str) -> tuple[str, ...]:
    return next(tuple(known.Config.model_fields) for known in COLLECTORS if known.kind == kind)


def receiver(kind: str, config: Mapping[str, JsonValue]) -> Receiver | None:
    """Return the side of a kind of source that is pushed to, for a configuration that is kept; None: it has none."""
    found = next((known for known in RECEIVERS if known.kind == kind), None)
    return None if found is None else found(_config(kind, config))


def _config(kind: str, config: Mapping[str, JsonValue]) -> BaseModel:
    return next(known for known in COLLECTORS if known.kind == kind).Config.model_validate(dict(config))
