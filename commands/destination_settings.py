"""What /destination add and edit are told: the name, and the settings of the kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, create_model

from commands.command import OfKind
from commands.destination_shown import Named
from delivery import destinations as adding
from model.form import Option, Unfit
from model.language import Message
from reports.places import RESERVED

_NAME = r"^[\w][\w.-]{0,39}$"
_ANY = r"^#?\w[\w./-]{0,119}$"  # a channel's own name too


def _fit_name(name: str | None) -> str | None:
    if name is not None and name.casefold() in RESERVED:
        raise Unfit("{name} is the name of a place that is always there", name=name)
    return name


class _Called(BaseModel):
    name: Annotated[str, Field(pattern=_NAME), AfterValidator(_fit_name), Option(Message("Name"))]


class _MayBeCalled(BaseModel):
    """A channel has a name of its own."""

    name: Annotated[str | None, Field(pattern=_ANY), AfterValidator(_fit_name), Option(Message("Name"))] = None


class Add(OfKind):
    """The kind; its name comes as a further key too."""

    kinds = staticmethod(adding.kinds)


class Edit(Named):
    """One destination, and what of it is to be another: its name, or any setting of its kind."""

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)
    name: Annotated[str | None, Field(pattern=_ANY), AfterValidator(_fit_name), Option(Message("Name"))] = None
    kind: Annotated[str | None, Option(Message("Kind"), names="kind")] = None  # says what the settings are; it stays


def settings(values: Mapping[str, JsonValue]) -> type[BaseModel] | None:
    """Return the settings of the kind that is given."""
    return adding.settings_of(str(values.get("kind", "")))


def named_settings(values: Mapping[str, JsonValue]) -> type[BaseModel] | None:
    """Return the settings of the kind that is given, with the name of what is added before them."""
    kind = str(values.get("kind", ""))
    found = adding.settings_of(kind)
    called = _MayBeCalled if adding.is_chat(kind) else _Called
    return None if found is None else create_model(found.__name__, __base__=(found, called))
