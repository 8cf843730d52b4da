"""Reading sources: what its owner is told of one that breaks, once, and what was read just now is used again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from model.card import Card, plain
from model.clock import Clock
from model.delivery import Address, Platform
from model.ids import SourceId
from model.language import Message
from model.record import Coverage
from model.source import Reach
from model.window import Window
from sources.sync import sync, sync_all
from storage.database import Database
from storage.sources import BLIP
from tests.storage.world import MONDAY, WEEK, HandClock, Room, room
from tests.support.databases import Place
from tests.support.repository import small_repository
from writers.terminal import card_of

FRESH = 300.0


class Reader:
    """A workspace with a source of its owner's: a repository that can be taken away."""

    def __init__(self, here: Room, db: Database, clock: HandClock, root: Path, source: SourceId) -> None:
        self.here, self.db, self.clock, self.root, self.source = here, db, clock, root, source
        self.reach = Reach((root,), clock=clock)

    async def read(self, db: Database | None = None, clock: Clock | None = None) -> Coverage:
        return await sync(db or self.db, self.here.workspace, self.source, self.reach, clock or self.clock)

    async def again(self, window: Window = WEEK, fresh: float = FRESH) -> Coverage:
        ids = (self.source,)
        (found,) = await sync_all(
            self.db, self.here.workspace, ids, self.reach, self.clock, window, lambda *_: None, fresh
        )
        return found

    def lose(self) -> None:
        (self.root / "shop").rename(self.root / "gone")

    def find(self) -> None:
        (self.root / "gone").rename(self.root / "shop")

    async def told(self) -> list[Card]:
        """Return the cards that wait at the owner's terminal."""
        wanted = Address(Platform.TERMINAL, "here", "mina")
        async with self.db.read(self.here.workspace) as stores:
            return [card_of(one.payload) for one in await stores.deliveries.to(wanted)]


@pytest_asyncio.fixture
async def reader(place: Place, tmp_path: Path) -> AsyncIterator[Reader]:
    clock = HandClock()
    clock.turn(timedelta(days=8).total_seconds())
    db = await place.open(clock)
    here = await room(db)
    small_repository(tmp_path / "shop")
    async with db.write(here.workspace) as stores:
        source = await stores.sources.add("shop", "git", {"path": str(tmp_path / "shop")}, here.member)
    yield Reader(here, db, clock, tmp_path, source)
    await db.close()


async def test_the_owner_is_told_once_and_once_when_it_is_back(reader: Reader, place: Place) -> None:
    """However often it is read meanwhile, and on however many machines at once."""
    other = await place.open(reader.clock)
    reader.lose()
    for _ in range(2):
        covered = await asyncio.gather(reader.read(), reader.read(other), reader.read(other))
        assert {c.read for c in covered} == {0}
        reader.clock.turn(3600)
    (broken,) = await reader.told()
    assert broken.title == "Source shop cannot be read."
    assert [action.command for action in broken.actions] == ["source test", "source show"]
    reader.find()
    for _ in range(2):
        found = await asyncio.gather(reader.read(), reader.read(other))
        assert {c.read for c in found} == {1}
    _, back = await reader.told()
    assert back.title == "Source shop can be read again."
    assert "It could not be for 2 hours." in _words(back)
    await other.close()


async def test_who_asks_for_his_own_source_sees_how_it_is(reader: Reader) -> None:
    reader.lose()
    await sync(reader.db, reader.here.workspace, reader.source, reader.reach, reader.clock, by=reader.here.member)
    assert await reader.told() == []
    await reader.read()
    assert await reader.told() == []  # he knows


async def test_what_passes_by_itself_is_not_told_of(reader: Reader) -> None:
    """Only when it has gone on for a while, counted from its first failure, is it worth a message."""
    blip = Message("it did not answer")
    for minutes, due in ((0, False), (4, False), (5, True), (6, False)):
        async with reader.db.write(reader.here.workspace) as stores:
            at = MONDAY + timedelta(minutes=minutes)
            assert await stores.sources.failed(reader.source, at, blip, lasting=False) is due
    async with reader.db.write(reader.here.workspace) as stores:
        assert await stores.sources.read_well(reader.source, MONDAY + BLIP * 2, None) == MONDAY
        assert not await stores.sources.failed(reader.source, MONDAY + BLIP * 3, blip, lasting=False)
        assert await stores.sources.read_well(reader.source, MONDAY + BLIP * 4, None) is None


async def test_a_note_that_was_not_kept_told_nobody(reader: Reader) -> None:
    """The process dies before it commits: what was to be told is told by the next one."""
    with suppress(asyncio.CancelledError):
        async with reader.db.write(reader.here.workspace) as stores:
            assert await stores.sources.failed(reader.source, MONDAY, Message("gone"))
            raise asyncio.CancelledError
    reader.lose()
    await reader.read()
    assert len(await reader.told()) == 1


async def test_what_was_read_just_now_is_used_again(reader: Reader) -> None:
    first = await reader.again()
    assert (first.read, first.of, first.used) == (1, 1, None)
    reader.lose()
    reader.clock.turn(FRESH - 1)
    second = await reader.again()
    assert (second.read, second.used) == (1, reader.clock.now() - timedelta(seconds=FRESH - 1))
    assert (await reader.again(fresh=0.0)).read == 0  # it was to be read anew
    assert (await reader.again()).read == 0  # and what cannot be read is not whole any more


@pytest.mark.parametrize(
    ("turned", "window"),
    [
        pytest.param(FRESH, WEEK, id="too long ago"),
        pytest.param(-60.0, WEEK, id="the clock was set back"),
        pytest.param(1.0, replace(WEEK, start=WEEK.start - timedelta(days=7)), id="other days"),
        pytest.param(1.0, replace(WEEK, zone="Asia/Seoul"), id="other days by the clock"),
    ],
)
async def test_what_is_not_the_same_is_read(reader: Reader, turned: float, window: Window) -> None:
    await reader.again()
    reader.lose()
    reader.clock.turn(turned)
    assert (await reader.again(window)).read == 0


async def test_days_that_were_over_only_since_then_are_read_again(reader: Reader) -> None:
    running = replace(WEEK, start=reader.clock.now() - timedelta(days=1), end=reader.clock.now() + timedelta(minutes=1))
    await reader.again(running)
    reader.clock.turn(59)
    assert (await reader.again(running)).used is not None
    reader.clock.turn(1)
    assert (await reader.again(running)).used is None


async def test_what_was_read_as_another_source_is_not_used(reader: Reader) -> None:
    """A sync that was under way when the source was edited ends afterwards: it knows nothing of the new settings."""
    await reader.again()
    other = small_repository(reader.root / "other")
    async with reader.db.write(reader.here.workspace) as stores:
        before = await stores.sources.of(reader.source)
        await stores.sources.change(reader.source, "shop", {"path": str(other)})
        await stores.sources.read_well(reader.source, reader.clock.now(), None, before.reading)
    assert (await reader.again()).used is None
    assert (await reader.again()).used is not None


def _words(card: Card) -> str:
    return " ".join(plain(line) for block in card.blocks if block.kind == "text" for line in block.lines)
