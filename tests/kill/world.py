"""Two machines and their database: workers with a home each, as many workspaces as one likes, one repository."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import text

from model.clock import SystemClock
from model.delivery import Address, Platform
from model.ids import EventId, MemberId, SourceId, WorkspaceId, row_id
from model.report import STEPS, Run, Settings
from storage.database import Database
from storage.sealing import Keyring
from tests.kill.postman import MARK
from tests.kill.worker import Orders
from tests.storage.world import WEEK
from tests.support.nursery import Child, Nursery
from tests.support.provider import Kind, Provider

_ROOT = Path(__file__).parents[2]
_KEYS = f"k1:{base64.b64encode(bytes(range(32))).decode()}"


@dataclass
class Worker:
    """A process on a machine of its own; `owner` is what it calls itself in the rows."""

    process: Child
    owner: str

    @property
    def held(self) -> int:
        """Return how many runs it was held up in."""
        return self.process.out.count("held ")


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

    def start(self, machine: str, orders: Orders) -> Child:
        """Start a worker."""
        given = json.dumps(asdict(orders))
        return self.beds.start("tests.kill.worker", given, env=self.environment(machine), cwd=self.folder)

    @contextmanager
    def worker(self, machine: str, orders: Orders) -> Iterator[Worker]:
        """Start a worker; killed at the end of the block if it still is."""
        process = self.start(machine, orders)
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


async def ask(db: Database, account: str, repository: Path, times: int, to: Iterable[Kind] = ()) -> list[Run]:
    """Ask for runs in a workspace of this name, whose cards go to these places."""
    workspace = await db.entrances.enter(Platform.TERMINAL, account)
    async with db.write(workspace) as stores:
        member = await stores.members.meet(Platform.TERMINAL, "mina", "Mina")
        known = [source.id for source in await stores.sources.all()]
        sources = known or [await stores.sources.add("shop", "git", {"path": str(repository)})]
    places = tuple(Address(Platform.WEBHOOK, workspace, kind) for kind in to)
    return [await _one(db, workspace, member.id, sources, places) for _ in range(times)]


async def _one(
    db: Database, workspace: WorkspaceId, member: MemberId, sources: Sequence[SourceId], places: Sequence[Address]
) -> Run:
    async with db.write(workspace) as stores:
        return await stores.runs.add(
            template="weekly", sources=sources, window=WEEK, settings=Settings("en", people=True),
            cause=EventId(row_id()), member=member, destinations=places,
        )  # fmt: skip


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


def judge(to: Provider, wanted: Iterable[str], kills: int) -> None:
    """Assert that nothing is lost and nothing is there twice; of a mute place: once more for a kill, and marked."""
    meant, plain = Counter(wanted), Counter(text.removesuffix(f" ({MARK})") for text in to.texts)
    assert not meant - plain, "lost"
    assert not plain.keys() - meant.keys(), "never asked for"
    if to.kind == "mute":
        assert (plain - meant).total() <= kills
        unmarked = Counter(text for text in to.texts if not text.endswith(f"({MARK})"))
        assert not unmarked - meant, "a repeat that does not say so"
        assert not plain - meant - meant, "repeated more than once"
    else:
        assert not plain - meant, "repeated"
        assert not [text for text in to.texts if MARK in text]
