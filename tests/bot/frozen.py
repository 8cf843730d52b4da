"""A real bot whose loops can be held: `python -m tests.bot.frozen`, told on stdin `freeze NAME` and `thaw NAME`.

Each loop's work first takes a lock; `freeze` takes it away and rings. The first line printed is the names of the loops
and the port.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from functools import partial

from bot.app import running
from bot.http import Server, front, listen
from bot.loops import Loops
from bot.metrics import Metrics
from bot.readiness import Limits
from bot.settings import load


async def held(lock: asyncio.Lock, work: Callable[[], Awaitable[object]]) -> None:
    async with lock:
        await work()


async def obey(loops: Loops, locks: dict[str, asyncio.Lock]) -> None:
    while line := await asyncio.to_thread(sys.stdin.readline):
        verb, name = line.split()
        if verb == "freeze":
            await locks[name].acquire()
            loops.ring(name)
        else:
            locks[name].release()


async def serve(limit: float) -> None:
    metrics = Metrics()
    async with running(load(), ended=metrics.ended) as app:
        server = Server(front(app, metrics, "front", Limits(loop=limit)))
        locks = {name: asyncio.Lock() for name in app.loops.all}
        for name, loop in app.loops.all.items():
            loop.work = partial(held, locks[name], loop.work)
            loop.every = min(loop.every, 0.5)
        listening = listen("127.0.0.1", 0)
        print(json.dumps([list(app.loops.all), listening.getsockname()[1]]), flush=True)
        serving = [asyncio.create_task(app.loops.serve()), asyncio.create_task(server.serve_until_cancelled(listening))]
        await obey(app.loops, locks)
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


def main() -> None:
    """Be the process."""
    asyncio.run(serve(float(sys.argv[1])))


if __name__ == "__main__":
    main()
