"""Ten thousand schedules due in one second: `python -m benchmarks.schedules [COUNT] [postgresql://…]`.

Each workspace holds a hundred. Printed are how long it takes until each has its slot, its run and its next due time
committed, how late a 5 ms ticker was meanwhile, and how long `/arb status` took; then the same number of jobs due at
once in APScheduler, with its memory store and with its own SQLAlchemy store on SQLite, where a job's whole work is to
count. With an address, the same on a PostgreSQL database of that server, which is made and dropped again.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from apscheduler.jobstores.base import BaseJobStore
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger
from pydantic import SecretStr

from benchmarks.templates import lateness
from bot.app import App, running
from bot.settings import Settings
from commands.door import Visitor
from model.clock import SystemClock
from model.delivery import Address, Platform
from model.ids import EventId, row_id
from model.report import Definition
from model.rule import RULE
from model.schedule import Calendar, Slot, Wishes
from reports.when import parse_when
from storage.schema import migrate_postgres
from storage.workspaces import WorkspaceSettings

_SHARE = 100  # schedules of a workspace
_ZONES = ("UTC", "Asia/Seoul", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
_TIMES = ("mondays {}", "weekdays {}", "every day {}", "on the 1st {}", "last working day of the month {}")
_PAUSE = 0.1  # seconds between two who say something
_fired = 0


@dataclass
class Figures:
    """What one round shows, in seconds."""

    fired: float = 0.0
    computed: float = 0.0  # of it, by this process; the rest it waited for the disk, or for others on the machine
    late: list[float] = field(default_factory=list)
    status: list[float] = field(default_factory=list)

    def line(self, name: str, goals: bool) -> str:
        """Return them as one line."""
        parts = [
            f"{name:<24}",
            f"all fired {self.fired:6.2f} s ({self.computed:.2f} s computing)",
            f"ticker late, worst {max(self.late) * 1000:7.1f} ms",
        ]
        if self.status:
            p99 = statistics.quantiles(self.status, n=100)[98] if len(self.status) > 1 else self.status[0]
            parts.append(f"/arb status p99 {p99 * 1000:5.0f} ms ({len(self.status)} said)")
        return " · ".join(parts) + ("   goals ≤ 5 s, ≤ 20 ms, ≤ 500 ms" if goals else "")


async def planted(app: App, share: int, *names: str) -> None:
    """Add so many schedules to each workspace, of many rules and zones, all due in this second."""
    now, made = app.workshop.clock.now(), 0
    for name in names:
        workspace = await app.workshop.db.entrances.enter(Platform.TERMINAL, name)
        async with app.workshop.db.write(workspace) as stores:
            await stores.workspaces.change(WorkspaceSettings(most_schedules=share + 1, most_runs_a_day=share + 100))
            owner = await stores.members.meet(Platform.TERMINAL, "mina", "Mina")
            await stores.sources.add("shop", "git", {"path": "."})
            reports = [await stores.reports.add(f"r{i}", owner.id, Definition(template="weekly")) for i in range(10)]
            for i in range(share):
                zone = _ZONES[made % len(_ZONES)]
                hour = (now.astimezone(ZoneInfo(zone)).hour + 6 + made % 12) % 24  # none is due again meanwhile
                words = _TIMES[made % len(_TIMES)].format(f"{hour:02}:{made % 60:02}")
                await stores.schedules.add(
                    report=reports[i % 10].id,
                    member=owner.id,
                    said=words,
                    rule=RULE.dump_json(parse_when(words)).decode(),
                    calendar=Calendar(zone),
                    wishes=Wishes(),
                    destinations=(),
                    upcoming=Slot(f"{now:%Y-%m-%dT%H:%M}", now),
                )
                made += 1


async def checked(app: App, workspaces: int) -> None:
    """Make sure that each schedule has its one slot and its one run."""
    for n in range(workspaces):
        workspace = await app.workshop.db.entrances.enter(Platform.TERMINAL, f"acme{n}")
        async with app.workshop.db.read(workspace) as stores:
            schedules = await stores.schedules.all()
            slots = await stores.schedules.slots([one.id for one in schedules], 2 * _SHARE)
            runs = {run.id for run in await stores.runs.list(2 * _SHARE)}
        if not len(schedules) == len(slots) == len(runs) == _SHARE or {slot.run for slot in slots} != runs:
            raise AssertionError(f"workspace {n}: {len(schedules)} schedules, {len(slots)} slots, {len(runs)} runs")


async def talk(app: App, seconds: list[float]) -> None:
    """Say `/arb status` again and again."""
    visitor = Visitor("mina", "Mina", Address(Platform.TERMINAL, "acme0", "mina"), "en")
    while True:
        began = time.perf_counter()
        await app.door.say(EventId(f"terminal:{row_id()}"), visitor, "/arb status")
        seconds.append(time.perf_counter() - began)
        await asyncio.sleep(_PAUSE)


async def ours(home: Path, url: str | None, count: int) -> Figures:
    """Fire them with ARB, on SQLite or PostgreSQL."""
    settings = Settings(home=home, language="en", time_zone="UTC", database_url=SecretStr(url) if url else None)
    async with running(settings, SystemClock()) as app:
        await planted(app, 1, "warm")
        await app.schedules.drain()  # the first one reads the templates that come with ARB
        await planted(app, _SHARE, *(f"acme{n}" for n in range(count // _SHARE)))
        figures = Figures()
        meanwhile = [asyncio.create_task(lateness(600, figures.late)), asyncio.create_task(talk(app, figures.status))]
        await asyncio.sleep(0)
        began, computed = time.perf_counter(), time.process_time()
        await app.schedules.drain()
        figures.fired, figures.computed = time.perf_counter() - began, time.process_time() - computed
        for task in meanwhile:
            task.cancel()
        await asyncio.gather(*meanwhile, return_exceptions=True)
        await checked(app, count // _SHARE)
    return figures


async def count_one() -> None:
    """Be the whole work of a job of APScheduler."""
    global _fired  # noqa: PLW0603  its stores keep a job by the name of a function
    _fired += 1


async def theirs(store: BaseJobStore, count: int) -> Figures:
    """Fire as many jobs with APScheduler."""
    global _fired
    _fired, figures = 0, Figures()
    scheduler = AsyncIOScheduler(jobstores={"default": store}, timezone=UTC)
    scheduler.start(paused=True)
    weekly, due = IntervalTrigger(days=7), datetime.now(UTC)
    for _ in range(count):
        scheduler.add_job(count_one, weekly, misfire_grace_time=None, next_run_time=due)
    ticker = asyncio.create_task(lateness(600, figures.late))
    await asyncio.sleep(0.01)
    began, computed = time.perf_counter(), time.process_time()
    scheduler.resume()
    while _fired < count:
        await asyncio.sleep(0.005)
    figures.fired, figures.computed = time.perf_counter() - began, time.process_time() - computed
    await asyncio.sleep(0.01)
    ticker.cancel()
    scheduler.shutdown(wait=False)
    return figures


@contextmanager
def fresh(server: str) -> Iterator[str]:
    """Make a database on a PostgreSQL server, migrated; drop it in the end."""
    import psycopg

    name = f"arb_bench_{row_id().replace('-', '')}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
        url = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        try:
            migrate_postgres(url)
            yield url
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


async def main(count: int, server: str | None) -> None:
    """Print both sides and the ratio."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        sqlite = await ours(home / "sqlite", None, count)
        print(sqlite.line(f"ARB, SQLite, {count}", goals=True))
        if server is not None:
            with fresh(server) as url:
                print((await ours(home / "pg", url, count)).line(f"ARB, PostgreSQL, {count}", goals=True))
        memory = await theirs(MemoryJobStore(), count)
        print(memory.line("APScheduler, memory", goals=False))
        stored = await theirs(SQLAlchemyJobStore(f"sqlite:///{home / 'jobs.db'}"), count)
        print(stored.line("APScheduler, SQLite", goals=False))
    print(f"loop held, ARB : APScheduler in memory   1 : {max(memory.late) / max(sqlite.late):.0f}")
    print(f"loop held, ARB : APScheduler on SQLite   1 : {max(stored.late) / max(sqlite.late):.0f}")
    print(f"all fired, APScheduler on SQLite : ARB   {stored.fired / sqlite.fired:.1f} : 1, runs and slots included")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, sys.argv[2] if len(sys.argv) > 2 else None))
