"""Add a source, or check one: the configuration is validated, tried and only then kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import get_args

from pydantic import BaseModel, JsonValue, SecretStr

from collectors import COLLECTORS, collector
from collectors.probe import ProbeCollector
from collectors.pushed import PushedCollector
from model.errors import SourceError, UsageError
from model.ids import MemberId, SourceId
from model.language import Message
from model.source import Reach, Source
from storage.stores import Stores


def kinds() -> tuple[str, ...]:
    """Return the kinds of source there are."""
    return tuple(c.kind for c in COLLECTORS)


def settings_of(kind: str) -> type[BaseModel] | None:
    """Return the settings that a kind of source takes; None for an unknown kind."""
    return next((c.Config for c in COLLECTORS if c.kind == kind), None)


async def problems(kind: str, config: Mapping[str, JsonValue], reach: Reach) -> Sequence[Message]:
    """Return what keeps a source from being read, in words; empty when it is well."""
    try:
        return await collector(kind, config, reach).check()
    except SourceError as error:
        return (error.message,) if error.hint is None else (error.message, error.hint)


async def readable(kind: str, config: Mapping[str, JsonValue], reach: Reach) -> Mapping[str, JsonValue]:
    """Return the configuration to keep of a source that can be read; raises UsageError where it cannot."""
    found = await problems(kind, config, reach)
    if found:
        hint = found[1] if len(found) > 1 else Message("Nothing was added. Mend it and say it again.")
        raise UsageError("The source cannot be read: {problem}", hint=hint, problem=found[0])
    return collector(kind, config, reach).kept()


def changed(kind: str, config: Mapping[str, JsonValue], given: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    """Return a configuration with what is given instead; another address gets no secret that was given for this one."""
    moved = any(_is_where(name) and value != config.get(name) for name, value in given.items())
    settings = settings_of(kind)
    secrets = set(_secrets(settings)) if moved and settings else set()
    return {**{name: value for name, value in config.items() if name not in secrets}, **given}


def _is_where(setting: str) -> bool:
    """Tell whether a setting says where a secret is sent, or how well it is kept on the way."""
    return setting.endswith(("url", "urls")) or setting in ("host", "port", "tls", "ca")


def _secrets(settings: type[BaseModel]) -> Iterator[str]:
    for name, field in settings.model_fields.items():
        if SecretStr in (field.annotation, *get_args(field.annotation)):
            yield name


async def add(
    stores: Stores, name: str, kind: str, config: Mapping[str, JsonValue], by: MemberId | None = None
) -> SourceId:
    """Keep a source of a member whose configuration was checked; raises UsageError when the name is taken."""
    id = await stores.sources.add(name, kind, config, by)
    if kind == ProbeCollector.kind:
        await stores.probes.begin(id)
    return id


async def change(stores: Stores, source: Source, name: str, config: Mapping[str, JsonValue]) -> None:
    """Keep another name and configuration of a source; what was read of another one goes, if it can be read again.

    Raises:
        UsageError: another source has that name.
    """
    collects = next(c for c in COLLECTORS if c.kind == source.kind)
    again = not issubclass(collects, ProbeCollector | PushedCollector)
    await stores.sources.change(source.id, name, config, again=again)
    if source.kind == ProbeCollector.kind:
        await stores.probes.begin(source.id)
