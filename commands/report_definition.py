"""What a saved report is made of: the fields of its form, the definition they give, and the card that shows it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field

from analyzers.priority import parse_weights, typed_weights
from commands.command import Arguments, Context
from commands.places import Said, going_to
from model.errors import UsageError
from model.form import Listed, Option, Unfit
from model.language import Code, Message
from model.report import BUILT_IN, Definition, Filters, Report, View
from model.window import parse_window
from storage.stores import Stores

_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)  # words for a window are checked against any day
_NAME = re.compile(r"\w[\w .-]{0,59}")
_MOST = 50  # patterns of one filter


def fit_name(text: str | None) -> str | None:
    """Return a report's name if it can be one. Raises Unfit."""
    if text is None or (_NAME.fullmatch(text) and text.casefold() != "last"):
        return text
    raise Unfit("a name has up to 60 letters, digits, spaces, dots and hyphens, and is not “last”")


def _window(text: str | None) -> str | None:
    try:
        parse_window(text or "today", _SOME_DAY, "UTC")
    except UsageError as error:
        raise Unfit("it is no window of time such as last week, 7d or 2026-11-09..2026-11-16") from error
    return text


def fit_zone(text: str | None) -> str | None:
    """Return the name of a time zone if it is one. Raises Unfit."""
    if text is not None and text not in available_timezones():
        raise Unfit("it is no time zone such as Asia/Seoul")
    return text


def _weights(text: str | None) -> str | None:
    try:
        parse_weights(text or "")
    except UsageError as error:
        raise Unfit("it is no list of weights such as urgency 0.5, impact 0.2") from error
    return text


def _once(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


_Patterns = Annotated[Listed[Annotated[str, Field(max_length=200)]], Field(max_length=_MOST)]


class Wishes(Arguments):
    """What a report may be told; what is left empty follows the template, the workspace or the caller."""

    description: Annotated[str | None, Field(max_length=300), Option(Message("Description"))] = None
    source: Annotated[Listed[str], Option(Message("Sources"), names="source")] = ()
    window: Annotated[str | None, AfterValidator(_window), Option(Message("Window"))] = None
    language: Annotated[Code | None, Option(Message("Language"))] = None
    zone: Annotated[str | None, AfterValidator(fit_zone), Option(Message("Time zone"))] = None
    view: Annotated[View | None, Option(Message("View"))] = None
    people: Annotated[bool | None, Option(Message("Name single persons"))] = None
    include_paths: Annotated[_Patterns, Option(Message("Only these paths"), example="api/, *.py")] = ()
    exclude_paths: Annotated[_Patterns, Option(Message("Not these paths"))] = ()
    include_people: Annotated[_Patterns, Option(Message("Only these people"))] = ()
    exclude_people: Annotated[_Patterns, Option(Message("Not these people"))] = ()
    include_repositories: Annotated[_Patterns, Option(Message("Only these repositories"), example="shop, web-*")] = ()
    exclude_repositories: Annotated[_Patterns, Option(Message("Not these repositories"))] = ()
    include_labels: Annotated[_Patterns, Option(Message("Only these labels"), example="feat, fix")] = ()
    exclude_labels: Annotated[_Patterns, Option(Message("Not these labels"))] = ()
    bots: Annotated[_Patterns, Option(Message("Further bots"))] = ()
    weights: Annotated[str | None, AfterValidator(_weights), Option(Message("Weights"))] = None
    destinations: Annotated[Listed[str], AfterValidator(_once), Option(Message("Destinations"))] = ()
    model: Annotated[str | None, Field(max_length=40), Option(Message("Model"), example=BUILT_IN)] = None
    instruction: Annotated[
        str | None, Field(max_length=2000), Option(Message("Instruction for a model"), long=True)
    ] = None  # fmt: skip


_FILTERS = tuple(field.name for field in fields(Filters))
_PLAIN = ("description", "window", "language", "zone", "view", "people", "bots", "destinations", "model", "instruction")


async def defined(ctx: Context, stores: Stores, base: Definition, wishes: Wishes, said: Said) -> Definition:
    """Return the definition with what was given in place of what was there; `said`: the channels among it.

    Raises:
        UnknownName: there is no such source, no such destination, or no such model.
    """
    given = wishes.model_fields_set
    values: dict[str, object] = {name: getattr(wishes, name) for name in _PLAIN if name in given}
    changes = {name: value for name, value in values.items() if value not in (None, ())}
    if "source" in given:
        changes["sources"] = tuple([(await stores.sources.named(name)).id for name in wishes.source])
    if wishes.destinations:
        changes["destinations"] = await going_to(ctx, stores, wishes.destinations, said)
    if wishes.weights:
        changes["weights"] = parse_weights(wishes.weights)
    if wishes.model not in (None, BUILT_IN):
        await ctx.house.models.named(stores, wishes.model)
    changes["filters"] = replace(base.filters, **{name: getattr(wishes, name) for name in _FILTERS if name in given})
    return base.model_copy(update=changes)


async def filled(stores: Stores, report: Report) -> Mapping[str, object]:
    """Return a report's definition as the values of its form."""
    definition = report.definition
    names = {source.id: source.name for source in await stores.sources.all()}
    return {
        "report": report.name,
        "name": report.name,
        "template": definition.template,
        "source": [names[id] for id in definition.sources if id in names],
        "weights": typed_weights(definition.weights) or None,
        **{name: getattr(definition, name) for name in _PLAIN},
        **asdict(definition.filters),
    }


def typed_name(name: str) -> str:
    """Return a name as one types it: in quotes where it has more than one word."""
    return f'"{name}"' if " " in name else name
