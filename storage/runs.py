"""Runs and their steps: a step is done if and only if its row exists, and only who holds the run may write it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches
from functools import lru_cache

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select, update

from model.delivery import Address
from model.errors import LostLease, UnknownName
from model.ids import EventId, MemberId, ReportId, RunId, ScheduleId, SourceId, row_id, row_ids, run_name, run_names
from model.language import Message
from model.member import Member, Role
from model.report import STEPS as ORDER
from model.report import Order, Run, RunState, Settings
from model.window import Window
from storage.jobs import Job
from storage.limits import left, refuse_beyond
from storage.messages import dump_message
from storage.reports import reports_of
from storage.run_rows import ADDRESSES, SETTINGS, run_of
from storage.steps import Finished
from storage.tables import PROGRESS, REPORTS, RUNS, STEPS
from storage.transaction import Transaction

_SHORTEST, _LONGEST = 4, 12  # letters of a name
_KNOWN = 50  # names that a misspelt one is compared with


class Runs:
    """The runs of this workspace."""

    def __init__(self, transaction: Transaction) -> None:
        self._in = transaction

    async def add(
        self,
        *,
        template: str,
        sources: Sequence[SourceId],
        window: Window,
        settings: Settings,
        cause: EventId,
        member: MemberId,
        report: ReportId | None = None,
        destinations: Sequence[Address] = (),
        schedule: ScheduleId | None = None,
        slot: str | None = None,
    ) -> Run:
        """Ask for a run; the same cause gives the same run, however often it is told.

        Raises:
            UsageError: no more may be run today.
        """
        return await self.ask(
            Order(template, sources, window, settings, cause, member, report, destinations, schedule, slot)
        )

    async def ask(self, order: Order) -> Run:
        """Ask for a run; like `add`."""
        if await self._in.first(self._rows().where(RUNS.c.cause == order.cause)) is None:
            await refuse_beyond(self._in, "most_runs_a_day")
        return await self._add(order)

    async def add_all(self, orders: Sequence[Order], most: int) -> Mapping[EventId, RunId]:
        """Ask for several runs at once; return them by their causes.

        `most` is how many the workspace may run in a day; those beyond are left out.
        """
        wanted = orders[: await left(self._in, "most_runs_a_day", most)]
        known = zip(wanted, row_ids(len(wanted)), await self._free_names(len(wanted)), strict=True)
        rows = [{**self._asked(order), "id": id, "name": name} for order, id, name in known]
        new = await self._in.insert_all(RUNS, rows, unless_there=True)
        if rows:
            await self._in.submit(Job("run", str(rows[0]["id"])))
        if new == len(rows):
            return {order.cause: RunId(str(row["id"])) for order, row in zip(wanted, rows, strict=True)}
        # Some are there already: one after the other, for the earlier one is to be run first.
        ours = self._in.among(RUNS.c.id, [str(row["id"]) for row in rows])
        await self._in.change(delete(RUNS).where(self._in.ours(RUNS), ours))
        return {order.cause: (await self._add(order)).id for order in wanted}

    async def _free_names(self, count: int) -> Sequence[str]:
        """Return so many names that no run bears now; where a short one is taken, a longer one."""
        free: list[str] = []
        for length in range(_SHORTEST, _LONGEST + 1):
            drawn = run_names(count - len(free), length)
            borne = select(RUNS.c.name).where(self._in.ours(RUNS), self._in.among(RUNS.c.name, drawn))
            taken = {row.name for row in await self._in.all(borne)}
            free += [name for name in drawn if name not in taken]
            if len(free) == count:
                return free
        raise AssertionError("a name of twelve letters is free")

    async def _add(self, order: Order) -> Run:
        for length in range(_SHORTEST, _LONGEST + 1):  # a name may be taken: then a longer one
            if await self._in.insert_new(RUNS, id=(id := row_id()), name=run_name(length), **self._asked(order)):
                await self._in.submit(Job("run", id))
            row = await self._in.first(self._rows().where(RUNS.c.cause == order.cause))
            if row is not None:
                return run_of(row)
        raise AssertionError("a name of twelve letters is free")

    def _asked(self, order: Order) -> Mapping[str, object]:
        return {
            "template": order.template,
            "sources": _list(tuple(order.sources)),
            "source_set": _source_set(tuple(order.sources)),
            "window_start": order.window.start,
            "window_end": order.window.end,
            "zone": order.window.zone,
            "settings": SETTINGS.dump_json(order.settings).decode(),
            "cause": order.cause,
            "member_id": order.member,
            "state": RunState.WAITING,
            "created": self._in.clock.now(),
            "fence": 0,
            "report_id": order.report,
            "destinations": ADDRESSES.dump_json(tuple(order.destinations)).decode(),
            "schedule_id": order.schedule,
            "slot": order.slot,
        }

    async def of(self, id: RunId) -> Run:
        """Return a run; raises UnknownName."""
        row = await self._in.first(self._rows().where(RUNS.c.id == id))
        if row is None:
            raise UnknownName("There is no such run here.")
        return run_of(row)

    async def named(self, name: str, by: Member | None = None) -> Run:
        """Return the run of a name such as "7Q2F", in either case; "last" is the newest.

        Raises:
            UnknownName: there is none, or none that the member sees.
        """
        wanted = name.strip().upper()
        newest = self._seen(by).order_by(RUNS.c.number.desc())
        row = await self._in.first(newest.limit(1) if wanted == "LAST" else newest.where(RUNS.c.name == wanted))
        if row is not None:
            return run_of(row)
        if wanted == "LAST":
            raise UnknownName("There is no run yet.")
        known = [run.name for run in await self.list(_KNOWN, by=by)]
        raise UnknownName(
            "There is no run called {name}.",
            hint=Message("The newest one is last; all of them: /report history"),
            close=get_close_matches(wanted, [*known, "LAST"]),
            name=name,
        )

    async def step(self, run: RunId, name: str) -> bytes | None:
        """Return what a step made; None while it is not done."""
        row = await self._in.first(
            select(STEPS.c.data).where(self._in.ours(STEPS), STEPS.c.run_id == run, STEPS.c.name == name)
        )
        return None if row is None else bytes(row.data)

    async def steps(self, run: RunId) -> tuple[tuple[str, datetime, float], ...]:
        """Return the steps done, in order: name, when it was finished, seconds it took."""
        rows = await self._in.all(
            select(STEPS.c.name, STEPS.c.finished, STEPS.c.seconds)
            .where(self._in.ours(STEPS), STEPS.c.run_id == run)
            .order_by(STEPS.c.finished)
        )
        rows = sorted(rows, key=lambda row: (row.finished, ORDER.index(row.name)))  # two may be done in one instant
        return tuple((row.name, row.finished, row.seconds) for row in rows)

    async def finish(self, run: RunId, name: str, data: bytes, fence: int, seconds: float) -> None:
        """Write what one step has made; raises LostLease like `finish_all`."""
        await self.finish_all(run, (Finished(name, data, seconds),), fence)

    async def finish_all(self, run: RunId, made: Sequence[Finished], fence: int, hash: str | None = None) -> None:
        """Write what steps have made and, with the run's hash, end it as done; all of it or nothing.

        Raises:
            LostLease: the run is not ours any more, or one of the steps is there already.
        """
        if hash is not None:
            await self.conclude(run, RunState.DONE, fence, hash=hash)
        elif await self._in.first(select(RUNS.c.id).where(*self._held(run, fence)).with_for_update()) is None:
            raise _lost(run)
        now = self._in.clock.now()
        rows = [
            {"run_id": run, "name": one.name, "data": one.data, "finished": now, "seconds": one.seconds} for one in made
        ]
        if await self._in.insert_all(STEPS, rows, unless_there=True) != len(rows):
            raise _lost(run)

    async def conclude(
        self, run: RunId, state: RunState, fence: int, *, failure: Message | None = None, hash: str | None = None
    ) -> None:
        """End a run and give up its lease; raises LostLease when it is not ours any more."""
        why = None if failure is None else dump_message(failure)
        ended = {"state": state, "finished": self._in.clock.now(), "failure": why, "hash": hash}
        free = {"owner": None, "lease_until": None}
        if await self._in.change(update(RUNS).where(*self._held(run, fence)).values(**ended, **free)) != 1:
            raise _lost(run)

    async def list(
        self, limit: int, template: str | None = None, *, report: ReportId | None = None, by: Member | None = None
    ) -> tuple[Run, ...]:
        """Return up to `limit` runs that a member sees, of one saved report, one template or all, newest first."""
        wanted = self._seen(by)
        if report is not None:
            wanted = wanted.where(RUNS.c.report_id == report)
        if template is not None:
            wanted = wanted.where(RUNS.c.template == template)
        return tuple([run_of(row) for row in await self._in.all(wanted.order_by(RUNS.c.number.desc()).limit(limit))])

    async def newest_of(self, reports: Sequence[ReportId]) -> Mapping[ReportId, Run]:
        """Return the newest run of each saved report that has one."""
        newest = (
            select(func.max(RUNS.c.number))
            .where(self._in.ours(RUNS), RUNS.c.report_id.in_(reports))
            .group_by(RUNS.c.report_id)
        )
        rows = await self._in.all(self._rows().where(RUNS.c.number.in_(newest)))
        return {ReportId(row.report_id): run_of(row) for row in rows}

    async def before(self, run: Run) -> Run | None:
        """Return the last finished run of the same report that was made before this one.

        A run of a template has for its report the template over the same sources.
        """
        number = select(RUNS.c.number).where(self._in.ours(RUNS), RUNS.c.id == run.id).scalar_subquery()
        rows = self._alike(run).where(RUNS.c.number < number)
        row = await self._in.first(rows.order_by(RUNS.c.number.desc()).limit(1))
        return None if row is None else run_of(row)

    async def announced(self, run: Run) -> Run | None:
        """Return the finished run of the same report whose window ended last before this one's: what it follows.

        Windows decide, not instants of making: to run a week again follows the same run as the first time.
        """
        rows = self._alike(run).where(RUNS.c.window_end < run.window.end, RUNS.c.id != run.id)
        row = await self._in.first(rows.order_by(RUNS.c.window_end.desc(), RUNS.c.number.desc()).limit(1))
        return None if row is None else run_of(row)

    async def cancel(self, run: RunId, reason: Message) -> bool:
        """End a run that waits or is worked on; whoever works on it loses it. Tells whether it was not over yet."""
        open_ = RUNS.c.state.in_((RunState.WAITING, RunState.RUNNING))
        ended = {"state": RunState.FAILED, "finished": self._in.clock.now(), "failure": dump_message(reason)}
        free = {"owner": None, "lease_until": None, "fence": RUNS.c.fence + 1}
        statement = update(RUNS).where(self._in.ours(RUNS), RUNS.c.id == run, open_)
        if await self._in.change(statement.values(**ended, **free)) != 1:
            return False
        await self._in.change(delete(PROGRESS).where(self._in.ours(PROGRESS), PROGRESS.c.run_id == run))
        return True

    def _alike(self, run: Run) -> Select[*tuple[object, ...]]:
        """Return the finished runs of the same report."""
        done = self._rows().where(RUNS.c.state == RunState.DONE)
        if run.report is not None:
            return done.where(RUNS.c.report_id == run.report)
        return done.where(
            RUNS.c.report_id.is_(None),
            RUNS.c.template == run.template,
            RUNS.c.source_set == _source_set(tuple(run.sources)),
        )

    def _seen(self, by: Member | None) -> Select[*tuple[object, ...]]:
        """Return the runs that a member sees: those of templates, of reports he sees, and his own of lost reports."""
        if by is None or by.role >= Role.ADMIN:
            return self._rows()
        there = select(REPORTS.c.id).where(self._in.ours(REPORTS))
        lost = and_(RUNS.c.member_id == by.id, RUNS.c.report_id.not_in(there))
        seen = RUNS.c.report_id.in_(reports_of(self._in, by))
        return self._rows().where(or_(RUNS.c.report_id.is_(None), seen, lost))

    def _rows(self) -> Select[*tuple[object, ...]]:
        return select(RUNS).where(self._in.ours(RUNS))

    def _held(self, run: RunId, fence: int) -> tuple[ColumnElement[bool], ...]:
        """Return the condition that a run is still worked on under this fence."""
        return self._in.ours(RUNS), RUNS.c.id == run, RUNS.c.fence == fence, RUNS.c.state == RunState.RUNNING


def _lost(run: RunId) -> LostLease:
    return LostLease("Somebody else has taken over run {run}.", run=run)


@lru_cache(maxsize=256)  # the runs of a workspace are over much the same sources
def _list(sources: tuple[SourceId, ...]) -> str:
    return json.dumps(sources)


@lru_cache(maxsize=256)
def _source_set(sources: tuple[SourceId, ...]) -> str:
    return json.dumps(sorted(set(sources)))
