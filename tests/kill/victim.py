"""A real bot that kills itself at a named moment of a run: `python -m tests.kill.victim MOMENT LINE`.

Moments: accept-before, accept-after (the command), and for each step of a run STEP-before, STEP-inside (its work is
done, its row is not), STEP-after (its row is written). With pause-MOMENT it stops itself (SIGSTOP) there instead.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections import UserDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace

from bot.app import App, running
from bot.loops import RunLoop
from bot.platforms.terminal import Terminal
from bot.settings import load
from model.report import Run
from reports.progress import Tell, untold
from reports.steps import Made, Step, Workshop

_LEASE = 1.0  # seconds: so that a stopped victim loses its run soon


@dataclass(frozen=True, slots=True)
class DeadlyWorkshop(Workshop):
    """A workshop in which somebody pulls the plug."""

    moment: str = ""

    def steps(self, tell: Tell = untold) -> Mapping[str, Step]:
        steps = Workshop.steps(self, tell)
        return _Watched({name: self._deadly(name, step) for name, step in steps.items()}, self.reached)

    def _deadly(self, name: str, step: Step) -> Step:
        async def work(run: Run) -> Made:
            self.reached(f"{name}-before")
            data = await step(run)
            self.reached(f"{name}-inside")
            return data

        return work

    def reached(self, moment: str) -> None:
        if self.moment == moment:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.moment == f"pause-{moment}":
            os.kill(os.getpid(), signal.SIGSTOP)


class _Watched(UserDict[str, Step]):
    """Steps that are watched while somebody walks them."""

    def __init__(self, steps: Mapping[str, Step], reached: Callable[[str], None]) -> None:
        super().__init__(steps)
        self._reached = reached

    def __iter__(self) -> Iterator[str]:
        for name in self.data:
            yield name
            self._reached(f"{name}-after")  # the walker comes back for the next one: this one's row is written


class DeadlyLoop(RunLoop):
    """A run loop that dies between the command and the run."""

    def __init__(self, workshop: DeadlyWorkshop, app: App) -> None:
        super().__init__(workshop, app.owner, _LEASE, together=0.0)  # each step's row by itself
        self._deadly = workshop

    async def drain(self) -> int:
        self._deadly.reached("accept-after")
        return await super().drain()


async def suffer(moment: str, line: str) -> None:
    """Say a line; be killed on the way."""
    async with running(load()) as app:
        parts = {f.name: getattr(app.workshop, f.name) for f in fields(Workshop)}
        workshop = DeadlyWorkshop(**parts, moment=moment)
        bot = replace(app, workshop=workshop, runs=DeadlyLoop(workshop, app))
        workshop.reached("accept-before")
        await Terminal(bot, "mina", "default", "en", lambda said: print(said.as_json(), flush=True)).say(line)


def main() -> None:
    """Be the process."""
    asyncio.run(suffer(sys.argv[1], sys.argv[2]))


if __name__ == "__main__":
    main()
