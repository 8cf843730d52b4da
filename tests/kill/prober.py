"""A process that probes: `python -m tests.kill.prober HOME [URL]`. It ends when its input does."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from bot.probes import Prober
from egress.client import Allowed, Egress
from model.clock import SystemClock
from model.source import Reach
from storage.database import Database
from storage.owners import Owner
from storage.sealing import Keyring


async def work(home: Path, url: str | None) -> None:
    """Probe whatever is due, again and again."""
    clock = SystemClock()
    db = await Database.open(url, home, Keyring.open(home, None), clock)
    owner = Owner.enter(home, local=url is None)
    egress = Egress(clock, Allowed.parse(["127.0.0.1"]))
    prober, over = Prober(db, owner, Reach((), egress, clock=clock), clock), asyncio.to_thread(sys.stdin.read)
    told = asyncio.create_task(over)
    print("ready", flush=True)
    while not told.done():
        await prober.look()
        await asyncio.sleep(0.05)
    await prober.stop()
    owner.leave()
    await egress.aclose()
    await db.close()


def main() -> None:
    """Be the process."""
    asyncio.run(work(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 and sys.argv[2] else None))


if __name__ == "__main__":
    main()
