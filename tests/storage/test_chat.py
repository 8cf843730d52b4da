"""Actions, inbox and blobs: buttons that give nothing away, events done once, bytes kept once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from model.card import Action, Card
from model.delivery import Platform
from model.errors import Expired, UnknownName
from model.ids import BlobId, EventId
from storage.database import Urgency
from storage.living import LEASE
from storage.owners import Owner
from storage.tables import ACTIONS, INBOX, OWNERS
from tests.storage.world import HandClock, Room, room

_CARD = Card("t", (), "en", actions=(Action("Why?", "report why", {"run": "7Q2F"}), Action("Cancel", "x", once=True)))
_EVENT = EventId("terminal:1")


async def _refusal(here: Room, id: str) -> str:
    async with here.db.read(here.workspace) as stores:
        with pytest.raises(UnknownName) as caught:
            await stores.actions.take(id, here.member)
    return f"{caught.value} {caught.value.hint}"


async def test_a_button_means_what_it_meant(here: Room, clock: HandClock) -> None:
    async with here.db.write(here.workspace) as stores:
        bound = await stores.actions.bind(_CARD, None)
    ids = [str(action.id) for action in bound.actions]
    assert [replace(action, id=None) for action in bound.actions] == list(_CARD.actions)
    assert len(set(ids)) == 2
    clock.turn(timedelta(days=29).total_seconds())
    async with here.db.read(here.workspace) as stores:
        for _ in range(2):
            assert await stores.actions.take(ids[0], here.member) == bound.actions[0]
            assert (await stores.actions.take(ids[1], here.member)).once
    clock.turn(timedelta(days=1).total_seconds())
    async with here.db.read(here.workspace) as stores:
        with pytest.raises(Expired):
            await stores.actions.take(ids[0], here.member)
    async with here.db._transactions.reading() as connection:
        for sealed in await connection.scalars(select(ACTIONS.c.action)):
            assert b"7Q2F" not in sealed


async def test_every_button_that_is_not_yours_is_refused_in_the_same_words(here: Room) -> None:
    there = await room(here.db, "there")
    async with here.db.write(here.workspace) as stores:
        other = await stores.members.meet(Platform.TERMINAL, "jun", "Jun")
        mine = (await stores.actions.bind(_CARD, other.id)).actions[0]
    async with there.db.write(there.workspace) as stores:
        foreign = (await stores.actions.bind(_CARD, None)).actions[0]
    refusals = {await _refusal(here, str(id)) for id in ("guessed", "", mine.id, foreign.id)}
    assert len(refusals) == 1
    async with here.db.read(here.workspace) as stores:
        assert await stores.actions.take(str(mine.id), other.id) == mine


async def test_an_event_is_taken_once_and_forgotten_when_done(here: Room) -> None:
    said = {"line": "/source add token=s3cret \ud800\0"}
    async with here.db.write(here.workspace, Urgency.ACK) as stores:
        assert await stores.inbox.put(_EVENT, here.member, said, "owner")
        assert not await stores.inbox.put(_EVENT, here.member, {"line": "again"}, "owner")
    async with here.db.write(here.workspace) as stores:
        assert await stores.inbox.open(_EVENT) == (here.member, said)
        await stores.inbox.done(_EVENT)
        assert await stores.inbox.open(_EVENT) is None
        assert not await stores.inbox.put(_EVENT, here.member, said, "owner")
        assert await stores.inbox.open(EventId("never")) is None
        assert not await stores.inbox.take_over(_EVENT, "other")
    async with here.db._transactions.reading() as connection:
        assert await connection.scalar(select(INBOX.c.said)) is None


async def test_what_a_dead_process_left_is_taken_over_once(here: Room, tmp_path: Path, clock: HandClock) -> None:
    me, lives = Owner.enter(tmp_path), Owner.enter(tmp_path)
    events = [EventId(f"terminal:{n}") for n in range(4)]
    for event, owner in zip(events, ("dead", lives.id, "dead too", "dead"), strict=True):
        clock.turn(1)
        async with here.db.write(here.workspace) as stores:
            await stores.inbox.put(event, here.member, {"line": event}, owner)
    async with here.db.write(here.workspace) as stores:
        assert not await stores.inbox.take_over(events[0], me.id)  # nobody has looked whether its owner lives
        await stores.inbox.done(events[3])
    for _ in range(2):
        assert list(await here.db.entrances.unfinished_events(me.is_alive)) == [
            (here.workspace, events[0]),
            (here.workspace, events[2]),
        ]
    async with here.db.write(here.workspace) as stores:
        assert await stores.inbox.take_over(events[0], me.id)
        assert not await stores.inbox.take_over(events[0], lives.id)
        assert await stores.inbox.open(events[0]) == (here.member, {"line": events[0]})
    assert list(await here.db.entrances.unfinished_events(me.is_alive)) == [(here.workspace, events[2])]
    lives.leave()
    assert len(await here.db.entrances.unfinished_events(me.is_alive)) == 2
    me.leave()


async def test_who_has_not_said_for_long_that_he_lives_is_taken_over(here: Room, clock: HandClock) -> None:
    """On several machines, and of the platforms that are served there; on one the kernel alone says who is dead."""
    db, shared = here.db, not here.db._transactions.on_sqlite
    for owner in ("late", "lives", "me", "left"):
        await db.living.enter(owner)
    for owner in ("late", "lives", "me", "left", "never said so"):
        async with db.write(here.workspace) as stores:
            await stores.inbox.put(EventId(f"slack:{owner}"), here.member, {}, owner)
    async with db.write(here.workspace) as stores:
        await stores.inbox.put(EventId("terminal:late"), here.member, {}, "late")

    async def found() -> list[str]:
        assert await db.entrances.unfinished_events(lambda _: True) == []  # none is free for a moment
        return sorted(event for _, event in await db.entrances.overtake("me", (Platform.SLACK,)))

    assert await found() == []
    await db.living.leave("left")
    assert await found() == (["slack:left"] if shared else [])
    clock.turn(LEASE - 1)
    await db.living.beat("lives")
    assert await found() == []
    clock.turn(1)
    assert await found() == (["slack:late", "slack:never said so"] if shared else [])
    assert await found() == []
    clock.turn(timedelta(days=2).total_seconds())
    await db.living.enter("new")
    async with db._transactions.reading() as connection:
        assert list(await connection.scalars(select(OWNERS.c.id))) == (["new"] if shared else [])


async def test_the_same_bytes_are_kept_once(here: Room) -> None:
    data = bytes(range(256)) * 100
    async with here.db.write(here.workspace) as stores:
        id = await stores.blobs.put(data)
        assert await stores.blobs.put(data) == id
        assert await stores.blobs.put(b"") != id
        assert await stores.blobs.of(id) == data
        with pytest.raises(UnknownName):
            await stores.blobs.of(BlobId("0" * 64))
