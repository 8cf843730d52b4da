"""A clock to turn and a workspace, for each kind of database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.storage.world import HandClock, Room, room
from tests.support.databases import Place


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest_asyncio.fixture
async def here(place: Place, clock: HandClock) -> AsyncIterator[Room]:
    """A workspace with an owner and a source, on each database."""
    db = await place.open(clock)
    yield await room(db)
    await db.close()
