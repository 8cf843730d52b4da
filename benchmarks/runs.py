"""Runs on many machines: `python -m benchmarks.runs [RUNS]`.

Two worker processes on a PostgreSQL made for it do runs whose steps return prepared bytes: what is measured is the
engine with all its rows and jobs, without collecting and rendering. Beside it: the same rows written by two bare
connections. Then one workspace's runs are timed from being asked for to their first step, alone and beside a thousand
of another's.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from bot.loops import Loops, RunLoop
from model.clock import SystemClock
from model.delivery import Platform
from model.ids import EventId, MemberId, SourceId, WorkspaceId, row_id
from model.prompt import LanguageModel, ModelAccess
from model.report import STEPS, Run, Settings
from model.source import Reach
from reports.models import Models
from reports.progress import Tell, untold
from reports.steps import Made, Step, Workshop
from storage.database import Database
from storage.owners import Owner
from storage.schema import migrate_postgres
from storage.sealing import Keyring
from storage.workspaces import WorkspaceSettings
from tests.storage.world import WEEK
from tests.support.databases import cluster, server_binaries
from writers.process import RenderProcess

_RUNS = 2000
_WORKSPACES = 40
_DATA = b"x" * 4000  # what a step leaves
_AT_ONCE = 16
_TIMED, _EVERY = 300, 0.1  # runs that are timed, and seconds between two of them
_NOISE = 1000


@dataclass(frozen=True, slots=True)
class Prepared(Workshop):
    """A workshop whose steps take a known time and leave prepared bytes."""

    pause: float = 0.0

    def steps(self, tell: Tell = untold) -> Mapping[str, Step]:  # noqa: ARG002  Workshop
        """Return the prepared steps."""

        async def work(_: Run) -> Made:
            began = time.time()
            await asyncio.sleep(self.pause)
            return Made(json.dumps({"began": began}).encode() if self.pause else _DATA)

        return dict.fromkeys(STEPS, work)


def _no_model(access: ModelAccess) -> LanguageModel:
    raise AssertionError(f"nobody is asked here, not even {access.model}")


async def worker(url: str, home: Path, pause: float) -> None:
    """Do runs until killed."""
    clock = SystemClock()
    db = await Database.open(url, home, Keyring.open(home, None), clock)
    owner, loops = Owner.enter(home, local=False), Loops(clock)
    workshop = Prepared(db, clock, Reach(()), RenderProcess(), {}, Models(_no_model, {}), pause=pause)
    runs = RunLoop(workshop, owner, at_once=_AT_ONCE, ring=lambda: loops.ring("runs"))
    loops.add("runs", runs.look, 2.0, "worker")
    print("ready", flush=True)
    await asyncio.gather(loops.serve(("worker",)), db.jobs.serve({"run": lambda _: loops.ring("runs")}))


@asynccontextmanager
async def workers(url: str, folder: Path, pause: float = 0.0, names: str = "ab") -> AsyncIterator[None]:
    """Worker processes, ready: one for each letter."""
    command = (sys.executable, "-m", "benchmarks.runs", "--worker", url)
    made = [
        await asyncio.create_subprocess_exec(*command, str(folder / n), str(pause), stdout=asyncio.subprocess.PIPE)
        for n in names
    ]
    try:
        for one in made:
            assert one.stdout is not None
            assert await one.stdout.readline() == b"ready\n"
        yield
    finally:
        for one in made:
            one.kill()
            await one.wait()


@dataclass(frozen=True)
class Corner:
    """A workspace with its owner and a source."""

    db: Database
    workspace: WorkspaceId
    member: MemberId
    source: SourceId

    async def ask(self) -> None:
        """Ask for a run, as a person or a schedule would."""
        async with self.db.write(self.workspace) as stores:
            await stores.runs.add(
                template="weekly", sources=(self.source,), window=WEEK, settings=Settings("en", people=True),
                cause=EventId(row_id()), member=self.member,
            )  # fmt: skip


async def corner(db: Database, account: str, seats: int = 4) -> Corner:
    workspace = await db.entrances.enter(Platform.TERMINAL, account)
    async with db.write(workspace) as stores:
        await stores.workspaces.change(WorkspaceSettings(most_runs_a_day=100_000, most_runs_at_once=seats))
        member = await stores.members.meet(Platform.TERMINAL, "mina", "Mina")
        return Corner(db, workspace, member.id, await stores.sources.add("demo", "git", {"path": "."}))


async def ask_all(corners: Sequence[Corner], times: int, abreast: int = 8) -> None:
    """Ask for so many runs, one transaction each, the workspaces in turn."""
    left = iter([corners[n % len(corners)] for n in range(times)])

    async def asking() -> None:
        for one in left:
            await one.ask()

    await asyncio.gather(*(asking() for _ in range(abreast)))


async def open_runs(connection: psycopg.AsyncConnection[tuple[int]]) -> int:
    found = await (await connection.execute("SELECT count(*) FROM runs WHERE finished IS NULL")).fetchone()
    return found[0] if found else 0


async def engine(url: str, folder: Path, times: int, names: str) -> tuple[float, float]:
    """Return how many runs a second are taken in, and how many so many workers do of those that wait."""
    db = await Database.open(url, folder, Keyring.open(folder, None), SystemClock())
    corners = [await corner(db, f"w{n}") for n in range(_WORKSPACES)]
    began = time.perf_counter()
    await ask_all(corners, times)
    asked = times / (time.perf_counter() - began)
    watching = await psycopg.AsyncConnection.connect(url, autocommit=True)
    began = time.perf_counter()
    async with workers(url, folder, names=names):
        while await open_runs(watching) == times:
            began = time.perf_counter()  # from the first run that is over: not how long a process takes to start
        there = times - await open_runs(watching)
        while await open_runs(watching):
            await asyncio.sleep(0.05)
        done = (times - there) / (time.perf_counter() - began)
    await watching.close()
    await db.close()
    return asked, done


async def floor(url: str, times: int) -> float:
    """Return how many runs' rows two bare connections write a second, one transaction for each run."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as setting_up:
        await setting_up.execute("CREATE TABLE bare AS SELECT * FROM runs")
        await setting_up.execute("CREATE TABLE bare_steps AS SELECT * FROM steps WITH NO DATA")
        await setting_up.execute("CREATE INDEX ON bare (id)")
        rows = await (await setting_up.execute("SELECT id, workspace_id FROM bare LIMIT %s", (times,))).fetchall()
    left = iter(rows)

    async def writing() -> None:
        async with await psycopg.AsyncConnection.connect(url) as connection:
            for id, workspace in left:
                await connection.execute("UPDATE bare SET state = 'running', fence = 1 WHERE id = %s", (id,))
                for name in STEPS:
                    await connection.execute(
                        "INSERT INTO bare_steps VALUES (%s, %s, %s, %s, now(), 0)", (id, name, workspace, _DATA)
                    )
                await connection.execute("UPDATE bare SET state = 'done', finished = now() WHERE id = %s", (id,))
                await connection.commit()

    began = time.perf_counter()
    await asyncio.gather(writing(), writing())
    return times / (time.perf_counter() - began)


async def starts(db: Database, quiet: Corner) -> list[float]:
    """Ask for runs one after the other; return the seconds from asking to the first step of each."""
    for _ in range(_TIMED):
        await quiet.ask()
        await asyncio.sleep(_EVERY)
    waiting = True
    while waiting:
        await asyncio.sleep(0.1)
        async with db.read(quiet.workspace) as stores:
            runs = await stores.runs.list(_TIMED)  # the newest
        waiting = any(run.finished is None for run in runs)
    async with db.read(quiet.workspace) as stores:
        data = [await stores.runs.step(run.id, STEPS[0]) for run in runs]
    return [json.loads(made or b"")["began"] - run.created.timestamp() for run, made in zip(runs, data, strict=True)]


async def noise(url: str, folder: Path) -> tuple[float, ...]:
    """Return the 99th percentile of one workspace's starts: alone, and beside another's long queue.

    Beside one that has the usual seats, and then one that was given a seat for everything that two workers do at once.
    """
    db = await Database.open(url, folder, Keyring.open(folder, None), SystemClock())
    quiet, noisy = await corner(db, "quiet", _AT_ONCE), await corner(db, "noisy")
    greedy = await corner(db, "greedy", 2 * _AT_ONCE)
    async with workers(url, folder, 0.05):
        await ask_all([quiet], 20)  # everything warm
        found = [p99(await starts(db, quiet))]
        for other in (noisy, greedy):
            await ask_all([other], _NOISE)
            found.append(p99(await starts(db, quiet)))
    await db.close()
    return tuple(found)


def p99(times: Sequence[float]) -> float:
    return statistics.quantiles(times, n=100)[98]


async def main(times: int) -> None:
    """Print both sides."""
    binaries = server_binaries()
    if binaries is None:
        sys.exit("There are no binaries of a PostgreSQL server on this machine.")
    with tempfile.TemporaryDirectory() as name, cluster(binaries, "") as server:
        folder = Path(name)
        for names in ("a", "ab"):
            with server.fresh() as database:
                url = server.database(database)
                migrate_postgres(url)
                asked, done = await engine(url, folder / names, times, names)
                bare = await floor(url, times)
            if names == "a":
                print(f"done by one worker       {done:.0f} runs/s")
        print(f"taken in                 {asked:.0f} runs/s")
        print(f"done by two workers      {done:.0f} runs/s   goal ≥ 200, without rendering")
        print(f"bare rows, same server   {bare:.0f} runs/s, × {bare / done:.1f}")
        with server.fresh() as database:
            url = server.database(database)
            migrate_postgres(url)
            alone, noisy, greedy = await noise(url, folder)
        print(f"start, alone             p99 {alone * 1000:.0f} ms")
        print(f"start, beside {_NOISE} others p99 {noisy * 1000:.0f} ms, × {noisy / alone:.2f}   goal ≤ 1.5")
        print(f"the same, in every seat  p99 {greedy * 1000:.0f} ms, × {greedy / alone:.2f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        asyncio.run(worker(sys.argv[2], Path(sys.argv[3]), float(sys.argv[4])))
    else:
        asyncio.run(main(int(sys.argv[1]) if sys.argv[1:] else _RUNS))
