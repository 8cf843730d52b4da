"""One writer at a time in this process: SQLite takes one anyway, and here the urgent ones come first."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from contextlib import asynccontextmanager
from enum import IntEnum
from itertools import count
from queue import PriorityQueue
from typing import Any, TypeVar

_USUAL = 1024  # records in one turn, which cannot be broken off: some 20 ms
_FEWEST, _SHORT = 64, 256  # while somebody is in a hurry: as many as are written in
_TURN = 0.004  # seconds; a commit with all its files takes three times as long as an issue
_LAST = 5.0  # seconds for what is under way at the end
HURRY = 2.0  # seconds after somebody was in a hurry: the next one may come at any moment
_T = TypeVar("_T")
_Turn = tuple[Future[Any], Callable[[], object]]


class Urgency(IntEnum):
    """Who goes first when several writers wait."""

    ACK = 0  # somebody looks at a spinner
    NORMAL = 1
    BULK = 2  # pages of records


class Writer:
    """A thread that writes for all: what waits is let in by urgency, then in the order it came.

    It goes from one turn to the next by itself: the loop may just then be at something else for ten milliseconds.
    """

    def __init__(self) -> None:
        self._order = count()
        self._waiting: PriorityQueue[tuple[int, int, _Turn | None]] = PriorityQueue()
        self._hurried = float("-inf")  # when somebody was in a hurry last
        self._pace = _SHORT / _TURN  # records a second, in the last turn that wrote any
        self._ended = False
        self._thread = threading.Thread(target=self._serve, name="writer", daemon=True)
        self._thread.start()

    @property
    def share(self) -> int:
        """Return how many records are to be written in one turn now."""
        if asyncio.get_running_loop().time() - self._hurried >= HURRY:
            return _USUAL
        return max(_FEWEST, min(_SHORT, int(self._pace * _TURN)))

    def wrote(self, records: int, seconds: float) -> None:
        """Note how long a turn took that wrote so many records."""
        self._pace = records / max(seconds, 1e-6)

    async def do(self, urgency: Urgency, work: Callable[[], _T]) -> _T:
        """Do something on the writer's thread; what is cancelled before its turn is not begun."""
        return await asyncio.wrap_future(self._enter(urgency, work))

    @asynccontextmanager
    async def turn(self, urgency: Urgency) -> AsyncIterator[None]:
        """Wait for the turn and hold it for the length of the block, in which the thread stands still."""
        loop, over = asyncio.get_running_loop(), threading.Event()
        given: asyncio.Future[None] = loop.create_future()

        def give() -> None:
            if not given.done():
                given.set_result(None)

        def stand() -> None:
            loop.call_soon_threadsafe(give)
            over.wait()

        waiting = self._enter(urgency, stand)
        try:
            await given
            yield
        finally:
            waiting.cancel()  # where it was given up before its turn came
            over.set()

    async def close(self) -> None:
        """End the thread when all that waits is done; one who holds the turn by then holds it for nothing."""
        self._ended = True
        self._waiting.put((len(Urgency), next(self._order), None))
        await asyncio.to_thread(self._thread.join, _LAST)

    def _enter(self, urgency: Urgency, work: Callable[[], _T]) -> Future[_T]:
        if self._ended:
            raise RuntimeError("nothing is written any more: the database is closed")
        if urgency is Urgency.ACK:
            self._hurried = asyncio.get_running_loop().time()
        waiting: Future[_T] = Future()
        self._waiting.put((urgency, next(self._order), (waiting, work)))
        return waiting

    def _serve(self) -> None:
        while (turn := self._waiting.get()[2]) is not None:
            _take(*turn)


def _take(waiting: Future[_T], work: Callable[[], _T]) -> None:
    """Give what comes of a turn, an error too, to who waits for it."""
    if not waiting.set_running_or_notify_cancel():
        return
    try:
        made = work()
    except BaseException as error:  # noqa: BLE001  # who waits is told it
        waiting.set_exception(error)
    else:
        waiting.set_result(made)
