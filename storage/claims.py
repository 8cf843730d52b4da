"""Claims: one conditional UPDATE decides who does a piece of work, whatever woke him up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from typing import Any

from sqlalchemy import (
    CTE,
    JSON,
    ColumnElement,
    Executable,
    Integer,
    Row,
    Select,
    bindparam,
    cast,
    func,
    literal,
    or_,
    select,
    text,
    true,
    type_coerce,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from model.clock import Clock
from model.errors import LostLease
from model.ids import WorkspaceId
from model.report import Run, RunState
from model.schedule import ScheduleState
from storage.columns import PlainText
from storage.owners import Owner
from storage.queue import Urgency
from storage.run_rows import run_of
from storage.tables import RUNS, SCHEDULES, WORKSPACES
from storage.transaction import changed
from storage.transactions import Transactions
from storage.workspaces import WorkspaceSettings

_LOCK = 0x4152_4222  # the number of the advisory lock on PostgreSQL
_LOOK_AT = 64  # workspaces in one look


@dataclass(frozen=True, slots=True)
class Claim:
    """Work that is ours for as long as nobody has a higher fence."""

    id: str
    workspace: WorkspaceId
    fence: int
    attempts: int  # how often it was taken up, this time counted, and not handed back
    run: Run  # as it stood when it was claimed


class Claims:
    """Hands out runs, and tells where schedules are due; time is our clock's, never the database's.

    Runs whose owner is gone come first. Then the workspaces take turns, those with the fewest runs under way first,
    each within its seats and with its oldest run first: thousands that wait in one workspace keep nobody else waiting.
    """

    def __init__(self, transactions: Transactions, clock: Clock, look_at: int = _LOOK_AT) -> None:
        self._look_at = look_at
        self._transactions = transactions
        self._clock = clock
        self._turns = _turns(on_sqlite=transactions.on_sqlite, look_at=look_at)
        self._after = ""  # the last workspace that was looked at; where there are many, the next look begins behind it

    async def claim_runs(self, owner: Owner, limit: int, lease: float) -> tuple[Claim, ...]:
        """Claim up to `limit` runs for `lease` seconds: those whose owner is gone, and new ones. Raises StorageBusy."""
        if self._transactions.on_sqlite and not await self._any(owner):
            return ()  # nearly always: nobody waits for the one writer then

        async def claim(connection: AsyncConnection) -> Sequence[Row[*tuple[Any, ...]]]:
            if not self._transactions.on_sqlite:  # which lets one write at a time: seats are counted by one at a time
                await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            left = await self._left(connection, owner, limit)
            chosen = [*left, *await self._chosen(connection, limit - len(left))]
            return (await connection.execute(self._taken(chosen, owner, lease))).all() if chosen else ()

        rows = await self._transactions.briefly(Urgency.NORMAL, claim)
        return tuple(_claim(row) for row in sorted(rows, key=lambda row: int(row.number)))

    def _taken(self, chosen: Sequence[int], owner: Owner, lease: float) -> Executable:
        return (
            update(RUNS)
            .where(RUNS.c.number.in_(chosen))
            .values(
                state=RunState.RUNNING,
                owner=owner.id,
                lease_until=self._clock.now() + timedelta(seconds=lease),
                fence=RUNS.c.fence + 1,
                attempts=RUNS.c.attempts + 1,
            )
            .returning(*RUNS.c)
        )

    async def _any(self, owner: Owner) -> bool:
        """Tell whether there may be a run to claim."""
        async with self._transactions.reading() as connection:
            waiting = await connection.scalar(select(RUNS.c.number).where(RUNS.c.state == RunState.WAITING).limit(1))
            return waiting is not None or bool(await self._left(connection, owner, 1))

    async def _left(self, connection: AsyncConnection, owner: Owner, limit: int) -> list[int]:
        """Return runs that somebody had who is gone, or late with his lease; they keep their seats."""
        owners = await self._owners(connection)
        if not owners:
            return []
        dead = [id for id in owners if not owner.is_alive(id)]
        late = or_(RUNS.c.lease_until <= self._clock.now(), RUNS.c.owner.in_(dead))
        found = select(RUNS.c.number).where(RUNS.c.state == RunState.RUNNING, late).order_by(RUNS.c.number)
        return list(await connection.scalars(found.limit(limit).with_for_update(skip_locked=True)))

    async def _chosen(self, connection: AsyncConnection, limit: int) -> list[int]:
        """Return waiting runs whose turn it is."""
        round_ = not self._after  # whether the end of the workspaces is the end of the look
        while limit > 0:
            rows = (await connection.execute(self._turns, {"after": self._after, "most": limit})).all()
            chosen = [row.number for row in rows if row.number is not None]
            ended = rows[0].seen < self._look_at
            self._after = "" if ended else rows[0].last
            if chosen or (ended and round_):
                return chosen
            round_ = round_ or ended
        return []

    async def workspaces_due(self, limit: int) -> tuple[WorkspaceId, ...]:
        """Return up to `limit` workspaces in which a schedule is due, longest due first; each claims its own."""
        due = select(SCHEDULES.c.workspace_id).where(
            SCHEDULES.c.state == ScheduleState.ACTIVE, SCHEDULES.c.next_due <= self._clock.now()
        )
        oldest = due.group_by(SCHEDULES.c.workspace_id).order_by(func.min(SCHEDULES.c.next_due)).limit(limit)
        async with self._transactions.reading() as connection:
            return tuple([WorkspaceId(id) for id in await connection.scalars(oldest)])

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
        if await self._transactions.briefly(Urgency.ACK, partial(changed, statement=statement)) != 1:
            raise LostLease("Somebody else has taken over run {run}.", run=claim.id)

    async def hand_back(self, owner: Owner, claim: Claim | None = None) -> int:
        """Give back a run, or all that this owner holds, for others to take up at once; return how many.

        Whoever still works on one loses it; a taking-up that was handed back does not count.
        """
        held = [RUNS.c.state == RunState.RUNNING, RUNS.c.owner == owner.id]
        if claim is not None:
            held += [RUNS.c.id == claim.id, RUNS.c.workspace_id == claim.workspace, RUNS.c.fence == claim.fence]
        free = {"owner": None, "lease_until": None, "fence": RUNS.c.fence + 1, "attempts": RUNS.c.attempts - 1}
        freed = update(RUNS).where(*held).values(state=RunState.WAITING, **free)
        return await self._transactions.briefly(Urgency.ACK, partial(changed, statement=freed))

    async def owners(self) -> set[str]:
        """Return the owners of all running work."""
        async with self._transactions.reading() as connection:
            return await self._owners(connection)

    async def _owners(self, connection: AsyncConnection) -> set[str]:
        statement = select(RUNS.c.owner).where(RUNS.c.state == RunState.RUNNING, RUNS.c.owner.is_not(None)).distinct()
        return set(await connection.scalars(statement))


def _claim(row: Row[*tuple[object, ...]]) -> Claim:
    return Claim(row.id, WorkspaceId(row.workspace_id), row.fence, row.attempts, run_of(row))


@cache  # to build it takes milliseconds
def _turns(*, on_sqlite: bool, look_at: int) -> Select[tuple[str | None, int, int | None]]:
    """Return the query for at `most` so many runs whose turn it is among the next workspaces `after` one.

    Each row also tells the last of these workspaces and how many they are. It takes a few index probes for each.
    """
    seats = _seats(on_sqlite=on_sqlite)
    seen, most = _waiting_in(bindparam("after", type_=PlainText), look_at), bindparam("most", type_=Integer)
    waits = (RUNS.c.state == RunState.WAITING, RUNS.c.workspace_id == seen.c.id)
    first = select(func.min(RUNS.c.number)).where(*waits).scalar_subquery()
    busy = (
        select(func.count()).where(RUNS.c.state == RunState.RUNNING, RUNS.c.workspace_id == seen.c.id).scalar_subquery()
    )
    free = (
        select(seen.c.id, first.label("number"), busy.label("busy"), seats.label("seats"))
        .join(WORKSPACES, WORKSPACES.c.id == seen.c.id)
        .where(busy < seats)
        .order_by("busy", "number")
        .limit(most)
        .cte("free")
    )
    places = select(free.c.id, free.c.number, free.c.busy.label("taken"), free.c.seats).cte("places", recursive=True)
    one = RUNS.alias()
    older = (one.c.state == RunState.WAITING, one.c.workspace_id == places.c.id, one.c.number > places.c.number)
    following = select(func.min(one.c.number)).where(*older).scalar_subquery()
    taken = places.c.taken + 1
    step = select(places.c.id, following, taken, places.c.seats)
    places = places.union_all(step.where(places.c.number.is_not(None), taken < places.c.seats))
    chosen = (
        select(places.c.number)
        .where(places.c.number.is_not(None))
        .order_by(places.c.taken, places.c.number)
        .limit(most)
        .subquery()
    )
    scanned = select(func.max(seen.c.id).label("last"), func.count(seen.c.id).label("seen")).subquery()
    return select(scanned.c.last, scanned.c.seen, chosen.c.number).outerjoin_from(scanned, chosen, true())


def _seats(*, on_sqlite: bool) -> ColumnElement[int]:
    """Return the expression of a workspace's seats."""
    settings = WORKSPACES.c.settings
    typed = type_coerce(settings, JSON) if on_sqlite else cast(settings, JSON)
    return func.coalesce(typed["most_runs_at_once"].as_integer(), WorkspaceSettings().most_runs_at_once)


def _waiting_in(after: ColumnElement[str], look_at: int) -> CTE:
    """Return the next workspaces in which runs wait: from one to the next in the index, never over their runs."""
    one = RUNS.alias()
    first = select(func.min(RUNS.c.workspace_id).label("id"), literal(1).label("nth")).where(
        RUNS.c.state == RunState.WAITING, RUNS.c.workspace_id > after
    )
    found = first.cte("found", recursive=True)
    following = (
        select(func.min(one.c.workspace_id))
        .where(one.c.state == RunState.WAITING, one.c.workspace_id > found.c.id)
        .scalar_subquery()
    )
    step = select(following, found.c.nth + 1).where(found.c.id.is_not(None), found.c.nth < look_at)
    found = found.union_all(step)
    return select(found.c.id).where(found.c.id.is_not(None)).cte("seen")
