"""One writer at a time in this process: SQLite takes one anyway, and here the urgent ones come first."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import IntEnum
from itertools import count

_USUAL = 1024  # records in one turn, which cannot be broken off: some 20 ms
_FEWEST, _SHORT = 96, 256  # while somebody is in a hurry: as many as are written in
_TURN = 0.006  # seconds; a commit with all its files takes three times as long as an issue
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
        self._pace = _SHORT / _TURN  # records a second, in the last turn that wrote any

    @property
    def share(self) -> int:
        """Return how many records are to be written in one turn now."""
        if asyncio.get_running_loop().time() - self._hurried >= HURRY:
            return _USUAL
        return max(_FEWEST, min(_SHORT, int(self._pace * _TURN)))

    def wrote(self, records: int, seconds: float) -> None:
        """Note how long a turn took that wrote so many records."""
        self._pace = records / max(seconds, 1e-6)

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
