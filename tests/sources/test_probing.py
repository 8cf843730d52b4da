"""The prober against a site on loopback: what it writes down, once, and what it never makes up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import JsonValue

from collectors import collector
from egress.client import Egress
from model.errors import UsageError
from model.probed import Probe, Probed
from model.source import Reach
from sources.add import change, problems, readable
from sources.probing import following
from storage.probes import LEASE
from tests.sources.probed import LOCAL, site, world
from tests.storage.world import MONDAY, WEEK, HandClock
from tests.support.databases import Place

MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


async def test_up_down_and_an_outage(place: Place, clock: HandClock) -> None:
    """Each try stands for a minute; two failures in a row are an outage, a single one is none."""
    async with site() as (shop, there), world(place, clock) as here:
        source = await here.probed(there.url("/health"), there.url("/other"))
        await here.rounds(3)
        shop.statuses["/health"] = 503
        await here.rounds(1)
        shop.statuses["/health"] = 200
        await here.rounds(6)
        shop.statuses["/health"] = 500
        await here.rounds(5)
        assert await here.outages(source) == [("status", 10.0, None)]
        shop.statuses["/health"] = 204
        await here.rounds(5)
        assert await here.seconds(source) == ((14 + 20) * 60, 6 * 60)
        assert await here.outages(source) == [("status", 10.0, 15.0)]
        (probed, *_) = (r for r in await here.records(source) if isinstance(r.body, Probed) and "health" in r.key)
        assert probed.key == f"127.0.0.1:{there.port}/health 2026-11-09T00"
        assert isinstance(probed.body, Probed)
        assert [len(quarter.took) for quarter in probed.body.quarters] == [9, 5, 0, 0]


async def test_many_probers_try_each_slot_once(place: Place, clock: HandClock) -> None:
    """Three of them over one database: as many tries as minutes, none twice."""
    async with site() as (_, there), world(place, clock, 3) as here:
        source = await here.probed(there.url("/health"))
        await here.rounds(20)
        assert len(there.asked) == 20
        assert await here.seconds(source) == (20 * 60, 0)


async def test_what_nobody_tried_is_neither_up_nor_down(place: Place, clock: HandClock) -> None:
    """A prober that was away for hours catches up on nothing, and a failure before is not in a row with one after."""
    async with site() as (shop, there), world(place, clock) as here:
        source = await here.probed(there.url("/health"))
        await here.rounds(2)
        shop.statuses["/health"] = 500
        await here.rounds(1)
        clock.turn(5 * 3600)
        await here.rounds(1)
        assert await here.seconds(source) == (120, 120)
        assert await here.outages(source) == []
        await here.rounds(1)
        assert len(await here.outages(source)) == 1


async def test_a_clock_that_is_set_does_not_stop_it(place: Place, clock: HandClock) -> None:
    async with site() as (_, there), world(place, clock) as here:
        await here.probed(there.url("/health"))
        await here.rounds(2)
        clock.turn(-7200)
        await here.rounds(3)
        clock.turn(86400)
        await here.rounds(2)
        assert len(there.asked) == 7


async def test_who_was_overtaken_writes_nothing(place: Place, clock: HandClock) -> None:
    """A prober that hangs until its lease has ended: the next one's try alone is written down."""
    async with site() as (shop, there), world(place, clock, 2) as here:
        shop.statuses["/health"] = None
        source = await here.probed(there.url("/health"))
        slow, quick = here.probers
        assert await slow.look() == 1
        await shop.held.wait()
        assert await quick.look() == 0
        clock.turn(LEASE + 1)
        shop.statuses["/health"] = 200
        await quick.drain()
        assert await here.seconds(source) == (60, 0)
        shop.let_go.set()
        await slow.drain()
        assert await here.seconds(source) == (60, 0)


async def test_a_text_a_late_answer_and_an_address_that_may_not_be_asked(place: Place, clock: HandClock) -> None:
    """What says nothing about the site is not counted, and is told at the source."""
    async with site() as (shop, there), world(place, clock) as here:
        source = await here.probed(there.url("/a"), text="well", failures=1)
        await here.rounds(1)
        shop.body = b"all is lost"
        await here.rounds(1)
        assert await here.outages(source) == [("text", 1.0, None)]
        async with here.db.write(here.workspace) as stores:
            found = await stores.sources.of(source)
            await change(stores, found, "shop", {"urls": "http://127.0.0.2/"})
        await here.rounds(1)
        assert await here.seconds(source) == (60, 60)
        assert await here.outages(source) == [("text", 1.0, 1.0)]  # it is not tried any more
        async with here.db.read(here.workspace) as stores:
            told = await stores.sources.of(source)
        assert told.problem is not None
        assert "Nothing can be reached" in told.problem.plain()


async def test_control_tells_the_site_from_the_way_to_it(place: Place, clock: HandClock) -> None:
    """Where not even the control answers, nothing is said about the site."""
    async with site() as (shop, there), world(place, clock) as here:
        shop.statuses["/a"] = 500
        nobody = "http://127.0.0.1:9/"
        source = await here.probed(there.url("/a"), control=nobody)
        await here.rounds(2)
        assert await here.seconds(source) == (0, 0)
        other = await here.probed(there.url("/a"), name="second", control=there.url("/b"))
        await here.rounds(2)
        assert await here.seconds(other) == (0, 120)


async def test_a_source_that_goes_takes_all_along(place: Place, clock: HandClock) -> None:
    async with site() as (_, there), world(place, clock) as here:
        source = await here.probed(there.url("/a"))
        await here.rounds(2)
        async with here.db.write(here.workspace) as stores:
            await stores.sources.remove(source)
        await here.rounds(2)
        assert len(there.asked) == 2
        assert await here.records(source) == []


async def test_old_hours_are_forgotten(place: Place, clock: HandClock) -> None:
    async with site() as (_, there), world(place, clock) as here:
        source = await here.probed(there.url("/a"))
        await here.rounds(1)
        clock.turn(399 * 86400)
        async with here.db.write(here.workspace) as stores:
            assert await stores.retention.batch() == 0
        clock.turn(2 * 86400)
        async with here.db.write(here.workspace) as stores:
            assert await stores.retention.batch() == 1
        assert [r for r in await here.records(source, WEEK) if not isinstance(r.body, Probe)] == []


@pytest.mark.parametrize(
    ("due", "now", "wanted"),
    [(0, 0, 1), (0, 59.9 / 60, 1), (0, 1, 2), (0, 61, 62), (10, 2, 3)],
)
def test_slots_stay_in_step(due: float, now: float, wanted: float) -> None:
    assert following(MONDAY + due * MINUTE, MONDAY + now * MINUTE, MINUTE) == MONDAY + wanted * MINUTE


async def test_adding_tries_it(clock: HandClock) -> None:
    """A check that does not go well is told before anything is kept; a name of it holds no secret."""
    egress = Egress(clock, LOCAL)
    reach = Reach((), egress, clock=clock)
    try:
        async with site() as (shop, there):
            shop.statuses["/health?key=s3cret"] = 404
            wrong = await problems("probe", {"urls": there.url("/health?key=s3cret")}, reach)
            assert wrong[0].plain() == f"127.0.0.1:{there.port}/health answered 404, which is no good answer."
            kept = await readable("probe", {"urls": there.url("/a"), "headers": "X-Key: s3cret"}, reach)
            assert kept == {"urls": [there.url("/a")], "headers": "X-Key: s3cret"}
            assert there.asked[-1].headers["x-key"] == "s3cret"
    finally:
        await egress.aclose()


@pytest.mark.parametrize(
    "wrong",
    [
        {"every": 10},
        {"timeout": 30, "every": 30},
        {"method": "HEAD", "text": "x"},
        {"status": "abc"},
        {"headers": "Host: a"},
        {"headers": "no colon s3cret"},
        {"urls": "ftp://a/"},
        {"urls": "https://user:s3cret@shop.example/"},
        {"control": "example"},
    ],
)
def test_settings_that_make_no_sense_are_told_without_their_value(wrong: dict[str, JsonValue]) -> None:
    with pytest.raises(UsageError) as caught:
        collector("probe", {"urls": "https://shop.example/", **wrong}, Reach(()))
    assert "s3cret" not in str(caught.value)
