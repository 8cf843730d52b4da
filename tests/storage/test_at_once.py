"""What is written at once: as a whole or not at all, like a transaction of many steps, and waiting for nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from model.card import Card
from model.ids import EventId
from storage.stores import Stores
from storage.workspaces import WorkspaceSettings
from tests.storage.world import SETTINGS, WEEK, Room, room
from tests.support.databases import Place

SAID = {"line": "/arb help"}


async def test_what_is_done_stands(here: Room) -> None:
    """Rows, one row, none, a number, and what was changed in it before."""

    async def work(stores: Stores) -> tuple[object, ...]:
        await stores.workspaces.change(replace(WorkspaceSettings(), language="ko"))
        new = [await stores.inbox.put(EventId("a:1"), here.member, SAID, "owner") for _ in range(2)]
        card = await stores.actions.bind(Card("", (), "en"), None)
        return new, card.title, (await stores.workspaces.settings()).language, len(await stores.members.all())

    assert await here.db.at_once(here.workspace, work) == ([True, False], "", "ko", 1)
    async with here.db.read(here.workspace) as stores:
        assert await stores.inbox.open(EventId("a:1")) == (here.member, SAID)


async def test_an_error_leaves_nothing(here: Room) -> None:
    async def work(stores: Stores) -> None:
        await stores.inbox.put(EventId("a:1"), here.member, SAID, "owner")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await here.db.at_once(here.workspace, work)
    async with here.db.read(here.workspace) as stores:
        assert await stores.inbox.open(EventId("a:1")) is None
    async with here.db.write(here.workspace) as stores:  # and the next one has its turn
        assert await stores.inbox.put(EventId("a:1"), here.member, SAID, "owner")


async def test_whoever_is_told_is_told_afterwards(sqlite_place: Place) -> None:
    """A job is heard of when its transaction is committed, in the loop."""
    db = await sqlite_place.open()
    here, woken = await room(db), asyncio.Event()
    serving = asyncio.create_task(db.jobs.serve({"run": lambda _: woken.set()}))
    await asyncio.sleep(0)

    async def work(stores: Stores) -> None:
        await stores.runs.add(
            template="weekly", sources=(here.source,), window=WEEK, settings=SETTINGS, cause=EventId("a:1"),
            member=here.member,
        )  # fmt: skip
        assert not woken.is_set()

    await db.at_once(here.workspace, work)
    async with asyncio.timeout(10):
        await woken.wait()
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    await db.close()


async def test_what_would_hold_up_everybody_is_refused(sqlite_place: Place) -> None:
    """To wait for something else, or to stream; nothing of it is stored."""
    db = await sqlite_place.open()
    here = await room(db)

    async def waits(stores: Stores) -> None:
        await stores.inbox.put(EventId("a:1"), here.member, SAID, "owner")
        await asyncio.sleep(0)

    async def streams(stores: Stores) -> None:
        async for _ in stores.records.overlapping([here.source], WEEK):
            pass

    for work in (waits, streams):
        with pytest.raises(TypeError, match="at once"):
            await db.at_once(here.workspace, work)
    async with db.read(here.workspace) as stores:
        assert await stores.inbox.open(EventId("a:1")) is None
    await db.close()
