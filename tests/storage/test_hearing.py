"""What is heard: stored in one go for whom we know, sealed, once, whoever says it at the same time."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest
from sqlalchemy import Connection, select

from model.delivery import Platform
from model.errors import StorageBusy
from model.ids import EventId
from storage.database import Urgency
from storage.home import DATABASE_FILE
from storage.tables import INBOX
from storage.workspaces import WorkspaceSettings
from tests.storage.world import Room, room
from tests.support.databases import Place

SAID = {"line": "/arb me shown=CANARY"}


async def test_it_stands_there_sealed(here: Room) -> None:
    """With who said it and what holds in his workspace; it opens as what it is."""
    async with here.db.write(here.workspace) as stores:
        await stores.workspaces.change(replace(WorkspaceSettings(), language="ko"))
    heard = await here.db.hearing.put(Platform.TERMINAL, "here", "mina", EventId("slack:1"), SAID, "owner")
    assert heard is not None
    assert (heard.new, heard.member.id, heard.settings.language) == (True, here.member, "ko")
    async with here.db._transactions.reading() as connection:
        (row,) = (await connection.execute(select(INBOX))).all()
    assert (row.owner, row.done, b"CANARY" in row.said) == ("owner", False, False)
    async with here.db.read(here.workspace) as stores:
        assert await stores.inbox.open(EventId("slack:1")) == (here.member, SAID)


async def test_once(here: Room) -> None:
    """Eight at once, and a repeat of what is done: one of them is new."""
    asked = [here.db.hearing.put(Platform.TERMINAL, "here", "mina", EventId("slack:1"), SAID, f"{n}") for n in range(8)]
    assert sorted(one.new for one in await asyncio.gather(*asked) if one is not None) == [False] * 7 + [True]
    async with here.db.write(here.workspace) as stores:
        await stores.inbox.done(EventId("slack:1"))
    again = await here.db.hearing.put(Platform.TERMINAL, "here", "mina", EventId("slack:1"), SAID, "9")
    assert again is not None
    assert not again.new


async def test_strangers_are_none_of_ours(here: Room) -> None:
    """Another user, account or platform, also where one of the three is known; nothing is stored."""
    await room(here.db, "there")
    for platform, account, user in (
        (Platform.TERMINAL, "here", "joe"), (Platform.TERMINAL, "nowhere", "mina"), (Platform.SLACK, "here", "mina"),
        (Platform.TERMINAL, "here\0", "mina"), (Platform.TERMINAL, "", ""),
    ):  # fmt: skip
        assert await here.db.hearing.put(platform, account, user, EventId("slack:1"), SAID, "owner") is None
    async with here.db._transactions.reading() as connection:
        assert (await connection.execute(select(INBOX))).all() == []


async def test_at_once_is_all_or_nothing(here: Room) -> None:
    """What fails leaves nothing behind, and the next one has its turn."""

    def break_off(connection: Connection) -> None:
        connection.execute(INBOX.delete())
        raise RuntimeError("broke")

    await here.db.hearing.put(Platform.TERMINAL, "here", "mina", EventId("slack:1"), SAID, "owner")
    with pytest.raises(RuntimeError):
        await here.db._transactions.at_once(Urgency.ACK, break_off)
    async with here.db._transactions.reading() as connection:
        assert len((await connection.execute(select(INBOX))).all()) == 1
    async with here.db.write(here.workspace) as stores:
        await stores.inbox.done(EventId("slack:1"))


async def test_a_lock_of_another_process_is_told(sqlite_place: Place) -> None:
    db = await sqlite_place.open(busy_timeout=0.05)
    await room(db)
    with closing(sqlite3.connect(sqlite_place.home / DATABASE_FILE)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageBusy):
            await db.hearing.put(Platform.TERMINAL, "here", "mina", EventId("slack:1"), SAID, "owner")
        other.rollback()
    assert await db.hearing.put(Platform.TERMINAL, "here", "mina", EventId("slack:1"), SAID, "owner")
    await db.close()
