"""The process: every part made once and given to those that need it."""

from __future__ import annotations

import asyncio
import gc
import shlex
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial

from bot.housekeeping import Housekeeping
from bot.leftovers import EVERY as LEFTOVERS
from bot.leftovers import Leftovers, living
from bot.lookout import EVERY as STANDINGS
from bot.lookout import Lookout
from bot.loops import SIDES, Loops, RunLoop, ScheduleLoop, Side
from bot.models import models_of
from bot.places import close, named_places, reach_of, way_out
from bot.platforms.screens import Screens
from bot.platforms.slack_tokens import EVERY as TOKENS
from bot.platforms.slack_tokens import TeamTokens
from bot.probes import EVERY as PROBES
from bot.probes import Prober
from bot.questions import QuestionLoop
from bot.settings import Settings
from commands import COMMANDS
from commands.door import Door, Manners
from delivery.outbox import Outbox
from model.clock import Clock, SystemClock
from model.delivery import Destination, Platform
from model.errors import StorageBroken, StorageBusy
from model.report import Run
from reports.steps import Workshop
from sources.receive import work_off
from storage.database import Database
from storage.outside import Outside
from storage.owners import Owner
from storage.presence import is_served, serving
from storage.sealing import Keyring
from writers.process import RenderProcess
from writers.slack import Slack

# A report's records are many small objects that live until it is done: looking through all of them after every 700 new
# ones, as Python does unasked, costs a fifth of the time and finds nothing. To look through 50,000 new ones that live
# took 19 ms at once, in which nobody is heard.
_GARBAGE = (10_000, 100, 50)
# Seconds after which a thread that computes gives way to one that wants to: Python's own 5 ms are as long as an ack.
_SWITCH = 0.0005
_RUNS = 2.0  # seconds between two looks for runs that nobody has
_SCHEDULES = 1.0  # for schedules that are due
_DUTIES = 20.0  # for what is due once a day
_PUSHED = 1.0  # for what was pushed in at another process
_OUTBOX = 1.0  # and for messages that can be sent


@dataclass(frozen=True, slots=True)
class App:
    """What a platform needs of the process."""

    settings: Settings
    workshop: Workshop
    door: Door
    runs: RunLoop
    questions: QuestionLoop
    schedules: ScheduleLoop
    loops: Loops
    housekeeping: Housekeeping
    owner: Owner
    outbox: Outbox
    screens: Screens
    prober: Prober
    leftovers: Leftovers
    lookout: Lookout

    async def take_up(self) -> int:
        """Finish what a process left that is no more: events at the door, then runs. Returns how many runs."""
        with suppress(StorageBusy):  # somebody else writes: the next start tidies
            await self.housekeeping.start()
        await self.take_up_events()
        await self.questions.drain()
        return await self.runs.drain()

    async def serve(self, sides: Sequence[Side] = SIDES) -> None:
        """Keep the loops of these sides going, until cancelled; who sends lets others know."""
        with serving(self.settings.home) if "worker" in sides else nullcontext():
            await self.loops.serve(sides)

    async def leave(self) -> None:
        """Send what waits, unless a process that stays does; nobody else may come."""
        if not is_served(self.settings.home):
            await self.outbox.leave()

    async def stop(self) -> None:
        """Take nothing more up, and hand back what is in hand."""
        await self.leftovers.stop()
        await self.housekeeping.stop()
        await self.prober.stop()
        for loop in (self.runs, self.questions):
            with suppress(StorageBusy, StorageBroken):  # then the leases run out
                await loop.stop()

    async def take_up_events(self) -> None:
        """Answer what a process left at the door that is no more."""
        await asyncio.gather(*await self.leftovers.look(), return_exceptions=True)


def tune() -> None:
    """Have Python do as this process needs it."""
    gc.set_threshold(*_GARBAGE)
    sys.setswitchinterval(_SWITCH)


@asynccontextmanager
async def running(
    settings: Settings, clock: Clock | None = None, ended: Callable[[Run, float], None] | None = None
) -> AsyncIterator[App]:
    """Open all that the settings ask for; close it again in the end. Raises ConfigError.

    `ended` is told of each run that ended here, with the seconds it took.
    """
    clock = clock or SystemClock()
    tune()
    egress = way_out(settings, clock)
    url = settings.database_url.get_secret_value() if settings.database_url else None
    keyring = Keyring.open(settings.home, settings.master_keys)
    outside = Outside(settings.backup_to, tuple(shlex.split(settings.backup_command or "")), settings.time_zone)
    db = await Database.open(url, settings.home, keyring, clock, outside=outside)
    owner = Owner.enter(settings.home, local=url is None)
    render = RenderProcess()
    named = named_places(settings, db, clock, egress, owner)
    try:
        screens, loops = Screens(clock), Loops(clock)
        destinations = _by_platform(screens, *named)
        reach = reach_of(settings, egress, clock)
        models, address = models_of(settings, egress), settings.address
        workshop = Workshop(db, clock, reach, render, destinations, models, settings.fresh_seconds, address=address)
        outbox = Outbox(db, destinations, owner, clock, terminals=screens.seats, alive=partial(loops.alive, "outbox"))
        door = Door(workshop, COMMANDS, Manners(settings.language, settings.time_zone), owner.id)
        over = partial(loops.ring, "runs", "outbox")
        runs = RunLoop(workshop, owner, at_once=settings.runs_at_once, ring=over, ended=ended)
        loops.add("runs", runs.look, _RUNS, "worker")
        questions = _questions(workshop, owner, loops)
        schedules = ScheduleLoop(workshop, settings.language, loops.ring)
        loops.add("schedules", schedules.look, _SCHEDULES)
        housekeeping = Housekeeping(db, owner, clock, settings.time_zone)
        prober = Prober(db, owner, reach, clock)
        loops.add("outbox", outbox.drain, _OUTBOX, "worker")
        _look_after(db, named, loops, housekeeping, prober)
        leftovers, lookout = _leftovers(db, door, owner, loops), Lookout(db, clock)
        loops.add("standings", lookout.look, STANDINGS)
        app = App(
            settings, workshop, door, runs, questions, schedules, loops, housekeeping, owner, outbox, screens, prober,
            leftovers, lookout,
        )  # fmt: skip
        async with living(db, owner), AsyncExitStack() as last:
            last.push_async_callback(app.stop)
            yield app
    finally:
        await close(named)
        await egress.aclose()
        await render.close()
        owner.leave()
        await db.close()


def _by_platform(*places: Destination) -> Mapping[Platform, Destination]:
    return {one.platform: one for one in places}


def _questions(workshop: Workshop, owner: Owner, loops: Loops) -> QuestionLoop:
    """Have questions answered in this process."""
    made = QuestionLoop(workshop, owner, partial(loops.ring, "outbox"))
    loops.add("questions", made.look, _RUNS, "worker")
    return made


def _leftovers(db: Database, door: Door, owner: Owner, loops: Loops) -> Leftovers:
    """Have answered in this process what others left."""
    made = Leftovers(db, door, owner)
    loops.add("events", made.look, LEFTOVERS)
    return made


def _look_after(
    db: Database, places: Sequence[Destination], loops: Loops, housekeeping: Housekeeping, prober: Prober
) -> None:
    """Do what nobody asks for: what is due, and what keeps the things good that some places need."""
    loops.add("housekeeping", housekeeping.look, _DUTIES, "worker")
    loops.add("probes", prober.look, PROBES, "worker")
    loops.add("pushed", partial(work_off, db), _PUSHED, "worker")
    for place in places:
        if isinstance(place, Slack) and isinstance(place.api.tokens, TeamTokens):
            loops.add("slack tokens", place.api.tokens.look, TOKENS)
