"""One writer at a time in this process: SQLite takes one anyway, and here the urgent ones come first."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import IntEnum
from itertools import count

_USUAL, _SHORT = 1024, 256  # records in one turn: some 20 and 5 ms, which cannot be broken off
HURRY = 2.0  # seconds after somebody was in a hurry: the next one may come at any moment


class Urgency(IntEnum):
    """Who goes first when several writers wait."""

    ACK = 0  # somebody looks at a spinner
    NORMAL = 1
    BULK = 2  # pages of records


class WriterQueue:
    """A lock whose waiters are let in by urgency, then in the order they came."""

    def __init__(self) -> None:
        self._held = False
        self._order = count()
        self._waiting: list[tuple[Urgency, int, asyncio.Future[None]]] = []
        self._hurried = float("-inf")  # when somebody was in a hurry last

    @property
    def share(self) -> int:
        """Return how many records are to be written in one turn now."""
        return _SHORT if asyncio.get_running_loop().time() - self._hurried < HURRY else _USUAL

    @asynccontextmanager
    async def turn(self, urgency: Urgency) -> AsyncIterator[None]:
        """Wait for the turn and hold it for the length of the block."""
        if urgency is Urgency.ACK:
            self._hurried = asyncio.get_running_loop().time()
        await self._enter(urgency)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, urgency: Urgency) -> None:
        if not self._held:
            self._held = True
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (urgency, next(self._order), turn))
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # the turn was handed over in the moment of the cancellation
                self._leave()
            raise

    def _leave(self) -> None:
        while self._waiting:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self._held = False
