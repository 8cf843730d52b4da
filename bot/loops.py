"""The loops of the process: what wakes up by itself."""

from __future__ import annotations

import asyncio
import logging

from model.clock import Clock
from model.language import Message
from reports.run import LEASE, execute, fail
from reports.steps import Workshop
from storage.claims import Claim
from storage.database import Database
from storage.owners import Owner

_log = logging.getLogger(__name__)
_AT_ONCE = 4  # runs side by side in one process
_EVERY = 2.0  # seconds between two looks for runs that nobody has


class RunLoop:
    """Claims runs that nobody has and does them."""

    def __init__(self, workshop: Workshop, owner: Owner, lease: float = LEASE) -> None:
        self._workshop = workshop
        self._owner = owner
        self._lease = lease

    @property
    def _db(self) -> Database:
        return self._workshop.db

    @property
    def _clock(self) -> Clock:
        return self._workshop.clock

    async def drain(self) -> int:
        """Do all runs that can be claimed now; return how many there were."""
        done = 0
        while claims := await self._db.claims.claim_runs(self._owner, _AT_ONCE, self._lease):
            await asyncio.gather(*(self._one(claim) for claim in claims))
            done += len(claims)
        return done

    async def serve(self) -> None:
        """Do runs as they come, until cancelled."""
        while True:
            try:
                await self.drain()
            except Exception:  # one wake-up: the next one tries again
                _log.exception("looking for runs broke")
            await self._clock.sleep(_EVERY)

    async def _one(self, claim: Claim) -> None:
        try:
            await execute(self._db, claim, self._owner, self._workshop.steps(), self._clock, self._lease)
        except Exception:  # one run: it fails, the others go on
            _log.exception("run %s broke", claim.id)
            await fail(self._db, claim, Message("Something broke while it ran; the log has the details."))
