"""The loops of the process: what wakes up by itself. APScheduler rings, rows decide what there is to do."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import Literal

from bot.logs import about, note
from model.clock import Clock
from model.errors import StorageBroken, StorageBusy
from model.ids import RunId, WorkspaceId
from model.language import Code, Message
from model.report import Run, RunState
from reports.live import Live
from reports.progress import Gauge
from reports.run import LEASE, TOGETHER, execute, fail
from reports.schedules import AT_ONCE, fire, give_up
from reports.steps import Workshop
from storage.claims import Claim
from storage.database import Database
from storage.owners import Owner

_log = logging.getLogger(__name__)
_AT_ONCE = 4  # runs side by side in one process
_BREATH = 0.05  # seconds after a look in vain until the next one
_GATHER = 0.01  # seconds in which more seats may become free, where more runs wait than there were seats
Side = Literal["front", "worker"]  # a front-end talks and plans, a worker does what was planned
SIDES: Sequence[Side] = ("front", "worker")
_WORKSPACES = 100  # in which schedules are fired in one round
_TRACED = 100  # one of so many failures in a row has its traceback in the log
_PATIENCE = 2.0  # so many times its interval a loop waits for the bell, then it looks by itself
SELDOMEST = 20.0  # seconds of an interval at most: one that stops is told of within a minute (bot/readiness.py)


@dataclass(slots=True)
class Loop:
    """Something that is done again and again."""

    work: Callable[[], Awaitable[object]]
    every: float  # seconds between two rings
    side: Side = "front"
    rung: asyncio.Event = field(default_factory=asyncio.Event)
    beat: float | None = None  # monotonic seconds of its last sign of life; None: it is not kept here
    working: bool = False  # or waiting to be rung
    failed: int = 0  # how often in a row it broke
    failures: int = 0  # how often in all

    @property
    def patience(self) -> float:
        """Return after how many seconds without a ring it looks by itself."""
        return self.every * _PATIENCE


class Loops:
    """Wakes every loop in its time, or at once where somebody rings.

    The scheduler goes by the wall clock, which may be set back; a loop that was not rung for long looks by itself.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._loops: dict[str, Loop] = {}

    def add(self, name: str, work: Callable[[], Awaitable[object]], every: float, side: Side = "front") -> None:
        """Have `work`, which comes back soon, done every so many seconds once `serve` runs; at most `SELDOMEST`."""
        if every > SELDOMEST:
            raise ValueError(f"the loop {name} would rest for {every} s, so that nobody saw it stop for too long")
        self._loops[name] = Loop(work, every, side)

    @property
    def all(self) -> Mapping[str, Loop]:
        """Return the loops by name."""
        return self._loops

    def ring(self, *names: str) -> None:
        """Wake loops now; nothing happens where there is none of a name."""
        for name in self._loops.keys() & names:
            self._loops[name].rung.set()

    def alive(self, name: str) -> None:
        """Note that a loop whose work takes long gets on."""
        if name in self._loops:
            self._loops[name].beat = self._clock.monotonic()

    async def serve(self, sides: Sequence[Side] = SIDES) -> None:
        """Keep every loop of these sides going, until cancelled."""
        from apscheduler.schedulers.asyncio import AsyncIOScheduler  # slow to import: only where something rings
        from apscheduler.triggers.interval import IntervalTrigger

        kept = {name: loop for name, loop in self._loops.items() if loop.side in sides}
        bell = AsyncIOScheduler(timezone=UTC)
        for name, loop in kept.items():
            trigger = IntervalTrigger(seconds=loop.every, timezone=UTC)
            bell.add_job(self._ring, trigger, (name,), misfire_grace_time=None, coalesce=True)
        bell.start()
        try:
            async with asyncio.TaskGroup() as group:
                for name, loop in kept.items():
                    group.create_task(self._keep(name, loop))
        finally:
            bell.shutdown(wait=False)

    async def _ring(self, name: str) -> None:
        self.ring(name)

    async def _keep(self, name: str, loop: Loop) -> None:
        while True:
            loop.rung.clear()
            loop.beat, loop.working = self._clock.monotonic(), True
            try:
                with about(loop=name):
                    await loop.work()
                loop.failed = 0
            except Exception:  # one wake-up: the next one tries again
                loop.failed, loop.failures = loop.failed + 1, loop.failures + 1
                _log.error("the loop %s broke, %d in a row", name, loop.failed, exc_info=loop.failed % _TRACED == 1)
            loop.beat, loop.working = self._clock.monotonic(), False
            try:
                async with asyncio.timeout(loop.patience):
                    await loop.rung.wait()
            except TimeoutError:
                _log.debug("nobody rang for the loop %s", name)


class RunLoop:
    """Claims runs that nobody has and does them, so many side by side."""

    def __init__(
        self,
        workshop: Workshop,
        owner: Owner,
        lease: float = LEASE,
        *,
        at_once: int = _AT_ONCE,
        together: float = TOGETHER,
        ring: Callable[[], None] = lambda: None,
        ended: Callable[[Run, float], None] | None = None,
    ) -> None:
        self._workshop = workshop
        self._owner = owner
        self._lease = lease
        self._at_once = at_once
        self._together = together
        self._ring = ring  # called when a run is over: there is room for another, and it may have left messages
        self._ended = ended  # called with each run that ended here, and the seconds it took
        self._working: set[asyncio.Task[None]] = set()
        self._given_up: list[Claim] = []  # the storage failed under them: to be handed back
        self._claiming = asyncio.Lock()
        self._stopping = False
        self._in_vain: float | None = None  # when the last look found nothing
        self._more_wait = False  # whether the last look found a run for every free seat

    @property
    def _db(self) -> Database:
        return self._workshop.db

    @property
    def _free(self) -> int:
        return self._at_once - len(self._working)

    async def look(self) -> int:
        """Claim runs for the free seats and begin them; return how many."""
        clock = self._workshop.clock
        async with self._claiming:
            if self._in_vain is not None and (wait := self._in_vain + _BREATH - clock.monotonic()) > 0:
                await clock.sleep(wait)  # a thousand jobs that wake for runs without a seat are a few looks, no more
            while self._given_up:
                await self._db.claims.hand_back(self._owner, self._given_up[-1])
                self._given_up.pop()
            if self._more_wait and self._free < self._at_once / 2:
                await clock.sleep(_GATHER)  # one claim for several short runs costs as much as one for one of them
            free = self._free
            if self._stopping or free <= 0:
                return 0
            claims = await self._db.claims.claim_runs(self._owner, free, self._lease)
            self._in_vain = None if claims else clock.monotonic()
            self._more_wait = len(claims) == free
            for claim in claims:
                task = asyncio.create_task(self._one(claim))
                self._working.add(task)
                task.add_done_callback(self._over)
        return len(claims)

    def _over(self, task: asyncio.Task[None]) -> None:
        self._working.discard(task)
        self._in_vain = None  # it left a seat
        self._ring()

    async def drain(self) -> int:
        """Do all runs that can be claimed now; return how many there were."""
        done = await self.look()
        while self._working:
            await asyncio.wait(self._working, return_when=asyncio.FIRST_COMPLETED)
            done += await self.look()
        return done

    async def stop(self, grace: float = 0.0) -> None:
        """Take no more runs; give those in hand so many seconds, then stop them and hand back what is not done."""
        self._stopping = True
        async with self._claiming:  # a claim that is being made has its tasks by now
            working = set(self._working)
        if working:
            await asyncio.wait(working, timeout=grace)
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)
        await self._db.claims.hand_back(self._owner)

    async def _one(self, claim: Claim) -> None:
        workshop, began = self._workshop, self._workshop.clock.monotonic()
        gauge = Gauge(Live(claim.run, workshop.clock, self._ring))
        note(run=claim.id, workspace=claim.workspace)  # a run is a task of its own
        try:
            steps, clock = workshop.steps(gauge.tell), workshop.clock
            await execute(self._db, claim, self._owner, steps, clock, self._lease, self._together, gauge)
        except (StorageBusy, StorageBroken) as error:  # the run is not to blame: it is done when the storage is back
            _log.warning("run %s stops for now: %s", claim.id, error)
            self._given_up.append(claim)
        except Exception:  # one run: it fails, the others go on
            _log.exception("run %s broke", claim.id)
            await self._fail(claim)
        if self._ended is not None:
            await self._tell(claim, workshop.clock.monotonic() - began, self._ended)

    async def _tell(self, claim: Claim, seconds: float, ended: Callable[[Run, float], None]) -> None:
        """Tell of a run that ended, unless it goes on elsewhere."""
        try:
            async with self._db.read(claim.workspace) as stores:
                run = await stores.runs.of(RunId(claim.id))
        except (StorageBusy, StorageBroken):
            return
        if run.state in (RunState.DONE, RunState.FAILED):
            _log.info("run %s: %s after %.2f s", run.name, run.state, seconds)
            ended(run, seconds)

    async def _fail(self, claim: Claim) -> None:
        try:
            await fail(self._db, claim, Message("Something broke while it ran; the log has the details."))
        except (StorageBusy, StorageBroken):
            self._given_up.append(claim)


class ScheduleLoop:
    """Fires schedules that are due, workspace by workspace; one that breaks rests and stops nobody else."""

    def __init__(
        self, workshop: Workshop, code: Code, ring: Callable[[str], None] = lambda _: None, at_once: int = AT_ONCE
    ) -> None:
        self._db = workshop.db
        self._clock = workshop.clock
        self._code: Code = code
        self._ring = ring
        self._at_once = at_once

    async def drain(self) -> int:
        """Fire all that is due now; return how many schedules were."""
        fired = 0
        while some := await self.look():
            fired += some
        return fired

    async def look(self) -> int:
        """Fire some schedules of every workspace in which any is due; return how many."""
        fired = 0
        due = await self._db.claims.workspaces_due(_WORKSPACES)
        for start in range(0, len(due), self._db.writers):
            some = due[start : start + self._db.writers]
            for done in await asyncio.gather(*map(self._of, some), return_exceptions=True):
                if isinstance(done, BaseException):
                    raise done  # when all have come to their end
                fired += done
        if fired:
            self._ring("runs")
            self._ring("schedules")  # there may be more of them
        return fired

    async def _of(self, workspace: WorkspaceId) -> int:
        try:
            return await fire(self._db, workspace, self._clock, self._code, self._at_once)
        except (StorageBusy, StorageBroken):
            raise  # no schedule's fault
        except Exception:  # one of them: each is tried for itself
            _log.exception("the schedules of workspace %s broke", workspace)
            return await self._one_by_one(workspace)

    async def _one_by_one(self, workspace: WorkspaceId) -> int:
        for fired in range(self._at_once):
            try:
                if not await fire(self._db, workspace, self._clock, self._code, limit=1):
                    return fired
            except (StorageBusy, StorageBroken):
                raise
            except Exception:  # this one: it rests, and says why
                _log.exception("a schedule of workspace %s broke", workspace)
                await give_up(self._db, workspace)
        return self._at_once
