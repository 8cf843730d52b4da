"""SIGKILL anywhere in whole runs, their steps and their messages; the ledgers of two places are the judges.

One place can be asked about what it was sent, the other one cannot.
"""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio

from model.clock import SystemClock
from model.report import STEPS
from reports.run import TOGETHER
from storage.database import Database
from tests.conftest import PROVE
from tests.kill.worker import Orders
from tests.kill.world import Machines, ask, judge, rows, whole
from tests.support.databases import Place
from tests.support.nursery import Child, Nursery
from tests.support.provider import Kind, Provider, provider
from tests.support.repository import small_repository

_BOTH: tuple[Kind, ...] = ("asked", "mute")
_LATER = 3600.0  # seconds: when somebody comes back, every lease has run out
_TIMES = 100 if PROVE else 2  # random kills, on each database
_STEPS = [f"{step}-{when}" for step in STEPS for when in ("before", "inside", "uncommitted", "after")]
_SENDS = [
    *(f"{what}-{when}" for what in ("claim", "send", "settle") for when in ("before", "inside", "after")),
    "send-lost",
]
_CASES = [
    *((moment, together, _BOTH) for moment in _STEPS for together in (0.0, TOGETHER)),
    *((moment, TOGETHER, (kind,)) for moment in _SENDS for kind in _BOTH),
]
_SOME = {  # database, moment, seconds that are written together, where it goes
    ("sqlite", "measure-after", TOGETHER, _BOTH),
    ("sqlite", "write-uncommitted", 0.0, _BOTH),
    ("sqlite", "send-inside", TOGETHER, ("mute",)),
    ("postgres", "collect-inside", 0.0, _BOTH),
    ("postgres", "enqueue-uncommitted", TOGETHER, _BOTH),
    ("postgres", "settle-before", TOGETHER, ("asked",)),
}


@dataclass
class Scene:
    """A database, the processes that work on it, and the places they send to."""

    machines: Machines
    db: Database
    places: Mapping[Kind, Provider]
    wanted: dict[Kind, list[str]] = field(default_factory=lambda: {kind: [] for kind in _BOTH})

    async def ask(self, to: tuple[Kind, ...] = _BOTH) -> None:
        (run,) = await ask(self.db, "acme", self.machines.folder / "shop", 1, to)
        for kind in to:
            self.wanted[kind].append(run.name)

    def start(self, machine: str, moment: str = "", later: float = 0.0, together: float = TOGETHER) -> Child:
        ports = {kind: place.port for kind, place in self.places.items()}
        orders = Orders(ports=ports, moment=moment, later=later, together=together, once=True)
        return self.machines.start(machine, orders)

    def finish(self, later: float = _LATER, together: float = TOGETHER) -> None:
        """Have another machine do what is left."""
        done = self.start("b", later=later, together=together).wait()
        assert done.returncode == 0, done.stderr

    async def work(self, killed: float | None = None, later: float = 0.0) -> float:
        """Have two runs done, or have who does them killed after so many seconds; return how long it worked."""
        for _ in range(2):
            await self.ask()
        child = self.start("a", later=later)
        child.line()
        began = time.monotonic()
        if killed is not None:
            await SystemClock().sleep(killed)
            child.send(signal.SIGKILL)
        assert child.wait().returncode in (0, -signal.SIGKILL), child.err
        return time.monotonic() - began

    async def how_far(self) -> str:
        """Return what there is left to do."""
        if await rows(self.db, "SELECT id FROM runs WHERE state <> 'done'"):
            return "in its steps"
        left = await rows(self.db, "SELECT id FROM deliveries WHERE state <> 'sent'")
        return "in its messages" if left else "too late"

    async def judge(self, kills: int) -> None:
        """Assert that each run is done and each message is where it belongs, as the places have it."""
        for kind, place in self.places.items():
            judge(place, self.wanted[kind], kills)
        await whole(self.db, len({run for runs in self.wanted.values() for run in runs}))
        assert await rows(self.db, "SELECT count(*) FROM deliveries WHERE state <> 'sent'") == [(0,)]


@pytest_asyncio.fixture
async def scene(place: Place, beds: Nursery, tmp_path: Path) -> AsyncIterator[Scene]:
    small_repository(tmp_path / "shop")
    machines = Machines(beds, place.url, tmp_path)
    with ExitStack() as places:
        there = {kind: places.enter_context(provider(kind)) for kind in _BOTH}
        db = await machines.open()
        yield Scene(machines, db, there)
        await db.close()


def _some(case: Mapping[str, object]) -> bool:
    return (case["place"], case["moment"], case["together"], case["to"]) in _SOME


def _named(value: object) -> str:
    return str(value) if not isinstance(value, tuple) else "+".join(value)


@pytest.mark.some(of=_some)
@pytest.mark.parametrize(("moment", "together", "to"), _CASES, ids=_named)
async def test_killed_at_each_moment(scene: Scene, moment: str, together: float, to: tuple[Kind, ...]) -> None:
    """The next one that comes finishes it, whether steps are written one by one or together."""
    await scene.ask(to)
    died = scene.start("a", moment, together=together).wait()
    assert died.returncode == -signal.SIGKILL, died.stderr
    scene.finish(together=together)
    await scene.judge(kills=1)


async def test_killed_at_random_times(scene: Scene) -> None:
    """However it falls, in steps and in messages: two runs each time, of which one may be done."""
    draw, span, fell = random.Random(20261129), 0.0, Counter[str]()
    for _ in range(2):  # the first one begins cold
        span = await scene.work()
    for n in range(1, _TIMES + 1):
        await scene.work(killed=draw.uniform(0.0, span), later=2 * n * _LATER)
        fell[await scene.how_far()] += 1
        scene.finish(later=(2 * n + 1) * _LATER)
    print(f"{_TIMES} kills within {span:.2f} s: {dict(fell)}")
    assert not PROVE or min(fell["in its steps"], fell["in its messages"]) > 0
    await scene.judge(kills=_TIMES)
