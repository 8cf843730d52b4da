"""API keys in the store: opened by their hash alone, until they end, are revoked, or their owner is gone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from model.delivery import Platform
from model.errors import UsageError
from model.keys import KeyHolder
from model.member import Role
from storage.keys import Made
from storage.quarantine import settle
from storage.queue import Urgency
from storage.tables import API_KEYS
from tests.storage.world import HandClock, Room, room

_DAY = 86_400.0


async def make(here: Room, name: str = "ci", days: int = 90) -> Made:
    async with here.db.write(here.workspace) as stores:
        return await stores.keys.make(name, here.member, ("ingest",), days)


async def opens(here: Room, secret: str) -> KeyHolder | None:
    return await here.db.entrances.key_holder(secret)


async def test_a_key_opens_its_workspace_until_it_ends(here: Room, clock: HandClock) -> None:
    """Only its hash is kept; its count and last use are told."""
    made = await make(here)
    holder = await opens(here, made.secret)
    assert holder is not None
    assert (holder.workspace, holder.tenants, holder.role) == (here.workspace, ("here",), Role.OWNER)
    assert holder.key.may == ("ingest",)
    for wrong in ("", made.secret[:-1], made.secret + "x", made.secret.upper(), made.key.mark, made.key.id, "\ud800"):
        assert await opens(here, wrong) is None, wrong
    await here.db.entrances.count_request(holder)
    async with here.db.read(here.workspace) as stores:
        known = await stores.keys.named("ci")
    assert (known.requests, known.used) == (1, clock.now())
    async with here.db._transactions.reading() as connection:
        (row,) = await connection.execute(select(API_KEYS))
    assert made.secret not in str(row)
    clock.turn(90 * _DAY - 1)
    assert await opens(here, made.secret) is not None
    clock.turn(1)
    assert await opens(here, made.secret) is None


async def test_a_key_made_anew_leaves_the_old_one_a_while(here: Room, clock: HandClock) -> None:
    """Never beyond its own end, and not once either is revoked."""
    first = await make(here)
    async with here.db.write(here.workspace) as stores:
        second = await stores.keys.rotate(first.key, 90, clock.now() + timedelta(hours=24))
    assert await opens(here, first.secret) is not None
    clock.turn(_DAY)
    assert await opens(here, first.secret) is None
    assert await opens(here, second.secret) is not None
    async with here.db.write(here.workspace) as stores:
        third = await stores.keys.rotate(second.key, 1, clock.now() + timedelta(days=900))
        await stores.keys.revoke(third.key)
    for secret in (second.secret, third.secret):
        assert await opens(here, secret) is None


async def test_whoever_is_gone_opens_nothing(here: Room) -> None:
    """Erased with his keys; where two turn out to be one, the key goes along, with the role of that moment."""
    async with here.db.write(here.workspace) as stores:
        jun = await stores.members.meet(Platform.TERMINAL, "jun", "Jun")
        made = await stores.keys.make("jun", jun.id, ("read",), 90)
    holder = await opens(here, made.secret)
    assert holder is not None
    assert holder.role is Role.VIEWER
    async with here.db.write(here.workspace) as stores:
        await stores.people.erasing.erase(await stores.members.of(jun.id))
    assert await opens(here, made.secret) is None


async def test_a_restored_backup_opens_nothing(here: Room, clock: HandClock) -> None:
    """What was revoked since would be good again otherwise; it can be made anew."""
    made = await make(here)
    async with here.db._transactions.writing(Urgency.NORMAL) as connection:
        await settle(connection, here.db._keyring, clock, clock.now(), ())
    assert await opens(here, made.secret) is None
    async with here.db.write(here.workspace) as stores:
        again = await stores.keys.rotate(await stores.keys.named("ci"), 90, clock.now() + timedelta(days=1))
    assert await opens(here, again.secret) is not None
    assert await opens(here, made.secret) is None


async def test_names_are_a_workspaces_own(here: Room) -> None:
    there = await room(here.db, "there")
    mine, theirs = await make(here), await make(there)
    with pytest.raises(UsageError):
        await make(here)
    async with here.db.write(here.workspace) as stores:
        await stores.keys.revoke(theirs.key)  # another's: nothing happens
        assert [key.id for key in await stores.keys.all()] == [mine.key.id]
    assert await opens(here, theirs.secret) is not None


async def test_what_ends_soon_is_told_once_and_what_ended_long_ago_is_forgotten(here: Room, clock: HandClock) -> None:
    made = await make(here, days=30)
    soon = timedelta(days=7)
    for days, told in ((0, 0), (22, 0), (2, 1), (1, 0)):
        clock.turn(days * _DAY)
        async with here.db.write(here.workspace) as stores:
            found = await stores.keys.expiring(clock.now() + soon)
            for key in found:
                await stores.keys.warned(key)
        assert len(found) == told, days
    clock.turn(90 * _DAY)
    async with here.db.write(here.workspace) as stores:
        assert await stores.keys.forget() == 0
    clock.turn(10 * _DAY)
    async with here.db.write(here.workspace) as stores:
        assert await stores.keys.forget() == 1
    assert await opens(here, made.secret) is None
