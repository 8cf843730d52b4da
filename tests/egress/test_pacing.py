"""Lanes: a few requests at once, none while a host wants to be left alone; workspaces do not feel each other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from egress.client import Allowed, Egress
from egress.pacing import AT_ONCE, MOST_FAILURES, REST
from model.errors import AddressRefused, Unreachable
from model.outside import Limits
from tests.support.outside import Asked, outside, response, saying
from tests.support.talk import FixedClock


class _Hand(FixedClock):
    """Time that stands until somebody sleeps."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 1000.0

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture
def clock() -> _Hand:
    return _Hand()


@pytest_asyncio.fixture
async def egress(clock: _Hand) -> AsyncIterator[Egress]:
    made = Egress(clock, Allowed.parse(["127.0.0.1"]))
    yield made
    await made.aclose()


async def test_few_at_once(egress: Egress) -> None:
    """More wait for their turn, and all come to it."""
    inside, most, full = 0, 0, asyncio.Event()

    async def on(asked: Asked, writer: asyncio.StreamWriter) -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        if inside == AT_ONCE:
            full.set()
        await full.wait()
        inside -= 1
        writer.write(response(204))

    async with outside(on) as there:
        lane = egress.lane("one")
        answers = await asyncio.gather(*(lane.fetch("GET", there.url()) for _ in range(2 * AT_ONCE)))
    assert {answer.status for answer in answers} == {204}
    assert most == AT_ONCE


async def test_a_host_that_asks_to_wait_is_not_asked_before(egress: Egress, clock: _Hand) -> None:
    """Whoever may wait so long waits; whoever may not is told for how long."""
    async with outside(saying(response(429, retry_after="20"))) as there:
        lane = egress.lane("one")
        assert (await lane.fetch("GET", there.url())).retry_after == 20
        with pytest.raises(Unreachable, match="20 seconds"):
            await lane.fetch("GET", there.url(), limits=Limits(deadline=5))
        assert len(there.asked) == 1
        await egress.lane("two").fetch("GET", there.url())  # another workspace has a limit of its own
        began = clock.seconds
        await lane.fetch("GET", there.url())
        assert clock.seconds - began == 20


async def test_a_host_that_keeps_failing_rests(egress: Egress, clock: _Hand) -> None:
    """Then one request tries it: the host is back, or rests again."""
    status = 503

    async def on(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(response(status))

    async with outside(on) as there:
        lane = egress.lane("one")
        for _ in range(MOST_FAILURES):
            assert (await lane.fetch("GET", there.url())).status == 503
        with pytest.raises(Unreachable, match="left alone"):
            await lane.fetch("GET", there.url())
        assert len(there.asked) == MOST_FAILURES
        assert (await egress.lane("two").fetch("GET", there.url())).status == 503
        clock.seconds += REST + 1
        assert (await lane.fetch("GET", there.url())).status == 503
        with pytest.raises(Unreachable, match="left alone"):
            await lane.fetch("GET", there.url())
        clock.seconds += REST + 1
        status = 200
        for _ in range(3):
            assert (await lane.fetch("GET", there.url())).status == 200


async def test_where_nobody_answers(egress: Egress, unused_tcp_port: int) -> None:
    """A connection that is refused is a failure too; an address that may not be reached is none of the host's."""
    lane = egress.lane("one")
    for _ in range(MOST_FAILURES):
        with pytest.raises(Unreachable, match="connection"):
            await lane.fetch("GET", f"http://127.0.0.1:{unused_tcp_port}/")
    with pytest.raises(Unreachable, match="left alone"):
        await lane.fetch("GET", f"http://127.0.0.1:{unused_tcp_port}/")
    for _ in range(MOST_FAILURES + 1):
        with pytest.raises(AddressRefused):
            await lane.fetch("GET", "http://169.254.169.254/")
