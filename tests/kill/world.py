"""Two machines and their database: workers with a home each, as many workspaces as one likes, one repository."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import text

from model.clock import SystemClock
from model.delivery import Platform
from model.ids import EventId, MemberId, RunId, SourceId, WorkspaceId, row_id
from model.report import STEPS, Settings
from storage.database import Database
from storage.sealing import Keyring
from tests.storage.world import WEEK
from tests.support.nursery import Child, Nursery

_ROOT = Path(__file__).parents[2]
_KEYS = f"k1:{base64.b64encode(bytes(range(32))).decode()}"


@dataclass
class Worker:
    """A process on a machine of its own; `owner` is what it calls itself in the rows."""

    process: Child
    owner: str


@dataclass
class Machines:
    """Everything that shares one database."""

    beds: Nursery
    url: str | None
    folder: Path

    def environment(self, machine: str) -> dict[str, str]:
        given = {"ARB_DATABASE_URL": self.url} if self.url else {}
        home = self.folder / (machine if self.url else "home")  # who shares an SQLite file shares its folder
        return given | {
            "PATH": os.environ["PATH"], "PYTHONPATH": str(_ROOT), "ARB_HOME": str(home), "ARB_MASTER_KEYS": _KEYS,
            "ARB_GIT_ROOTS": str(self.folder), "ARB_TIME_ZONE": "UTC", "ARB_LANGUAGE": "en", "ARB_RUNS_AT_ONCE": "10",
        }  # fmt: skip

    @contextmanager
    def worker(self, machine: str, lease: float) -> Iterator[Worker]:
        """Start a worker; killed at the end of the block if it still is."""
        env = self.environment(machine)
        process = self.beds.start("tests.kill.worker", str(lease), env=env, cwd=self.folder)
        try:
            ready = process.line().split()
            assert ready[:1] == ["ready"], process.err
            yield Worker(process, ready[1])
        finally:
            process.kill()

    @contextmanager
    def arb(self, command: str) -> Iterator[subprocess.Popen[bytes]]:
        """Start `arb` as an operator does; killed at the end of the block if it still is."""
        words = (sys.executable, "-m", "bot.cli", command)
        with (
            (self.folder / "arb.log").open("a") as log,
            subprocess.Popen(words, env=self.environment("home"), cwd=self.folder, stdout=log, stderr=log) as process,
        ):
            try:
                yield process
            finally:
                process.kill()

    async def open(self) -> Database:
        home = self.folder / "home"
        return await Database.open(self.url, home, Keyring.open(home, SecretStr(_KEYS)), SystemClock())


async def ask(db: Database, account: str, repository: Path, times: int) -> list[RunId]:
    """Ask for runs in a workspace of this name."""
    workspace = await db.entrances.enter(Platform.TERMINAL, account)
    async with db.write(workspace) as stores:
        member = await stores.members.meet(Platform.TERMINAL, "mina", "Mina")
        known = [source.id for source in await stores.sources.all()]
        sources = known or [await stores.sources.add("shop", "git", {"path": str(repository)})]
    return [await _one(db, workspace, member.id, sources) for _ in range(times)]


async def _one(db: Database, workspace: WorkspaceId, member: MemberId, sources: Sequence[SourceId]) -> RunId:
    async with db.write(workspace) as stores:
        run = await stores.runs.add(
            template="weekly", sources=sources, window=WEEK, settings=Settings("en", people=True),
            cause=EventId(row_id()), member=member,
        )  # fmt: skip
    return run.id


async def rows(db: Database, statement: str) -> list[tuple[object, ...]]:
    async with db._transactions.reading() as connection:
        return [tuple(row) for row in await connection.execute(text(statement))]


async def until(
    db: Database, statement: str, good: Callable[[list[tuple[object, ...]]], bool], seconds: float
) -> float:
    """Wait until what a statement finds is good; return how long that took."""
    began = time.monotonic()
    while not good(found := await rows(db, statement)):
        assert time.monotonic() - began < seconds, found
        await SystemClock().sleep(0.02)
    return time.monotonic() - began


async def whole(db: Database, runs: int) -> None:
    """Assert that so many runs are there, all done, with each of their steps once."""
    states = await rows(db, "SELECT state, count(*), max(failure) FROM runs GROUP BY state")
    assert states == [("done", runs, None)], states
    steps = await rows(db, "SELECT run_id, count(*) FROM steps GROUP BY run_id")
    assert [count for _, count in steps] == [len(STEPS)] * runs
