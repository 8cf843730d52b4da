"""Several processes fire the schedules of one database, some of them stopped and woken: each slot runs once."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from model.clock import SystemClock
from model.schedule import SlotState
from storage.database import Database
from storage.workspaces import WorkspaceSettings
from tests.kill.stopping import disturb
from tests.kill.world import rows
from tests.storage.plans import a_report, planned
from tests.storage.world import Room, room
from tests.support.databases import Place
from tests.support.nursery import Child, Nursery

_ROOT = Path(__file__).parents[2]
_WORKSPACES = 4
_LONG = 1.0  # seconds; a schedule is fired in one transaction, without a lease: `test_stopped` stops for longer ones


async def test_many_processes_fire_each_slot_once(beds: Nursery, place: Place, scaled: Callable[[int], int]) -> None:
    """Five processes, 10,000 slots and 50 stops in full: as many rows, as many runs, and each row names its own run."""
    slots, stops = scaled(10_000) // _WORKSPACES * _WORKSPACES, scaled(50)
    db = await place.open()
    rooms = [await room(db, f"acme{n}") for n in range(_WORKSPACES)]
    clock = SystemClock()
    for here in rooms:
        await plant(here, slots // _WORKSPACES, clock)
    processes = [_start(beds, place) for _ in range(5)]
    try:
        for process in processes:
            assert process.line() == "ready"
        await release(rooms, db, clock.now())
        assert await disturb(processes, stops, lambda: fired(db, slots), _for_long) == stops
        async with asyncio.timeout(600):
            while await db.claims.workspaces_due(1):
                await clock.sleep(0.1)
        for process in processes:
            process.hang_up()
            done = process.wait()
            assert done.returncode == 0, done.stderr
    finally:
        for process in processes:
            process.kill()
    for here in rooms:
        await once_each(here, slots // _WORKSPACES)
    await db.close()


async def _for_long(_: Child) -> bool:
    """Wait until the others have fired what is not held by who was stopped."""
    await asyncio.sleep(_LONG)
    return True


async def plant(here: Room, count: int, clock: SystemClock, destinations: Sequence[str] = ()) -> None:
    """Make schedules, due in a week, each of which posts to one of these."""
    async with here.db.write(here.workspace) as stores:
        await stores.workspaces.change(WorkspaceSettings(most_schedules=count, most_runs_a_day=2 * count))
    await planned(here, await a_report(here), "0 9 * * 1", clock, count=count, destinations=destinations)


async def release(rooms: Sequence[Room], db: Database, now: datetime) -> None:
    """Make all of them due in one moment."""
    for here in rooms:
        async with db.write(here.workspace) as stores:
            for one in await stores.schedules.all():
                await stores.schedules.change(replace(one, next_slot="2026-01-05T09:00", next_due=now))


async def fired(db: Database, count: int) -> float:
    """Return which part of so many slots is decided on."""
    return float(str((await rows(db, "SELECT count(*) FROM slots"))[0][0])) / count


async def once_each(here: Room, count: int) -> None:
    """Assert that each schedule of a room has one slot, and each slot the one run that it names."""
    async with here.db.read(here.workspace) as stores:
        schedules = await stores.schedules.all()
        fired = await stores.schedules.slots([one.id for one in schedules], 2 * count)
        runs = await stores.runs.list(2 * count)
    assert len(schedules) == len(fired) == len(runs) == count
    assert {one.state for one in fired} == {SlotState.RAN}
    assert {one.run for one in fired} == {run.id for run in runs}
    assert {run.slot for run in runs} == {"2026-01-05T09:00[UTC]"}
    assert all(one.next_due is not None and one.next_due > one.created - timedelta(days=1) for one in schedules)


def _start(beds: Nursery, place: Place) -> Child:
    asked = (place.home, place.url or "")
    return beds.start("tests.kill.scheduler", *asked, env={"PATH": os.environ["PATH"]}, cwd=_ROOT, typed=None)
