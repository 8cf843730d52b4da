"""A process that is about to end sends what it put on its way, and is not held up by what others did."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
import pytest_asyncio

from delivery.outbox import Outbox
from model.delivery import Address, DeliveryState
from model.ids import DeliveryId
from storage.owners import Owner
from storage.presence import is_served, serving
from tests.delivery.conftest import CHANNEL, MARGIN, TIMEOUT, Post
from tests.storage.world import HandClock, room
from tests.support.databases import Place
from tests.support.places import LedgerPlace, Trouble

OTHER = replace(CHANNEL, target="C2")


class Minutes(HandClock):
    """A day by the hand, but minutes by the machine: what is waited for really takes its time."""

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()


@pytest.fixture
def clock() -> Minutes:
    return Minutes()


@pytest_asyncio.fixture
async def post(place: Place, clock: Minutes, owner: Owner) -> AsyncIterator[Post]:
    db = await place.open(clock)
    there = LedgerPlace(clock)
    outbox = Outbox(db, {there.platform: there}, owner, clock, timeout=TIMEOUT, margin=MARGIN, gaps={}, moment=0.1)
    yield Post(await room(db), clock, there, outbox)
    await db.close()


def slow(target: str, until: asyncio.Event) -> Trouble:
    """Have one address answer only when something has happened."""

    async def trouble(what: str, to: Address, key: DeliveryId) -> None:
        if to.target == target:
            await until.wait()

    return trouble


def _later(clock: Minutes) -> datetime:
    clock.turn(60)
    return clock.now()


async def test_what_hangs_of_others_does_not_hold_it_up(post: Post, clock: Minutes) -> None:
    never = asyncio.Event()
    post.place.before = slow("C2", never)
    old = await post.put("old", to=OTHER)
    since = _later(clock)
    new = await post.put("new")
    async with asyncio.timeout(TIMEOUT - 1):
        assert await post.outbox.leave(since) == 2
    assert post.place.texts == ["new"]
    assert await post.state(new) is DeliveryState.SENT
    assert await post.state(old) is DeliveryState.SENDING
    never.set()
    clock.turn(TIMEOUT + MARGIN)
    await post.outbox.drain()
    assert post.place.texts == ["new", "old"]


async def test_its_own_is_waited_for(post: Post, clock: Minutes) -> None:
    """Cut short it would be in doubt, and at a place that cannot be asked stand there twice."""
    answers = asyncio.Event()
    post.place.before = slow("C2", answers)
    since = _later(clock)
    own = await post.put("own", to=OTHER)
    leaving = asyncio.create_task(post.outbox.leave(since))
    done, _ = await asyncio.wait({leaving}, timeout=0.5)
    assert not done
    answers.set()
    assert await leaving == 1
    assert await post.state(own) is DeliveryState.SENT


async def test_what_others_left_gets_out_too(post: Post, clock: Minutes) -> None:
    """Nobody else may ever come."""
    post.outbox._moment = 30.0
    for n in range(12):
        await post.put(str(n), to=replace(CHANNEL, target=f"C{n % 3}"))
    assert await post.outbox.leave(_later(clock)) == 12
    assert sorted(post.place.texts, key=int) == [str(n) for n in range(12)]


def test_whether_somebody_sends_is_asked_of_the_kernel(tmp_path: Path) -> None:
    """Any number of processes may; the last one's end is known at once."""
    assert not is_served(tmp_path)
    with serving(tmp_path):
        with serving(tmp_path):
            assert is_served(tmp_path)
        assert is_served(tmp_path)
    assert not is_served(tmp_path)
