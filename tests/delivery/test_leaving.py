"""A process that is about to end sends what waits, and cuts nothing short that it has begun."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
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


async def test_what_was_begun_is_waited_for_and_nothing_more_is_begun(post: Post) -> None:
    """Cut short it would be in doubt, and at a place that cannot be asked stand there twice."""
    answers = asyncio.Event()
    post.place.before = slow("C2", answers)
    begun = await post.put("begun", to=OTHER)
    leaving = asyncio.create_task(post.outbox.leave())
    done, _ = await asyncio.wait({leaving}, timeout=0.5)
    assert not done
    late = await post.put("late")
    answers.set()
    assert await leaving == 1
    assert await post.state(begun) is DeliveryState.SENT
    assert await post.state(late) is DeliveryState.WAITING


async def test_a_place_that_hangs_holds_nobody_up_for_ever(post: Post) -> None:
    """Its request has an end, and what it left behind is asked about."""
    post.place.before = slow("C2", asyncio.Event())
    await post.put("hangs", to=OTHER)
    await post.put("goes")
    async with asyncio.timeout(TIMEOUT + MARGIN):
        assert await post.outbox.leave() == 2
    assert post.place.texts == ["goes"]


async def test_what_others_left_gets_out_too(post: Post) -> None:
    """Nobody else may ever come."""
    post.outbox._moment = 30.0
    for n in range(12):
        await post.put(str(n), to=replace(CHANNEL, target=f"C{n % 3}"))
    assert await post.outbox.leave() == 12
    assert sorted(post.place.texts, key=int) == [str(n) for n in range(12)]


def test_whether_somebody_sends_is_asked_of_the_kernel(tmp_path: Path) -> None:
    """Any number of processes may; the last one's end is known at once."""
    assert not is_served(tmp_path)
    with serving(tmp_path):
        with serving(tmp_path):
            assert is_served(tmp_path)
        assert is_served(tmp_path)
    assert not is_served(tmp_path)
