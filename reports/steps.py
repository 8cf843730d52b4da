"""The steps of a run. Each reads rows, returns bytes, and touches nothing else: its row is what it has done."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from analyzers import ledger_of
from model.card import CARD, Card
from model.clock import Clock
from model.delivery import ADDRESS, Address, Destination, Platform
from model.ids import RunId, WorkspaceId
from model.ledger import LEDGER, Ledger
from model.report import Run, Snapshot
from model.source import Reach
from model.words import CHECKED, Checked
from reports.compose import compose
from reports.freezing import frozen
from reports.models import Models
from reports.narrating import closed_sources, narrated
from reports.pictures import pictured
from reports.posting import post
from reports.progress import Tell, untold
from reports.skipping import keeps_quiet
from reports.snapshot import damaged, pack, unpack
from reports.telling import teller_of
from storage.database import Database
from storage.stores import Stores
from writers.process import RenderProcess

Along = Callable[[Stores], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Made:
    """What a step has made: the data of its row, and what is written in the same transaction."""

    data: bytes
    along: Along | None = None


Step = Callable[[Run], Awaitable[Made]]


@dataclass(frozen=True, slots=True)
class Workshop:
    """What the steps work with."""

    db: Database
    clock: Clock
    reach: Reach
    render: RenderProcess
    destinations: Mapping[Platform, Destination]
    models: Models
    fresh: float = 0.0  # seconds for which what was read is used again
    address: str = field(default="", kw_only=True)  # where others reach the HTTP server; empty: nobody has said

    def steps(self, tell: Tell = untold) -> Mapping[str, Step]:
        """Return the steps of one execution in order, which tell how far each is; names as in model.report.STEPS."""
        bench = _Bench(self, tell)
        return {
            "collect": bench.collect,
            "measure": bench.measure,
            "narrate": bench.narrate,
            "write": bench.write,
            "enqueue": bench.enqueue,
        }

    async def snapshot(self, run: Run) -> Snapshot:
        """Return what the run stands on."""
        return await asyncio.to_thread(unpack, await self.done(run, "collect"))

    async def ledger(self, run: Run) -> Ledger:
        """Return the run's figures."""
        return LEDGER.validate_json(await self.done(run, "measure"))

    async def card(self, run: Run) -> Card:
        """Return the run's card."""
        return CARD.validate_json(await self.done(run, "write"))

    async def shown_at(self, to: Address, workspace: WorkspaceId, card: Card) -> Card:
        """Return an answer's card as a place shows it, with pictures where it can."""
        made = await pictured(card, self.render, (to,))
        if made.files:
            async with self.db.write(workspace) as stores:
                await made.keep(stores)
        return made.shown_at(to)

    async def done(self, run: Run, step: str) -> bytes:
        """Return what a step that is done has left."""
        return await step_of(self.db, run.workspace, run.id, step)


class _Bench:
    """The steps of one execution; what an earlier step of it made need not be read again from its row."""

    def __init__(self, workshop: Workshop, tell: Tell) -> None:
        self._workshop = workshop
        self._tell = tell
        self._snapshot: Snapshot | None = None
        self._ledger: Ledger | None = None
        self._checked: Checked | None = None
        self._card: Card | None = None

    async def collect(self, run: Run) -> Made:
        """Sync the sources and freeze all that the figures will rest on."""
        shop = self._workshop
        fresh = 0.0 if run.settings.anew else shop.fresh
        self._snapshot = await frozen(shop.db, shop.reach, shop.clock, run, self._tell, fresh)
        return Made(await asyncio.to_thread(pack, self._snapshot))

    async def measure(self, run: Run) -> Made:
        """Work the figures out."""
        self._ledger, data = await asyncio.to_thread(_measured, await self._snapshot_of(run))
        return Made(data)

    async def narrate(self, run: Run) -> Made:
        """Have the figures put into words, and check these."""
        shop = self._workshop
        snapshot, ledger = await self._snapshot_of(run), await self._ledger_of(run)
        teller = await teller_of(shop.db, shop.models, run, shop.clock)
        closed = await closed_sources(shop.db, run) if teller is not None else frozenset()
        self._checked = await narrated(snapshot, ledger, teller, closed)
        return Made(CHECKED.dump_json(self._checked), None if teller is None else teller.along)

    async def write(self, run: Run) -> Made:
        """Compose the card."""
        checked = self._checked or CHECKED.validate_json(await self._workshop.done(run, "narrate"))
        snapshot, ledger = await self._snapshot_of(run), await self._ledger_of(run)
        self._card = await compose(run.name, snapshot, ledger, checked, self._workshop.render)
        return Made(CARD.dump_json(self._card))

    async def enqueue(self, run: Run) -> Made:
        """Put the card on its way to each of the run's destinations, unless its schedule keeps quiet."""
        card = self._card or await self._workshop.card(run)
        ledger = await self._ledger_of(run) if run.slot is not None else None
        destinations = self._workshop.destinations
        pictures = await pictured(card, self._workshop.render, run.destinations)

        async def along(stores: Stores) -> None:
            if ledger is None or not await keeps_quiet(stores, run, ledger):
                await post(stores, run, pictures, destinations)

        return Made(json.dumps([ADDRESS.dump_python(to, mode="json") for to in run.destinations]).encode(), along)

    async def _snapshot_of(self, run: Run) -> Snapshot:
        self._snapshot = self._snapshot or await self._workshop.snapshot(run)
        return self._snapshot

    async def _ledger_of(self, run: Run) -> Ledger:
        self._ledger = self._ledger or await self._workshop.ledger(run)
        return self._ledger


def _measured(snapshot: Snapshot) -> tuple[Ledger, bytes]:
    """Return the figures, and what is kept of them; a year's commits take seconds, in which people are answered."""
    ledger = ledger_of(snapshot)
    return ledger, LEDGER.dump_json(ledger)


async def step_of(db: Database, workspace: WorkspaceId, run: RunId, step: str) -> bytes:
    """Return the output of a step that is done."""
    async with db.read(workspace) as stores:
        data = await stores.runs.step(run, step)
    if data is None:
        raise damaged()
    return data
