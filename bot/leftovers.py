"""What was left at the door: by a process that is no more, or by this one while the storage was busy.

Whoever serves the platform of a dead process takes its events up, and answers them.

Of a chat nobody else does: he could not say who it is, nor answer. What was said at a terminal is done, as it was
accepted; nobody sits there any more.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress

from bot.platforms.hands import Hands
from commands.door import Door, Taken
from model.delivery import Platform
from model.errors import StorageBroken, StorageBusy
from model.ids import EventId, WorkspaceId
from storage.database import Database
from storage.living import LEASE
from storage.owners import Owner

_log = logging.getLogger(__name__)
EVERY = 5.0  # seconds between two looks: with the lease, and some for the answer, a minute is never used up
_BEAT = LEASE / 3  # seconds between two words of ours

Finish = Callable[[Taken], Awaitable[None]]  # does what was said to a process that is no more, and tells of it


class Leftovers:
    """Answers what others left."""

    def __init__(self, db: Database, door: Door, owner: Owner) -> None:
        self._db = db
        self._door = door
        self._owner = owner
        self.finishers: dict[Platform, Finish] = {}  # of the platforms that are served here
        self._hands = Hands()

    async def look(self) -> Sequence[asyncio.Task[None]]:
        """Begin with all that was left until now. Raises StorageBusy."""
        entrances, can_be_told = self._db.entrances, {Platform.TERMINAL, *self.finishers}
        left = await entrances.unfinished_events(self._owner.is_alive)
        begun = [self._begin(*one, ours=False) for one in left if one[1].partition(":")[0] in can_be_told]
        ours, self._door.left = self._door.left, []
        begun += [self._begin(*one, ours=True) for one in ours]
        overtaken = await entrances.overtake(self._owner.id, list(self.finishers))
        return [*begun, *(self._begin(*one, ours=True) for one in overtaken)]

    async def stop(self) -> None:
        """Take nothing more up; what is not done is free for the next one."""
        await self._hands.stop(0)

    def _begin(self, workspace: WorkspaceId, event: EventId, *, ours: bool) -> asyncio.Task[None]:
        return self._hands.begin(self._take_up(workspace, event, ours=ours))

    async def _take_up(self, workspace: WorkspaceId, event: EventId, *, ours: bool) -> None:
        try:
            taken = await self._door.retake(workspace, event, ours=ours)
        except StorageBusy:
            if ours:
                self._door.left.append((workspace, event))
            return
        if taken is None:
            return
        _log.info("%s was left undone and is taken up", event)
        finish = self.finishers.get(taken.here.platform)
        with suppress(StorageBusy):  # then it is left once more
            await (self._door.answer(taken) if finish is None else finish(taken))


@asynccontextmanager
async def living(db: Database, owner: Owner) -> AsyncIterator[None]:
    """Say for the length of a block, again and again, that this process lives. Raises StorageBusy."""
    await db.living.enter(owner.id)
    beating = asyncio.create_task(_beat(db, owner), name="living")
    try:
        yield
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
        with suppress(StorageBusy, StorageBroken):  # then the lease runs out
            await db.living.leave(owner.id)


async def _beat(db: Database, owner: Owner) -> None:
    while True:
        await asyncio.sleep(_BEAT)
        try:
            await db.living.beat(owner.id)
        except (StorageBusy, StorageBroken) as error:
            _log.warning("this process could not say that it lives: %s", error)
