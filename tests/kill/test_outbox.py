"""SIGKILL around every row and every request of a message; the place's own ledger is the judge."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import time
from collections import Counter, defaultdict
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
from tests.kill.postman import MARK
from tests.kill.stopping import state_of
from tests.kill.world import judge, rows
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
_EARLY = 5  # one of so many random kills may fall before it has begun
_UNDER_WAY = "SELECT id FROM deliveries WHERE state = 'sending'"
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
    """However it falls, and over and over; a mute place takes one message at a time, so a kill repeats one at most."""
    draw, times = random.Random(20261127), 500 if PROVE else 6
    wanted, kills, caught = defaultdict[str, list[str]](list), Counter[str](), 0
    with provider("asked") as asked, provider("mute") as mute:
        for n in range(3 * times):
            there = (asked, mute)[n % 2]
            texts, before = [f"{n}.{k}" for k in range(6)], len(there.ledger)
            wanted[there.kind] += texts
            await office.put(texts, channels=3 if there is asked else 1)
            child = office.start(there, later=n * _LATER)
            if n % _EARLY:
                child.line()  # it has begun, however long that took
            await asyncio.sleep(draw.uniform(0.0, 0.1))
            os.kill(child.pid, signal.SIGKILL)
            kills[there.kind] += child.wait().returncode == -signal.SIGKILL
            left = {text for (text,) in await rows(office.here.db, _UNDER_WAY)}
            caught += bool(left)
            office.finish(there, later=n * _LATER + _LATER / 2)
            again = [text for text in there.texts[before:] if MARK in text]
            assert len(again) <= len(left), "marked, although it was not under way at the kill"
            assert len(there.ledger) - before <= len(texts) + (there is mute)
            if kills.total() == times:
                break
        for there in (asked, mute):
            judge(there, wanted[there.kind], kills[there.kind])
        repeats = len(mute.ledger) - len(wanted["mute"])
    print(f"{kills.total()} kills, {caught} with a message under way, {repeats} repeats where it cannot be asked")
    assert kills.total() == times, "most were over before the kill"
    assert caught >= times / 10, "hardly anything was under way at the kills: nothing was tried"


@pytest.mark.parametrize("moment", ["claim-after", "settle-before"])
async def test_one_that_was_stopped_and_wakes_up_sends_and_settles_nothing(office: Office, moment: str) -> None:
    """Another one has the message by then; the fence tells."""
    await office.put(["1"], channels=1)
    with provider("asked") as there:
        stopped = office.start(there, f"pause-{moment}")
        _until(lambda: state_of(stopped.pid) == "T")
        office.finish(there)
        os.kill(stopped.pid, signal.SIGCONT)
        done = stopped.wait()
        assert done.returncode == 0, done.stderr
        judge(there, ["1"], kills=0)
    async with office.here.db.read(office.here.workspace) as stores:
        assert await stores.deliveries.to(replace(_CHANNEL, target="C0")) == ()


def _until(true: Callable[[], bool]) -> None:
    for _ in range(1200):
        if true():
            return
        time.sleep(0.05)
    raise AssertionError("it never came")
