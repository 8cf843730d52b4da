"""A process that writes without pause: `python -m tests.storage.backup.writer HOME SOURCE-NAME [URL]`.

Each transaction puts a page of five records and the cursor that counts the pages; it says a line when it has begun.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from model.delivery import Platform
from model.record import Page
from tests.storage.world import MONDAY, commit
from tests.support.databases import Place

RECORDS = 5  # of one page


async def write(home: Path, name: str, url: str | None) -> None:
    """Write until killed."""
    db = await Place("sqlite" if url is None else "postgres", url, home).open(busy_timeout=60)
    workspace = await db.entrances.enter(Platform.TERMINAL, "here")
    async with db.write(workspace) as stores:
        source = await stores.sources.add(name, "git", {"path": "."})
    page = 0
    while True:
        page += 1
        records = tuple(commit(f"{page:08}-{n}", MONDAY, title="x" * 500) for n in range(RECORDS))
        async with db.write(workspace) as stores:
            await stores.records.put(source, Page(records, str(page)))
        if page == 1:
            print("writing", flush=True)


def main() -> None:
    """Be the process."""
    asyncio.run(write(Path(sys.argv[1]), sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else None))


if __name__ == "__main__":
    main()
