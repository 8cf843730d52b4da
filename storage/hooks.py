"""Hooks: the addresses that sources are pushed to; their secrets are sealed and opened here and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, Select, delete, func, select, update

from model.ids import MemberId, SourceId, hook_id
from model.pushed import Hook
from storage.tables import HOOKS, PUSHED
from storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Traffic:
    """What came to an address and is still known."""

    events: int
    last: datetime | None
    unread: int  # that could not be read


class Hooks:
    """The addresses of this workspace; a source has one at most."""

    def __init__(self, transaction: Transaction) -> None:
        self._in = transaction

    async def of(self, source: SourceId) -> Hook | None:
        """Return the address of a source, if it has one. Raises SealBroken."""
        row = await self._in.first(self._rows().where(HOOKS.c.source_id == source))
        return None if row is None else self._hook(row)

    async def make(self, source: SourceId, member: MemberId, secret: str) -> Hook:
        """Give a source an address, or the one that it has another secret."""
        known = await self._in.first(self._rows().where(HOOKS.c.source_id == source))
        id = hook_id() if known is None else str(known.id)
        sealed = self._in.seal({"secret": secret}, HOOKS, id)
        now = self._in.clock.now()
        if known is None:
            await self._in.insert_new(HOOKS, id=id, source_id=source, member_id=member, secret=sealed, made=now)
        else:
            values = {"secret": sealed, "member_id": member, "made": now}
            await self._in.change(update(HOOKS).where(self._in.ours(HOOKS), HOOKS.c.id == id).values(**values))
        return Hook(id, self._in.workspace, source, secret, now)

    async def remove(self, source: SourceId) -> bool:
        """Take the address of a source away; False where it has none."""
        return await self._in.change(delete(HOOKS).where(self._in.ours(HOOKS), HOOKS.c.source_id == source)) > 0

    async def traffic(self, hook: Hook) -> Traffic:
        """Return what came to an address."""
        row = await self._in.first(
            select(
                func.count().label("events"),
                func.max(PUSHED.c.received).label("last"),
                func.count().filter(PUSHED.c.unread).label("unread"),
            ).where(self._in.ours(PUSHED), PUSHED.c.hook_id == hook.id)
        )
        return Traffic(0, None, 0) if row is None else Traffic(row.events, row.last, row.unread)

    def _rows(self) -> Select[*tuple[object, ...]]:
        return select(HOOKS).where(self._in.ours(HOOKS))

    def _hook(self, row: Row[*tuple[object, ...]]) -> Hook:
        secret = str(self._in.opened(row.secret, HOOKS, row.id)["secret"])
        return Hook(row.id, self._in.workspace, SourceId(row.source_id), secret, row.made)
