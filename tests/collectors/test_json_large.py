"""A list of any length is read as it comes: every entry once, in little memory."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path

from pydantic import JsonValue

from egress.client import Allowed, Egress
from model.clock import SystemClock
from model.source import Reach
from sources.sync import sync
from tests.conftest import PROVE
from tests.storage.world import MONDAY, WEEK, room
from tests.support.databases import Place, with_tables
from tests.support.memory import peak
from tests.support.outside import Asked, outside

_MANY = 1_000_000 if PROVE else 5_000
_GROWTH = 50 << 20  # bytes


async def test_a_million_entries(tmp_path: Path) -> None:
    """Counted exactly; memory grows by no more than for a few thousand."""
    begin = int(MONDAY.timestamp())

    async def answer(_: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b'HTTP/1.1 200 OK\r\n\r\n{"items":[{"id":"first","at":%d}' % begin)
        for number in range(1, _MANY):
            writer.write(b',{"id":%d,"at":%d,"title":"Ticket %d"}' % (number, begin + number % 1000, number))
            if number % 1000 == 0:
                await writer.drain()
        writer.write(b"]}")
        writer.close()

    db = await Place("sqlite", None, with_tables(tmp_path / "home")).open()
    here, egress = await room(db), Egress(SystemClock(), Allowed.parse(["127.0.0.1"]))
    async with outside(answer) as there:
        settings: dict[str, JsonValue] = {
            "url": there.url(),
            "records": "items",
            "figures": "tickets = count",
            "timeout": 600,
        }
        async with db.write(here.workspace) as stores:
            source = await stores.sources.add("desk", "json", settings)
        gc.collect()
        peak()
        before = peak()
        coverage = await sync(db, here.workspace, source, Reach((), egress), SystemClock(), WEEK)
        grown = peak() - before
    await egress.aclose()
    async with db.read(here.workspace) as stores:
        assert await stores.records.count(source) == _MANY + 1  # one says what is counted
        assert await stores.records.began(source, WEEK) == _MANY
    await db.close()
    assert coverage.whole, coverage.problem
    assert grown <= _GROWTH
