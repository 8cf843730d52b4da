"""From thousands of due slots to as many sends, by five processes that are stopped and woken: nothing lost, none twice.

Every third stop lasts until others have taken over what the stopped one had in hand, or longer than any lease: when it
wakes, it may write and send nothing of that.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from model.clock import SystemClock
from model.delivery import Address, Payload, Platform
from storage.database import Database
from tests.kill.stopping import disturb
from tests.kill.test_schedulers import once_each, plant, release
from tests.kill.world import rows
from tests.storage.world import Room, room
from tests.support.databases import Place
from tests.support.nursery import Child, Nursery
from tests.support.provider import Provider, provider

_ROOT = Path(__file__).parents[2]
_FULL = {"sqlite": 10_000, "postgres": 4_000}  # on two cores five processes and PostgreSQL do some 25 a second
_WORKSPACES, _CHANNELS, _PROCESSES = 4, 20, 5
_LEASE, _TIMEOUT, _MARGIN = 1.5, 1.0, 1.0  # seconds
# Seconds: PostgreSQL ends a transaction in which nothing has happened for ten; on SQLite nobody else can write in it.
_LONGEST = {"sqlite": 5.0, "postgres": 12.0}
_IN_HAND = """
SELECT id FROM runs WHERE state = 'running' AND owner = '{0}'
UNION ALL SELECT id FROM deliveries WHERE state = 'sending' AND owner = '{0}'
"""
_CLAIMED_AGAIN = "SELECT id FROM deliveries WHERE fence > 1"
_UNSENT = "SELECT id FROM deliveries WHERE state <> 'sent' LIMIT 1"
_STATES = "SELECT state, count(*) FROM deliveries GROUP BY state"
_DONE = "SELECT (SELECT count(*) FROM slots) + (SELECT count(*) FROM runs WHERE finished IS NOT NULL)"


@dataclass
class Team:
    """Processes that do the same work; `owners` are what their rows call them, by pid."""

    db: Database
    count: int  # of slots, or of messages
    there: Provider
    longest: float  # seconds that one is stopped
    processes: Sequence[Child]
    owners: Mapping[int, str]
    lost: set[str] = field(default_factory=set)  # runs and messages that others took over from a stopped one
    told: int = 0  # how often one noticed that

    async def sent(self) -> float:
        """Return which part is sent."""
        return len(self.there.ledger) / self.count

    async def done(self) -> float:
        """Return which part is done, of slots, runs and sends."""
        return (int(str((await rows(self.db, _DONE))[0][0])) / self.count + await self.sent()) / 3

    async def overtaken(self, child: Child) -> bool:
        """Wait until others have what a stopped process had in hand; False: there was nothing that they could take."""
        mine = left = await self._in_hand(child)
        end = time.monotonic() + self.longest
        while left and time.monotonic() < end:
            await SystemClock().sleep(0.1)
            left = await self._in_hand(child)
        self.lost |= mine - left
        return mine != left

    async def _in_hand(self, child: Child) -> set[str]:
        return {str(id) for (id,) in await rows(self.db, _IN_HAND.format(self.owners[child.pid]))}

    async def settled(self) -> None:
        """Wait until all is sent, and nobody works any more; those who were overtaken have said so."""
        async with asyncio.timeout(900):
            while await self.sent() < 1 or await rows(self.db, _UNSENT):
                await SystemClock().sleep(0.1)
        for process in self.processes:
            process.hang_up()
            ended = process.wait()
            assert ended.returncode == 0, ended.stderr
            self.told += ended.stderr.count("was taken over")

    async def judge(self) -> None:
        """Assert that each message is there once, and that only what two have claimed was ever asked for twice."""
        claimed_again = {str(id) for (id,) in await rows(self.db, _CLAIMED_AGAIN)}
        print(
            f"{self.count} sent; {len(self.lost)} taken over from who was stopped, {self.told} noticed; "
            f"{len(claimed_again)} messages claimed twice, {len(self.there.again)} of them known again"
        )
        assert self.lost, "nobody who was stopped had anything that others took over: nothing was tried"
        assert self.told, "nobody woke up too late"
        assert await rows(self.db, _STATES) == [("sent", self.count)]
        assert len(self.there.ledger) == self.count
        assert set(self.there.again) <= claimed_again


@contextmanager
def _at_work(beds: Nursery, place: Place, db: Database, there: Provider, count: int) -> Iterator[Team]:
    """Have five processes at work."""
    asked = {
        "url": place.url, "home": str(place.home), "kind": there.kind, "port": there.port,
        "lease": _LEASE, "timeout": _TIMEOUT, "margin": _MARGIN,
    }  # fmt: skip
    env, words = {"PATH": os.environ["PATH"], "PYTHONPATH": str(_ROOT), "PYTHONUTF8": "1"}, json.dumps(asked)
    processes = [beds.start("tests.kill.clerk", words, env=env, cwd=_ROOT, typed=None) for _ in range(_PROCESSES)]
    try:
        owners = {process.pid: process.line() for process in processes}
        yield Team(db, count, there, _LONGEST[place.kind], processes, owners)
    finally:
        for process in processes:
            process.kill()


async def test_each_slot_is_sent_once(beds: Nursery, place: Place, scaled: Callable[[int], int]) -> None:
    """50 stops in full: as many rows, runs and sends as slots, and what woke up too late repeats nothing."""
    slots, stops = scaled(_FULL[place.kind]) // _WORKSPACES * _WORKSPACES, scaled(50)
    db, clock = await place.open(), SystemClock()
    rooms = [await room(db, f"acme{n}") for n in range(_WORKSPACES)]
    for here in rooms:
        await plant(here, slots // _WORKSPACES, clock, await _channels(here))
    with provider("both") as there, _at_work(beds, place, db, there, slots) as team:
        began = clock.monotonic()
        await release(rooms, db, clock.now())
        assert await disturb(team.processes, stops, team.done, team.overtaken) == stops
        await team.settled()
        print(f"{slots} slots, {stops} stops, {clock.monotonic() - began:.0f} s")
    await team.judge()
    for here in rooms:
        await once_each(here, slots // _WORKSPACES)
    runs = await rows(db, "SELECT cause, state FROM runs")
    assert {state for _, state in runs} == {"done"}
    assert sorted(there.texts) == sorted(str(cause) for cause, _ in runs)
    await db.close()


async def test_one_outbox_is_drained(beds: Nursery, place: Place, scaled: Callable[[int], int]) -> None:
    """As many sends as rows, in the order of each address."""
    texts, stops = [f"{n:05}" for n in range(scaled(_FULL[place.kind]))], scaled(50)
    db = await place.open()
    here = await room(db)
    async with db.write(here.workspace) as stores:
        for n, text in enumerate(texts):
            to = Address(Platform.SLACK, "T1", f"c{n % _CHANNELS}")
            await stores.deliveries.put(to, [Payload({"text": text})])
    with provider("both") as there, _at_work(beds, place, db, there, len(texts)) as team:
        assert await disturb(team.processes, stops, team.sent, team.overtaken) == stops
        await team.settled()
    await team.judge()
    assert sorted(there.texts) == texts
    for channel in range(_CHANNELS):
        mine = [text for text in there.texts if int(text) % _CHANNELS == channel]
        assert mine == sorted(mine)
    await db.close()


async def _channels(here: Room) -> Sequence[str]:
    """Name so many channels, and return their names."""
    names = [f"c{n}" for n in range(_CHANNELS)]
    async with here.db.write(here.workspace) as stores:
        for name in names:
            await stores.destinations.add(name, "slack", {}, here.member, Address(Platform.SLACK, "T1", name))
    return names
