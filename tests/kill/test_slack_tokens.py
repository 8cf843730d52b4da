"""The token of a team runs out soon: several processes start at once, or one is killed while it asks for a new one."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from model.clock import SystemClock
from model.delivery import Platform
from storage.installations import Installation, Tokens
from tests.support.databases import Place
from tests.support.nursery import Child, Nursery
from tests.support.slack import Stand, slack
from tests.support.slack_oauth import Oauth
from tests.support.typed import environment
from tests.support.waiting import wait


@pytest.fixture
def there() -> Iterator[Stand]:
    with slack() as stand:
        yield stand


@pytest.fixture
def oauth(there: Stand) -> Oauth:
    return Oauth(there)


async def installed(place: Place, oauth: Oauth) -> None:
    """Let the team in, with a token that runs out in an hour."""
    given, clock = oauth._given(oauth.stand.team), SystemClock()
    tokens = Tokens(given["access_token"], given["refresh_token"], clock.now() + timedelta(hours=1))
    db = await place.open(clock)
    workspace = await db.entrances.enter(Platform.SLACK, "T0ACME")
    await db.installations.keep(workspace, tokens, ("chat:write",))
    async with db.write(workspace) as stores:
        await stores.members.meet(Platform.SLACK, "U0MINA", "mina")
    await db.close()


async def known(place: Place) -> Installation:
    db = await place.open()
    found = await db.installations.of(Platform.SLACK, "T0ACME")
    await db.close()
    assert found is not None
    return found


def bot(beds: Nursery, place: Place, oauth: Oauth) -> Child:
    """Start a process of the bot."""
    url = {} if place.url is None else {"ARB_DATABASE_URL": place.url}
    env = environment(place.home, place.home, ARB_HTTP_PORT="0", **oauth.env(), **url)
    return beds.start("bot.cli", "run", env=env, cwd=place.home)


@pytest.mark.some(of=lambda case: case["place"] == "sqlite")
def test_many_start_at_once(place: Place, beds: Nursery, oauth: Oauth) -> None:
    """One of them asks; none of them asks in vain."""
    asyncio.run(installed(place, oauth))
    children = [bot(beds, place, oauth) for _ in range(3)]
    try:
        for child in children:
            assert child.line().startswith("ARB is running")
        wait(lambda: oauth.renewals)
        for child in children:
            child.send(signal.SIGTERM)
        assert [child.wait().returncode for child in children] == [0, 0, 0]
    finally:
        for child in children:
            child.kill()
    found = asyncio.run(known(place))
    assert found.tokens is not None
    assert (found.tokens.access, oauth.renewals, oauth.refused) == (oauth.stand.team.token, 1, [])


@pytest.mark.some(of=lambda case: case["heard"] is (case["place"] == "sqlite"))
@pytest.mark.parametrize("heard", [True, False])
def test_killed_while_it_asked(place: Place, beds: Nursery, oauth: Oauth, heard: bool) -> None:
    """Where Slack had not done it, the next one has it done; else an owner is told while the old token is good."""
    asyncio.run(installed(place, oauth))
    held = threading.Event()
    oauth.slow, oauth.forgets = held, not heard
    first = bot(beds, place, oauth)
    assert oauth.reached.wait(20)
    first.kill()
    held.set()
    wait(lambda: oauth.answered)
    oauth.slow = None
    second = bot(beds, place, oauth)
    try:
        if heard:
            wait(lambda: any("installed again" in text for text in oauth.stand.texts("D0MINA")))
            assert len(oauth.refused) == 1
        else:
            wait(lambda: oauth.renewals == 1)
            assert oauth.refused == []
            wait(lambda: asyncio.run(known(place)).turn == 2)
    finally:
        second.kill()
    found = asyncio.run(known(place))
    assert (found.renews, found.problem is None) == (not heard, not heard)
