"""A run tells how far it is while it goes, and leaves nothing of that behind."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from model.errors import ArbError
from model.report import STEPS, Run, RunState
from reports.progress import Gauge
from reports.run import execute
from reports.steps import Made, Step
from storage.owners import Owner
from storage.progress import Progress
from tests.kill.postman import pack_nothing
from tests.storage.world import HandClock, Room

_DATA: Mapping[str, bytes] = dict.fromkeys(STEPS, b"{}") | {"collect": pack_nothing()}


class Bell(HandClock):
    """A clock on which a second is over when the test says so; nobody's lease comes near its end."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: asyncio.Queue[None] = asyncio.Queue()

    async def sleep(self, seconds: float) -> None:
        if seconds != 1.0:
            await asyncio.Event().wait()
        await self.seconds.get()


@pytest.fixture
def clock() -> Bell:
    return Bell()


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[Owner]:
    owner = Owner.enter(tmp_path)
    yield owner
    owner.leave()


@dataclass
class Watch:
    """Somebody who looks at a run while it goes."""

    here: Room
    clock: Bell
    gauge: Gauge = field(default_factory=Gauge)

    async def progress(self, run: Run) -> Progress | None:
        async with self.here.db.read(self.here.workspace) as stores:
            return await stores.progress.of(run.id)

    async def sees(self, run: Run, wanted: Progress) -> None:
        """Let seconds go by until it is written."""
        for _ in range(200):
            self.clock.seconds.put_nowait(None)
            if await self.progress(run) == wanted:
                return
            await asyncio.sleep(0.01)
        raise AssertionError(await self.progress(run))

    async def state(self, run: Run) -> RunState:
        async with self.here.db.read(self.here.workspace) as stores:
            return (await stores.runs.of(run.id)).state

    def steps(self, **during: Callable[[Run], Awaitable[None]]) -> Mapping[str, Step]:
        """Return steps with prepared data, in which something is done."""

        def prepared(name: str) -> Step:
            async def step(run: Run) -> Made:
                if name in during:
                    await during[name](run)
                return Made(_DATA[name])

            return step

        return {name: prepared(name) for name in STEPS}

    async def does(self, owner: Owner, steps: Mapping[str, Step]) -> None:
        (claim,) = await self.here.db.claims.claim_runs(owner, 9, 30)
        await execute(self.here.db, claim, owner, steps, self.clock, gauge=self.gauge)


async def test_it_is_written_as_it_goes_and_gone_in_the_end(here: Room, clock: Bell, owner: Owner) -> None:
    watch = Watch(here, clock)

    async def reading(run: Run) -> None:
        await watch.sees(run, Progress("collect"))
        watch.gauge.tell(2, 3)
        await watch.sees(run, Progress("collect", 2, 3))

    async def writing(run: Run) -> None:
        await watch.sees(run, Progress("write"))

    run = await here.run("terminal:1")
    await watch.does(owner, watch.steps(collect=reading, write=writing))
    assert await watch.state(run) is RunState.DONE
    assert await watch.progress(run) is None


async def test_a_run_of_less_than_a_second_writes_nothing(here: Room, clock: Bell, owner: Owner) -> None:
    watch = Watch(here, clock)
    await here.run("terminal:1")
    await watch.does(owner, watch.steps())
    assert not watch.gauge.noted


async def test_a_failed_run_leaves_none(here: Room, clock: Bell, owner: Owner) -> None:
    watch = Watch(here, clock)

    async def breaking(run: Run) -> None:
        await watch.sees(run, Progress("narrate"))
        raise ArbError("It broke.")

    run = await here.run("terminal:1")
    await watch.does(owner, watch.steps(narrate=breaking))
    assert await watch.state(run) is RunState.FAILED
    assert await watch.progress(run) is None


async def test_what_a_dead_process_wrote_goes_with_the_next_ones_end(here: Room, clock: Bell, owner: Owner) -> None:
    watch = Watch(here, clock)
    run = await here.run("terminal:1")
    (died,) = await here.db.claims.claim_runs(owner, 9, 30)
    async with here.db.write(here.workspace) as stores:
        assert await stores.progress.note(run.id, Progress("collect", 1, 2), died.fence)
    clock.turn(31)
    await watch.does(owner, watch.steps())
    assert not watch.gauge.noted
    assert await watch.state(run) is RunState.DONE
    assert await watch.progress(run) is None


async def test_whoever_lost_the_run_stops_telling(here: Room, clock: Bell, owner: Owner) -> None:
    watch = Watch(here, clock)

    async def losing(run: Run) -> None:
        await watch.sees(run, Progress("measure"))
        await here.db.claims.hand_back(owner)
        watch.gauge.tell(5, 5)
        clock.seconds.put_nowait(None)

    run = await here.run("terminal:1")
    await watch.does(owner, watch.steps(measure=losing))
    assert await watch.progress(run) == Progress("measure")
    assert await watch.state(run) is RunState.WAITING
