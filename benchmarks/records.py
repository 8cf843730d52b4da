"""Records into SQLite, and a week counted out of a million: `python -m benchmarks.records [RECORDS]` (default 200,000).

In turns, in one run: the same rows written by the bare driver in batches of 500, each as durable as ours (the floor);
ARB's own way with nothing beside it; and ARB's way while somebody says something every 20 ms and waits until it is
stored, as an ack does. Records are new, then all of them are there already. Medians of five rounds.
"""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy.dialects import sqlite

from bot.app import tune
from model.clock import SystemClock
from model.delivery import Platform
from model.ids import EventId, SourceId, WorkspaceId
from model.record import Issue, Page, Record
from model.window import Window
from storage.database import Database
from storage.queue import HURRY
from storage.record_rows import rows_of, upsert
from storage.sealing import Keyring

_NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
_STEP = timedelta(seconds=31)  # between two records: a million are a year
_PAGE = 1000
_PAUSE = 0.02  # seconds between two of those that wait
_ROUNDS = 5
_MILLION = 1_000_000
_FLOOR = "floor"
_GOALS = {"new": 50_000, "there already": 50_000, "while somebody asks": 20_000}  # records a second


def pages(count: int) -> Iterator[Page]:
    """Yield so many issues."""
    for start in range(0, count, _PAGE):
        yield Page(tuple(_issue(number) for number in range(start, min(start + _PAGE, count))), str(start))


def _issue(number: int) -> Record:
    at = _NOW - _STEP * number
    body = Issue("mina", False, f"acme/{number % 20}", ("bug",), at)
    url = f"https://github.example/acme/api/issues/{number}"
    return Record(f"acme/api#{number}", at, at, f"#{number} Something that somebody wants to be done", url, body)


async def opened(home: Path) -> tuple[Database, WorkspaceId, SourceId]:
    """Open a store with a source."""
    db = await Database.open(None, home, Keyring.open(home, None), SystemClock())
    workspace = await db.entrances.enter(Platform.TERMINAL, "bench")
    async with db.write(workspace) as stores:
        await stores.members.meet(Platform.TERMINAL, "mina", "Mina")
        return db, workspace, await stores.sources.add("bench", "github", {"token": "-"})


async def written(db: Database, workspace: WorkspaceId, source: SourceId, given: Sequence[Page]) -> float:
    """Return the seconds that pages take, stored as a reading of a source stores them."""
    began, putting = time.perf_counter(), asyncio.create_task(asyncio.sleep(0))
    for page in given:
        rows = await db.rows(page)
        await putting
        putting = asyncio.create_task(db.store(workspace, source, page, rows=rows))
    await putting
    return time.perf_counter() - began


async def asking(db: Database, took: list[float]) -> None:
    """Say something every now and then, and note how long it takes until it is stored."""
    while True:
        began = time.perf_counter()
        event = EventId(f"terminal:{began}")
        heard = await db.hearing.put(Platform.TERMINAL, "bench", "mina", event, {"line": "/arb status"}, "bench")
        assert heard is not None
        took.append(time.perf_counter() - began)
        await asyncio.sleep(_PAUSE)


def floor(home: Path, given: Sequence[Page]) -> float:
    """Return the seconds that the bare driver takes for the finished rows, in batches of 500, in a table like ours."""
    with closing(sqlite3.connect(home / "arb.db", isolation_level=None)) as db:
        db.execute("PRAGMA synchronous=FULL")
        db.execute("DELETE FROM records")
        lite = sqlite.dialect()
        rows = [("floor", 1, *row) for page in given for row in rows_of(page.records, lite)]
        began = time.perf_counter()
        for start in range(0, len(rows), 500):
            db.execute("BEGIN IMMEDIATE")
            db.executemany(upsert("sqlite"), rows[start : start + 500])
            db.execute("COMMIT")
        return time.perf_counter() - began


async def writing(count: int, took: dict[str, list[float]], waits: list[float]) -> None:
    """Write the records in each way once."""
    given = tuple(pages(count))
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        db, workspace, source = await opened(home)
        await asyncio.sleep(HURRY)  # who enters is in a hurry
        took["new"].append(await written(db, workspace, source, given))
        took["there already"].append(await written(db, workspace, source, given))
        somebody = asyncio.create_task(asking(db, waits))
        took["while somebody asks"].append(await written(db, workspace, source, given))
        somebody.cancel()
        await asyncio.gather(somebody, return_exceptions=True)
        await db.close()
        took[_FLOOR].append(floor(home, given))


async def counting(count: int) -> tuple[float, float, int]:
    """Return the seconds that a week's count takes, those of the same question to the bare driver, and the count."""
    week = Window(_NOW - timedelta(days=7), _NOW, "UTC")
    ours: list[float] = []
    bare: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        db, workspace, source = await opened(home)
        await written(db, workspace, source, tuple(pages(count)))
        with closing(sqlite3.connect(home / "arb.db")) as other:
            for _ in range(20):
                async with db.read(workspace) as stores:
                    began = time.perf_counter()
                    found = await stores.records.began(source, week)
                    ours.append(time.perf_counter() - began)
                began = time.perf_counter()
                asked = "SELECT count(*) FROM records WHERE source = 1 AND ended >= ? AND at >= ? AND at < ?"
                start, end = (int(at.timestamp() * 1_000_000) for at in (week.start, week.end))
                assert other.execute(asked, (start, start, end)).fetchone() == (found,)
                bare.append(time.perf_counter() - began)
        await db.close()
    return statistics.median(ours), statistics.median(bare), found


def main() -> None:
    """Print both sides, their ratios and the goals."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    tune()
    took: dict[str, list[float]] = {_FLOOR: [], **{name: [] for name in _GOALS}}
    waits: list[float] = []
    for _ in range(_ROUNDS):
        asyncio.run(writing(count, took, waits))
    lowest = statistics.median(took[_FLOOR])
    print(f"{count:,} records, {_ROUNDS} rounds")
    for name, found in took.items():
        middle = statistics.median(found)
        goal = f"   goal ≥ {_GOALS[name]:,}/s" if name in _GOALS else ""
        print(f"{name:20} {count / middle:9,.0f}/s   × {middle / lowest:.2f} of the floor{goal}")
    late = statistics.quantiles(waits, n=100)
    print(f"who asks waits       p50 {late[49] * 1000:.1f} ms   p99 {late[98] * 1000:.1f} ms   goal p99 ≤ 25 ms")
    ours, bare, found_ = asyncio.run(counting(_MILLION))
    ratio = f"× {ours / bare:.2f} of the bare driver's {bare * 1000:.1f} ms"
    print(f"a week of a million  {ours * 1000:.1f} ms   {ratio}   goal ≤ 10 ms   {found_:,} records")


if __name__ == "__main__":
    main()
