"""SIGKILL around every row and every request of a message; the place's own ledger is the judge."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from model.delivery import Address, Delivery, DeliveryState, Payload, Platform, Receipt
from model.ids import EventId
from model.report import Run, RunState
from storage.claims_deliveries import Wanted
from storage.database import Database
from storage.owners import Owner
from tests.conftest import PROVE
from tests.kill.world import judge
from tests.storage.world import SETTINGS, WEEK, Room, room
from tests.support.databases import Place
from tests.support.nursery import Child, Nursery
from tests.support.provider import KINDS, Kind, Provider, provider

_ROOT = Path(__file__).parents[2]
_CHANNEL = Address(Platform.SLACK, "T1", "C1")
_MOMENTS = [
    *(f"{what}-{when}" for what in ("enqueue", "claim", "send", "settle") for when in ("before", "inside", "after")),
    "send-lost",
]
_SOME = {"enqueue-inside", "claim-after", "send-inside", "send-lost", "settle-inside"}
_LATER = 3600.0  # seconds: when somebody comes back, every lease has run out


@dataclass
class Office:
    """A database, and processes that work on it."""

    beds: Nursery
    place: Place
    here: Room

    def start(self, to: Provider, moment: str = "", later: float = 0.0) -> Child:
        asked = {
            "url": self.place.url, "home": str(self.place.home), "kind": to.kind, "port": to.port,
            "moment": moment, "later": later,
        }  # fmt: skip
        env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(_ROOT), "PYTHONUTF8": "1"}
        return self.beds.start("tests.kill.postman", json.dumps(asked), env=env, cwd=_ROOT)

    def finish(self, to: Provider, later: float = _LATER) -> None:
        done = self.start(to, later=later).wait()
        assert done.returncode == 0, done.stderr

    async def run(self, cause: str, channels: int = 1) -> Run:
        """Ask for a run whose card is its cause."""
        to = tuple(replace(_CHANNEL, target=f"C{n}") for n in range(channels))
        async with self.here.db.write(self.here.workspace) as stores:
            return await stores.runs.add(
                template="weekly", sources=(), window=WEEK, settings=SETTINGS,
                cause=EventId(cause), member=self.here.member, destinations=to,
            )  # fmt: skip

    async def put(self, texts: list[str], channels: int) -> None:
        async with self.here.db.write(self.here.workspace) as stores:
            for n, text in enumerate(texts):
                to = replace(_CHANNEL, target=f"C{n % channels}")
                await stores.deliveries.put(to, [Payload({"text": text})])

    async def show(self, text: str, run: Run) -> Delivery:
        """Put a message that shows how far a run is on its way."""
        async with self.here.db.write(self.here.workspace) as stores:
            id = await stores.deliveries.put(run.destinations[0], [Payload({"text": text})], run=run.id)
            return await stores.deliveries.of(id)

    async def settle(self, delivery: Delivery) -> None:
        """Note that the place has a message, as its first."""
        owner = Owner.enter(self.place.home, local=self.place.url is None)
        (held,) = await self.here.db.outgoing.claim(owner, Wanted((Platform.SLACK,), (), {}), 1, 60)
        async with self.here.db.write(self.here.workspace) as stores:
            await stores.deliveries.sent(held, Receipt(delivery.to.target, "0", datetime.now(UTC)), held.wanted)
        owner.leave()

    async def settled(self) -> bool:
        async with self.here.db.read(self.here.workspace) as stores:
            runs = await stores.runs.list(999)
            sent = [one.state for run in runs for one in await stores.deliveries.of_run(run.id)]
        return all(run.state is RunState.DONE for run in runs) and set(sent) <= {DeliveryState.SENT}


@pytest_asyncio.fixture
async def office(place: Place, beds: Nursery) -> AsyncIterator[Office]:
    db: Database = await place.open()
    yield Office(beds, place, await room(db))
    await db.close()


def _some(case: Mapping[str, object]) -> bool:
    return case["moment"] in _SOME and (case["place"] == "sqlite" or case["kind"] == "mute")


@pytest.mark.some(of=_some)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("moment", _MOMENTS)
async def test_killed_at_each_moment(office: Office, moment: str, kind: Kind) -> None:
    """The next one that comes finishes it."""
    await office.run("the report")
    with provider(kind) as there:
        died = office.start(there, moment).wait()
        assert died.returncode == -signal.SIGKILL, died.stderr
        office.finish(there)
        judge(there, ["the report"], kills=1)
    assert await office.settled()


_CHANGED = [one for one in _MOMENTS if not one.startswith("send")] + ["edit-before", "edit-after"]


def _some_live(case: Mapping[str, object]) -> bool:
    return case["place"] == "sqlite" and case["moment"] in ("enqueue-inside", "send-inside", "edit-after")


@pytest.mark.some(of=_some_live)
@pytest.mark.parametrize(
    ("stands", "moment"), [*((True, one) for one in _CHANGED), *((False, one) for one in _MOMENTS)]
)
async def test_what_shows_how_far_a_run_is_becomes_its_report(office: Office, moment: str, stands: bool) -> None:
    """Whether it stands there already or waits, and whenever it falls: one message, and that is the report."""
    run = await office.run("the report")
    with provider("asked") as there:
        shown = await office.show("reading", run)
        if stands:
            there.ledger.append((shown.id, "reading"))
            await office.settle(shown)
        died = office.start(there, moment).wait()
        assert died.returncode == -signal.SIGKILL, died.stderr
        office.finish(there)
        judge(there, ["the report"], kills=0)
    assert await office.settled()


async def test_killed_at_random_times(office: Office) -> None:
    """However it falls, and over and over."""
    draw, times = random.Random(20261127), 500 if PROVE else 3
    wanted = []
    with provider("asked") as asked, provider("mute") as mute:
        for n in range(times):
            there = (asked, mute)[n % 2]
            texts = [f"{n}.{k}" for k in range(6)]
            wanted.append((there.kind, texts))
            await office.put(texts, channels=3)
            child = office.start(there, later=n * _LATER)
            await asyncio.sleep(draw.uniform(0.02, 0.35))
            os.kill(child.pid, signal.SIGKILL)
            child.wait()
            office.finish(there, later=n * _LATER + _LATER / 2)
        for there in (asked, mute):
            judge(there, [text for kind, texts in wanted if kind == there.kind for text in texts], kills=3 * times)


@pytest.mark.parametrize("moment", ["claim-after", "settle-before"])
async def test_one_that_was_stopped_and_wakes_up_sends_and_settles_nothing(office: Office, moment: str) -> None:
    """Another one has the message by then; the fence tells."""
    await office.put(["1"], channels=1)
    with provider("asked") as there:
        stopped = office.start(there, f"pause-{moment}")
        _until(lambda: _state_of(stopped.pid) == "T")
        office.finish(there)
        os.kill(stopped.pid, signal.SIGCONT)
        done = stopped.wait()
        assert done.returncode == 0, done.stderr
        judge(there, ["1"], kills=0)
    async with office.here.db.read(office.here.workspace) as stores:
        assert await stores.deliveries.to(replace(_CHANNEL, target="C0")) == ()


async def test_five_processes_drain_one_outbox(office: Office, scaled: Callable[[int], int]) -> None:
    """As many sends as rows, in the order of each address, while they are stopped and go on."""
    texts = [f"{n:05}" for n in range(scaled(10_000 if office.place.kind == "sqlite" else 4_000))]
    await office.put(texts, channels=20)
    draw = random.Random(5)
    with provider("asked") as there:
        team = [office.start(there) for _ in range(5)]
        for _ in range(scaled(50)):
            one = draw.choice(team)
            if _state_of(one.pid) in ("S", "R", "D"):
                os.kill(one.pid, signal.SIGSTOP)
                await asyncio.sleep(draw.uniform(0.05, 0.3))
                os.kill(one.pid, signal.SIGCONT)
        for one in team:
            done = one.wait(900)
            assert done.returncode == 0, done.stderr
        office.finish(there)
        judge(there, texts, kills=0)
        for channel in range(20):
            mine = [text for text in there.texts if int(text) % 20 == channel]
            assert mine == sorted(mine)


def _state_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return ""


def _until(true: Callable[[], bool]) -> None:
    for _ in range(1200):
        if true():
            return
        time.sleep(0.05)
    raise AssertionError("it never came")
