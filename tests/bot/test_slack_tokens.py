"""Tokens of teams that install the app: renewed ahead of time, by one process, whatever becomes of the answer."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta

import pytest
import pytest_asyncio
from pydantic import SecretStr

from bot.platforms.slack_tokens import TeamTokens
from egress.client import Allowed, Egress
from model.delivery import Address, Platform
from model.errors import DestinationRefused, DestinationUnavailable
from model.ids import WorkspaceId
from model.language import Message
from storage.database import Database
from storage.installations import Installation, Tokens
from storage.owners import Owner
from tests.storage.world import HandClock
from tests.support.databases import Place
from tests.support.slack import Stand, slack
from tests.support.slack_oauth import CLIENT, CLIENT_SECRET, Oauth
from writers.slack_api import SlackApi, SlackError

TEAM, HOURS = "T0ACME", 3600.0


@dataclass
class Desk:
    """A process that keeps the tokens good."""

    db: Database
    tokens: TeamTokens
    api: SlackApi

    async def known(self) -> Installation:
        found = await self.db.installations.of(Platform.SLACK, TEAM)
        assert found is not None
        return found


class LettingGo(HandClock):
    """A clock by which another process lets its lock go while somebody sleeps."""

    def __init__(self, other: sqlite3.Connection) -> None:
        super().__init__()
        self.other, self.slept = other, 0

    async def sleep(self, seconds: float) -> None:
        self.slept += 1
        self.other.rollback()
        await super().sleep(seconds)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def there(clock: HandClock) -> Iterator[Stand]:
    with slack() as stand:
        stand.clock = clock.now().timestamp() - stand.now()
        yield stand


@pytest.fixture
def oauth(there: Stand) -> Oauth:
    return Oauth(there)


@pytest_asyncio.fixture
async def desks(place: Place, clock: HandClock, there: Stand, oauth: Oauth) -> AsyncIterator[list[Desk]]:
    """Two processes on one database, in which a team has let the app in."""
    egress, client = Egress(clock, Allowed.parse(["127.0.0.1"])), (CLIENT, SecretStr(CLIENT_SECRET))
    owners = [Owner.enter(place.home, local=place.kind == "sqlite") for _ in range(2)]
    made = []
    for owner in owners:
        db, api = await place.open(clock), SlackApi(egress, clock, there.url)
        api.tokens = tokens = TeamTokens(db, api, clock, client, owner)
        made.append(Desk(db, tokens, api))
    await install(made[0], oauth)
    yield made
    for desk in made:
        await desk.api.aclose()
        await desk.db.close()
    for owner in owners:
        owner.leave()
    await egress.aclose()


async def install(desk: Desk, oauth: Oauth) -> WorkspaceId:
    workspace = await desk.db.entrances.enter(Platform.SLACK, TEAM)
    await desk.db.installations.keep(workspace, desk.tokens.read(oauth._given(oauth.stand.team)), ("chat:write",))
    async with desk.db.write(workspace) as stores:
        await stores.members.meet(Platform.SLACK, "U0MINA", "mina")
    return workspace


async def told(desk: Desk) -> list[str]:
    """Return what waits for the owner."""
    workspace = (await desk.known()).workspace
    async with desk.db.read(workspace) as stores:
        found = await stores.deliveries.to(Address(Platform.SLACK, TEAM, "@U0MINA"))
        return [str(one.payload.body["text"]) for one in found]


async def test_two_processes_renew_once(desks: list[Desk], clock: HandClock, oauth: Oauth) -> None:
    """Hours before it runs out; calls go on with the new one."""
    first = await desks[0].tokens.of(TEAM)
    await asyncio.gather(*(desk.tokens.look() for desk in desks))
    assert oauth.renewals == 0
    clock.turn(8.5 * HOURS)
    await asyncio.gather(*(desk.tokens.look() for desk in desks * 3))
    assert (oauth.renewals, oauth.refused) == (1, [])
    second = await desks[1].tokens.of(TEAM)
    assert second not in (first, None)
    await desks[1].api.call(TEAM, "auth.test", {})
    clock.turn(8 * HOURS)
    await desks[1].tokens.look()
    assert (oauth.renewals, oauth.refused) == (2, [])


async def test_run_out_while_nobody_was_there(desks: list[Desk], clock: HandClock, oauth: Oauth) -> None:
    """Whoever calls first has it renewed, the others wait for that."""
    clock.turn(40 * HOURS)
    got = await asyncio.gather(*(desk.tokens.of(TEAM) for desk in desks * 3))
    assert set(got) == {oauth.stand.team.token}
    assert (oauth.renewals, oauth.refused) == (1, [])


@pytest.mark.some(of=lambda case: (case["place"], case["trouble"]) in (("sqlite", "drop"), ("postgres", "ratelimited")))
@pytest.mark.parametrize("trouble", ["drop", "500", "ratelimited"])
async def test_slack_did_not_hear_it(desks: list[Desk], clock: HandClock, oauth: Oauth, trouble: str) -> None:
    """It is asked again, not too often; the old token is good meanwhile."""
    oauth.stand.next("oauth.v2.access", trouble, trouble, of="30")  # type: ignore[arg-type]
    clock.turn(8.5 * HOURS)
    for _ in range(20):
        await asyncio.gather(*(desk.tokens.look() for desk in desks))
        await desks[0].api.call(TEAM, "auth.test", {})
        clock.turn(10)
    assert len(oauth.stand.calls("oauth.v2.access")) == 3
    assert (oauth.renewals, oauth.refused, (await desks[0].known()).problem) == (1, [], None)


async def test_a_lost_answer(desks: list[Desk], clock: HandClock, oauth: Oauth) -> None:
    """What renews it is used up: an owner is told, once, while the old token is good; nothing is asked for ever."""
    oauth.stand.next("oauth.v2.access", "lost")
    clock.turn(8.5 * HOURS)
    for _ in range(12):
        await asyncio.gather(*(desk.tokens.look() for desk in desks))
        clock.turn(300)
    assert (oauth.renewals, len(oauth.refused)) == (1, 1)
    found = await desks[0].known()
    assert found.problem is not None
    assert "invalid_refresh_token" in found.problem.plain()
    (card,) = await told(desks[0])
    assert "has to be installed again" in card
    await desks[0].api.call(TEAM, "auth.test", {})
    clock.turn(3 * HOURS)
    with pytest.raises(DestinationRefused) as over:
        await desks[0].tokens.of(TEAM)
    assert over.value.of_account
    await install(desks[1], oauth)
    await desks[0].api.call(TEAM, "auth.test", {})
    assert len(oauth.stand.calls("oauth.v2.access")) == 2


async def test_a_busy_storage_loses_no_token(sqlite_place: Place, there: Stand, oauth: Oauth, clock: HandClock) -> None:
    """Another process holds the lock as Slack's answer comes: it is stored once that lets go."""
    egress = Egress(clock, Allowed.parse(["127.0.0.1"]))
    db, owner = await sqlite_place.open(clock, busy_timeout=0.05), Owner.enter(sqlite_place.home)
    api = SlackApi(egress, clock, there.url)
    with closing(sqlite3.connect(sqlite_place.home / "arb.db", check_same_thread=False)) as other:
        letting_go = LettingGo(other)
        letting_go.at = clock.at + timedelta(hours=8.5)
        tokens = TeamTokens(db, api, letting_go, (CLIENT, SecretStr(CLIENT_SECRET)), owner)
        desk = Desk(db, tokens, api)
        await install(Desk(db, TeamTokens(db, api, clock, (CLIENT, SecretStr(CLIENT_SECRET)), None), api), oauth)
        clock.turn(8.5 * HOURS)
        oauth.on_renewal = lambda: other.execute("BEGIN IMMEDIATE")
        await tokens.look()
    found = await desk.known()
    assert found.tokens is not None
    assert (found.tokens.access, found.turn, letting_go.slept) == (there.team.token, 2, 1)
    await api.aclose()
    await egress.aclose()
    owner.leave()
    await db.close()


async def test_the_operator_can_mend_it(desks: list[Desk], clock: HandClock, oauth: Oauth) -> None:
    """A wrong client secret is tried again once an hour, and what it says is kept."""
    oauth.stand.next("oauth.v2.access", "error", "error", of="bad_client_secret")
    clock.turn(8.5 * HOURS)
    for _ in range(20):
        await desks[0].tokens.look()
        clock.turn(600)
    assert len(oauth.stand.calls("oauth.v2.access")) == 3
    assert (oauth.renewals, (await desks[0].known()).problem) == (1, None)


async def test_who_does_not_renew_waits_for_nobody(desks: list[Desk], clock: HandClock, oauth: Oauth) -> None:
    """The doctor only looks."""
    looking = TeamTokens(desks[0].db, desks[0].api, clock, (CLIENT, SecretStr(CLIENT_SECRET)), None)
    assert await looking.of(TEAM)
    clock.turn(40 * HOURS)
    with pytest.raises(DestinationRefused, match="ran out"):
        await looking.of(TEAM)
    assert oauth.renewals == 0


async def test_tokens_of_organisations_and_strangers(desks: list[Desk], oauth: Oauth) -> None:
    """A team of an organisation that was let in as a whole uses its token; who gave none has none."""
    workspace = await desks[0].db.entrances.enter(Platform.SLACK, "E0ORG")
    await desks[0].db.installations.keep(workspace, Tokens("xoxb-org"), ())
    assert await desks[0].tokens.of("E0ORG.T0ONE") == "xoxb-org"
    assert [await desks[0].tokens.of(team) for team in ("T0ONE", "E0OTHER.T0ONE", "E0ORG.", "")] == [
        None, None, "xoxb-org", None,
    ]  # fmt: skip
    assert set(await desks[0].tokens.teams()) == {TEAM, "E0ORG"}


async def test_taken_out(desks: list[Desk], clock: HandClock, there: Stand) -> None:
    """Nothing is called any more, unless the operator has a token of his own for that team."""
    assert await desks[0].db.installations.close(await desks[0].known(), Message("The app was taken out."))
    for asked in (desks[1].tokens.of(TEAM), desks[1].api.call(TEAM, "auth.test", {})):
        with pytest.raises(DestinationRefused, match="taken out"):
            await asked
    assert there.calls("auth.test") == []
    egress = Egress(clock, Allowed.parse(["127.0.0.1"]))
    own = SlackApi(egress, clock, there.url, there.team.token)
    own.tokens = TeamTokens(desks[0].db, own, clock, (CLIENT, SecretStr(CLIENT_SECRET)), None)
    await own.call(TEAM, "auth.test", {})
    await own.aclose()
    await egress.aclose()


async def test_no_token_is_no_token(desks: list[Desk]) -> None:
    wrong: list[dict[str, object]] = [
        {}, {"access_token": "x"}, {"access_token": "x", "token_type": "user"},
        {"access_token": "", "token_type": "bot"}, {"access_token": 1, "token_type": "bot"},
    ]  # fmt: skip
    for given in wrong:
        with pytest.raises(DestinationUnavailable, match="no token"):
            desks[0].tokens.read(given)


async def test_a_code_is_exchanged_once(desks: list[Desk], oauth: Oauth) -> None:
    """What Slack refuses is said in its word; no secret is."""
    with pytest.raises(SlackError, match="invalid_code") as refused:
        await desks[0].tokens.exchanged({"code": "made-up"})
    assert "CANARY" not in f"{refused.value!r} {refused.value}"
