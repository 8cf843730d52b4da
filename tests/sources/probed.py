"""What tests of the prober have in common: a site that can go down, and probers over one database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import JsonValue

from bot.probes import Prober
from egress.client import Allowed, Egress
from model.delivery import Platform
from model.ids import SourceId, WorkspaceId
from model.probed import Outage, Probed
from model.record import Record
from model.source import Reach
from model.window import Window
from sources.add import add
from storage.database import Database
from storage.owners import Owner
from tests.storage.world import WEEK, HandClock
from tests.support.databases import Place
from tests.support.outside import Asked, Outside, outside, response

LOCAL = Allowed.parse(["127.0.0.1"])


@dataclass
class Site:
    """Paths with the status they answer with; None: it waits until it is let go on."""

    statuses: dict[str, int | None] = field(default_factory=dict)
    body: bytes = b"all is well"
    held: asyncio.Event = field(default_factory=asyncio.Event)  # somebody waits
    let_go: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        status = self.statuses.get(asked.target, 200)
        if status is None:
            self.held.set()
            await self.let_go.wait()
        writer.write(response(status or 200, self.body))


@asynccontextmanager
async def site() -> AsyncIterator[tuple[Site, Outside]]:
    """Run a site on loopback."""
    made = Site()
    async with outside(made) as there:
        yield made, there


@dataclass
class World:
    """Databases with a prober each, over the same rows."""

    place: Place
    clock: HandClock
    probers: Sequence[Prober]
    databases: Sequence[Database]
    workspace: WorkspaceId

    @property
    def db(self) -> Database:
        return self.databases[0]

    async def probed(self, *urls: str, name: str = "shop", **more: JsonValue) -> SourceId:
        """Add a probe."""
        async with self.db.write(self.workspace) as stores:
            return await add(stores, name, "probe", {"urls": ", ".join(urls), **more})

    async def rounds(self, number: int, seconds: float = 60) -> None:
        """Turn the clock and have everybody probe, so many times."""
        for _ in range(number):
            await asyncio.gather(*(prober.drain() for prober in self.probers))
            self.clock.turn(seconds)

    async def records(self, source: SourceId, window: Window = WEEK) -> list[Record]:
        async with self.db.read(self.workspace) as stores:
            return [record async for _, record in stores.records.overlapping((source,), window)]

    async def seconds(self, source: SourceId) -> tuple[int, int]:
        """Return how many seconds are written down as up and as down."""
        bodies = [r.body for r in await self.records(source) if isinstance(r.body, Probed)]
        quarters = [quarter for body in bodies for quarter in body.quarters]
        return sum(quarter.up for quarter in quarters), sum(quarter.down for quarter in quarters)

    async def outages(self, source: SourceId) -> list[tuple[str, float, float | None]]:
        """Return what was down, and from which minute of the week to which."""
        found = [(r, r.body) for r in await self.records(source) if isinstance(r.body, Outage)]
        return [(body.trouble, _minute(r.at), None if r.ended is None else _minute(r.ended)) for r, body in found]


def _minute(at: datetime) -> float:
    return (at - WEEK.start).total_seconds() / 60


@asynccontextmanager
async def world(place: Place, clock: HandClock, number: int = 1) -> AsyncIterator[World]:
    """Open a database so many times, with a prober each."""
    databases = [await place.open(clock) for _ in range(number)]
    owners = [Owner.enter(place.home, local=place.url is None) for _ in range(number)]
    egress = Egress(clock, LOCAL)
    reach = Reach((), egress, clock=clock)
    probers = [Prober(db, owner, reach, clock) for db, owner in zip(databases, owners, strict=True)]
    workspace = await databases[0].entrances.enter(Platform.TERMINAL, "acme")
    try:
        yield World(place, clock, probers, databases, workspace)
    finally:
        for prober in probers:
            await prober.stop()
        for owner in owners:
            owner.leave()
        await egress.aclose()
        for db in databases:
            await db.close()
