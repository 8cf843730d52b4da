"""A real process that does all there is: it fires schedules, does their runs and sends what these post.

`python -m tests.kill.clerk JSON` with: url, home, kind, port, lease (seconds, of a run), timeout and margin (of a
message). Its first line is what its rows call it; it ends when its input does.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.loops import Loops, RunLoop, ScheduleLoop
from delivery.outbox import Outbox
from model.clock import SystemClock
from model.delivery import Payload, Platform
from model.prompt import LanguageModel, ModelAccess
from model.report import Run
from model.source import Reach
from reports.models import Models
from reports.progress import Tell, untold
from reports.steps import Made, Step, Workshop
from storage.database import Database
from storage.owners import Owner
from storage.sealing import Keyring
from storage.stores import Stores
from tests.kill.postman import Network, Plug, steps
from writers.process import RenderProcess

_EVERY = 0.5  # seconds between two looks of each loop


@dataclass(frozen=True, slots=True)
class Ready(Workshop):
    """A workshop whose steps are ready, but for the last one, which puts the run's cause on its way."""

    def steps(self, tell: Tell = untold) -> Mapping[str, Step]:
        """Return the steps."""
        return {**steps(self.destinations[Platform.SLACK], Plug("")), "enqueue": _enqueue}


async def _enqueue(run: Run) -> Made:
    async def along(stores: Stores) -> None:
        for to in run.destinations:
            await stores.deliveries.put(to, [Payload({"text": str(run.cause)})], run=run.id)

    return Made(b"[]", along)


def _no_model(access: ModelAccess) -> LanguageModel:
    raise AssertionError(f"nobody is asked here, not even {access.model}")


async def work(asked: Mapping[str, Any]) -> None:
    """Do all that is there until the input ends."""
    home, clock, loops = Path(asked["home"]), SystemClock(), Loops(SystemClock())
    db = await Database.open(asked["url"], home, Keyring.open(home, None), clock)
    owner = Owner.enter(home, local=asked["url"] is None)
    places = {Platform.SLACK: Network(asked["kind"], asked["port"], Plug(""))}
    workshop = Ready(db, clock, Reach(()), RenderProcess(), places, Models(_no_model, {}))
    outbox = Outbox(db, places, owner, clock, timeout=asked["timeout"], margin=asked["margin"], gaps={})
    runs = RunLoop(workshop, owner, asked["lease"], ring=lambda: loops.ring("runs", "outbox"))
    loops.add("schedules", ScheduleLoop(workshop, "en", loops.ring).look, _EVERY)
    loops.add("runs", runs.look, _EVERY)
    loops.add("outbox", outbox.drain, _EVERY)
    print(owner.id, flush=True)
    serving = asyncio.create_task(loops.serve())
    await asyncio.to_thread(sys.stdin.read)
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    await runs.stop()
    owner.leave()
    await db.close()


def main() -> None:
    """Be the process."""
    logging.basicConfig(level=logging.INFO)
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    asyncio.run(work(json.loads(sys.argv[1])))


if __name__ == "__main__":
    main()
