"""Places: when one may be sent to again, and which of them take nothing any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case, exists, select, update

from model.delivery import Address
from model.ids import MemberId
from model.language import Message
from storage.destinations import at, within
from storage.messages import dump_message
from storage.tables import DESTINATIONS, PLACES
from storage.transaction import Transaction

WHOLE = ""  # the target that stands for an account as a whole


@dataclass(frozen=True, slots=True)
class Known:
    """A place that was given a name here."""

    name: str
    member: MemberId  # who answers for it


class Places:
    """How the places that this workspace sends to are to be treated."""

    def __init__(self, transaction: Transaction) -> None:
        self._in = transaction

    async def rest(self, to: Address, until: datetime, *, whole: bool) -> None:
        """Have nothing sent to an address, or to its whole account, before an instant."""
        await self._set(to, whole, free_at=until)

    async def refused(self, to: Address) -> int:
        """Count one more refusal of the whole account in a row, and return how many there are."""
        await self._set(to, True, refusals=PLACES.c.refusals + 1)
        row = await self._in.first(select(PLACES.c.refusals).where(*self._is(to, whole=True)))
        return 0 if row is None else int(row.refusals)

    async def accepted(self, to: Address) -> None:
        """Note that an account takes what is sent."""
        refusing = (*self._is(to, whole=True), PLACES.c.refusals > 0)
        await self._in.change(update(PLACES).where(*refusing).values(refusals=0))

    async def close(self, to: Address, why: Message, *, whole: bool) -> bool:
        """Send nothing more to an address, or to its whole account, until it is opened; tell whether it was open."""
        await self._set(to, whole)
        now, is_ = self._in.clock.now(), self._is(to, whole=whole)
        closed = await self._in.change(update(PLACES).where(*is_, PLACES.c.closed.is_(None)).values(closed=now)) == 1
        here = (self._in.ours(DESTINATIONS), *(within(to) if whole else at(to)))
        await self._in.change(update(DESTINATIONS).where(*here).values(paused=now, problem=dump_message(why)))
        return closed

    async def open(self, to: Address) -> None:
        """Send to an address and its account again: by hand, or because a check went well."""
        for whole in (False, True):
            again = {"closed": None, "refusals": 0, "free_at": None}
            await self._in.change(update(PLACES).where(*self._is(to, whole=whole)).values(again))
        still = exists().where(
            *self._account(to), PLACES.c.target == DESTINATIONS.c.target, PLACES.c.closed.is_not(None)
        )
        here = (self._in.ours(DESTINATIONS), *within(to), ~still)
        await self._in.change(update(DESTINATIONS).where(*here).values(paused=None, problem=None))

    async def closed(self, to: Address) -> datetime | None:
        """Return since when nothing is sent to an address; None: it is open."""
        which = PLACES.c.target.in_((to.target, WHOLE))
        row = await self._in.first(
            select(PLACES.c.closed).where(*self._account(to), which, PLACES.c.closed.is_not(None)).limit(1)
        )
        return None if row is None else row.closed

    async def known(self, to: Address) -> Known | None:
        """Return the name of an address, if it has one here, and who answers for it."""
        named = select(DESTINATIONS.c.name, DESTINATIONS.c.member_id).where(self._in.ours(DESTINATIONS), *at(to))
        exact = DESTINATIONS.c.thread.is_not_distinct_from(to.thread)
        row = await self._in.first(named.order_by(case((exact, 0), else_=1), DESTINATIONS.c.added))
        return None if row is None else Known(row.name, MemberId(row.member_id))

    async def _set(self, to: Address, whole: bool, **values: object) -> None:
        key = {"platform": to.platform, "account": to.account, "target": WHOLE if whole else to.target}
        await self._in.insert_new(PLACES, refusals=0, **key)
        if values:
            await self._in.change(update(PLACES).where(*self._is(to, whole=whole)).values(values))

    def _account(self, to: Address) -> tuple[ColumnElement[bool], ...]:
        return self._in.ours(PLACES), PLACES.c.platform == to.platform, PLACES.c.account == to.account

    def _is(self, to: Address, *, whole: bool) -> tuple[ColumnElement[bool], ...]:
        return *self._account(to), PLACES.c.target == (WHOLE if whole else to.target)
