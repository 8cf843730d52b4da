"""Checks of the places that messages go to."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from model.delivery import Destination, NamedDestination, Platform
from model.health import Check, Health
from model.ids import WorkspaceId
from model.language import Message
from storage.database import Database

_DEADLINE = 60.0  # seconds that a place may take


@runtime_checkable
class Examined(Destination, Protocol):
    """A kind of place that can say how it is."""

    async def checks(self, named: Sequence[NamedDestination], account: str | None = None) -> Sequence[Check]:
        """Return how the place is in an account, and each of those with a name there; nothing is sent.

        `account`: None where whoever asks is in none of that platform.
        """
        ...


async def place_checks(
    db: Database, workspace: WorkspaceId | None, places: Mapping[Platform, Destination]
) -> tuple[Check, ...]:
    """Return how the places are that can say so, with those that this workspace has named."""
    named: tuple[NamedDestination, ...] = ()
    accounts: Mapping[Platform, str] = {}
    if workspace is not None:
        async with db.read(workspace) as stores:
            named, accounts = await stores.destinations.all(), await stores.accounts.all()
    asked = []
    for platform, place in places.items():
        if isinstance(place, Examined):
            there = [one for one in named if one.kind == platform.value]
            asked.append(_checked(place, there, accounts.get(platform)))
    return tuple(check for found in await asyncio.gather(*asked) for check in found)


async def _checked(place: Examined, named: Sequence[NamedDestination], account: str | None) -> Sequence[Check]:
    try:
        async with asyncio.timeout(_DEADLINE):
            return await place.checks(named, account)
    except TimeoutError:
        means = Message("It did not answer within {n} seconds.", {"n": int(_DEADLINE)})
        part = Message("{platform}", {"platform": place.platform.value.capitalize()})
        return (Check(part, Health.ATTENTION, means, Message("Try again later.")),)
