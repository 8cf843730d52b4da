"""Answers that are read as they come: within the same deadlines and bounds, and nothing stays open behind them."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from egress.client import Allowed, Egress, Limits
from egress.pacing import MOST_FAILURES
from model.clock import SystemClock
from model.errors import AnswerRefused, NoAnswer, Unreachable
from model.outside import Outside, Request
from tests.support.outside import Asked, outside, response, saying

_PIECE = b"x" * 65_536


@pytest_asyncio.fixture
async def egress() -> AsyncIterator[Egress]:
    made = Egress(SystemClock(), Allowed.parse(["127.0.0.1"]))
    yield made
    await made.aclose()


async def _endless(asked: Asked, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while not writer.is_closing():
        writer.write(_PIECE)
        await writer.drain()


def _get(url: str, **limits: float) -> Request:
    return Request("GET", url, limits=Limits(**limits))  # type: ignore[arg-type]


async def _read(out: Outside, request: Request, sizes: list[int], pause: float = 0) -> None:
    """Read an answer to its end; `sizes` tells what came, also where it fails."""
    async with out.open(request) as answer:
        async for piece in answer.pieces:
            sizes.append(len(piece))
            await asyncio.sleep(pause)


async def test_pieces_come_before_the_end(egress: Egress) -> None:
    """What is there can be used while the rest is still to be sent."""
    used = asyncio.Event()

    async def on(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\nx-made: there\r\n\r\nfirst")
        await used.wait()
        writer.write(b" last")

    async with outside(on) as there, egress.lane("one").open(_get(there.url())) as answer:
        assert (answer.status, answer.headers["x-made"]) == (200, "there")
        assert await anext(answer.pieces) == b"first"
        used.set()
        assert b"".join([piece async for piece in answer.pieces]) == b" last"


async def test_bounds_hold_while_it_is_read(egress: Egress) -> None:
    """An endless body, and one that grows when inflated, end at their bounds; what came until then was given out."""
    sizes: list[int] = []
    async with outside(_endless) as there:
        with pytest.raises(AnswerRefused, match="larger than 1,000,000 bytes"):
            await _read(egress, _get(there.url(), raw=1_000_000), sizes)
    assert 800_000 < sum(sizes) <= 1_000_000
    bomb = response(200, gzip.compress(bytes(5 << 20)), content_encoding="gzip")
    async with outside(saying(bomb)) as there:
        with pytest.raises(AnswerRefused, match="larger"):
            await _read(egress, _get(there.url(), decoded=1 << 20), [])


async def test_the_deadline_counts_for_the_whole(egress: Egress) -> None:
    """Also for the time in which the reader does something else."""
    async with outside(_endless) as there:
        begun = asyncio.get_running_loop().time()
        with pytest.raises(NoAnswer, match="within 1 second"):
            await _read(egress, _get(there.url(), deadline=0.3, raw=1 << 40, decoded=1 << 40), [], 0.01)
    assert asyncio.get_running_loop().time() - begun < 2


async def test_who_leaves_early_leaves_nothing_open(egress: Egress) -> None:
    """Neither where he has seen enough, nor where he fails."""
    gone = asyncio.Event()

    async def on(asked: Asked, writer: asyncio.StreamWriter) -> None:
        try:
            await _endless(asked, writer)
        finally:
            gone.set()

    async with outside(on) as there:
        async with egress.open(_get(there.url(), raw=1 << 40)) as answer:
            await anext(answer.pieces)
        await asyncio.wait_for(gone.wait(), 5)
        gone.clear()
        with pytest.raises(ZeroDivisionError):
            async with egress.lane("one").open(_get(there.url(), raw=1 << 40)) as answer:
                raise ZeroDivisionError
        await asyncio.wait_for(gone.wait(), 5)


async def test_a_body_that_breaks_off_is_a_failure_of_its_host(egress: Egress) -> None:
    """As often as one may fail; then it rests."""
    lane = egress.lane("one")
    cut = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"

    async def on(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(cut)
        writer.close()

    async with outside(on) as there:
        for _ in range(MOST_FAILURES):
            with pytest.raises(NoAnswer, match="broke"):
                await _read(lane, _get(there.url()), [])
        with pytest.raises(Unreachable, match="left alone"):
            await lane.fetch("GET", there.url())
