"""Processes on several machines: each says again and again that it lives; who has not said so for long is gone.

On one machine the kernel knows it at once (`storage/owners.py`), and nothing is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from model.clock import Clock
from storage.queue import Urgency
from storage.tables import INBOX, OWNERS
from storage.transaction import changed, insert_new
from storage.transactions import Transactions

LEASE = 30.0  # seconds for which a process is held for alive without another word
_FORGOTTEN = timedelta(days=1)  # after which the row of one that was killed is taken away


class Living:
    """What processes say of themselves; time is our clock's, never the database's."""

    def __init__(self, transactions: Transactions, clock: Clock) -> None:
        self._transactions = transactions
        self._clock = clock

    async def enter(self, owner: str) -> None:
        """Begin to live; rows of those that were killed long ago go. Raises StorageBusy."""
        if not self._transactions.on_sqlite:
            long_ago = self._clock.now() - _FORGOTTEN
            async with self._transactions.writing(Urgency.NORMAL) as connection:
                await connection.execute(delete(OWNERS).where(OWNERS.c.lease_until < long_ago))
            await self.beat(owner)

    async def beat(self, owner: str) -> None:
        """Live for `LEASE` more seconds. Raises StorageBusy."""
        if not self._transactions.on_sqlite:
            until = self._clock.now() + timedelta(seconds=LEASE)
            async with self._transactions.writing(Urgency.ACK) as connection:
                if not await insert_new(connection, OWNERS, id=owner, lease_until=until):
                    await changed(connection, update(OWNERS).where(OWNERS.c.id == owner).values(lease_until=until))

    async def leave(self, owner: str) -> None:
        """Live no longer: what it left is free at once. Raises StorageBusy."""
        if not self._transactions.on_sqlite:
            gone = {"lease_until": self._clock.now()}
            async with self._transactions.writing(Urgency.NORMAL) as connection:
                await connection.execute(update(OWNERS).where(OWNERS.c.id == owner).values(gone))


async def late(connection: AsyncConnection, clock: Clock) -> Sequence[str]:
    """Return who has events at the door and has not said for long that he lives; who never did has as long."""
    now = clock.now()
    silent = and_(OWNERS.c.id.is_(None), INBOX.c.received <= now - timedelta(seconds=LEASE))
    found = (
        select(INBOX.c.owner)
        .outerjoin(OWNERS, OWNERS.c.id == INBOX.c.owner)
        .where(INBOX.c.done.is_(False), INBOX.c.owner.is_not(None), or_(OWNERS.c.lease_until <= now, silent))
    )
    return [str(owner) for owner in await connection.scalars(found.distinct())]
