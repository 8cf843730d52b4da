"""A workspace on each database, a clock to turn, an outbox with one place."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from delivery.outbox import Outbox
from model.card import Card
from model.delivery import Address, Delivery, DeliveryState, Payload, Platform
from model.ids import DeliveryId, RunId
from storage.owners import Owner
from tests.storage.world import HandClock, Room, room
from tests.support.databases import Place
from tests.support.places import LedgerPlace
from writers.terminal import card_of

CHANNEL = Address(Platform.SLACK, "T1", "C1")
TIMEOUT, MARGIN = 4.0, 6.0


@dataclass
class Post:
    """An outbox at work on a virtual clock."""

    here: Room
    clock: HandClock
    place: LedgerPlace
    outbox: Outbox

    async def put(self, *texts: str, to: Address = CHANNEL, priority: int = 0, run: RunId | None = None) -> DeliveryId:
        async with self.here.db.write(self.here.workspace) as stores:
            payloads = [Payload({"text": text}) for text in texts]
            return await stores.deliveries.put(to, payloads, priority=priority, run=run)

    async def of(self, id: DeliveryId) -> Delivery:
        async with self.here.db.read(self.here.workspace) as stores:
            return await stores.deliveries.of(id)

    async def state(self, id: DeliveryId) -> DeliveryState:
        return (await self.of(id)).state

    async def work(self, seconds: float, step: float = 1.0) -> None:
        """Let so much time pass, with the outbox looking every `step` seconds."""
        for _ in range(round(seconds / step)):
            await self.outbox.drain()
            self.clock.turn(step)
        await self.outbox.drain()

    async def told(self) -> list[Card]:
        """Return the cards that wait at the owner's terminal."""
        wanted = Address(Platform.TERMINAL, "here", "mina")
        async with self.here.db.read(self.here.workspace) as stores:
            return [card_of(one.payload) for one in await stores.deliveries.to(wanted)]


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[Owner]:
    entered = Owner.enter(tmp_path / "home")
    yield entered
    entered.leave()


@pytest_asyncio.fixture
async def post(place: Place, clock: HandClock, owner: Owner) -> AsyncIterator[Post]:
    db = await place.open(clock)
    there = LedgerPlace(clock)
    outbox = Outbox(db, {there.platform: there}, owner, clock, timeout=TIMEOUT, margin=MARGIN, gaps={})
    yield Post(await room(db), clock, there, outbox)
    await db.close()
