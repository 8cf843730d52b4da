"""Named destinations: sealed, named once, and seen by their own workspace only."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from model.delivery import Address, Platform
from model.errors import UnknownName, UsageError
from model.language import Message
from model.report import Definition
from storage.stores import Stores
from storage.tables import DESTINATIONS
from tests.storage.world import MONDAY, Room, room

_CONFIG = {"url": "https://ops.example/x", "secret": "s3cret"}


async def test_a_destination_is_sealed_and_opens(here: Room) -> None:
    """Its address is of its kind, its configuration in no column to be read."""
    async with here.db.write(here.workspace) as stores:
        made = await stores.destinations.add("ops", "webhook", _CONFIG, here.member)
    assert (made.name, made.kind, made.member, made.added, made.paused) == ("ops", "webhook", here.member, MONDAY, None)
    assert made.address == Address(Platform.WEBHOOK, here.workspace, made.id)
    async with here.db.read(here.workspace) as stores:
        assert await stores.destinations.config(made.id) == _CONFIG
        assert await stores.destinations.all() == (made,) == (await stores.destinations.named("ops"),)
    async with here.db._transactions.reading() as connection:
        (row,) = (await connection.execute(select(DESTINATIONS))).all()
    assert b"s3cret" not in row.config
    assert "ops.example" not in repr([value for value in row if value is not row.config])


async def test_names_are_taken_once(here: Room) -> None:
    """By adding or by changing; a close one is told."""
    async with here.db.write(here.workspace) as stores:
        first = await stores.destinations.add("ops", "webhook", _CONFIG, here.member)
        second = await stores.destinations.add("archive", "file", {}, here.member)
        for attempt in (
            stores.destinations.add("ops", "file", {}, here.member),
            stores.destinations.change(second.id, "ops", {}),
        ):
            with pytest.raises(UsageError, match="ops"):
                await attempt
        await stores.destinations.change(first.id, "ops", {"url": "https://other.example"})
        assert await stores.destinations.config(first.id) == {"url": "https://other.example"}
        with pytest.raises(UnknownName) as caught:
            await stores.destinations.named("achive")
        assert caught.value.close == ("archive",)
        await stores.destinations.remove(first.id)
        for gone in (stores.destinations.of(first.id), stores.destinations.remove(first.id)):
            with pytest.raises(UnknownName):
                await gone


async def test_who_uses_it(here: Room) -> None:
    """A saved report that names it, while it is not deleted."""
    async with here.db.write(here.workspace) as stores:
        await stores.destinations.add("ops", "webhook", _CONFIG, here.member)
        to_ops = Definition(template="weekly", destinations=("terminal", "ops"))
        using = await stores.reports.add("web", here.member, to_ops)
        await stores.reports.add("api", here.member, Definition(template="weekly"))
        assert await stores.destinations.users("ops") == (using.id,)
        assert await stores.destinations.users("op") == ()


async def test_another_workspace_has_its_own(here: Room) -> None:
    """The same name stands in both; an id of the other is not there, whatever is done with it."""
    there = await room(here.db, "there")
    async with here.db.write(there.workspace) as stores:
        theirs = await stores.destinations.add("ops", "webhook", _CONFIG, there.member)
        await stores.reports.add("web", there.member, Definition(template="weekly", destinations=("ops",)))
    async with here.db.write(here.workspace) as stores:
        for attempt in (
            stores.destinations.of(theirs.id),
            stores.destinations.config(theirs.id),
            stores.destinations.change(theirs.id, "mine", {}),
            stores.destinations.remove(theirs.id),
            stores.destinations.named("ops"),
        ):
            with pytest.raises(UnknownName):
                await attempt
        assert await stores.destinations.all() == ()
        assert await stores.destinations.users("ops") == ()
        await stores.destinations.add("ops", "file", {}, here.member)
    async with here.db.read(there.workspace) as stores:
        assert await stores.destinations.all() == (theirs,)
        assert await stores.destinations.config(theirs.id) == _CONFIG


_ENG = Address(Platform.SLACK, "T1", "C1")


async def test_a_channel_has_an_address_of_its_own(here: Room) -> None:
    """It is found by it; who is paused there is paused, in its threads too, and nowhere else."""
    thread = replace(_ENG, thread="17.1")
    async with here.db.write(here.workspace) as stores:
        eng = await stores.destinations.add("#eng", "slack", {}, here.member, _ENG)
        under = await stores.destinations.add("#eng/17.1", "slack", {}, here.member, thread)
        await stores.destinations.add("#ops", "slack", {}, here.member, replace(_ENG, target="C2"))
        await stores.destinations.add("ops", "webhook", _CONFIG, here.member)
        assert (eng.address, under.address) == (_ENG, thread)
        assert await stores.destinations.at(thread) == under
        assert await stores.destinations.at(replace(_ENG, account="T2")) is None
        known = [await stores.places.known(to) for to in (_ENG, thread, replace(_ENG, thread="18.1"))]
        assert [one and one.name for one in known] == ["#eng", "#eng/17.1", "#eng"]
        await stores.places.close(thread, Message("It said no."), whole=False)
        assert await _paused(stores) == ["#eng", "#eng/17.1"]
        await stores.destinations.change(eng.id, "#eng", {}, replace(_ENG, target="C3"))
        assert (await stores.destinations.of(eng.id)).address.target == "C3"


async def test_a_whole_account_is_paused_and_opened(here: Room) -> None:
    """A revoked token pauses every channel; mended, those that somebody paused by themselves stay so."""
    async with here.db.write(here.workspace) as stores:
        for name, target in (("#eng", "C1"), ("#ops", "C2"), ("#web", "C3")):
            await stores.destinations.add(name, "slack", {}, here.member, replace(_ENG, target=target))
        await stores.destinations.add("ops", "webhook", _CONFIG, here.member)
        await stores.places.close(replace(_ENG, target="C2"), Message("Paused."), whole=False)
        await stores.places.close(_ENG, Message("The token was revoked."), whole=True)
        assert await _paused(stores) == ["#eng", "#ops", "#web"]
        await stores.places.open(_ENG)
        assert await _paused(stores) == ["#ops"]


async def _paused(stores: Stores) -> list[str]:
    return [one.name for one in await stores.destinations.all() if one.paused]
