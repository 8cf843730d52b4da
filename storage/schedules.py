"""Schedules and what became of their slots: whoever inserts a slot's row has it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from pydantic import TypeAdapter
from sqlalchemy import Row, Select, delete, exists, func, select, update

from model.errors import UnknownName
from model.ids import MemberId, ReportId, RunId, ScheduleId, row_id
from model.language import Message
from model.member import Member
from model.schedule import Calendar, Fired, Schedule, ScheduleState, Slot, SlotState, Wishes
from storage.limits import refuse_beyond
from storage.messages import dump_message, load_message
from storage.reports import reports_seen
from storage.tables import SCHEDULES, SLOTS
from storage.transaction import Transaction

_LOOKED_BACK = 20  # runs among which the last one that was posted is looked for
_WISHES: TypeAdapter[Wishes] = TypeAdapter(Wishes)


class Schedules:
    """The schedules of this workspace. Each belongs to it; the member named in it answers for it."""

    def __init__(self, transaction: Transaction) -> None:
        self._in = transaction

    async def add(
        self,
        *,
        report: ReportId,
        member: MemberId,
        said: str,
        rule: str,
        calendar: Calendar,
        wishes: Wishes,
        destinations: Sequence[str],
        upcoming: Slot,
    ) -> Schedule:
        """Keep a new schedule, whose first slot is `upcoming`; raises UsageError when there may be no more."""
        await self._in.alone()  # whoever comes second waits here, so that no number is given twice
        await refuse_beyond(self._in, "most_schedules")
        last = await self._in.first(select(func.max(SCHEDULES.c.number).label("n")).where(self._in.ours(SCHEDULES)))
        id, number = ScheduleId(row_id()), 1 + ((last.n if last else None) or 0)
        await self._in.insert_new(
            SCHEDULES,
            id=id,
            member_id=member,
            number=number,
            report_id=report,
            **_told(said, rule, calendar, wishes, destinations),
            state=ScheduleState.ACTIVE,
            next_slot=upcoming.civil,
            next_due=upcoming.due,
            created=self._in.clock.now(),
        )
        return await self.of(id)

    async def of(self, id: ScheduleId) -> Schedule:
        """Return a schedule; raises UnknownName."""
        row = await self._in.first(self._rows().where(SCHEDULES.c.id == id))
        if row is None:
            raise UnknownName("There is no such schedule here.")
        return _schedule(row)

    async def seen(self, by: Member, state: ScheduleState | None = None) -> tuple[Schedule, ...]:
        """Return the schedules of the reports that a member sees, by number; of one state, or all."""
        rows = self._rows().where(SCHEDULES.c.report_id.in_(reports_seen(self._in, by)))
        wanted = rows if state is None else rows.where(SCHEDULES.c.state == state)
        return tuple([_schedule(row) for row in await self._in.all(wanted)])

    async def count(self, by: Member) -> int:
        """Return how many schedules there are of the reports that a member sees."""
        there = self._in.ours(SCHEDULES), SCHEDULES.c.report_id.in_(reports_seen(self._in, by))
        row = await self._in.first(select(func.count().label("n")).select_from(SCHEDULES).where(*there))
        return 0 if row is None else int(row.n)

    async def all(self) -> tuple[Schedule, ...]:
        """Return every schedule, by number."""
        return tuple([_schedule(row) for row in await self._in.all(self._rows())])

    async def answered_by(self, member: MemberId) -> tuple[Schedule, ...]:
        """Return the schedules that fire and that a member answers for, by number; nobody fires them meanwhile."""
        his = self._rows().where(SCHEDULES.c.member_id == member, SCHEDULES.c.state == ScheduleState.ACTIVE)
        return tuple([_schedule(row) for row in await self._in.all(his.with_for_update())])

    async def change(self, changed: Schedule) -> None:
        """Keep a schedule as it is now; its number, report and slots stay."""
        values = {
            **_told(changed.said, changed.rule, changed.calendar, changed.wishes, changed.destinations),
            "member_id": changed.member,
            "state": changed.state,
            "why_paused": None if changed.why_paused is None else dump_message(changed.why_paused),
            "next_slot": changed.next_slot,
            "next_due": changed.next_due,
        }
        await self._in.change(
            update(SCHEDULES).where(self._in.ours(SCHEDULES), SCHEDULES.c.id == changed.id).values(values)
        )

    async def pause(self, ids: Collection[ScheduleId], reason: Message) -> None:
        """Let schedules rest, and say why; none of their slots is due any more."""
        values = {"state": ScheduleState.PAUSED, "why_paused": dump_message(reason), "next_slot": None}
        statement = update(SCHEDULES).where(self._in.ours(SCHEDULES), SCHEDULES.c.id.in_(ids))
        await self._in.change(statement.values(**values, next_due=None))

    async def remove(self, id: ScheduleId) -> None:
        """Forget a schedule and what became of its slots; its runs stay."""
        await self._in.change(delete(SLOTS).where(self._in.ours(SLOTS), SLOTS.c.schedule_id == id))
        await self._in.change(delete(SCHEDULES).where(self._in.ours(SCHEDULES), SCHEDULES.c.id == id))

    async def claim(self, limit: int) -> tuple[Schedule, ...]:
        """Claim up to `limit` schedules that are due, longest due first, until this transaction ends.

        Nobody else gets them meanwhile: SQLite has one writer, PostgreSQL locks the rows and passes locked ones over.
        """
        due = select(SCHEDULES).where(
            self._in.ours(SCHEDULES),
            SCHEDULES.c.state == ScheduleState.ACTIVE,
            SCHEDULES.c.next_due <= self._in.clock.now(),
        )
        rows = due.order_by(SCHEDULES.c.next_due, SCHEDULES.c.id).limit(limit).with_for_update(skip_locked=True)
        return tuple([_schedule(row) for row in await self._in.all(rows)])

    async def restored(self) -> tuple[tuple[Schedule, datetime], ...]:
        """Claim the schedules that came from a backup and wait to be wound up, each with the instant to begin at."""
        rows = await self._in.all(self._rows().where(SCHEDULES.c.restored.is_not(None)).with_for_update())
        return tuple([(_schedule(row), row.restored) for row in rows])

    async def wind_up(self, fired: Sequence[Fired], upcoming: Sequence[tuple[ScheduleId, Slot | None]]) -> None:
        """Write what became of slots of restored schedules, and when each is due next."""
        await self.decide(fired, upcoming)
        ids = [id for id, _ in upcoming]
        await self._in.change(
            update(SCHEDULES).where(self._in.ours(SCHEDULES), SCHEDULES.c.id.in_(ids)).values(restored=None)
        )

    async def decided(self, slots: Collection[tuple[ScheduleId, str]]) -> Collection[tuple[ScheduleId, str]]:
        """Return those of the slots that were decided on before."""
        asked = set(slots)
        schedules, keys = {id for id, _ in asked}, {key for _, key in asked}
        found = select(SLOTS.c.schedule_id, SLOTS.c.slot).where(
            self._in.ours(SLOTS), self._in.among(SLOTS.c.schedule_id, schedules), self._in.among(SLOTS.c.slot, keys)
        )
        return asked & {(ScheduleId(row.schedule_id), row.slot) for row in await self._in.all(found)}

    async def decide(self, fired: Sequence[Fired], upcoming: Sequence[tuple[ScheduleId, Slot | None]]) -> None:
        """Write what became of slots of claimed schedules, and when each of these is due next."""
        rows = [
            {
                "schedule_id": one.schedule,
                "slot": one.civil,
                "due": one.due,
                "state": one.state,
                "decided": one.decided,
                "run_id": one.run,
                "reason": None if one.reason is None else dump_message(one.reason),
            }
            for one in fired
        ]
        await self._in.insert_all(SLOTS, rows)
        await self._in.change_all(
            SCHEDULES, [{"id": id, "next_slot": at and at.civil, "next_due": at and at.due} for id, at in upcoming]
        )

    async def skip(self, id: ScheduleId, civil: str, reason: Message) -> None:
        """Note that a slot's run is not posted, and why."""
        here = (self._in.ours(SLOTS), SLOTS.c.schedule_id == id, SLOTS.c.slot == civil)
        values = {"state": SlotState.SKIPPED, "reason": dump_message(reason)}
        await self._in.change(update(SLOTS).where(*here).values(values))

    async def missed_since(self, ids: Collection[ScheduleId]) -> Mapping[ScheduleId, int]:
        """Return how many slots each schedule has missed since one of them last ran; none: it is left out."""
        if not ids:
            return {}
        ran = SLOTS.alias("ran")
        later = exists().where(
            ran.c.workspace_id == self._in.workspace,
            ran.c.schedule_id == SLOTS.c.schedule_id,
            ran.c.state != SlotState.MISSED,
            ran.c.due >= SLOTS.c.due,
        )
        missed = select(SLOTS.c.schedule_id, func.count().label("n")).where(
            self._in.ours(SLOTS), SLOTS.c.schedule_id.in_(ids), SLOTS.c.state == SlotState.MISSED, ~later
        )
        rows = await self._in.all(missed.group_by(SLOTS.c.schedule_id))
        return {ScheduleId(row.schedule_id): row.n for row in rows}

    async def slots(
        self, ids: Collection[ScheduleId], limit: int, states: Collection[SlotState] = tuple(SlotState)
    ) -> tuple[Fired, ...]:
        """Return what became of the newest slots of some schedules, newest first."""
        wanted = select(SLOTS).where(self._in.ours(SLOTS), SLOTS.c.schedule_id.in_(ids), SLOTS.c.state.in_(states))
        rows = wanted.order_by(SLOTS.c.due.desc(), SLOTS.c.schedule_id, SLOTS.c.slot.desc()).limit(limit)
        return tuple([_fired(row) for row in await self._in.all(rows)])

    async def ran_before(self, id: ScheduleId, civil: str) -> Sequence[RunId]:
        """Return the newest runs of a schedule that came before a slot and were not held back, newest first."""
        mine = (self._in.ours(SLOTS), SLOTS.c.schedule_id == id)
        due = select(SLOTS.c.due).where(*mine, SLOTS.c.slot == civil).scalar_subquery()
        ran = select(SLOTS.c.run_id).where(*mine, SLOTS.c.state == SlotState.RAN, SLOTS.c.due < due)
        rows = await self._in.all(ran.order_by(SLOTS.c.due.desc()).limit(_LOOKED_BACK))
        return [RunId(row.run_id) for row in rows]

    def _rows(self) -> Select[*tuple[object, ...]]:
        return select(SCHEDULES).where(self._in.ours(SCHEDULES)).order_by(SCHEDULES.c.number)


def _told(
    said: str, rule: str, calendar: Calendar, wishes: Wishes, destinations: Sequence[str]
) -> Mapping[str, object]:
    return {
        "said": said,
        "rule": rule,
        "zone": calendar.zone,
        "country": calendar.country,
        "on_holiday": calendar.on_holiday,
        "wishes": _WISHES.dump_json(wishes).decode(),
        "destinations": json.dumps(list(destinations)),
    }


@lru_cache(maxsize=256)  # schedules wish for much the same
def _wishes(text: str) -> Wishes:
    return _WISHES.validate_json(text)


@lru_cache(maxsize=256)
def _names(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def _schedule(row: Row[*tuple[object, ...]]) -> Schedule:
    return Schedule(
        id=ScheduleId(row.id),
        number=row.number,
        report=ReportId(row.report_id),
        member=MemberId(row.member_id),
        said=row.said,
        rule=row.rule,
        calendar=Calendar(row.zone, row.country, row.on_holiday),
        wishes=_wishes(row.wishes),
        destinations=_names(row.destinations),
        state=ScheduleState(row.state),
        why_paused=None if row.why_paused is None else load_message(row.why_paused),
        next_slot=row.next_slot,
        next_due=row.next_due,
        created=row.created,
    )


def _fired(row: Row[*tuple[object, ...]]) -> Fired:
    return Fired(
        schedule=ScheduleId(row.schedule_id),
        civil=row.slot,
        due=row.due,
        state=SlotState(row.state),
        decided=row.decided,
        run=None if row.run_id is None else RunId(row.run_id),
        reason=None if row.reason is None else load_message(row.reason),
    )
