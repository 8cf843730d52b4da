"""A real worker whose leases are as short as the test is patient: `python -m tests.kill.worker SECONDS`."""

from __future__ import annotations

import asyncio
import sys

from bot.app import running
from bot.loops import RunLoop
from bot.settings import load


async def work(lease: float) -> None:
    """Do runs until killed."""
    async with running(load()) as app:
        loops = app.loops
        runs = RunLoop(
            app.workshop, app.owner, lease, at_once=app.settings.runs_at_once, ring=lambda: loops.ring("runs")
        )
        loops.add("runs", runs.look, 0.2, "worker")
        print("ready", app.owner.id, flush=True)
        jobs = app.workshop.db.jobs.serve({"run": lambda _: loops.ring("runs")})
        await asyncio.gather(loops.serve(("worker",)), jobs)


def main() -> None:
    """Be the process."""
    asyncio.run(work(float(sys.argv[1])))


if __name__ == "__main__":
    main()
