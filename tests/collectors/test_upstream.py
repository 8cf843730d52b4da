"""Whatever a server does, a reading ends in time, within its memory, by a name, and is never taken for a whole one."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from egress.client import Allowed, Egress
from model.source import Reach
from sources.sync import sync
from tests.conftest import PROVE
from tests.storage.world import WEEK, Room, room
from tests.support.databases import Place, with_tables
from tests.support.github import TOKEN
from tests.support.memory import peak
from tests.support.outside import outside
from tests.support.talk import FixedClock
from tests.support.upstream import BEHAVIOURS

# Each source that asks over HTTP is a row: its kind, and its settings for a server.
SOURCES: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "github": lambda url: {"repositories": "acme/api, acme/web", "token": TOKEN, "api_url": url},
    "json": lambda url: {
        "url": url, "records": "data.items", "figures": "things = count", "paging": "link",
        "headers": f"Authorization: {TOKEN}",
    },
    "prometheus": lambda url: {"url": url, "token": TOKEN},
    "json, figures": lambda url: {"url": url, "figures": "things = length(data.items)"},
}  # fmt: skip
_SOME = ("503 for an hour", "hollow", "elements without end", "cut as if it were whole")
_FITS = ("json, figures", "one page after the other")  # nothing is wrong with the first page
_DEADLINE = 3.0 if PROVE else 1.0  # seconds
_LATE = 2.0  # seconds after it
_GROWTH = 64 << 20  # bytes


class _Quick(FixedClock):
    """Waits are not waited for."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


@pytest_asyncio.fixture
async def here(tmp_path: Path) -> AsyncIterator[Room]:
    db = await Place("sqlite", None, with_tables(tmp_path / "home")).open()
    yield await room(db)
    await db.close()


@pytest.mark.some(of=lambda params: params["behaviour"] in _SOME and params["source"] != "json, figures")
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("behaviour", BEHAVIOURS)
async def test_what_servers_do(here: Room, source: str, behaviour: str) -> None:
    clock = _Quick()
    egress = Egress(clock, Allowed.parse(["127.0.0.1"]))
    async with outside(BEHAVIOURS[behaviour]) as there:
        async with here.db.write(here.workspace) as stores:
            kind = source.partition(",")[0]
            id = await stores.sources.add("there", kind, SOURCES[source](there.url("/api")))
        gc.collect()
        peak()
        before, begun = peak(), asyncio.get_running_loop().time()
        reach = Reach((), egress, clock=clock, deadline=_DEADLINE)
        coverage = await sync(here.db, here.workspace, id, reach, clock, WEEK)
        took, grown = asyncio.get_running_loop().time() - begun, peak() - before
        await egress.aclose()
    assert took <= _DEADLINE + _LATE
    assert grown <= _GROWTH
    if (source, behaviour) == _FITS:
        return
    assert not coverage.whole
    assert coverage.problem is not None
    assert "broke; the log" not in coverage.problem.plain()  # it has a name
    assert TOKEN not in coverage.problem.plain()
    assert there.asked
