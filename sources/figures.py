"""The figures that a source's owner defines, one by one: they stand in its setting `figures`, one below the other."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from collectors.definitions import Part, parts
from collectors.sql_ready import READY_QUERIES
from model.errors import UnknownName, UsageError
from model.language import Message
from sources.add import settings_of

SETTING = "figures"


def figures_of(kind: str, config: Mapping[str, JsonValue]) -> Sequence[Part]:
    """Return what is defined, in order. Raises UsageError where a kind of source has no such figures."""
    settings = settings_of(kind)
    if settings is None or SETTING not in settings.model_fields:
        raise UsageError("A {kind} source has no figures to define.", kind=kind)
    return parts(str(config.get(SETTING) or ""))


def with_figure(kind: str, config: Mapping[str, JsonValue], written: str) -> Mapping[str, JsonValue]:
    """Return the configuration with a definition, in the place of the one of the same name. Raises UsageError."""
    (new,) = parts(written)
    others = figures_of(kind, config)
    if any(one.name == new.name for one in others):
        kept = [new if one.name == new.name else one for one in others]
    else:
        kept = [*others, new]
    return {**config, SETTING: "\n".join(one.text for one in kept)}


def without_figure(kind: str, config: Mapping[str, JsonValue], name: str) -> Mapping[str, JsonValue]:
    """Return the configuration without a definition; raises UnknownName where there is none of that name."""
    others = figures_of(kind, config)
    names = [one.name for one in others]
    if name not in names:
        hint = Message("It has {names}.", {"names": ", ".join(names)}) if names else None
        close = difflib.get_close_matches(name, names)
        raise UnknownName("The source has no figure called {name}.", hint, close, name=name)
    return {**config, SETTING: "\n".join(one.text for one in others if one.name != name)}


def ready_for(kind: str) -> Mapping[str, str]:
    """Return the ready set of a kind of source: what asks for each figure, to be fitted."""
    return READY_QUERIES if kind == "sql" else {}
