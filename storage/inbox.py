"""The inbox: what was said, sealed, until it is done; an event that is known is never done twice."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue
from sqlalchemy import ColumnElement, or_, select, update

from model.errors import Expired, Overtaken
from model.ids import EventId, MemberId
from model.language import Message
from storage.tables import INBOX
from storage.transaction import Transaction


class Inbox:
    """The events of this workspace."""

    def __init__(self, transaction: Transaction) -> None:
        self._in = transaction

    async def put(self, event: EventId, member: MemberId, said: Mapping[str, JsonValue], owner: str) -> bool:
        """Keep an event before anything happens; False when it is known already."""
        return await self._in.insert_new(
            INBOX,
            event=event,
            member_id=member,
            said=self._in.seal(said, INBOX, event),
            owner=owner,
            done=False,
            received=self._in.clock.now(),
        )

    async def open(self, event: EventId) -> tuple[MemberId, Mapping[str, JsonValue]] | None:
        """Return who said what; None when it is done, or not known. Raises SealBroken."""
        row = await self._in.first(select(INBOX.c.member_id, INBOX.c.said).where(*self._undone(event)))
        if row is None:
            return None
        return MemberId(row.member_id), self._in.opened(row.said, INBOX, event)

    async def done(self, event: EventId, owner: str | None = None) -> None:
        """Forget what was said and remember that it was, and by whom it was done; he may say so again.

        Raises Overtaken where somebody else has taken it over meanwhile.
        """
        c = INBOX.c
        his = or_(c.owner.is_(None), c.owner == owner) if owner is not None else c.done.is_(False)
        forgotten = update(INBOX).where(self._in.ours(INBOX), c.event == event, his)
        if await self._in.change(forgotten.values(done=True, said=None, owner=owner)) or owner is None:
            return
        if await self._in.first(select(c.event).where(self._in.ours(INBOX), c.event == event)) is not None:
            raise Overtaken("Another process answers that.")

    async def take_over(self, event: EventId, owner: str) -> bool:
        """Become the owner of an event that `unfinished_events` freed; False when somebody else was quicker."""
        free = (*self._undone(event), INBOX.c.owner.is_(None))
        return await self._in.change(update(INBOX).where(*free).values(owner=owner)) == 1

    async def once(self, key: EventId, member: MemberId, event: EventId) -> None:
        """Take what works once, for this event; raises Expired where another one took it before."""
        now = self._in.clock.now()
        await self._in.insert_new(INBOX, event=key, member_id=member, owner=event, done=True, received=now)
        row = await self._in.first(select(INBOX.c.owner).where(self._in.ours(INBOX), INBOX.c.event == key))
        if row is None or row.owner != event:
            raise Expired("That was done already; it works once.", hint=Message("Say the command again."))

    def _undone(self, event: EventId) -> tuple[ColumnElement[bool], ...]:
        return self._in.ours(INBOX), INBOX.c.event == event, INBOX.c.done.is_(False)
