"""What waits in the whole installation, as an operator counts it: no workspace's content, no names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import ColumnElement, Table, and_, func, or_, select, text

from model.clock import Clock
from model.delivery import DeliveryState, Platform
from model.report import RunState
from model.schedule import ScheduleState
from storage.claims_deliveries import DeliveryClaims
from storage.queue import Urgency
from storage.tables import AUDIT, DELIVERIES, RUNS, SCHEDULES, WORKSPACES
from storage.transaction import changed
from storage.transactions import Transactions

_UNTOUCHED = text("UPDATE alembic_version SET version_num = version_num")  # one row, written as it is


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits, and since when the oldest of it does."""

    number: int
    since: datetime | None  # None where nothing waits

    def seconds(self, now: datetime) -> float:
        """Return how long the oldest has waited."""
        return 0.0 if self.since is None else max(0.0, (now - self.since).total_seconds())


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is due and not yet done."""

    runs: Waiting  # asked for, not taken up
    outbox: Waiting  # its time has come; `since`: of the oldest that nothing holds up. Not those for a terminal
    schedules: Waiting  # due, not fired


class Backlogs:
    """Looks over all workspaces."""

    def __init__(self, transactions: Transactions, clock: Clock, outgoing: DeliveryClaims) -> None:
        self._transactions = transactions
        self._clock = clock
        self._outgoing = outgoing

    async def probe(self) -> None:
        """Write one row as it is. Raises StorageBusy, StorageBroken."""
        await self._transactions.briefly(Urgency.ACK, partial(changed, statement=_UNTOUCHED))

    async def look(self) -> Backlog:
        """Return what is due now. Raises StorageBusy, StorageBroken."""
        now = self._clock.now()
        sendable = and_(
            DELIVERIES.c.platform != Platform.TERMINAL,
            or_(
                and_(DELIVERIES.c.state == DeliveryState.WAITING, DELIVERIES.c.not_before <= now),
                and_(DELIVERIES.c.state == DeliveryState.SENDING, DELIVERIES.c.lease_until <= now),
            ),
        )
        due = and_(SCHEDULES.c.state == ScheduleState.ACTIVE, SCHEDULES.c.next_due <= now)
        sending = await self._waiting(DELIVERIES, DELIVERIES.c.not_before, sendable)
        return Backlog(
            runs=await self._waiting(RUNS, RUNS.c.created, RUNS.c.state == RunState.WAITING),
            outbox=Waiting(sending.number, await self._outgoing.oldest_due()),
            schedules=await self._waiting(SCHEDULES, SCHEDULES.c.next_due, due),
        )

    async def active(self, days: int) -> int:
        """Return how many members said something in the last days, as far as the audit is kept."""
        since = self._clock.now() - timedelta(days=days)
        said = (
            select(AUDIT.c.member_id)
            .join(WORKSPACES, WORKSPACES.c.id == AUDIT.c.workspace_id)
            .where(AUDIT.c.at > since)
            .distinct()
            .subquery()
        )
        async with self._transactions.reading() as connection:
            return int(await connection.scalar(select(func.count()).select_from(said)) or 0)

    async def _waiting(self, table: Table, since: ColumnElement[datetime], which: ColumnElement[bool]) -> Waiting:
        async with self._transactions.reading() as connection:
            row = (
                await connection.execute(select(func.count(), func.min(since)).select_from(table).where(which))
            ).one()
        return Waiting(row[0], row[1])
