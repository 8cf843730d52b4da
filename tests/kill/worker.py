"""A real worker that does whole runs, their steps and their messages: `python -m tests.kill.worker JSON`.

JSON: Orders. Its leases are as short as the test is patient, and it kills itself at a moment of the victim's or the
postman's. Its messages go to a stand-in for places on the network, of which one can be asked.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import ClassVar
from zlib import crc32

from bot.app import App, running
from bot.loops import RunLoop
from bot.settings import load
from model.card import Card
from model.delivery import Address, Payload, Platform, Receipt
from model.ids import DeliveryId
from model.language import Code
from model.report import STEPS, Run
from reports.run import LEASE, TOGETHER
from tests.kill.postman import AheadClock, DeadlyOutbox, Network, Plug
from tests.kill.victim import DeadlyWorkshop, parts
from tests.support.provider import Kind


@dataclass(frozen=True, slots=True)
class Orders:
    """What a worker is to do."""

    lease: float = LEASE  # seconds
    ports: Mapping[Kind, int] = field(default_factory=dict)  # of the places
    moment: str = ""  # at which it kills itself
    later: float = 0.0  # seconds that its clock is ahead
    together: float = TOGETHER
    gate: str = ""  # a file: for as long as it is there every run is held up in one of its steps
    once: bool = False  # it ends when nothing can be done any more


@dataclass(frozen=True, slots=True)
class GatedWorkshop(DeadlyWorkshop):
    """A workshop in which runs do not get on while there is a gate: each waits in another step."""

    gate: str = field(default="", kw_only=True)

    async def wait(self, step: str, run: Run) -> None:
        if self.closed and STEPS[crc32(run.id.encode()) % len(STEPS)] == step:
            print("held", run.name, step, flush=True)
            while self.closed:
                await self.clock.sleep(0.02)

    @property
    def closed(self) -> bool:
        return bool(self.gate) and Path(self.gate).exists()


class Places:
    """One kind of place; each of its targets is a place of its own, which can be asked or not."""

    platform: ClassVar[Platform] = Platform.WEBHOOK

    def __init__(self, ports: Mapping[Kind, int], plug: Plug) -> None:
        self._at: Mapping[str, Network] = {kind: Network(kind, port, plug) for kind, port in ports.items()}

    def render(self, card: Card) -> tuple[Payload, ...]:
        return (Payload({"text": card.run}),)

    async def send(self, to: Address, payload: Payload, key: DeliveryId, root: Receipt | None = None) -> Receipt:
        return await self._at[to.target].send(to, payload, key, root)

    async def edit(self, to: Address, at: Receipt, payload: Payload) -> Receipt:
        return await self._at[to.target].edit(to, at, payload)

    async def find(self, to: Address, key: DeliveryId, since: datetime, root: Receipt | None = None) -> Receipt | None:
        return await self._at[to.target].find(to, key, since, root)

    def repeated(self, payload: Payload, language: Code) -> Payload:
        return next(iter(self._at.values())).repeated(payload, language)


async def work(orders: Orders) -> None:
    """Do runs and send their messages until killed, or until there is nothing to do."""
    clock, plug = AheadClock(orders.later), Plug(orders.moment)
    async with running(load(), clock) as app:
        places, loops = Places(orders.ports, plug), app.loops
        given = {**parts(app), "destinations": {places.platform: places}}
        runs = RunLoop(
            GatedWorkshop(**given, plug=plug, gate=orders.gate), app.owner, orders.lease,
            at_once=app.settings.runs_at_once, together=orders.together, ring=partial(loops.ring, "runs", "outbox"),
        )  # fmt: skip
        outbox = DeadlyOutbox(app.workshop.db, places, app.owner, clock, plug)
        print("ready", app.owner.id, flush=True)
        await (_once(runs, outbox) if orders.once else _serve(app, runs, outbox))


async def _once(runs: RunLoop, outbox: DeadlyOutbox) -> None:
    while await runs.drain() + await outbox.drain():
        pass


async def _serve(app: App, runs: RunLoop, outbox: DeadlyOutbox) -> None:
    app.loops.add("runs", runs.look, 0.2, "worker")
    app.loops.add("outbox", outbox.drain, 0.2, "worker")
    jobs = app.workshop.db.jobs.serve({"run": lambda _: app.loops.ring("runs")})
    await asyncio.gather(app.loops.serve(("worker",)), jobs)


def main() -> None:
    """Be the process."""
    asyncio.run(work(Orders(**json.loads(sys.argv[1]))))


if __name__ == "__main__":
    main()
