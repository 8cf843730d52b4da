"""What becomes of slots after an outage: 45 cases counted by hand, and clocks that jump."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from model.schedule import CatchUp, SlotState, Wishes
from reports.cron import parse_cron
from reports.slot_orders import key_of
from reports.slots import slots
from storage.workspaces import WorkspaceSettings
from tests.storage.plans import UTC_DAYS, a_report, counts, loop_of, planned, runs_of, slots_of
from tests.storage.world import HandClock, Room, room
from tests.support.databases import Place

_STOPPED = datetime(2026, 11, 9, 8, 59, 55, tzinfo=UTC)  # a Monday
_RULES = {
    "every 5 minutes": "*/5 * * * *",
    "hourly": "0 * * * *",
    "daily": "0 9 * * *",
    "weekdays": "0 10 * * 1-5",
    "weekly": "0 9 * * 1",
}
_DOWN = {"10 s": timedelta(seconds=10), "1 h": timedelta(hours=1), "3 d": timedelta(days=3)}
_POLICIES: Sequence[CatchUp] = ("latest", "skip", "all")
# (ran, missed) by outage and rule, for latest, skip and all (five at most)
_EXPECTED = {
    ("10 s", "every 5 minutes"): ((1, 0), (1, 0), (1, 0)),
    ("10 s", "hourly"): ((1, 0), (1, 0), (1, 0)),
    ("10 s", "daily"): ((1, 0), (1, 0), (1, 0)),
    ("10 s", "weekdays"): ((0, 0), (0, 0), (0, 0)),
    ("10 s", "weekly"): ((1, 0), (1, 0), (1, 0)),
    ("1 h", "every 5 minutes"): ((1, 11), (0, 12), (5, 7)),
    ("1 h", "hourly"): ((1, 0), (0, 1), (1, 0)),
    ("1 h", "daily"): ((1, 0), (0, 1), (1, 0)),
    ("1 h", "weekdays"): ((0, 0), (0, 0), (0, 0)),
    ("1 h", "weekly"): ((1, 0), (0, 1), (1, 0)),
    ("3 d", "every 5 minutes"): ((1, 863), (0, 864), (5, 859)),
    ("3 d", "hourly"): ((1, 71), (0, 72), (5, 67)),
    ("3 d", "daily"): ((1, 2), (0, 3), (3, 0)),
    ("3 d", "weekdays"): ((1, 2), (0, 3), (3, 0)),
    ("3 d", "weekly"): ((0, 1), (0, 1), (1, 0)),  # three days are more than the latest may be late
}


@pytest.mark.parametrize("down", _DOWN)
async def test_each_policy_after_each_outage(here: Room, clock: HandClock, down: str) -> None:
    """Every due slot has its row; those that ran have their run, those that did not have a reason."""
    clock.at = _STOPPED
    report = await a_report(here)
    cases = {
        (rule, policy): await planned(here, report, cron, clock, Wishes(policy))
        for rule, cron in _RULES.items()
        for policy in _POLICIES
    }
    clock.at += _DOWN[down]
    await loop_of(here.db, clock).drain()
    for (rule, policy), schedule in cases.items():
        ran, missed = _EXPECTED[down, rule][_POLICIES.index(policy)]
        assert await counts(here, schedule) == (ran, missed, 0), (down, rule, policy)
        fired, runs = await slots_of(here, schedule), await runs_of(here, schedule)
        assert [one.run for one in fired if one.state is SlotState.RAN] == [run.id for run in runs]
        assert all((one.reason is None) is (one.state is SlotState.RAN) for one in fired)
        assert await _next_follows(here, schedule.number, clock)
    assert await loop_of(here.db, clock).drain() == 0


async def _next_follows(here: Room, number: int, clock: HandClock) -> bool:
    async with here.db.read(here.workspace) as stores:
        due = {one.number: one.next_due for one in await stores.schedules.all()}[number]
    return due is not None and due > clock.now()


async def test_a_late_run_says_how_late_and_sees_its_own_days(here: Room, clock: HandClock) -> None:
    """Its window is the one it would have had; how many were let go before it stands with it, over all rounds."""
    clock.at = _STOPPED
    report = await a_report(here)
    often = await planned(here, report, "*/5 * * * *", clock)
    weekly = await planned(here, report, "0 9 * * 1", clock)
    clock.at += timedelta(hours=23)
    await loop_of(here.db, clock).drain()
    (run,) = await runs_of(here, often)
    assert run.settings.late is not None
    assert (run.settings.late.seconds, run.settings.late.skipped) == (295, 275)
    (run,) = await runs_of(here, weekly)
    assert run.settings.late is not None
    assert (run.settings.late.due, run.settings.late.skipped) == (_STOPPED + timedelta(seconds=5), 0)
    assert run.window.typed() == "2026-11-02..2026-11-09"
    clock.at += timedelta(minutes=10, seconds=10)  # two were due meanwhile, the second just now
    await loop_of(here.db, clock).drain()
    late = (await runs_of(here, often))[-1].settings.late
    assert late is not None
    assert (late.seconds, late.skipped) == (5, 2)
    clock.at += timedelta(minutes=5)
    await loop_of(here.db, clock).drain()
    assert (await runs_of(here, often))[-1].settings.late is None


_JUMPS = (1.0, 60.0, 3600.0, 86400.0, 864000.0)  # seconds, either way


async def test_a_clock_that_jumps_fires_nothing_twice_and_drops_nothing(
    sqlite_place: Place, scaled: Callable[[int], int]
) -> None:
    """Whatever the clock has shown was due once: each such slot has one row, each that ran one run."""
    draw, clock = random.Random(20261127), HandClock()
    db = await sqlite_place.open(clock)
    here = await room(db)
    async with db.write(here.workspace) as stores:
        await stores.workspaces.change(WorkspaceSettings(most_runs_a_day=10**6))
    report, loop = await a_report(here), loop_of(db, clock)
    for _ in range(scaled(2000)):
        cron = draw.choice(("0 9 * * *", "30 */6 * * *", "0 10 * * 1-5", "0 9 1 * *"))
        schedule = await planned(here, report, cron, clock, Wishes(draw.choice(_POLICIES)))
        began = latest = clock.at
        for _ in range(draw.randint(2, 8)):
            clock.at += timedelta(seconds=draw.choice((-1, 1, 1)) * draw.uniform(0.1, 1) * draw.choice(_JUMPS))
            latest = max(latest, clock.at)
            await loop.drain()
        fired = await slots_of(here, schedule)
        expected = []
        for slot in slots(parse_cron(cron), UTC_DAYS, began - timedelta(microseconds=1)):
            if slot.due > latest:
                break
            expected.append(key_of(slot, schedule))
        assert [one.civil for one in fired] == expected, (cron, began, latest)
        ran = [one.civil for one in fired if one.state is SlotState.RAN]
        assert [run.slot for run in await runs_of(here, schedule)] == ran
        async with db.write(here.workspace) as stores:
            await stores.schedules.remove(schedule.id)
    await db.close()
