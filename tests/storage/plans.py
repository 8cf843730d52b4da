"""Schedules for tests: a report in a room, and what runs it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from bot.loops import ScheduleLoop
from model.clock import Clock
from model.ids import ReportId
from model.report import Definition, Run
from model.rule import RULE
from model.schedule import Calendar, Fired, Schedule, SlotState, Wishes
from reports.cron import parse_cron
from reports.slots import slots
from reports.steps import Workshop
from storage.database import Database
from tests.storage.world import Room
from writers.process import RenderProcess

UTC_DAYS = Calendar("UTC")
USUAL = Wishes()


async def a_report(room: Room, name: str = "web") -> ReportId:
    async with room.db.write(room.workspace) as stores:
        return (await stores.reports.add(name, room.member, Definition(template="weekly"))).id


async def planned(
    room: Room,
    report: ReportId,
    cron: str,
    clock: Clock,
    wishes: Wishes = USUAL,
    calendar: Calendar = UTC_DAYS,
    count: int = 1,
    destinations: Sequence[str] = (),
) -> Schedule:
    """Add schedules that are alike, their first slot after now; return the last one. Each posts to the next place."""
    rule = parse_cron(cron)
    async with room.db.write(room.workspace) as stores:
        for n in range(count):
            made = await stores.schedules.add(
                report=report,
                member=room.member,
                said=cron,
                rule=RULE.dump_json(rule).decode(),
                calendar=calendar,
                wishes=wishes,
                destinations=destinations[n % len(destinations) :][:1] if destinations else (),
                upcoming=next(slots(rule, calendar, clock.now() - timedelta(microseconds=1))),
            )
    return made


def loop_of(db: Database, clock: Clock, at_once: int = 100) -> ScheduleLoop:
    """Return what fires, with nothing else to it."""
    return ScheduleLoop(Workshop(db, clock, None, RenderProcess(), {}, None), "en", at_once=at_once)  # type: ignore[arg-type]  # reads no source


async def slots_of(room: Room, schedule: Schedule) -> Sequence[Fired]:
    """Return what became of a schedule's slots, oldest first."""
    async with room.db.read(room.workspace) as stores:
        return (await stores.schedules.slots([schedule.id], 100_000))[::-1]


async def counts(room: Room, schedule: Schedule) -> tuple[int, int, int]:
    """Return how many slots ran, were missed, and were skipped."""
    found = Counter(one.state for one in await slots_of(room, schedule))
    return found[SlotState.RAN], found[SlotState.MISSED], found[SlotState.SKIPPED]


async def runs_of(room: Room, schedule: Schedule) -> Sequence[Run]:
    """Return the runs of a schedule, oldest first."""
    async with room.db.read(room.workspace) as stores:
        return [run for run in (await stores.runs.list(100_000))[::-1] if run.schedule == schedule.id]
