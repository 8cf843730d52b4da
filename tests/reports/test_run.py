"""The walk over a run's steps: quick ones are written together, what took long by itself, and failing loses nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from model.errors import ArbError
from model.report import STEPS, Run, RunState
from reports.run import execute
from reports.steps import Made, Step
from storage.owners import Owner
from tests.kill.postman import pack_nothing
from tests.storage.world import HandClock, Room


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[Owner]:
    owner = Owner.enter(tmp_path)
    yield owner
    owner.leave()


class Standing(HandClock):
    """A clock on which no lease comes near its end."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.Event().wait()


@pytest.fixture
def clock() -> Standing:
    return Standing()


async def _written(here: Room, run: Run) -> list[str]:
    async with here.db.read(here.workspace) as stores:
        return [name for name, *_ in await stores.runs.steps(run.id)]


async def _walk(here: Room, owner: Owner, clock: HandClock, during: Mapping[str, Callable[[], None]]) -> dict[str, int]:
    """Do a run; return how many steps were written when each one began."""
    seen: dict[str, int] = {}

    def prepared(name: str) -> Step:
        async def step(run: Run) -> Made:
            seen[name] = len(await _written(here, run))
            if name in during:
                during[name]()
            return Made(pack_nothing() if name == "collect" else b"{}")

        return step

    (claim,) = await here.db.claims.claim_runs(owner, 9, 30)
    await execute(here.db, claim, owner, {name: prepared(name) for name in STEPS}, clock)
    return seen


async def test_quick_steps_are_written_with_the_end(here: Room, owner: Owner, clock: Standing) -> None:
    run = await here.run("1")
    assert set((await _walk(here, owner, clock, {})).values()) == {0}
    assert await _written(here, run) == list(STEPS)


async def test_what_took_long_is_written_at_once(here: Room, owner: Owner, clock: Standing) -> None:
    run = await here.run("1")
    seen = await _walk(here, owner, clock, {"measure": lambda: clock.turn(1)})
    assert [seen[name] for name in STEPS] == [0, 0, 2, 2, 2]
    assert await _written(here, run) == list(STEPS)


async def test_what_was_done_before_a_step_failed_stands(here: Room, owner: Owner, clock: Standing) -> None:
    def breaks() -> None:
        raise ArbError("It broke.")

    run = await here.run("1")
    await _walk(here, owner, clock, {"narrate": breaks})
    assert await _written(here, run) == list(STEPS[:2])
    async with here.db.read(here.workspace) as stores:
        assert (await stores.runs.of(run.id)).state is RunState.FAILED
