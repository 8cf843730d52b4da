"""Usage: what was asked of language models, and what it cost; nothing is asked beyond the workspace's caps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Literal

from sqlalchemy import ColumnElement, func, select, update

from model.ids import MemberId, RunId, UsageId, row_id
from model.prompt import MILLION, NONE, Tokens
from storage.tables import CAPS_TOLD, RUNS, USAGE, WORKSPACES
from storage.transaction import Transaction
from storage.workspaces import Workspaces

Cap = Literal["run", "day", "month"]
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Capped:
    """A call that is not made: it might have cost more than is left of a cap."""

    cap: Cap
    most: Decimal  # US dollars
    first: bool  # whether nobody was told of it yet


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a model."""

    member: MemberId
    model: str
    asked: datetime
    cost: Decimal  # US dollars; where nobody knows: what it was at most
    tokens: Tokens
    known: bool  # whether its vendor has said what it cost


@dataclass(frozen=True, slots=True)
class RunTime:
    """How one run went that is over."""

    created: datetime
    done: bool  # or it failed
    seconds: float


class Usage:
    """What this workspace asked of language models."""

    def __init__(self, transaction: Transaction) -> None:
        self._in = transaction

    async def begin(self, member: MemberId, run: RunId | None, model: str, most: Decimal) -> UsageId | Capped:
        """Note a call before it is made, as costing `most` US dollars until more is known; or say which cap it meets.

        Calls that are noted at once on other machines wait for each other, so that all of them stay below the caps.
        """
        here = select(WORKSPACES.c.id).where(WORKSPACES.c.id == self._in.workspace)
        await self._in.first(here.with_for_update())
        capped = await self._capped(member, run, most)
        if capped is not None:
            return capped
        id = UsageId(row_id())
        values = {"id": id, "run_id": run, "model": model, "member_id": member, "micros": _micros(most)}
        await self._in.insert_new(USAGE, asked=self._in.clock.now(), state="asked", **values, **_counts(NONE))
        return id

    async def settle(self, id: UsageId, tokens: Tokens | None, cost: Decimal | None) -> None:
        """Note what a call has cost, in US dollars; None: nobody says, and what it may have cost at most stays."""
        known = {"state": "unknown"} if cost is None else {"state": "counted", "micros": _micros(cost)}
        ours = (self._in.ours(USAGE), USAGE.c.id == id)
        await self._in.change(update(USAGE).where(*ours).values(**known, **_counts(tokens or NONE)))

    async def of_run(self, run: RunId) -> tuple[Call, ...]:
        """Return the calls of a run, in order."""
        return await self._calls(USAGE.c.run_id == run)

    async def since(self, at: datetime) -> tuple[Call, ...]:
        """Return the calls since then, in order."""
        return await self._calls(USAGE.c.asked >= at)

    async def spent(self, at: datetime) -> Decimal:
        """Return what calls since then have cost, in US dollars."""
        return await self._sum(USAGE.c.asked >= at)

    async def runs_since(self, at: datetime) -> Sequence[RunTime]:
        """Return the runs since then that are over."""
        rows = await self._in.all(
            select(RUNS.c.created, RUNS.c.finished, RUNS.c.state)
            .where(self._in.ours(RUNS), RUNS.c.created >= at, RUNS.c.finished.is_not(None))
            .order_by(RUNS.c.created)
        )
        return [RunTime(r.created, r.state == "done", (r.finished - r.created).total_seconds()) for r in rows]

    async def _capped(self, member: MemberId, run: RunId | None, most: Decimal) -> Capped | None:
        settings, now = await Workspaces(self._in).settings(), self._in.clock.now()
        month, his = month_of(now), (USAGE.c.member_id == member) & (USAGE.c.asked > now - _DAY)
        caps: list[tuple[Cap, Decimal, ColumnElement[bool], str]] = [
            ("day", settings.usd_a_day, his, f"{now:%Y-%m-%d}"),
            ("month", settings.usd_a_month, USAGE.c.asked >= month, f"{month:%Y-%m}"),
        ]
        if run is not None:
            caps.insert(0, ("run", settings.usd_a_run, USAGE.c.run_id == run, f"{month:%Y-%m}"))
        for cap, bound, counted, period in caps:
            if await self._sum(counted) + most > bound:
                name = f"{cap} {member}" if cap == "day" else cap
                first = await self._in.insert_new(CAPS_TOLD, cap=name, period=period)
                return Capped(cap, bound, first)
        return None

    async def _sum(self, condition: ColumnElement[bool]) -> Decimal:
        row = await self._in.first(select(func.sum(USAGE.c.micros).label("n")).where(self._in.ours(USAGE), condition))
        return Decimal(0) if row is None or row.n is None else Decimal(row.n) / MILLION

    async def _calls(self, condition: ColumnElement[bool]) -> tuple[Call, ...]:
        rows = await self._in.all(select(USAGE).where(self._in.ours(USAGE), condition).order_by(USAGE.c.id))
        return tuple(
            Call(
                MemberId(row.member_id),
                row.model,
                row.asked,
                Decimal(row.micros) / MILLION,
                Tokens(row.fresh, row.cached, row.kept, row.said),
                row.state == "counted",
            )
            for row in rows
        )


def month_of(now: datetime) -> datetime:
    """Return when a month began, in UTC, as vendors count them."""
    return now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _micros(cost: Decimal) -> int:
    """Return millionths of a dollar, never less than it was."""
    return int((cost * MILLION).to_integral_value(ROUND_CEILING))


def _counts(tokens: Tokens) -> dict[str, object]:
    return {"fresh": tokens.fresh, "cached": tokens.cached, "kept": tokens.kept, "said": tokens.said}
