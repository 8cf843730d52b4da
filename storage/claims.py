"""Claims: one conditional UPDATE decides who does a piece of work, whatever woke him up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import and_, or_, select, update

from model.clock import Clock
from model.errors import LostLease
from model.ids import WorkspaceId
from model.report import RunState
from storage.owners import Owner
from storage.queue import Urgency
from storage.tables import RUNS
from storage.transaction import changed
from storage.transactions import Transactions


@dataclass(frozen=True, slots=True)
class Claim:
    """Work that is ours for as long as nobody has a higher fence."""

    id: str
    workspace: WorkspaceId
    fence: int
    attempts: int = 1  # how often it was taken up, this time counted, and not handed back


class Claims:
    """Hands out runs, across workspaces; time is our clock's, never the database's."""

    def __init__(self, transactions: Transactions, clock: Clock) -> None:
        self._transactions = transactions
        self._clock = clock

    async def claim_runs(self, owner: Owner, limit: int, lease: float) -> tuple[Claim, ...]:
        """Claim up to `limit` runs for `lease` seconds, oldest first: new ones, and those whose owner is gone."""
        dead = [id for id in await self.owners() if not owner.is_alive(id)]
        now = self._clock.now()
        left = or_(RUNS.c.lease_until <= now, RUNS.c.owner.in_(dead))
        due = (
            select(RUNS.c.number)
            .where(or_(RUNS.c.state == RunState.WAITING, and_(RUNS.c.state == RunState.RUNNING, left)))
            .order_by(RUNS.c.number)
            .limit(limit)
            .with_for_update(skip_locked=True)
            .cte("due")
        )
        statement = (
            update(RUNS)
            .where(RUNS.c.number.in_(select(due.c.number)))
            .values(
                state=RunState.RUNNING,
                owner=owner.id,
                lease_until=now + timedelta(seconds=lease),
                fence=RUNS.c.fence + 1,
                attempts=RUNS.c.attempts + 1,
            )
            .returning(RUNS.c.number, RUNS.c.id, RUNS.c.workspace_id, RUNS.c.fence, RUNS.c.attempts)
        )
        async with self._transactions.writing(Urgency.NORMAL) as connection:
            rows = (await connection.execute(statement)).all()
        return tuple(Claim(row.id, WorkspaceId(row.workspace_id), row.fence, row.attempts) for row in sorted(rows))

    async def renew(self, claim: Claim, owner: Owner, lease: float) -> None:
        """Hold a claim for `lease` more seconds; raises LostLease when somebody else has it by now."""
        statement = (
            update(RUNS)
            .where(
                RUNS.c.id == claim.id,
                RUNS.c.workspace_id == claim.workspace,
                RUNS.c.state == RunState.RUNNING,
                RUNS.c.owner == owner.id,
                RUNS.c.fence == claim.fence,
            )
            .values(lease_until=self._clock.now() + timedelta(seconds=lease))
        )
        async with self._transactions.writing(Urgency.ACK) as connection:
            if await changed(connection, statement) != 1:
                raise LostLease("Somebody else has taken over run {run}.", run=claim.id)

    async def hand_back(self, owner: Owner, claim: Claim | None = None) -> int:
        """Give back a run, or all that this owner holds, for others to take up at once; return how many.

        Whoever still works on one loses it; a taking-up that was handed back does not count.
        """
        held = [RUNS.c.state == RunState.RUNNING, RUNS.c.owner == owner.id]
        if claim is not None:
            held += [RUNS.c.id == claim.id, RUNS.c.workspace_id == claim.workspace, RUNS.c.fence == claim.fence]
        free = {"owner": None, "lease_until": None, "fence": RUNS.c.fence + 1, "attempts": RUNS.c.attempts - 1}
        async with self._transactions.writing(Urgency.ACK) as connection:
            return await changed(connection, update(RUNS).where(*held).values(state=RunState.WAITING, **free))

    async def owners(self) -> set[str]:
        """Return the owners of all running work."""
        statement = select(RUNS.c.owner).where(RUNS.c.state == RunState.RUNNING, RUNS.c.owner.is_not(None)).distinct()
        async with self._transactions.reading() as connection:
            return set(await connection.scalars(statement))
