"""SQLite's write-ahead log: copied into the file beside who writes, and no loss where it cannot be."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from model.ids import EventId
from storage.database import Database, Urgency
from storage.stores import Stores
from storage.write_ahead import WriteAheadLog
from tests.storage.world import Room, room
from tests.support.databases import Place

FILE = "arb.db"


async def said(db: Database, here: Room, event: str) -> None:
    """Store something in a transaction of its own."""

    async def work(stores: Stores) -> None:
        assert await stores.inbox.put(EventId(event), here.member, {"line": "/arb help"}, "owner")

    await db.at_once(here.workspace, work, Urgency.ACK)


def in_the_file(home: Path) -> int:
    """Return how many things said are in the file itself, without its log."""
    with closing(sqlite3.connect(f"file:{home / FILE}?immutable=1", uri=True)) as alone:
        return int(alone.execute("SELECT count(*) FROM inbox").fetchone()[0])


def copied(home: Path) -> None:
    """Have the log copied now."""
    log = WriteAheadLog(home / FILE)
    log.grown()
    log.close()


async def test_the_log_is_copied_soon(sqlite_place: Place) -> None:
    """Also where nobody's commit is large enough to have to do it: a burst, and what comes some time after it."""
    db = await sqlite_place.open()
    here = await room(db)
    for number in range(20):
        await said(db, here, f"a:{number}")
    async with asyncio.timeout(20):
        while in_the_file(sqlite_place.home) < 20:
            await asyncio.sleep(0.1)
            await said(db, here, f"b:{os.urandom(8).hex()}")
    await db.close()


async def test_who_reads_an_old_state_holds_nobody_up(sqlite_place: Place) -> None:
    """What a reader still needs stays in the log; who writes does not notice."""
    db = await sqlite_place.open()
    here = await room(db)
    async with db.read(here.workspace) as stores:
        before = len(await stores.members.all())
        for number in range(20):
            await said(db, here, f"a:{number}")
        copied(sqlite_place.home)
        await said(db, here, "a:last")
        assert len(await stores.members.all()) == before
    await db.close()
    with closing(sqlite3.connect(sqlite_place.home / FILE)) as whole:
        assert whole.execute("SELECT count(*) FROM inbox").fetchone() == (21,)


async def test_a_log_that_cannot_be_copied_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / FILE).write_bytes(b"no database at all, but longer than the head of one" * 20)
    with caplog.at_level(logging.WARNING):
        copied(tmp_path)
    assert "the write-ahead log was not copied" in caplog.text
