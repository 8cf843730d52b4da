"""The clock: the only place that reads the time."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


def milliseconds() -> int:
    """Return milliseconds since 1970, for ids that sort by age."""
    return time.time_ns() // 1_000_000


class Clock(Protocol):
    """Time as the house sees it: a test brings its own."""

    def now(self) -> datetime:
        """Return the wall clock, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never run backwards: for leases and deadlines."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the wall clock, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds without holding the loop."""
        await asyncio.sleep(seconds)
