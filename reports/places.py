"""Where a report goes: names of destinations → addresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from delivery.telling import seat_of
from model.delivery import Address, Platform
from model.errors import UnknownName
from model.language import Message
from model.member import Member
from model.report import Run
from storage.stores import Stores

TERMINAL, ME = "terminal", "me"  # both: where the member alone is told something
RESERVED = (TERMINAL, ME, "here")  # no destination is called so


def own_name(platform: Platform) -> str:
    """Return what a member's own place is called where he speaks."""
    return TERMINAL if platform is Platform.TERMINAL else ME


async def addresses_of(stores: Stores, names: Sequence[str], member: Member) -> tuple[Address, ...]:
    """Return the addresses of destinations; "me" and "terminal" are the member's own. Raises UnknownName."""
    found, gone = await reachable(stores, names, member)
    if gone is not None:
        raise gone
    return found


async def reachable(
    stores: Stores, names: Sequence[str], member: Member
) -> tuple[tuple[Address, ...], UnknownName | None]:
    """Return the addresses of those destinations that are there, and what is said of the first that is not."""
    found, gone = [], None
    for name in names:
        try:
            found.append(await _address_of(stores, name, member))
        except UnknownName as error:
            gone = gone or error
    return tuple(found), gone


async def _address_of(stores: Stores, name: str, member: Member) -> Address:
    if name not in (TERMINAL, ME):
        return (await stores.destinations.named(name)).address
    seat = await seat_of(stores, member.id)
    if seat is not None:
        return seat
    raise UnknownName(
        "There is no destination called {name}.", hint=Message("All of them: /destination list"), name=name
    )


async def shown_at(stores: Stores, run: Run, here: Address, message: str | None) -> Address | None:
    """Return where in a channel what is said of a run belongs: below what shows it there; None: nothing shows it.

    `message`: what somebody points at; that it shows the run has to be so.
    """
    known = message is not None and await stores.questions.run_below(here.platform, here.account, message) == run.id
    at = message if known else await stores.questions.message_of(run.id, here)
    if at is None:
        return None
    return replace(here, thread=here.thread or at) if here.platform is Platform.SLACK else here
