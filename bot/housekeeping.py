"""Housekeeping: what an installation does once a day, whichever of its processes comes first."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from delivery.expiring import tell_of_keys
from delivery.telling import tell
from model.clock import Clock
from model.errors import ArbError, LostLease, StorageBusy
from model.language import Message
from reports.restored import wind_up
from storage.database import Database, Urgency
from storage.duties import BACKUP, SCRUB, TIDY, Duty
from storage.owners import Owner

_log = logging.getLogger(__name__)
_HOUR = time(2)  # of the backup, in the installation's zone
_LEASE = 300.0  # seconds; renewed three times within it
_AGAIN = 3600.0  # seconds until a duty that failed is tried again
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_T = TypeVar("_T")


class Housekeeping:
    """Scrubs, tidies and makes the daily backup."""

    def __init__(self, db: Database, owner: Owner, clock: Clock, zone: str) -> None:
        self._db = db
        self._owner = owner
        self._clock = clock
        self._zone = ZoneInfo(zone)
        self._at_it: asyncio.Task[None] | None = None

    async def look(self) -> None:
        """Begin what is due, unless something is in hand; raises what broke the last time."""
        if self._at_it is None or self._at_it.done():
            before, self._at_it = self._at_it, asyncio.create_task(self.drain())
            if before is not None:
                before.result()

    async def stop(self) -> None:
        """Stop what is in hand; the next process takes it up."""
        if self._at_it is not None:
            self._at_it.cancel()
            await asyncio.gather(self._at_it, return_exceptions=True)

    async def start(self) -> int:
        """Do what every start does: finish what was left half done, and tidy; return how many rows went."""
        await wind_up(self._db, self._clock)
        if await self._db.duties.asked(SCRUB) is not None:
            await self._do(SCRUB, _NEVER, self._db.scrub)
        return await self._do(TIDY, last(time(), self._clock.now(), ZoneInfo("UTC")), self._tidy) or 0

    async def drain(self) -> None:
        """Do every duty that is due."""
        await self.start()
        await self._do(BACKUP, last(_HOUR, self._clock.now(), self._zone), self._db.backups.keep)

    async def _do(self, name: str, due: datetime, work: Callable[[], Awaitable[_T]]) -> _T | None:
        duties = self._db.duties
        duty = await duties.claim(name, self._owner, due, _LEASE)
        if duty is None:
            return None
        renewing = asyncio.create_task(self._renew(duty))
        try:
            made = await work()
            await duties.done(duty)
            return made
        except (LostLease, StorageBusy) as error:
            _log.info("the duty %s is left to the next one: %s", name, error)
        except ArbError as error:
            _log.warning("the duty %s failed: %s", name, error)
            before = await duties.standing(name)
            await duties.failed(duty, error.message, _AGAIN)
            if name == BACKUP and before.problem is None:  # once, however often it fails
                await self._tell_owner(error)
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)
        return None

    async def _tell_owner(self, error: ArbError) -> None:
        """Tell the owner of the first workspace, who is the one nearest to the installation."""
        for workspace in (await self._db.entrances.workspaces())[:1]:
            async with self._db.write(workspace) as stores:
                lines = [error.message, *([error.hint] if error.hint else [])]
                await tell(stores, None, Message("The nightly backup failed"), *lines)

    async def _renew(self, duty: Duty) -> None:
        while True:
            await self._clock.sleep(_LEASE / 3)
            await self._db.duties.renew(duty, _LEASE)

    async def _tidy(self) -> int:
        """Tell of what ends soon, and delete what the workspaces keep no longer; returns how many rows."""
        gone = 0
        for workspace in await self._db.entrances.workspaces():
            async with self._db.write(workspace) as stores:
                await tell_of_keys(stores)
            some = 1
            while some:
                async with self._db.write(workspace, Urgency.BULK) as stores:
                    some = await stores.retention.batch()
                gone += some
        return gone


def last(hour: time, now: datetime, zone: ZoneInfo) -> datetime:
    """Return the last instant, not after now, at which the clocks of a zone showed this hour."""
    today = now.astimezone(zone).date()
    due = datetime.combine(today, hour, zone).astimezone(UTC)
    return due if due <= now else datetime.combine(today - timedelta(days=1), hour, zone).astimezone(UTC)
