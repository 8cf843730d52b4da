"""The loops of the process: what wakes up by itself. APScheduler rings, rows decide what there is to do."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC

from model.clock import Clock
from model.language import Message
from reports.run import LEASE, execute, fail
from reports.steps import Workshop
from storage.claims import Claim
from storage.database import Database
from storage.owners import Owner

_log = logging.getLogger(__name__)
_AT_ONCE = 4  # runs side by side in one process
_PATIENCE = 2.0  # so many times its interval a loop waits for the bell, then it looks by itself


@dataclass(slots=True)
class Loop:
    """Something that is done again and again."""

    work: Callable[[], Awaitable[object]]
    every: float  # seconds between two rings
    rung: asyncio.Event = field(default_factory=asyncio.Event)
    beat: float | None = None  # monotonic seconds when it last came round; None: not yet
    failed: int = 0  # how often in a row it broke


class Loops:
    """Wakes every loop in its time, or at once where somebody rings.

    The scheduler goes by the wall clock, which may be set back; a loop that was not rung for long looks by itself.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._loops: dict[str, Loop] = {}

    def add(self, name: str, work: Callable[[], Awaitable[object]], every: float) -> None:
        """Have `work` done every so many seconds once `serve` runs."""
        self._loops[name] = Loop(work, every)

    @property
    def all(self) -> Mapping[str, Loop]:
        """Return the loops by name."""
        return self._loops

    def ring(self, name: str) -> None:
        """Wake a loop now; nothing happens where there is none of that name."""
        if name in self._loops:
            self._loops[name].rung.set()

    async def serve(self) -> None:
        """Keep every loop going, until cancelled."""
        from apscheduler.schedulers.asyncio import AsyncIOScheduler  # slow to import: only where something rings
        from apscheduler.triggers.interval import IntervalTrigger

        bell = AsyncIOScheduler(timezone=UTC)
        for name, loop in self._loops.items():
            trigger = IntervalTrigger(seconds=loop.every, timezone=UTC)
            bell.add_job(self._ring, trigger, (name,), misfire_grace_time=None, coalesce=True)
        bell.start()
        try:
            async with asyncio.TaskGroup() as group:
                for name, loop in self._loops.items():
                    group.create_task(self._keep(name, loop))
        finally:
            bell.shutdown(wait=False)

    async def _ring(self, name: str) -> None:
        self.ring(name)

    async def _keep(self, name: str, loop: Loop) -> None:
        while True:
            loop.rung.clear()
            try:
                await loop.work()
                loop.failed = 0
            except Exception:  # one wake-up: the next one tries again
                loop.failed += 1
                _log.exception("the loop %s broke", name)
            loop.beat = self._clock.monotonic()
            try:
                async with asyncio.timeout(loop.every * _PATIENCE):
                    await loop.rung.wait()
            except TimeoutError:
                _log.debug("nobody rang for the loop %s", name)


class RunLoop:
    """Claims runs that nobody has and does them."""

    def __init__(self, workshop: Workshop, owner: Owner, lease: float = LEASE) -> None:
        self._workshop = workshop
        self._owner = owner
        self._lease = lease

    @property
    def _db(self) -> Database:
        return self._workshop.db

    async def drain(self) -> int:
        """Do all runs that can be claimed now; return how many there were."""
        done = 0
        while claims := await self._db.claims.claim_runs(self._owner, _AT_ONCE, self._lease):
            await asyncio.gather(*(self._one(claim) for claim in claims))
            done += len(claims)
        return done

    async def _one(self, claim: Claim) -> None:
        workshop = self._workshop
        try:
            await execute(self._db, claim, self._owner, workshop.steps(), workshop.clock, self._lease)
        except Exception:  # one run: it fails, the others go on
            _log.exception("run %s broke", claim.id)
            await fail(self._db, claim, Message("Something broke while it ran; the log has the details."))
