"""The outbox in trouble: storage that is busy, clocks that jump, places that refuse to say anything."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from delivery.outbox import Outbox
from delivery.outcomes import Outcomes
from model.delivery import Address, Delivery, DeliveryState, Receipt
from model.errors import DestinationRefused, DestinationUnavailable, StorageBusy
from model.ids import DeliveryId
from tests.conftest import PROVE
from tests.delivery.conftest import CHANNEL, MARGIN, TIMEOUT, Post
from tests.support.places import Trouble, lost, once

SENT, WAITING, SENDING = DeliveryState.SENT, DeliveryState.WAITING, DeliveryState.SENDING
DAY = 24 * 3600.0


def always(error: Exception, what: str = "send") -> Trouble:
    return once(error, what, times=1_000_000)


async def test_a_place_that_never_answers_clearly_is_given_up_too(post: Post) -> None:
    """It can be asked and has nothing of it: each time the answer to the next try is lost, for days."""
    post.place.before = always(lost())
    id = await post.put("1")
    await post.work(3 * DAY + 7200, step=1800 if PROVE else 7200)
    assert await post.state(id) is DeliveryState.REFUSED
    assert [card.title for card in await post.told()] == ["A message to slack could not be sent."]


async def test_lost_answers_make_the_pauses_longer(post: Post) -> None:
    post.place.before = always(lost())
    await post.put("1")
    await post.work(3600, step=10 if PROVE else 30)
    assert post.place.calls <= 15


async def test_a_lost_answer_that_names_a_time_is_heeded(post: Post) -> None:
    post.place.after = once(DestinationUnavailable("It answered 500.", ambiguous=True, retry_after=120.0))
    await post.put("1")
    await post.outbox.drain()
    await post.put("2")
    await post.work(119)
    assert (post.place.texts, post.place.asked) == (["1"], [])
    await post.work(2)
    assert post.place.texts == ["1", "2"]


async def test_a_place_that_refuses_to_say_is_closed_and_told(post: Post) -> None:
    """Its folder may not be read any more, its channel is gone: somebody has to look, and then it is asked."""
    post.place.after = once(lost())
    first, second = await post.put("1"), await post.put("2")
    post.place.before = once(DestinationRefused("It may not be read."), "find")
    await post.work(DAY, step=600)
    assert len(post.place.asked) == 1
    (card,) = await post.told()
    assert card.title.startswith("slack refused a message.")
    assert ((await post.of(first)).doubt, await post.state(second)) == (True, WAITING)
    async with post.here.db.write(post.here.workspace) as stores:
        await stores.places.open(CHANNEL)
    await post.work(60)
    assert post.place.texts == ["1", "2"]
    assert (await post.state(first), await post.state(second)) == (SENT, SENT)


async def test_a_revoked_token_is_asked_no_more_than_it_is_tried(post: Post) -> None:
    post.place.after = always(lost())
    ids = [await post.put(str(n), to=replace(CHANNEL, target=f"C{n}")) for n in range(5)]
    await post.outbox.drain()
    post.place.before = always(DestinationRefused("The token was revoked.", of_account=True), "find")
    await post.work(DAY, step=600)
    assert len(post.place.asked) <= 5
    assert [card.title.split(".")[0] for card in await post.told()] == ["slack refuses everything that is sent there"]
    post.place.before = post.place.after = once(lost(), times=0)
    async with post.here.db.write(post.here.workspace) as stores:
        await stores.places.open(CHANNEL)
    await post.work(60)
    assert {await post.state(id) for id in ids} == {SENT}
    assert len(post.place.texts) == 5


async def test_what_waited_for_a_paused_place_is_tried_more_than_once(post: Post) -> None:
    id = await post.put("1")
    async with post.here.db.write(post.here.workspace) as stores:
        await stores.places.close(CHANNEL, lost().message, whole=False)
    post.clock.turn(4 * DAY)
    async with post.here.db.write(post.here.workspace) as stores:
        await stores.places.open(CHANNEL)
    post.place.before = once(DestinationUnavailable("It is away."), times=2)
    await post.work(60, step=5)
    assert await post.state(id) is SENT


async def test_a_channel_that_is_closed_keeps_no_account_on_trial(post: Post) -> None:
    """Its messages wait for somebody; the account is tried with those of other channels."""
    await post.put("waits")
    async with post.here.db.write(post.here.workspace) as stores:
        await stores.places.close(CHANNEL, lost().message, whole=False)
        await stores.places.refused(CHANNEL)
    await post.put("goes", to=replace(CHANNEL, target="C2"))
    await post.outbox.drain()
    assert post.place.texts == ["goes"]


async def test_a_message_of_ours_is_not_in_doubt_because_the_clock_jumped(post: Post) -> None:
    """The wall clock is set forward while a request is under way: its lease has run out, and it is still ours."""
    gate, under_way, another = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slow(what: str, to: Address, key: DeliveryId) -> None:
        if to == CHANNEL and what == "send":
            under_way.set()
            await gate.wait()
        another.set()

    post.place.before = slow
    id = await post.put("1")
    draining = asyncio.create_task(post.outbox.drain())
    await under_way.wait()
    began = post.clock.at
    post.clock.turn(3600)
    post.clock.monotonic = began.timestamp  # type: ignore[method-assign]
    await post.put("another", to=replace(CHANNEL, target="C2"))
    await another.wait()
    gate.set()
    await draining
    assert sorted(post.place.texts) == ["1", "another"]
    assert (await post.of(id)).attempts == 1


async def test_a_busy_storage_ends_no_request_that_is_under_way(post: Post) -> None:
    under_way = asyncio.Event()

    async def slow(what: str, to: Address, key: DeliveryId) -> None:
        under_way.set()
        await asyncio.sleep(0.5)

    post.place.before, post.place.can_be_asked = slow, False
    id = await post.put("1")
    outbox = _Busy(post, under_way)
    with pytest.raises(StorageBusy):
        await outbox.drain()
    assert post.place.texts == ["1"]
    assert await post.state(id) is SENT


class _Busy(Outbox):
    """Cannot claim while something is under way."""

    def __init__(self, post: Post, under_way: asyncio.Event) -> None:
        of = {post.place.platform: post.place}
        super().__init__(
            post.here.db, of, post.outbox._owner, post.clock, timeout=TIMEOUT, margin=MARGIN, gaps={}, grace=0.05
        )
        self._under_way = under_way

    async def _claim(self, *args: object, **more: object) -> object:  # type: ignore[override]
        if self._under_way.is_set():
            raise StorageBusy("The storage is busy; nothing was changed.")
        return await super()._claim(*args, **more)  # type: ignore[arg-type]


async def test_what_arrived_is_written_down_once_the_storage_has_time(post: Post) -> None:
    """Locked for some seconds: no reason to doubt what the place has said."""
    post.place.can_be_asked = False
    post.outbox._outcomes = _Locked(post)
    id = await post.put("1")
    await post.outbox.drain()
    assert (await post.state(id), post.place.texts) == (SENT, ["1"])


class _Locked(Outcomes):
    """Finds the storage locked three times."""

    def __init__(self, post: Post) -> None:
        super().__init__(post.here.db, post.clock, TIMEOUT + MARGIN)
        self._times = 3

    async def sent(self, delivery: Delivery, receipt: Receipt, shown: int) -> None:
        if self._times:
            self._times -= 1
            raise StorageBusy("The storage is busy; nothing was changed.")
        await super().sent(delivery, receipt, shown)
