"""Looks after those who say nothing: whoever has left his platform, or is less there, is so here as well.

Events may be missed, and Discord tells of nobody's leaving without an intent that bots have to be granted. So whoever
answers for schedules is asked about once a day, and whoever has changed as soon as that is heard.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

from commands.event import standing_in
from model.clock import Clock
from model.delivery import Platform
from model.errors import DeliveryError, DestinationRefused
from model.member import Introduced
from reports.answering import introduce
from storage.database import Database
from storage.standings import Doubt
from storage.stores import Stores

_log = logging.getLogger(__name__)
EVERY = 15.0  # seconds between two looks
_MOST = 20  # people in that time: Slack answers some hundred such questions a minute, and who speaks is asked about too
_SOON, _MENDED = timedelta(minutes=5), timedelta(hours=1)  # until another try: no answer; somebody has to mend it

Ask = Callable[[str, str], Awaitable[Introduced]]  # account and user; raises DeliveryError, TimeoutError


class Lookout:
    """Asks the platforms that this process talks on about their people."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._left, self._until = 0, 0.0  # people who may be asked about, until so many monotonic seconds
        self.askers: dict[Platform, Ask] = {}

    async def look(self) -> int:
        """Ask about those who are due, however often it is rung so many in a time; return how many.

        Raises StorageBusy.
        """
        now = self._clock.monotonic()
        if now >= self._until:
            self._left, self._until = _MOST, now + EVERY
        if not self.askers or not self._left:
            return 0
        doubts = await self._db.standings.claim(list(self.askers), self._left)
        self._left -= len(doubts)
        for done in await asyncio.gather(*map(self._settle, doubts), return_exceptions=True):
            if isinstance(done, BaseException):
                raise done  # when all have come to their end
        return len(doubts)

    async def _settle(self, doubt: Doubt) -> None:
        """Ask about one, and have him be here what he is there; of whom nothing is said, nothing changes."""
        user, account = doubt.identity.user, doubt.account
        try:
            found = await self.askers[Platform(doubt.identity.platform)](account, user)
        except (DeliveryError, TimeoutError) as error:
            _log.info("what %s is in %s is not known: %s", user, account, error)
            later = _MENDED if isinstance(error, DestinationRefused) else _SOON
            await self._db.briefly(doubt.workspace, lambda stores: stores.looks.put_off(doubt, later))
            return
        await self._db.briefly(doubt.workspace, partial(_write, doubt, found))
        if found.gone:
            _log.info("%s is in %s no more", user, account)


async def _write(doubt: Doubt, found: Introduced, stores: Stores) -> None:
    if found.gone or not await stores.members.is_also(doubt.member, doubt.identity):
        if found.groups:
            found = replace(found, standing=await standing_in(stores, found.standing, found.groups))
        await introduce(stores, doubt.member, doubt.identity, found)
    await stores.looks.settle(doubt)
