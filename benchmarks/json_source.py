"""A million entries over HTTP into a store: `python -m benchmarks.json_source [ENTRIES]` (default 1,000,000).

A server in a process of its own sends one list as fast as it is read. In one run: the floor (the list is read and
parsed, nothing is made of it), and a reading with all of it stored; each in a process of its own, so that its memory is
its own. The count must be exact.
"""

from __future__ import annotations

import asyncio
import gc
import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from egress.client import Allowed, Egress
from egress.strict import Elements
from model.clock import SystemClock
from model.delivery import Platform
from model.outside import Limits, Request
from model.source import Reach
from model.window import Window
from sources.sync import sync
from storage.database import Database
from storage.sealing import Keyring
from tests.support.memory import peak

_NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
_WEEK = Window(_NOW - timedelta(days=7), _NOW, "UTC")
_PIECE = 1000  # entries
_SPAWN = multiprocessing.get_context("spawn")
Work = Callable[[str], Coroutine[Any, Any, int]]
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n"
_SETTINGS: dict[str, JsonValue] = {
    "records": "items", "labels": "status = status", "numbers": "amount = amount", "at": "at", "title": "title",
    "figures": "tickets (by=status) = count", "timeout": 600,
}  # fmt: skip


def entry(number: int) -> dict[str, object]:
    """Return one entry."""
    at = (_NOW - timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%SZ")
    status = ("open", "done", "late")[number % 3]
    return {"id": number, "at": at, "title": f"Ticket {number}", "status": status, "amount": number / 4}


async def serve(told: Connection) -> None:
    """Send a list of as many entries as the path says."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            count = int((await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].strip(b"/"))
            writer.write(_HEAD + b'{"items":[')
            for start in range(0, count, _PIECE):
                some = ",".join(json.dumps(entry(n)) for n in range(start, min(start + _PIECE, count)))
                writer.write(("," if start else "").encode() + some.encode())
                await writer.drain()
            writer.write(b"]}")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    told.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def serving(told: Connection) -> None:
    """Serve until the process is ended."""
    asyncio.run(serve(told))


async def parsed(url: str) -> int:
    """Return how many entries there are."""
    egress, reader, count = Egress(SystemClock(), Allowed.parse(["127.0.0.1"])), Elements(("items",)), 0
    async with egress.open(Request("GET", url, limits=Limits(600.0, 1 << 30, 1 << 30))) as answer:
        async for piece in answer.pieces:
            count += sum(1 for _ in reader.feed(piece))
    await egress.aclose()
    return count + sum(1 for _ in reader.finish())


async def stored(url: str) -> int:
    """Return how many entries are stored by a reading."""
    gc.set_threshold(10_000, 100, 50)  # as the bot does
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        db = await Database.open(None, home, Keyring.open(home, None), SystemClock())
        workspace = await db.entrances.enter(Platform.TERMINAL, "bench")
        async with db.write(workspace) as stores:
            source = await stores.sources.add("desk", "json", {"url": url, **_SETTINGS})
        egress = Egress(SystemClock(), Allowed.parse(["127.0.0.1"]))
        coverage = await sync(db, workspace, source, Reach((), egress), SystemClock(), _WEEK)
        async with db.read(workspace) as stores:
            count = await stores.records.count(source) - 1  # one says what is counted
        await egress.aclose()
        await db.close()
    if not coverage.whole:
        raise SystemExit(f"not read whole: {coverage}")
    return count


def measured(work: Work, base: str, count: int, told: Connection) -> None:
    """Do something with a few entries, so that all is imported; then with all, and tell what it took."""
    asyncio.run(work(f"{base}/10"))
    gc.collect()
    peak()
    before, begun, cpu = peak(), time.perf_counter(), time.process_time()
    found = asyncio.run(work(f"{base}/{count}"))
    told.send((found, time.perf_counter() - begun, time.process_time() - cpu, (peak() - before) / 1e6))


@contextmanager
def server() -> Iterator[str]:
    """Run the server; yield its address."""
    mine, theirs = _SPAWN.Pipe()
    process = _SPAWN.Process(target=serving, args=(theirs,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{mine.recv()}"
    finally:
        process.kill()
        process.join()


def apart(work: Work, base: str, count: int) -> tuple[int, float, float, float]:
    """Return what a process of its own finds, its seconds, those of the processor, and its growth in MB."""
    mine, theirs = _SPAWN.Pipe()
    process = _SPAWN.Process(target=measured, args=(work, base, count, theirs))
    process.start()
    theirs.close()
    found: tuple[int, float, float, float] = mine.recv()
    process.join()
    return found


def main() -> None:
    """Print both sides, their ratio and the goals."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    lowest = 0.0
    print(f"{count:,} entries")
    with server() as base:
        for name, work in (("parsed, thrown away", parsed), ("read and stored", stored)):
            found, took, cpu, grown = apart(work, base, count)
            assert found == count, f"{name}: {found:,}"
            lowest = lowest or took
            ratio = f"× {took / lowest:.1f}"
            print(f"{name:20} {took:6.1f} s ({cpu:.1f} s of CPU)   {ratio}   growth {grown:.0f} MB   goal ≤ 50 MB")


if __name__ == "__main__":
    main()
