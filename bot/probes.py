"""The prober of a process: takes up probes that are due, so many side by side."""

from __future__ import annotations

import asyncio
import logging

from bot.logs import note
from model.clock import Clock
from model.errors import ArbError, LostLease, StorageBroken, StorageBusy
from model.source import Reach
from sources.probing import probe
from storage.database import Database
from storage.owners import Owner
from storage.probes import ProbeClaim

_log = logging.getLogger(__name__)
EVERY = 1.0  # seconds between two looks
_AT_ONCE = 20


class Prober:
    """Probes what is due; what it cannot finish is taken up by another when the lease ends."""

    def __init__(self, db: Database, owner: Owner, reach: Reach, clock: Clock, at_once: int = _AT_ONCE) -> None:
        self._db, self._owner, self._reach, self._clock = db, owner, reach, clock
        self._at_once = at_once
        self._working: set[asyncio.Task[None]] = set()

    async def look(self) -> int:
        """Take up probes that are due, as many as there are free seats; return how many. Raises StorageBusy."""
        free = self._at_once - len(self._working)
        if free <= 0:
            return 0
        claims = await self._db.probes.claim(self._owner, free)
        for claim in claims:
            task = asyncio.create_task(self._one(claim))
            self._working.add(task)
            task.add_done_callback(self._over)
        return len(claims)

    async def drain(self) -> int:
        """Do what is due now, to its end; return how many probes there were."""
        done = await self.look()
        while self._working:
            await asyncio.wait(self._working)
            done += await self.look()
        return done

    async def stop(self) -> None:
        """Stop what is in hand; its time is not measured."""
        for task in self._working:
            task.cancel()
        await asyncio.gather(*self._working, return_exceptions=True)

    async def _one(self, claim: ProbeClaim) -> None:
        note(workspace=claim.workspace, source=claim.source)  # a probe is a task of its own
        try:
            await probe(self._db, claim, self._reach, self._clock)
        except (LostLease, StorageBusy, StorageBroken) as error:
            _log.info("a probe is left to the next one: %s", error)
        except ArbError as error:  # it was removed, or its configuration does not open: no use trying at once
            _log.warning("a probe cannot be done: %s", error)

    def _over(self, task: asyncio.Task[None]) -> None:
        self._working.discard(task)
        if not task.cancelled() and task.exception() is not None:  # the others go on, and the lease delays this one
            _log.error("a probe broke", exc_info=task.exception())
