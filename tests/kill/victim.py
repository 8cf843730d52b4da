"""A real bot that kills itself at a named moment of a run: `python -m tests.kill.victim MOMENT LINE`.

Moments: accept-before, accept-after (the command), and for each step of a run STEP-before, STEP-inside (its work is
done, its row is not), STEP-uncommitted (its row is written in a transaction that is open), STEP-after (whoever walks
the steps goes on to the next one). With pause-MOMENT it stops itself (SIGSTOP) there instead.
"""

from __future__ import annotations

import asyncio
import sys
from collections import UserDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import Any

from bot.app import App, running
from bot.loops import RunLoop
from bot.platforms.terminal import Terminal
from bot.settings import load
from model.report import Run
from reports.progress import Tell, untold
from reports.steps import Made, Step, Workshop
from storage.stores import Stores
from tests.kill.postman import Plug

_LEASE = 1.0  # seconds: so that a stopped victim loses its run soon


@dataclass(frozen=True, slots=True)
class DeadlyWorkshop(Workshop):
    """A workshop in which somebody pulls the plug."""

    plug: Plug = field(default_factory=partial(Plug, ""), kw_only=True)

    def steps(self, tell: Tell = untold) -> Mapping[str, Step]:
        steps = Workshop.steps(self, tell)
        return _Watched({name: self._deadly(name, step) for name, step in steps.items()}, self.plug.reached)

    def _deadly(self, name: str, step: Step) -> Step:
        async def work(run: Run) -> Made:
            self.plug.reached(f"{name}-before")
            made = await step(run)
            self.plug.reached(f"{name}-inside")
            await self.wait(name, run)

            async def along(stores: Stores) -> None:
                if made.along is not None:
                    await made.along(stores)
                self.plug.reached(f"{name}-uncommitted")

            return Made(made.data, along)

        return work

    async def wait(self, step: str, run: Run) -> None:
        """Hold a run up whose step is done and not written; here nobody does."""


class _Watched(UserDict[str, Step]):
    """Steps that are watched while somebody walks them."""

    def __init__(self, steps: Mapping[str, Step], reached: Callable[[str], None]) -> None:
        super().__init__(steps)
        self._reached = reached

    def __iter__(self) -> Iterator[str]:
        for name in self.data:
            yield name
            self._reached(f"{name}-after")  # the walker comes back for the next one


class DeadlyLoop(RunLoop):
    """A run loop that dies between the command and the run."""

    def __init__(self, workshop: DeadlyWorkshop, app: App) -> None:
        super().__init__(workshop, app.owner, _LEASE, together=0.0)  # each step's row by itself
        self._deadly = workshop

    async def drain(self) -> int:
        self._deadly.plug.reached("accept-after")
        return await super().drain()


def parts(app: App) -> dict[str, Any]:
    """Return what a bot's workshop was made of."""
    return {f.name: getattr(app.workshop, f.name) for f in fields(Workshop)}


async def suffer(moment: str, line: str) -> None:
    """Say a line; be killed on the way."""
    async with running(load()) as app:
        workshop = DeadlyWorkshop(**parts(app), plug=Plug(moment))
        bot = replace(app, workshop=workshop, runs=DeadlyLoop(workshop, app))
        workshop.plug.reached("accept-before")
        await Terminal(bot, "mina", "default", "en", lambda said: print(said.as_json(), flush=True)).say(line)


def main() -> None:
    """Be the process."""
    asyncio.run(suffer(sys.argv[1], sys.argv[2]))


if __name__ == "__main__":
    main()
