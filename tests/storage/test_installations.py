"""Installations: sealed tokens, one holder of a renewal at a time, states that are good once and in one browser."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from model.delivery import Platform
from model.errors import LostLease
from model.language import Message
from storage.installations import Installation, Tokens
from storage.tables import INSTALL_STATES, INSTALLATIONS
from tests.storage.world import MONDAY, HandClock, Room

HALF_A_DAY = timedelta(hours=12)
FIRST = Tokens("xoxe.xoxb-CANARY-1", "xoxe-CANARY-1", MONDAY + HALF_A_DAY)
SECOND = Tokens("xoxe.xoxb-CANARY-2", "xoxe-CANARY-2", MONDAY + 2 * HALF_A_DAY)


async def installed(here: Room, tokens: Tokens = FIRST, account: str = "T0ACME") -> Installation:
    workspace = await here.db.entrances.enter(Platform.SLACK, account)
    await here.db.installations.keep(workspace, tokens, ("chat:write", "commands"))
    return await known(here, account)


async def known(here: Room, account: str = "T0ACME") -> Installation:
    found = await here.db.installations.of(Platform.SLACK, account)
    assert found is not None
    return found


async def claimed(here: Room, owner: str, *, ahead: float = 3600.0) -> Installation | None:
    return await here.db.installations.claim(await known(here), owner, lambda one: one != "dead", ahead, 60.0)


async def test_tokens_are_sealed_and_open(here: Room) -> None:
    """They stand in no column, and in no repr."""
    assert await here.db.installations.of(Platform.SLACK, "T0ACME") is None
    made = await installed(here)
    assert made.tokens == FIRST
    assert (made.scopes, made.installed, made.renews, made.closed) == (("chat:write", "commands"), MONDAY, True, None)
    async with here.db._transactions.reading() as connection:
        (row,) = (await connection.execute(select(INSTALLATIONS))).all()
    assert b"CANARY" not in row.tokens
    assert "CANARY" not in repr((row, made))


async def test_one_renews_ahead_of_time(here: Room, clock: HandClock) -> None:
    """Whoever comes first; nobody before it is time, nobody again once it is done."""
    await installed(here)
    assert await claimed(here, "a") is None
    clock.turn(11.5 * 3600)
    got = await asyncio.gather(*(claimed(here, name) for name in "abcd"))
    (held,) = [one for one in got if one is not None]
    assert held.tokens == FIRST
    await here.db.installations.renewed(held, SECOND)
    assert (await known(here)).tokens == SECOND
    assert await claimed(here, "e") is None
    assert await here.db.installations.claim(held, "f", bool, 3600.0, 60.0) is None, "it knows the old tokens"


async def test_a_killed_holder_makes_room(here: Room, clock: HandClock) -> None:
    """At once where it is known to be dead, else when its lease is over."""
    await installed(here)
    clock.turn(12 * 3600)
    assert await claimed(here, "dead") is not None
    assert await claimed(here, "b") is not None
    assert await claimed(here, "c") is None
    clock.turn(61)
    assert await claimed(here, "c") is not None


async def test_late_tokens_are_kept_unless_others_are_there(here: Room, clock: HandClock) -> None:
    """Slack revokes the token that was renewed with: the answer to it is the only good one."""
    await installed(here)
    clock.turn(12 * 3600)
    slow = await claimed(here, "slow")
    clock.turn(61)
    quick = await claimed(here, "quick")
    assert slow is not None
    assert quick is not None
    await here.db.installations.not_renewed(quick, Message("Slack said: {error}.", {"error": "x"}), None)
    await here.db.installations.renewed(slow, SECOND)
    found = await known(here)
    assert (found.tokens, found.problem, found.renews) == (SECOND, None, True)
    with pytest.raises(LostLease):
        await here.db.installations.renewed(quick, FIRST)
    with pytest.raises(LostLease):
        await here.db.installations.not_renewed(slow, None, 60.0)
    assert (await known(here)).tokens == SECOND


async def test_what_was_not_renewed_rests(here: Room, clock: HandClock) -> None:
    """For a while, or until somebody installs again."""
    await installed(here)
    clock.turn(12 * 3600)
    held = await claimed(here, "a")
    assert held is not None
    await here.db.installations.not_renewed(held, None, 120.0)
    assert await claimed(here, "a") is None
    clock.turn(121)
    held = await claimed(here, "a")
    assert held is not None
    await here.db.installations.not_renewed(held, Message("Gone."), None)
    clock.turn(7 * 86_400)
    assert await claimed(here, "a") is None
    assert (await known(here)).problem == Message("Gone.")
    again = await installed(here, SECOND)
    assert (again.tokens, again.problem, again.renews) == (SECOND, None, True)


async def test_closed(here: Room, clock: HandClock) -> None:
    """Its tokens are forgotten, once; what is told late does not undo a new installation."""
    first = await installed(here)
    clock.turn(60)
    assert await here.db.installations.close(first, Message("It was taken out."))
    assert not await here.db.installations.close(await known(here), Message("Once more."))
    found = await known(here)
    assert (found.tokens, found.closed, found.problem) == (None, clock.now(), Message("It was taken out."))
    with pytest.raises(LostLease):
        await here.db.installations.renewed(first, SECOND)
    await installed(here)
    assert not await here.db.installations.close(first, Message("It was taken out."))
    assert (await known(here)).tokens == FIRST


async def test_a_state_is_good_once(here: Room, clock: HandClock) -> None:
    """In the browser that it was made for, for ten minutes; neither is kept as it is."""
    state, browser = await here.db.installations.begin()
    other, _ = await here.db.installations.begin()
    async with here.db._transactions.reading() as connection:
        rows = (await connection.execute(select(INSTALL_STATES))).all()
    assert state not in repr(rows)
    assert browser not in repr(rows)
    for wrong in ((state, other), (other, browser), (state, ""), ("", browser), ("\udcff\0", browser)):
        assert not await here.db.installations.came_back(*wrong)
    got = await asyncio.gather(*(here.db.installations.came_back(state, browser) for _ in range(4)))
    assert sorted(got) == [False, False, False, True]
    state, browser = await here.db.installations.begin()
    clock.turn(600)
    assert not await here.db.installations.came_back(state, browser)
    await here.db.installations.begin()
    async with here.db._transactions.reading() as connection:
        assert await connection.scalar(select(func.count()).select_from(INSTALL_STATES)) == 1, "old ones are dropped"
