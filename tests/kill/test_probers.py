"""A prober that is killed in the middle of a try: it has written nothing, and another goes on."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

from model.clock import SystemClock
from model.probed import Probed
from model.window import Window
from storage.probes import LEASE
from tests.sources.probed import site, world
from tests.storage.world import HandClock
from tests.support.databases import Place
from tests.support.nursery import Nursery

_ROOT = Path(__file__).parents[2]


async def test_a_killed_prober_has_seen_nothing(beds: Nursery, place: Place) -> None:
    """On one machine the kernel tells at once that it is dead; elsewhere its lease ends."""
    clock = HandClock()
    clock.at = SystemClock().now() - timedelta(seconds=1)
    async with site() as (shop, there), world(place, clock) as here:
        shop.statuses["/health"] = None
        source = await here.probed(there.url("/health"), timeout=29)
        asked = (place.home, place.url or "")
        victim = beds.start("tests.kill.prober", *asked, env={"PATH": os.environ["PATH"]}, cwd=_ROOT, typed=None)
        try:
            assert victim.line() == "ready"
            await shop.held.wait()
        finally:
            victim.kill()
        shop.let_go.set()
        shop.statuses["/health"] = 200
        clock.at = SystemClock().now() + timedelta(seconds=0 if place.url is None else LEASE + 1)
        assert await here.probers[0].drain() == 1
        today = Window(clock.at - timedelta(days=1), clock.at + timedelta(days=1), "UTC")
        bodies = [record.body for record in await here.records(source, today) if isinstance(record.body, Probed)]
        seen = [(quarter.up, quarter.down) for body in bodies for quarter in body.quarters]
        assert [one for one in seen if one != (0, 0)] == [(60, 0)]
