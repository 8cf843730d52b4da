"""When probes are due, and who has one in hand: a row each decides, on however many machines probers run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Update, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from model.clock import Clock
from model.errors import LostLease
from model.ids import SourceId, WorkspaceId
from storage.columns import storable
from storage.owners import Owner
from storage.queue import Urgency
from storage.tables import PROBES
from storage.transaction import Transaction
from storage.transactions import Transactions

LEASE = 120.0  # seconds: more than a try with all its redirects and what is written of it may take
_LONGEST = timedelta(seconds=900)  # between two tries of any probe


@dataclass(frozen=True, slots=True)
class ProbeClaim:
    """A probe that is ours until somebody has a higher fence."""

    source: SourceId
    workspace: WorkspaceId
    fence: int
    due: datetime
    state: str


class ProbeClaims:
    """Hands out probes that are due; time is our clock's, never the database's.

    A clock that was set back leaves rows that lie further ahead than they ever may: these are due at once, and so is a
    lease without end at its end.
    """

    def __init__(self, transactions: Transactions, clock: Clock) -> None:
        self._transactions = transactions
        self._clock = clock

    async def claim(self, owner: Owner, limit: int) -> tuple[ProbeClaim, ...]:
        """Claim up to `limit` probes, those longest due first. Raises StorageBusy."""
        async with self._transactions.reading() as connection:
            waiting = await self._free(connection, owner, limit)
        if not waiting:
            return ()  # nearly always: nothing is written then
        now, row = self._clock.now(), PROBES.c
        taken = {"owner": owner.id, "lease_until": now + timedelta(seconds=LEASE), "fence": row.fence + 1}

        async def claim(connection: AsyncConnection) -> tuple[ProbeClaim, ...]:
            found = []
            for source, fence in waiting:
                held = update(PROBES).where(row.source_id == source, row.fence == fence).values(**taken)
                got = (await connection.execute(held.returning(*row))).first()
                if got is not None:
                    ours = ProbeClaim(source, WorkspaceId(got.workspace_id), got.fence, got.next_due, got.state)
                    found.append(ours)
            return tuple(found)

        return await self._transactions.briefly(Urgency.NORMAL, claim)

    async def _free(self, connection: AsyncConnection, owner: Owner, limit: int) -> Sequence[tuple[SourceId, int]]:
        now, row = self._clock.now(), PROBES.c
        due = or_(row.next_due <= now, row.next_due > now + _LONGEST)
        holders = select(row.owner).where(due, row.owner.is_not(None)).distinct()
        dead = [one for one in await connection.scalars(holders) if not owner.is_alive(one)]
        late = or_(row.lease_until <= now, row.lease_until > now + timedelta(seconds=2 * LEASE))
        free = or_(row.owner.is_(None), late, row.owner.in_(dead))
        wanted = select(row.source_id, row.fence).where(due, free).order_by(row.next_due).limit(limit)
        return [(SourceId(one.source_id), one.fence) for one in await connection.execute(wanted)]


class Probes:
    """The probes of this workspace."""

    def __init__(self, transaction: Transaction) -> None:
        self._in = transaction

    async def begin(self, source: SourceId) -> None:
        """Have a source probed from now on, or at once where it is already."""
        now = self._in.clock.now()
        if not await self._in.insert_new(PROBES, source_id=source, next_due=now, state="", fence=0):
            await self._in.change(self._change(source, next_due=now))

    async def settle(self, claim: ProbeClaim, next_due: datetime, state: str) -> None:
        """Note when a probe is due again, in the transaction of what it found; raises LostLease."""
        mine = self._change(claim.source, next_due=next_due, state=storable(state), owner=None, lease_until=None)
        if await self._in.change(mine.where(PROBES.c.fence == claim.fence)) != 1:
            raise LostLease("Another process has taken over the probe of source {source}.", source=claim.source)

    def _change(self, source: SourceId, **values: object) -> Update:
        return update(PROBES).where(self._in.ours(PROBES), PROBES.c.source_id == source).values(**values)
