"""Transactions: PRAGMAs, snapshots, the writer queue, and locks that others hold."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from model.delivery import Platform
from model.errors import StorageBusy
from model.ids import EventId
from storage.audit import Entry
from storage.database import Urgency
from storage.home import DATABASE_FILE
from storage.workspaces import WorkspaceSettings
from tests.storage.world import Room, room
from tests.support.databases import Place

_HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def _held(home: Path) -> Iterator[subprocess.Popen[str]]:
    """Let another process hold the write lock until its input is closed."""
    command = (sys.executable, "-c", _HOLD, str(home / DATABASE_FILE))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process


async def test_every_connection_has_its_pragmas(sqlite_place: Place) -> None:
    db = await sqlite_place.open()
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}
    async with AsyncExitStack() as stack:
        for _ in range(8):  # more than the pool keeps: each is another one
            connection = await stack.enter_async_context(db._transactions.reading())
            found = {name: await connection.scalar(text(f"PRAGMA {name}")) for name in wanted}
            assert found == wanted
    await db.close()


async def test_a_reading_sees_one_moment(here: Room) -> None:
    async with here.db.read(here.workspace) as reading:
        before = await reading.workspaces.settings()
        async with here.db.write(here.workspace) as stores:
            await stores.workspaces.change(WorkspaceSettings(stale_days=3))
        assert await reading.workspaces.settings() == before
    async with here.db.read(here.workspace) as reading:
        assert (await reading.workspaces.settings()).stale_days == 3


async def test_effects_in_one_workspace_hold_each_other_up_for_a_moment_only(here: Room) -> None:
    """Each has added something before it is noted, one after the other: none is broken off, and the chain is whole."""
    added = asyncio.Barrier(1 if here.db._transactions.on_sqlite else 5)  # there one writes at a time

    async def add(name: str) -> None:
        async with here.db.write(here.workspace) as stores:
            await stores.sources.add(name, "git", {"path": "."})
            await added.wait()
            await stores.audit.add(Entry(here.member, EventId(f"terminal:{name}"), "source add", {}), "done")

    await asyncio.gather(*(add(name) for name in "abcde"))
    async with here.db.read(here.workspace) as stores:
        assert len(await stores.sources.all()) == 6
        assert len(await stores.audit.list(9)) == 5
        assert await stores.audit.broken() is None


async def test_an_error_rolls_everything_back(here: Room) -> None:
    async def fail() -> None:
        async with here.db.write(here.workspace) as stores:
            await stores.sources.add("other", "git", {})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with here.db.read(here.workspace) as stores:
        assert [source.name for source in await stores.sources.all()] == ["demo"]


async def test_commands_wait_for_a_lock_that_is_given_back(sqlite_place: Place) -> None:
    db = await sqlite_place.open()
    here = await room(db)

    async def add(number: int) -> None:
        async with db.write(here.workspace) as stores:
            await stores.sources.add(f"s{number}", "git", {})

    with _held(sqlite_place.home) as other:
        adding = [asyncio.create_task(add(number)) for number in range(20)]
        await asyncio.wait(adding, timeout=0.5)
        assert not any(task.done() for task in adding)
        other.communicate()
        await asyncio.gather(*adding)
    async with db.read(here.workspace) as stores:
        assert len(await stores.sources.all()) == 21
    await db.close()


async def test_a_lock_held_too_long_is_told_and_nothing_is_written(sqlite_place: Place) -> None:
    db = await sqlite_place.open(busy_timeout=0.1)
    here = await room(db)
    with _held(sqlite_place.home):
        with pytest.raises(StorageBusy):
            async with db.write(here.workspace, Urgency.ACK) as stores:
                await stores.sources.add("late", "git", {})
        with pytest.raises(StorageBusy):
            await db.entrances.enter(Platform.TERMINAL, "elsewhere")
        async with db.read(here.workspace) as stores:  # readers go on
            assert [source.name for source in await stores.sources.all()] == ["demo"]
    async with db.write(here.workspace) as stores:
        await stores.sources.add("after", "git", {})
    assert await db.entrances.workspace(Platform.TERMINAL, "elsewhere") is None
    await db.close()
    with closing(sqlite3.connect(sqlite_place.home / DATABASE_FILE)) as connection:
        assert connection.execute("SELECT count(*) FROM sources").fetchone() == (2,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_a_writer_that_is_cancelled_leaves_nothing_behind(sqlite_place: Place) -> None:
    db = await sqlite_place.open()
    here = await room(db)
    reached = asyncio.Event()

    async def add() -> None:
        async with db.write(here.workspace) as stores:
            await stores.sources.add("cancelled", "git", {})
            reached.set()
            await asyncio.Event().wait()

    adding = asyncio.create_task(add())
    waiting = asyncio.create_task(here.run("waits"))
    await reached.wait()
    adding.cancel()
    assert (await waiting).cause == "waits"
    async with db.read(here.workspace) as stores:
        assert [source.name for source in await stores.sources.all()] == ["demo"]
    await db.close()
