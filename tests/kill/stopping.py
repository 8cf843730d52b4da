"""Processes that are stopped (SIGSTOP) while they work, and go on (SIGCONT), before anybody notices or later."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from pathlib import Path

from model.clock import SystemClock
from tests.support.nursery import Child

_LONG = 5  # one of so many stops is a long one
_GO_ON = 2  # of a team, at any time
_LOOK = 0.05  # seconds


async def disturb(
    team: Sequence[Child],
    times: int,
    part: Callable[[], Awaitable[float]],
    long: Callable[[Child], Awaitable[bool]],
) -> int:
    """Stop one or another so many times and let it go on, all in the first half of their work; return how often.

    `part`: how much of the work is done, from 0 to 1; at each stop there is some left. `long`: awaited while one is
    stopped for long; False: it lost nothing by that, so that this stop does not count.
    """
    draw, clock, stopped, made, alone = random.Random(20261127), SystemClock(), set[int](), 0, asyncio.Lock()

    async def once(number: int) -> bool:
        child = draw.choice([one for one in team if one.pid not in stopped])
        stopped.add(child.pid)
        os.kill(child.pid, signal.SIGSTOP)
        try:
            while state_of(child.pid) != "T":
                await clock.sleep(0)
            assert await part() < 1, f"nothing was left to do at stop {number} of {times}"
            if number % _LONG == 0:
                return await long(child)
            await clock.sleep(draw.uniform(0.01, 0.3))  # how long it is stopped, not what is waited for
            return True
        finally:
            os.kill(child.pid, signal.SIGCONT)
            stopped.discard(child.pid)

    async def stop(number: int) -> None:
        nonlocal made
        async with alone if number % _LONG == 0 else nullcontext():  # one that holds a lock is enough
            while len(stopped) >= len(team) - _GO_ON or not await once(number):
                await clock.sleep(_LOOK)
        made += 1

    async with asyncio.TaskGroup() as group:
        for number in range(times):
            while await part() < number / times / 2:
                await clock.sleep(_LOOK)
            group.create_task(stop(number))
    return made


def state_of(pid: int) -> str:
    """Return the state of a process, as the kernel spells it; empty: there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return ""
