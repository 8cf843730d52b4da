"""A process that fires schedules: `python -m tests.kill.scheduler HOME [URL]`. It ends when its input does."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from model.clock import SystemClock
from model.errors import StorageBusy
from storage.database import Database
from storage.sealing import Keyring
from tests.storage.plans import loop_of


async def work(home: Path, url: str | None) -> None:
    """Fire all that is due, again and again."""
    clock = SystemClock()
    db = await Database.open(url, home, Keyring.open(home, None), clock)
    loop, told = loop_of(db, clock, at_once=4), asyncio.to_thread(sys.stdin.read)
    over = asyncio.create_task(told)
    print("ready", flush=True)
    while not over.done():
        try:
            await loop.look()
        except StorageBusy:  # whoever was stopped in the middle of a transaction holds the lock
            continue
        await asyncio.sleep(0.05)
    await db.close()


def main() -> None:
    """Be the process."""
    asyncio.run(work(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 and sys.argv[2] else None))


if __name__ == "__main__":
    main()
