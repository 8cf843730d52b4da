"""A place that is away for six hours: nothing is lost, nothing is turned round, and then it goes as fast as it may."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from delivery.outbox import Outbox
from model.delivery import Address, Payload, Platform
from model.errors import DestinationUnavailable
from model.ids import DeliveryId
from tests.delivery.conftest import CHANNEL, MARGIN, TIMEOUT, Post

_HOURS = 6.0
_CHANNELS = 10
_GAP = 1.0  # seconds between two messages of a channel
_LONGEST_PAUSE = 600.0  # seconds until each is tried again


async def test_six_hours_away(post: Post, scaled: Callable[[int], int]) -> None:
    """2,000 messages over the outage, every fifth a page; the drain takes what the pace allows."""
    messages = scaled(2000)
    back = post.clock.monotonic() + _HOURS * 3600 + 1

    async def away(what: str, to: Address, key: DeliveryId) -> None:
        if post.clock.monotonic() < back:
            raise DestinationUnavailable("It is away.")

    post.place.before = away
    gaps = {Platform.SLACK: (_GAP, 0.0)}
    places = {post.place.platform: post.place}
    post.outbox = Outbox(
        post.here.db, places, post.outbox._owner, post.clock, timeout=TIMEOUT, margin=MARGIN, gaps=gaps
    )
    for batch in range(4):
        async with post.here.db.write(post.here.workspace) as stores:
            for n in range(batch, messages, 4):
                to = replace(CHANNEL, target=f"C{n % _CHANNELS}")
                priority = 9 if n % 5 == 0 else 0
                await stores.deliveries.put(to, [Payload({"text": f"{priority} {batch} {n:05}"})], priority=priority)
        await post.work(_HOURS * 3600 / 4, step=2700)
    assert post.place.ledger == []
    post.clock.turn(_LONGEST_PAUSE)
    await post.work(messages / _CHANNELS * _GAP + 1)
    assert len(post.place.ledger) == len(set(post.place.texts)) == messages  # nothing lost, nothing twice
    for channel in range(_CHANNELS):
        mine = [one.text.split() for one in post.place.ledger if one.to.target == f"C{channel}"]
        wanted = sorted(mine, key=lambda words: (words[0] != "9", words[1:]))
        assert mine == wanted  # pages first, each in the order of making
        times = [one.at for one in post.place.ledger if one.to.target == f"C{channel}"]
        ideal = (len(times) - 1) * _GAP
        assert ideal <= (times[-1] - times[0]).total_seconds() <= ideal * 1.05
