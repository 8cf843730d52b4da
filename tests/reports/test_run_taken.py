"""A run that somebody else has by now: its work is stopped, not only its writing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from model.clock import SystemClock
from model.language import Message
from model.report import Run, RunState
from reports.run import execute
from reports.steps import Made, Step
from storage.owners import Owner
from tests.storage.world import room
from tests.support.databases import Place

_SOON = 20.0  # seconds: far less than the step would take


class _Endless:
    """A step that never ends by itself."""

    def __init__(self) -> None:
        self.began, self.stopped = asyncio.Event(), asyncio.Event()

    async def __call__(self, run: Run) -> Made:
        self.began.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.stopped.set()
        raise AssertionError("it ended")


async def test_a_cancelled_run_is_not_worked_on(place: Place) -> None:
    clock = SystemClock()
    db = await place.open(clock)
    owner, here, step = Owner.enter(place.home, local=place.url is None), await room(db), _Endless()
    run = await here.run("1")
    (claim,) = await db.claims.claim_runs(owner, 1, 30.0)
    working = asyncio.create_task(execute(db, claim, owner, {"collect": step}, clock, lease=0.3))
    await step.began.wait()
    async with db.write(here.workspace) as stores:
        assert await stores.runs.cancel(run.id, Message("Enough."))
    async with asyncio.timeout(_SOON):
        await working
    assert step.stopped.is_set()
    async with db.read(here.workspace) as stores:
        found = await stores.runs.of(run.id)
    assert (found.state, found.failure) == (RunState.FAILED, Message("Enough."))
    owner.leave()
    await db.close()


async def test_a_steps_own_timeout_is_no_deadline(place: Place) -> None:
    """What it waited for was too slow; the run did not take half an hour."""
    clock = SystemClock()
    db = await place.open(clock)
    owner, here = Owner.enter(place.home, local=place.url is None), await room(db)
    await here.run("1")

    async def slow(run: Run) -> Made:
        raise TimeoutError

    steps: Mapping[str, Step] = {"collect": slow}
    (claim,) = await db.claims.claim_runs(owner, 1, 30.0)
    with pytest.raises(TimeoutError):
        await execute(db, claim, owner, steps, clock)
    owner.leave()
    await db.close()
