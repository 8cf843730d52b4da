"""Fire schedules: what is due is claimed, decided and written with its runs and next due times in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from delivery.telling import tell
from model.clock import Clock
from model.errors import ArbError
from model.ids import EventId, RunId, ScheduleId, WorkspaceId
from model.language import Code, Message
from model.member import Member
from model.report import Order, Run
from model.schedule import Calendar, Fired, Lateness, Schedule, Slot, SlotState
from reports.answering import pause, rule_of
from reports.catching_up import Plan, Verdict, decide
from reports.slot_orders import Scene, cause_of, hindrance, key_of, order_of, scene_of
from reports.slots import slots
from storage.database import Database
from storage.limits import full
from storage.stores import Stores

AT_ONCE = 100  # schedules of one workspace in one transaction
_COULD_NOT = Message("Schedule #{n} could not run.")
_KEPT_FROM = Message("Schedule #{n} ran, but its report does not reach all its destinations.")
_SLOTS = 300  # the same, of slots: after a long outage a schedule has many


async def fire(db: Database, workspace: WorkspaceId, clock: Clock, code: Code, limit: int = AT_ONCE) -> int:
    """Decide on the due slots of up to `limit` schedules of a workspace; return how many schedules were due.

    `code`: the installation's language. Slots, runs and next due times are committed together or not at all.
    """

    async def decide_on_due(stores: Stores) -> int:
        due = await stores.schedules.claim(limit)
        planned = await stores.beside(_planned, due, clock.now()) if due else []
        if planned:
            await _Batch(stores, clock, code).write(planned)
        return len(planned)

    return await db.at_once(workspace, decide_on_due)


async def run_now(stores: Stores, schedule: Schedule, by: Member, clock: Clock, code: Code, cause: EventId) -> Run:
    """Ask for a run as the schedule makes them, now; `by` answers for this one. Raises UserError where it cannot be."""
    asked = replace(schedule, member=by.id)
    scene = await scene_of(stores, [asked])
    report = scene.reports[schedule.report]
    order = order_of(asked, report, by, scene, code, at=clock.now(), cause=cause)
    return await stores.runs.ask(order)


async def give_up(db: Database, workspace: WorkspaceId) -> None:
    """Pause the schedule that is due longest: to fire it breaks."""
    async with db.write(workspace) as stores:
        due = await stores.schedules.claim(1)
        reason = Message("Something broke when it was due; the log has the details.")
        await stores.schedules.pause([schedule.id for schedule in due], reason)
        for schedule in due:
            await _tell(stores, schedule, Message("Schedule #{n} is paused."), reason)


def upcoming(schedule: Schedule) -> Slot:
    """Return the slot that a schedule waits for; it has one."""
    if schedule.next_slot is None or schedule.next_due is None:
        raise ValueError("a schedule that is not due has no slot to wait for")
    return Slot(schedule.next_slot, schedule.next_due)


def _planned(due: Sequence[Schedule], now: datetime) -> list[tuple[Schedule, Plan]]:
    """Return what becomes of the slots of schedules; after an outage, of as many schedules as one transaction bears."""
    found: list[tuple[Schedule, Plan]] = []
    slots_decided = 0
    for schedule in due:
        first = upcoming(schedule)
        plan = decide(first, _later(schedule.rule, schedule.calendar, first.due), schedule.wishes, now)
        slots_decided += len(plan.verdicts)
        if found and slots_decided > _SLOTS:
            break
        found.append((schedule, plan))
    return found


def _later(rule: str, calendar: Calendar, after: datetime) -> Iterator[Slot]:
    """Yield the slots after an instant, ascending."""
    following = _following(rule, calendar, after)
    if following is not None:
        yield following
        yield from slots(rule_of(rule), calendar, following.due)


@lru_cache(maxsize=4096)  # of the schedules that are due at once, at nine say, many go by the same few rules
def _following(rule: str, calendar: Calendar, after: datetime) -> Slot | None:
    return next(slots(rule_of(rule), calendar, after), None)


class _Batch:
    """One transaction's worth of firing."""

    def __init__(self, stores: Stores, clock: Clock, code: Code) -> None:
        self._stores = stores
        self._clock = clock
        self._code: Code = code
        self._orders: list[Order] = []
        self._fired: list[Fired] = []
        self._missed_before: Mapping[ScheduleId, int] = {}  # slots that late ones stand for
        self._troubles: dict[ScheduleId, Message] = {}  # why a slot of theirs could not run

    async def write(self, planned: Sequence[tuple[Schedule, Plan]]) -> None:
        """Write what becomes of the slots, with runs for those that run."""
        scene = await scene_of(self._stores, [schedule for schedule, _ in planned])
        known = await self._stores.schedules.decided(
            [(schedule.id, key_of(v.slot, schedule)) for schedule, plan in planned for v in plan.verdicts]
        )
        pauses: dict[str, tuple[Message, list[Schedule]]] = {}  # by the reason
        open_ = [
            (schedule, [v for v in plan.verdicts if (schedule.id, key_of(v.slot, schedule)) not in known])
            for schedule, plan in planned
        ]
        # There may be more missed ones than those of this round, decided in the round before.
        late = [schedule.id for schedule, fresh in open_ if any(v.late for v in fresh)]
        self._missed_before = await self._stores.schedules.missed_since(late)
        for schedule, fresh in open_:
            hindered = hindrance(schedule, scene)
            if hindered is None:
                self._judge(schedule, fresh, scene)
                continue
            self._fired += [self._note(schedule, v.slot, SlotState.SKIPPED, hindered.reason) for v in fresh]
            if hindered.pauses:
                pauses.setdefault(hindered.reason.plain(), (hindered.reason, []))[1].append(schedule)
        await self._run_all(scene)
        await self._tell_owners({schedule.id: schedule for schedule, _ in planned})
        await self._stores.schedules.decide(self._fired, [(schedule.id, plan.upcoming) for schedule, plan in planned])
        for reason, schedules in pauses.values():
            events = [cause_of(one.id, key_of(upcoming(one), one)) for one in schedules]
            await pause(self._stores, schedules, events, reason)

    def _judge(self, schedule: Schedule, verdicts: Sequence[Verdict], scene: Scene) -> None:
        for at, verdict in enumerate(verdicts):
            slot, late = verdict.slot, verdict.late
            if verdict.missed is not None:
                self._fired.append(self._note(schedule, slot, SlotState.MISSED, verdict.missed))
                continue
            if late is not None and late.skipped == at:
                late = replace(late, skipped=late.skipped + self._missed_before.get(schedule.id, 0))
            try:
                self._orders.append(self._order(schedule, slot, late, scene))
                unreached = scene.unreached(schedule)
                self._fired.append(self._note(schedule, slot, SlotState.RAN, unreached))
                if unreached is not None:
                    self._troubles[schedule.id] = unreached
            except ArbError as error:
                self._fired.append(self._note(schedule, slot, SlotState.MISSED, error.message))
                self._troubles[schedule.id] = error.message

    def _order(self, schedule: Schedule, slot: Slot, late: Lateness | None, scene: Scene) -> Order:
        """Return the run of a slot: its days are those seen from when it was due, however late it is."""
        report, member, key = scene.reports[schedule.report], scene.members[schedule.member], key_of(slot, schedule)
        cause = cause_of(schedule.id, key)
        return order_of(schedule, report, member, scene, self._code, at=slot.due, cause=cause, late=late, slot=key)

    async def _run_all(self, scene: Scene) -> None:
        """Ask for the runs; a slot whose run is one too many for today is missed."""
        most = scene.settings.most_runs_a_day
        made = await self._stores.runs.add_all(self._orders, most) if self._orders else {}
        beyond = full("most_runs_a_day", most).message
        lost = [
            one for one in self._fired if one.state is SlotState.RAN and cause_of(one.schedule, one.civil) not in made
        ]
        self._troubles |= {one.schedule: beyond for one in lost}
        self._fired = [_with_run(one, made, beyond) for one in self._fired]

    async def _tell_owners(self, schedules: Mapping[ScheduleId, Schedule]) -> None:
        """Tell who answers for a schedule what kept it from running or arriving, the first time for each reason."""
        ran = {one.schedule for one in self._fired if one.state is SlotState.RAN}
        for id, why in self._troubles.items():
            before = await self._stores.schedules.slots([id], 1)
            if not before or before[0].reason is None or before[0].reason.plain() != why.plain():
                await _tell(self._stores, schedules[id], _KEPT_FROM if id in ran else _COULD_NOT, why)

    def _note(self, schedule: Schedule, slot: Slot, state: SlotState, reason: Message | None = None) -> Fired:
        return Fired(schedule.id, key_of(slot, schedule), slot.due, state, self._clock.now(), reason=reason)


def _with_run(fired: Fired, made: Mapping[EventId, RunId], beyond: Message) -> Fired:
    if fired.state is not SlotState.RAN:
        return fired
    run = made.get(cause_of(fired.schedule, fired.civil))
    return replace(fired, run=run) if run else replace(fired, state=SlotState.MISSED, reason=beyond)


async def _tell(stores: Stores, schedule: Schedule, title: Message, why: Message) -> None:
    """Tell who answers for a schedule what became of it."""
    await tell(stores, schedule.member, Message(title.text, {"n": str(schedule.number)}), why)
