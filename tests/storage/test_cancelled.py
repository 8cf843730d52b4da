"""A task that is cancelled while it writes leaves no lock behind: the process stops that way, and deadlines end so."""

from __future__ import annotations

import asyncio

from tests.storage.world import Room


async def test_a_cancelled_write_holds_up_nobody(here: Room) -> None:
    """Wherever in its transaction it was: another one begins at once."""

    async def write() -> None:
        async with here.db.write(here.workspace) as stores:
            await stores.workspaces.settings()
            await stores.members.all()

    for steps in range(0, 60, 2):
        writing = asyncio.create_task(write())
        for _ in range(steps):
            await asyncio.sleep(0)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        async with asyncio.timeout(4):  # a lock that is left is waited for five
            await write()
