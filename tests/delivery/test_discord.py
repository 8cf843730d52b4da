"""The outbox and Discord together: limits, outages, a revoked token. Discord's own ledger judges."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from pydantic import SecretStr

from delivery.outbox import Outbox
from egress.client import Allowed, Egress
from model.card import Card
from model.delivery import Address, DeliveryState, Platform
from model.errors import UnknownName
from model.ids import BlobId, DeliveryId
from storage.owners import Owner
from tests.storage.world import HandClock, Room, room
from tests.support.databases import Place
from tests.support.discord import GUILD, TOKEN, Discord, Trouble, discord
from writers.discord import Discord as There
from writers.discord_components import render
from writers.discord_rest import Rest
from writers.terminal import card_of


@dataclass
class Post:
    """An outbox on a virtual clock that sends to Discord."""

    here: Room
    clock: HandClock
    server: Discord
    outbox: Outbox

    async def put(self, text: str, channel: str) -> DeliveryId:
        async with self.here.db.write(self.here.workspace) as stores:
            to = Address(Platform.DISCORD, GUILD, channel)
            return await stores.deliveries.put(to, render(Card(text, (), "en")))

    async def work(self, seconds: float, step: float = 1.0) -> None:
        for _ in range(round(seconds / step)):
            await self.outbox.drain()
            self.clock.turn(step)
        await self.outbox.drain()

    async def states(self, ids: list[DeliveryId]) -> set[DeliveryState]:
        async with self.here.db.read(self.here.workspace) as stores:
            return {(await stores.deliveries.of(id)).state for id in ids}

    async def told(self) -> list[Card]:
        async with self.here.db.read(self.here.workspace) as stores:
            waiting = await stores.deliveries.to(Address(Platform.TERMINAL, "here", "mina"))
        return [card_of(one.payload) for one in waiting]

    def calls(self) -> int:
        return sum(asked.startswith("POST") for asked in self.server.asked)


@pytest.fixture(scope="module")
def server() -> Iterator[Discord]:
    with discord() as there:
        yield there


@pytest_asyncio.fixture
async def post(place: Place, clock: HandClock, owner: Owner, server: Discord) -> AsyncIterator[Post]:
    clock.turn(max(0.0, server.latest - clock.at.timestamp()) // 1 + 3600)
    server.now = lambda: clock.now().timestamp()
    server.token, server.limited = TOKEN, False
    server.asked.clear()
    server.troubles.clear()
    egress = Egress(clock, Allowed.parse(["127.0.0.1"]))

    async def file(to: Address, blob: BlobId) -> bytes:
        raise UnknownName("There is no such file here.")

    db = await place.open(clock)
    there = There(Rest(egress, clock, SecretStr(TOKEN), server.url), clock, file)
    outbox = Outbox(db, {there.platform: there}, owner, clock)
    here = await room(db)
    yield Post(here, clock, server, outbox)
    await db.close()
    await egress.aclose()


async def test_bursts_keep_their_order_and_are_never_refused(post: Post, scaled: Callable[[int], int]) -> None:
    """The pace of the outbox is within Discord's: with its limits on, no call is one too many."""
    post.server.limited = True
    channels, most = [post.server.add_channel(f"c{n}") for n in range(4)], max(6, scaled(40))
    for n in range(most):
        for channel in channels:
            await post.put(f"{n:03}", channel)
    await post.work(most * 1.2 + 5)
    for channel in channels:
        assert post.server.posted(channel) == [f"## {n:03}" for n in range(most)]
    assert post.calls() == most * len(channels)


async def test_an_outage_with_every_kind_of_failure(post: Post) -> None:
    """Lost before and after it was kept, 5xx before and after, 429 for one and for all: each once, in order."""
    channels = [post.server.add_channel(f"o{n}") for n in range(2)]
    troubles = [
        Trouble(when="lost"), Trouble(502, "<html>", when="after"), Trouble(503, "<html>"), Trouble(when="unsent"),
        Trouble(429, {"retry_after": 7.25, "global": True}), Trouble(429, {"retry_after": 3.5, "global": False}),
        Trouble(500, {}, method="GET"), Trouble(when="lost"), Trouble(when="lost"), Trouble(429, "<html>"),
    ]  # fmt: skip
    post.server.troubles.extend(troubles)
    ids = [await post.put(f"{n:03}", channel) for n in range(5) for channel in channels]
    await post.work(900, step=5)
    assert await post.states(ids) == {DeliveryState.SENT}
    for channel in channels:
        assert post.server.posted(channel) == [f"## {n:03}" for n in range(5)]
    assert post.calls() <= len(ids) + len(troubles)
    assert await post.told() == []


async def test_a_revoked_token_stops_after_five_calls_and_is_told_once(post: Post) -> None:
    channels = [post.server.add_channel(f"r{n}") for n in range(12)]
    ids = [await post.put("1", channel) for channel in channels]
    post.server.token = "another"
    await post.work(24 * 3600, step=1800)
    assert len(post.server.asked) <= 5
    (card,) = await post.told()
    assert card.title.startswith("discord refuses everything")
    assert await post.states(ids) == {DeliveryState.WAITING}
    post.server.token = TOKEN
    async with post.here.db.write(post.here.workspace) as stores:
        await stores.places.open(Address(Platform.DISCORD, GUILD, channels[0]))
    await post.work(60)
    assert await post.states(ids) == {DeliveryState.SENT}
    assert [post.server.posted(channel) for channel in channels] == [["## 1"]] * 12


async def test_a_channel_that_is_gone_is_told_and_holds_up_no_other(post: Post) -> None:
    gone, well = post.server.add_channel("gone"), post.server.add_channel("well")
    del post.server.channels[gone]
    ids = [await post.put(str(n), gone) for n in range(3)]
    await post.put("1", well)
    await post.work(300, step=5)
    assert post.server.posted(well) == ["## 1"]
    assert sum(f"/channels/{gone}/" in asked for asked in post.server.asked) == 1
    assert await post.states(ids) == {DeliveryState.REFUSED, DeliveryState.WAITING}
    (card,) = await post.told()
    assert card.title.startswith("discord refused a message.")
