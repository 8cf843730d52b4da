"""Several processes fire the schedules of one database, some of them stopped and woken: each slot runs once."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from model.clock import SystemClock
from model.schedule import SlotState
from storage.database import Database
from storage.workspaces import WorkspaceSettings
from tests.conftest import PROVE
from tests.storage.plans import a_report, planned
from tests.storage.world import Room, room
from tests.support.databases import Place
from tests.support.nursery import Child, Nursery

_ROOT = Path(__file__).parents[2]
_WORKSPACES = 4


async def test_many_processes_fire_each_slot_once(beds: Nursery, place: Place, scaled: Callable[[int], int]) -> None:
    """Five processes, 10,000 slots and 50 stops in full: as many rows, as many runs, and each row names its own run."""
    slots, stops = scaled(10_000) // _WORKSPACES * _WORKSPACES, scaled(50)
    db = await place.open()
    rooms = [await room(db, f"acme{n}") for n in range(_WORKSPACES)]
    clock = SystemClock()
    for here in rooms:
        await _plant(here, slots // _WORKSPACES, clock)
    processes = [_start(beds, place) for _ in range(5 if PROVE else 3)]
    try:
        for process in processes:
            assert process.line() == "ready"
        await _release(rooms, db, clock.now())
        await _disturb(processes, stops)
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
        await _once_each(here, slots // _WORKSPACES)
    await db.close()


async def _plant(here: Room, count: int, clock: SystemClock) -> None:
    async with here.db.write(here.workspace) as stores:
        await stores.workspaces.change(WorkspaceSettings(most_schedules=count, most_runs_a_day=2 * count))
    await planned(here, await a_report(here), "0 9 * * 1", clock, count=count)


async def _release(rooms: Sequence[Room], db: Database, now: datetime) -> None:
    """Make all of them due in one moment."""
    for here in rooms:
        async with db.write(here.workspace) as stores:
            for one in await stores.schedules.all():
                await stores.schedules.change(replace(one, next_slot="2026-01-05T09:00", next_due=now))


async def _disturb(processes: Sequence[Child], stops: int) -> None:
    draw = random.Random(20261127)
    for _ in range(stops):
        victim = draw.choice(processes)
        os.kill(victim.pid, signal.SIGSTOP)
        await asyncio.sleep(draw.uniform(0.01, 0.3))  # how long it is stopped, not what is waited for
        os.kill(victim.pid, signal.SIGCONT)


async def _once_each(here: Room, count: int) -> None:
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
