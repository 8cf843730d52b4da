"""A process that claims all it can, one by one, and lives until its input ends: `tests.storage.claimer HOME [URL]`."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from model.clock import SystemClock
from storage.database import Database
from storage.owners import Owner
from storage.sealing import Keyring


async def claim(home: Path, url: str | None) -> None:
    """Claim, and say what."""
    db = await Database.open(url, home, Keyring.open(home, None), SystemClock())
    owner = Owner.enter(home)
    mine: list[str] = []
    while claims := await db.claims.claim_runs(owner, 1, 3600.0):
        mine += [one.id for one in claims]
    print(json.dumps(mine), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    owner.leave()
    await db.close()


def main() -> None:
    """Be the process."""
    asyncio.run(claim(Path(sys.argv[1]), sys.argv[2] or None))


if __name__ == "__main__":
    main()
