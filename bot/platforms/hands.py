"""Work that goes on after a platform was told that its event has arrived: so much at once, none lost sight of."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import TypeVar

from model.errors import Overtaken

_log = logging.getLogger(__name__)
_AT_ONCE = 32

T = TypeVar("T")


class Hands:
    """The tasks of a platform. What is not done when they stop stands in the inbox, for the next start."""

    def __init__(self, at_once: int = _AT_ONCE) -> None:
        self._seats = asyncio.Semaphore(at_once)
        self._tasks: set[asyncio.Task[object]] = set()

    def begin(self, work: Coroutine[object, object, T]) -> asyncio.Task[T]:
        """Have something done once there is a seat; what breaks is logged."""
        task = asyncio.create_task(self._seated(work))
        self._tasks.add(task)
        task.add_done_callback(self._over)
        return task

    async def stop(self, grace: float) -> None:
        """Give what is under way so many seconds, then end it."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=grace)
        left = set(self._tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _seated(self, work: Coroutine[object, object, T]) -> T:
        try:
            async with self._seats:
                return await work
        finally:
            work.close()  # where no seat was free in time

    def _over(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Overtaken):
            _log.warning("an answer is left to another process, which held this one for dead")
        elif error is not None:
            _log.error("an answer broke", exc_info=error)
