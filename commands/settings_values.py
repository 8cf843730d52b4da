"""How the values of /arb settings are typed: lists, weights, roles, and "none" for what is emptied."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field

from analyzers.priority import WEIGHTS, parse_weights
from model.errors import UsageError
from model.form import Unfit

_MAPPED = ("viewer", "editor", "admin")  # an owner is made by an owner
NONE = ("none", "없음")  # what empties a setting: an empty field of a form leaves it as it is


def _names(given: object) -> object:
    """Read "a, b" as two names and "none" as no name."""
    if not isinstance(given, str):
        return given
    words = [part.strip() for part in given.split(",") if part.strip()]
    return () if [word.lower() for word in words] in ([one] for one in NONE) else tuple(dict.fromkeys(words))


def _weights(given: object) -> object:
    """Read "urgency 0.5, impact 0.2"."""
    if not isinstance(given, str):
        return given
    try:
        return () if given.strip().lower() in NONE else parse_weights(given)
    except UsageError:
        raise Unfit("write it as urgency 0.5, impact 0.2; the factors are {names}", names=", ".join(WEIGHTS)) from None


def _roles(given: object) -> object:
    """Read "editor=Reporters, admin=Leads": a role here, and one of the server by its name, id or mention."""
    if not isinstance(given, str):
        return given
    if given.strip().lower() in NONE:
        return ()
    pairs = [part.partition("=") for part in given.split(",") if part.strip()]
    found = tuple(
        (role.strip().lower(), group.strip().removeprefix("<@&").removesuffix(">")) for role, _, group in pairs
    )
    if not all(role in _MAPPED and group for role, group in found):
        raise Unfit("write it as editor=Reporters, admin=Leads; the roles are {names}", names=", ".join(_MAPPED))
    return found


Roles = Annotated[tuple[tuple[str, str], ...], Field(max_length=50), BeforeValidator(_roles)]
Several = Annotated[tuple[str, ...], Field(max_length=100), BeforeValidator(_names)]
Weights = Annotated[tuple[tuple[str, Decimal], ...], BeforeValidator(_weights)]
Most = Annotated[int, Field(ge=1, le=1_000_000)]
Dollars = Annotated[Decimal, Field(ge=0, le=100_000, decimal_places=4)]
Minutes = Annotated[int, Field(ge=1, le=10_080)]
