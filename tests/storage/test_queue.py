"""The one writer: who goes first, and how much is written in one turn: as much as who waits does not notice."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from functools import partial

import pytest

from storage.queue import Urgency, Writer


@pytest.fixture
async def writer() -> AsyncIterator[Writer]:
    made = Writer()
    yield made
    await made.close()


async def hurried(writer: Writer) -> Writer:
    async with writer.turn(Urgency.ACK):
        pass
    return writer


def ack(came: list[str]) -> Callable[[], None]:
    return partial(came.append, "ack")


@pytest.mark.parametrize(
    ("records", "seconds", "share"),
    [
        (256, 0.004, 256),  # as quick as they come
        (1024, 0.006, 256),  # no more, however quick
        (256, 0.008, 128),  # twice as long for each: half of them
        (256, 0.300, 64),  # a turn costs as much as a hundred of them: fewer would not end sooner
        (1, 0.0, 256),
    ],
)
async def test_while_somebody_is_in_a_hurry_a_turn_is_as_long_as_the_last_one_tells(
    writer: Writer, records: int, seconds: float, share: int
) -> None:
    await hurried(writer)
    writer.wrote(records, seconds)
    assert writer.share == share


async def test_else_it_is_as_long_as_is_cheapest(writer: Writer) -> None:
    writer.wrote(256, 0.3)
    assert writer.share == 1024
    async with writer.turn(Urgency.NORMAL):
        assert writer.share == 1024
    assert (await hurried(writer)).share < 1024


async def test_the_urgent_go_first_and_equals_in_order(writer: Writer) -> None:
    came: list[str] = []

    async def write(name: str, urgency: Urgency) -> None:
        async with writer.turn(urgency):
            came.append(name)

    async with writer.turn(Urgency.BULK):
        wanted = [
            ("b1", Urgency.BULK),
            ("n1", Urgency.NORMAL),
            ("a1", Urgency.ACK),
            ("b2", Urgency.BULK),
            ("a2", Urgency.ACK),
        ]
        tasks = [asyncio.create_task(write(*one)) for one in wanted]
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    assert came == ["a1", "a2", "n1", "b1", "b2"]


async def test_a_cancelled_waiter_passes_its_turn_on(writer: Writer) -> None:
    came: list[int] = []

    async def write(number: int) -> None:
        async with writer.turn(Urgency.NORMAL):
            came.append(number)

    async with writer.turn(Urgency.NORMAL):
        tasks = [asyncio.create_task(write(number)) for number in range(3)]
        await asyncio.sleep(0)
        tasks[0].cancel()  # while it waits
        await asyncio.sleep(0)
    tasks[1].cancel()  # in the moment in which the turn was handed to it
    await asyncio.gather(*tasks, return_exceptions=True)
    assert came == [2]
    async with writer.turn(Urgency.NORMAL):
        came.append(9)
    assert came == [2, 9]


async def test_what_is_done_on_its_thread_waits_with_what_is_not(writer: Writer) -> None:
    came: list[str] = []

    async def write(name: str) -> None:
        async with writer.turn(Urgency.NORMAL):
            came.append(name)

    async with writer.turn(Urgency.NORMAL):
        tasks = [asyncio.create_task(writer.do(Urgency.BULK, partial(came.append, "page")))]
        tasks += [asyncio.create_task(write("here")), asyncio.create_task(writer.do(Urgency.ACK, ack(came)))]
        await asyncio.sleep(0)
        assert not came
    await asyncio.gather(*tasks)
    assert came == ["ack", "here", "page"]


async def test_from_one_turn_to_the_next_it_does_not_wait_for_the_loop(writer: Writer) -> None:
    over = threading.Event()
    first = asyncio.create_task(writer.do(Urgency.BULK, partial(time.sleep, 0.01)))
    second = asyncio.create_task(writer.do(Urgency.ACK, over.set))
    await asyncio.sleep(0)
    assert over.wait(5)  # the loop stands still
    assert not first.done()
    assert not second.done()
    await asyncio.gather(first, second)


async def test_an_error_is_told_to_who_waits_and_stops_nobody_else(writer: Writer) -> None:
    with pytest.raises(ZeroDivisionError):
        await writer.do(Urgency.NORMAL, lambda: 1 // 0)
    assert await writer.do(Urgency.NORMAL, lambda: 1) == 1


async def test_what_is_cancelled_before_its_turn_is_not_begun(writer: Writer) -> None:
    came: list[str] = []
    async with writer.turn(Urgency.NORMAL):
        waits = asyncio.create_task(writer.do(Urgency.NORMAL, ack(came)))
        await asyncio.sleep(0)
        waits.cancel()
        await asyncio.sleep(0)
    await writer.do(Urgency.BULK, lambda: None)
    assert waits.cancelled()
    assert not came


async def test_what_waits_at_the_end_is_done() -> None:
    writer, came = Writer(), list[str]()
    waits = asyncio.create_task(writer.do(Urgency.ACK, ack(came)))
    await asyncio.sleep(0)
    await writer.close()
    await waits
    assert came == ["ack"]


async def test_after_the_end_nobody_waits_for_ever() -> None:
    writer = Writer()
    await writer.close()
    with pytest.raises(RuntimeError, match="closed"):
        await writer.do(Urgency.ACK, lambda: None)
    with pytest.raises(RuntimeError, match="closed"):
        async with writer.turn(Urgency.NORMAL):
            pass
