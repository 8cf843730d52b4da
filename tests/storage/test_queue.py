"""How much is written in one turn: as much as somebody who waits does not notice."""

from __future__ import annotations

import pytest

from storage.queue import Urgency, WriterQueue


async def hurried() -> WriterQueue:
    queue = WriterQueue()
    async with queue.turn(Urgency.ACK):
        pass
    return queue


@pytest.mark.parametrize(
    ("records", "seconds", "share"),
    [
        (256, 0.006, 256),  # as quick as they come
        (1024, 0.006, 256),  # no more, however quick
        (256, 0.012, 128),  # twice as long for each: half of them
        (256, 0.300, 96),  # a turn costs as much as a hundred of them: fewer would not end sooner
        (1, 0.0, 256),
    ],
)
async def test_while_somebody_is_in_a_hurry_a_turn_is_as_long_as_the_last_one_tells(
    records: int, seconds: float, share: int
) -> None:
    queue = await hurried()
    queue.wrote(records, seconds)
    assert queue.share == share


async def test_else_it_is_as_long_as_is_cheapest() -> None:
    queue = WriterQueue()
    queue.wrote(256, 0.3)
    assert queue.share == 1024
    async with queue.turn(Urgency.NORMAL):
        assert queue.share == 1024
    assert (await hurried()).share < 1024
