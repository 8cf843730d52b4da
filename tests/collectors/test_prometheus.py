"""The Prometheus collector against a stand-in that evaluates PromQL: whole windows, days once, faults by name."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio

from collectors import collector
from collectors.prometheus_cursor import Cursor
from collectors.prometheus_reading import Span
from egress.client import Allowed, Egress
from model.errors import SourceChanged, SourceError, SourceRefused, SourceUnavailable, UsageError
from model.ids import WorkspaceId
from model.measured import Gauge, Sample
from model.record import Page
from model.source import Reach
from model.window import Window, days_window
from tests.support.github import broken, cut, saying
from tests.support.prometheus import TOKEN, StandIn, prometheus
from tests.support.talk import FixedClock

MONDAY = datetime(2026, 11, 9, tzinfo=UTC)
DAY = timedelta(days=1)
WEEK = Window(MONDAY, MONDAY + 7 * DAY, "UTC")
NOW = WEEK.end + 10 * timedelta(hours=1)
_BEFORE = WEEK.previous().start


class _Quick(FixedClock):
    """Waits are noted, not waited for."""

    def __init__(self, at: datetime = NOW) -> None:
        super().__init__(at)
        self.waits: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)


@pytest.fixture
def there() -> Iterator[StandIn]:
    """Return a stand-in with two weeks of a service that has two instances, and of one machine."""
    with prometheus() as there:
        start, end = _BEFORE - DAY, NOW
        for service, rate in (("api", 3.0), ("web", 1.0)):
            there.counter("http_requests_total", start, end, rate, code="200", service=service)
        restarted = MONDAY + 2 * DAY
        there.counter("http_requests_total", MONDAY, end, 0.04, restarted, code="500", service="api")
        for edge, part in (("0.1", 0.5), ("0.5", 0.9), ("1", 1.0), ("+Inf", 1.0)):
            there.counter("http_request_duration_seconds_bucket", start, end, 4 * part, le=edge, service="api")
        there.counter("node_cpu_seconds_total", start, end, 0.75, mode="idle", instance="a")
        there.gauge("node_memory_MemAvailable_bytes", start, end, 2.0e9, instance="a")
        there.gauge("node_memory_MemTotal_bytes", start, end, 8.0e9, instance="a")
        yield there


@pytest_asyncio.fixture
async def egress() -> AsyncIterator[Egress]:
    made = Egress(_Quick(), Allowed.parse(["127.0.0.1"]))
    yield made
    await made.aclose()


def config(there: StandIn, **more: Any) -> dict[str, Any]:
    return {"url": there.url, "token": TOKEN, "by": "service", **more}


def reach(egress: Egress, at: datetime = NOW) -> Reach:
    return Reach((), egress, clock=_Quick(at)).within(WorkspaceId("w"))


async def read(
    there: StandIn, egress: Egress, window: Window = WEEK, cursor: str | None = None, at: datetime = NOW, **more: Any
) -> Page:
    made = collector("prometheus", config(there, **more), reach(egress, at))
    async with aclosing(made.collect(window, cursor)) as pages:
        (page,) = [page async for page in pages]
    return page


def values(page: Page, start: datetime, end: datetime) -> Mapping[str, Decimal]:
    """Return the values over a span by "metric" and "metric/group"."""
    found: dict[str, Decimal] = {}
    for record in page.records:
        if isinstance(record.body, Sample) and (record.at, record.ended) == (start, end):
            for one in record.body.slices:
                found["/".join([record.body.metric, *(group for _, group in one.labels)])] = one.value
    return found


def near(found: Decimal | None, wanted: float) -> bool:
    return found is not None and math.isclose(found, wanted, rel_tol=0.005)


async def test_each_figure_is_of_the_whole_window(there: StandIn, egress: Egress) -> None:
    """Rates over the week with a restart in it, a percentile of all its requests, groups beside the whole."""
    page = await read(there, egress)
    now, before = values(page, WEEK.start, WEEK.end), values(page, _BEFORE, MONDAY)
    assert near(now["request_rate"], 4.04)
    assert near(now["request_rate/web"], 1.0)
    assert near(now["error_rate"], 0.04 / 4.04)
    assert now["error_rate/web"] == 0  # it has no series of errors at all
    assert near(now["latency_p50"], 100)
    assert near(now["latency_p95"], 750)  # half of the way from 0.5 s to 1 s
    assert near(now["cpu"], 0.25)
    assert now["memory"] == now["memory/a"] == Decimal("0.75")
    assert near(before["request_rate"], 4.0)
    assert before["error_rate"] == 0
    assert page.problem is not None
    assert page.problem.plain() == "There are no data for disk, network_in, network_out."
    gauges = {record.key: record.body for record in page.records if isinstance(record.body, Gauge)}
    assert gauges["error_rate"].by == ("service",)
    assert "http_requests_total" in gauges["request_rate"].query


async def test_days_are_steps_and_are_asked_for_once(there: StandIn, egress: Egress) -> None:
    """Fourteen days in one range query a figure; the next reading asks for what is new, and for the first days."""
    page = await read(there, egress, read="service")
    days = [values(page, MONDAY + n * DAY, MONDAY + (n + 1) * DAY) for n in range(-7, 7)]
    assert [near(day["request_rate"], 4.0 if n < 7 else 4.04) for n, day in enumerate(days)] == [True] * 14
    ranges = [said for _, path, said in there.asked if path.endswith("query_range")]
    assert len(ranges) == 5  # figures
    assert {said["step"] for said in ranges} == {"86400"}
    there.asked.clear()
    later = NOW + DAY
    again = await read(there, egress, Window(MONDAY + DAY, WEEK.end + DAY, "UTC"), page.cursor, later, read="service")
    assert not [said for _, path, said in there.asked if path.endswith("query_range")]
    assert len({(r.at, r.ended) for r in again.records if r.ended is not None}) == 2 + 3


async def test_a_day_of_another_length_is_asked_for_by_itself(there: StandIn, egress: Egress) -> None:
    """Where clocks go back, a day has 25 hours: its range is as long."""
    zone, first = "Europe/Berlin", datetime(2026, 10, 19, tzinfo=UTC).date()
    start = days_window(first, first + DAY, zone).start
    there.counter("http_requests_total", start - 8 * DAY, start + 8 * DAY, 2.0, code="200", service="old")
    await read(there, egress, days_window(first, first + 7 * DAY, zone), read="service", at=start + 10 * DAY)
    asked = [said["query"] for _, path, said in there.asked if path == "/api/v1/query" and "topk" not in said["query"]]
    assert [query for query in asked if "[90000s]" in query and query.startswith("sum ")]
    steps = {said["step"] for _, path, said in there.asked if path.endswith("query_range")}
    assert steps == {"86400"}


async def test_what_begins_within_a_window_is_no_figure_of_it(there: StandIn, egress: Egress) -> None:
    """Before the window nothing is known then; of the window itself it is said."""
    start = MONDAY - 2 * DAY
    there.counter("young", start, NOW, 5.0)
    own = "young = sum $by (rate(young[$window]))\nnew = sum $by (rate(new[$window]))"
    there.counter("new", MONDAY + 3 * DAY, NOW, 5.0)
    page = await read(there, egress, figures=own, read="service")
    assert values(page, _BEFORE, MONDAY).keys() & {"young", "new"} == set()
    assert near(values(page, WEEK.start, WEEK.end)["young"], 5.0)
    assert page.problem is not None
    assert page.problem.plain() == "The data begin within the window for new."


async def test_running_windows_are_asked_for_up_to_now(there: StandIn, egress: Egress) -> None:
    at = MONDAY + 2.5 * DAY
    page = await read(there, egress, at=at, read="service")
    assert near(values(page, WEEK.start, WEEK.end)["request_rate"], 4.04)
    asked = [said for _, path, said in there.asked if path == "/api/v1/query" and "[216000s]" in said["query"]]
    assert {said["time"] for said in asked} == {f"{at.timestamp() - 0.001:.3f}"}


async def test_a_query_that_fails_leaves_the_others(there: StandIn, egress: Egress) -> None:
    """It is named with what Prometheus says, and what was stored of it goes."""
    own = "odd = sum(rate(http_requests_total[$window])\nmany = rate(http_requests_total[$window])\nslow = slow_thing"
    there.wrong["slow_thing"] = (503, "timeout", "query timed out in expression evaluation")
    page = await read(there, egress, figures=own, read="service")
    assert near(values(page, WEEK.start, WEEK.end)["request_rate"], 4.04)
    assert page.problem is not None
    assert "odd: Prometheus says: 1:1: parse error" in page.problem.plain()
    assert "(and 2 more)" in page.problem.plain()
    assert page.parts == (5, 8)
    assert {key.split()[0] for _, key in page.gone} == {"odd", "many", "slow"}
    made = collector("prometheus", config(there, figures=own), reach(egress))
    said = [message.plain() for message in await made.check()]
    assert "many: it gives several series: write sum(…) or the like around it" in said
    assert "slow: Prometheus takes too long for it" in said


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ('{"resultType":"vector","result":[{"metric":{},"value":[1,"NaN"]}]}', None),
        ('{"resultType":"vector","result":[{"metric":{},"value":[1,"+Inf"]}]}', None),
        ('{"resultType":"vector","result":[{"metric":{},"value":[1,"1e999"]}]}', None),
        ('{"resultType":"vector","result":[]}', None),
        ('{"resultType":"scalar","result":[1,"42"]}', "42"),
        ('{"resultType":"vector","result":[{"metric":{},"value":[1,"1.5e+03"]}]}', "1500"),
        ('{"resultType":"string","result":[1,"x"]}', "it gives no numbers"),
        ('{"resultType":"vector","result":[{"metric":{},"histogram":[1,{"count":"1"}]}]}', "native histograms"),
    ],
)
async def test_values_that_are_no_numbers(there: StandIn, egress: Egress, data: str, says: str | None) -> None:
    """NaN and infinities are no figure, native histograms are left out by name."""
    there.instead["thing"] = data
    day = Window(MONDAY, MONDAY + DAY, "UTC")
    page = await read(there, egress, day, figures="own = thing", read="service")
    found = values(page, day.start, day.end)
    if says is None or says.isdigit():
        assert found.get("own") == (None if says is None else Decimal(says))
    else:
        assert page.problem is not None
        assert says in page.problem.plain()


async def test_a_part_of_the_data_is_no_figure(there: StandIn, egress: Egress) -> None:
    """Thanos and the like warn where a store did not answer; advice on a query is no such warning."""
    there.warnings = ['PromQL warning: bucket label "le" is missing']
    assert "request_rate" in values(await read(there, egress, read="service"), WEEK.start, WEEK.end)
    there.warnings = ["No StoreAPIs matched for this query"]
    page = await read(there, egress, read="service")
    assert values(page, WEEK.start, WEEK.end) == {}
    assert page.problem is not None
    assert "a part of the data did not come: No StoreAPIs matched" in page.problem.plain()


async def test_labels_without_end_are_bounded(there: StandIn, egress: Egress) -> None:
    """The fifty largest groups are kept, and that there are more is said; the whole counts all of them."""
    for n in range(60):
        there.counter("jobs_total", _BEFORE, NOW, n + 1.0, worker=f"w{n}")
    own = "jobs (by=worker) = sum $by (rate(jobs_total[$window]))"
    page = await read(there, egress, figures=own, read="service")
    found = {name: value for name, value in values(page, WEEK.start, WEEK.end).items() if name.startswith("jobs")}
    assert len(found) == 51
    assert near(found["jobs"], sum(range(1, 61)))
    assert "jobs/w10" in found
    assert "jobs/w9" not in found
    assert page.problem is not None
    assert page.problem.plain() == "worker has more than 50 groups: the largest are shown."


@pytest.mark.parametrize(
    ("faults", "error", "says"),
    [
        ([broken(401)], SourceRefused, "does not accept the credential"),
        ([broken(403)], SourceRefused, "refuses to answer"),
        ([broken(404)], SourceRefused, "no Prometheus at that address"),
        ([broken(302)], SourceRefused, "answered with 302"),
        ([saying(b"<html>")], SourceChanged, ""),
        ([saying(b"\x1f\x8b" + b"x" * 99)], SourceChanged, ""),
        ([saying(b'{"status":"success","data":{"resultType":"vector","result":"x"}}')], SourceChanged, "data.result"),
        ([saying(b" " * (20 << 20), zipped=True)], SourceChanged, "larger than"),
        ([broken(500)] * 99, SourceUnavailable, "answered with 500"),
        ([broken(503)] * 99, SourceUnavailable, "answered with 503"),
        ([cut] * 99, SourceUnavailable, "broke"),
        ([broken(429, Retry_After="600")] * 99, SourceUnavailable, "429"),
    ],
)
async def test_faults_have_names(
    there: StandIn, egress: Egress, faults: list[Any], error: type[SourceError], says: str
) -> None:
    there.faults += faults
    with pytest.raises(error) as caught:
        await read(there, egress, read="service")
    assert says in str(caught.value)
    assert TOKEN not in str(caught.value)


async def test_short_trouble_is_gone_through(there: StandIn, egress: Egress) -> None:
    there.faults += [broken(502), cut, broken(429, Retry_After="2")]
    page = await read(there, egress, read="service")
    assert near(values(page, WEEK.start, WEEK.end)["request_rate"], 4.04)


async def test_who_may_read(there: StandIn, egress: Egress) -> None:
    """By token, by user and password, by headers; by GET where a proxy lets nothing else through."""
    there.only_get = True
    there.basic("arb", "s3cret")
    made = {"url": there.url + "/api/v1/", "user": "arb", "password": "s3cret", "headers": "X-Scope-OrgID: acme"}
    well = collector("prometheus", made, reach(egress))
    assert await well.check() == []
    assert there.headers[-1]["x-scope-orgid"] == "acme"
    assert {method for method, *_ in there.asked[-2:]} == {"GET"}
    assert well.kept()["password"] == "s3cret"
    wrong = collector("prometheus", {**made, "password": "other"}, reach(egress))
    assert (await wrong.check())[0].plain() == "Prometheus does not accept the credential."
    nothing = collector(
        "prometheus", {**made, "requests": "nothing", "latency": "nothing", "read": "service"}, reach(egress)
    )
    assert (await nothing.check())[0].plain() == "None of the figures has any data in the last hour."


async def test_what_is_secret_is_not_told_though_prometheus_says_it(there: StandIn, egress: Egress) -> None:
    there.wrong["thing"] = (422, "execution", f"no access with {TOKEN}")
    page = await read(there, egress, figures="own = thing", read="service")
    assert page.problem is not None
    assert page.problem.plain() == "own: Prometheus says: …"


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "prometheus"}, {"user": "arb"}, {"user": "a", "password": "b"}, {"selector": "{job=1}"},
        {"by": "a-b"}, {"requests": "sum(x)"}, {"figures": "own = rate(x[$windows])"}, {"read": "", "figures": ""},
        {"figures": "own (by=job) = sum(x)"}, {"figures": "own (how=last) = sum(x)"}, {"headers": "a"},
        {"nodes": 'a="$window"'}, {"by": "a,b,c,d"},
    ],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        collector("prometheus", {"url": "https://prometheus.example", "token": "s3cret", **wrong}, Reach(()))
    assert "s3cret" not in str(caught.value)


def test_windows_of_long_ago_are_forgotten() -> None:
    """A hundred are kept; a window that is a stored day stays with the days."""
    state = Cursor.of(None)
    spans = [Span(MONDAY + n * DAY, MONDAY + (n + 7) * DAY, MONDAY + (n + 7) * DAY) for n in range(101)]
    day = Span(MONDAY, MONDAY + DAY, MONDAY + DAY)
    state.read("UTC", [day], NOW)
    assert state.asked([day]) == []
    assert [gone for span in spans[:99] for gone in state.asked([span])] == []
    assert state.asked([spans[99]]) == []  # the day, which stays
    assert state.asked([spans[100]]) == [spans[0]]
    assert Cursor.of(state.text()) == state
    assert Cursor.of("another version") == Cursor.of(None)


def test_days_that_do_not_follow_are_read_again() -> None:
    """What may still change is not taken as stored; of two stretches with a gap the newer reading counts."""
    days = [Span(MONDAY + n * DAY, MONDAY + (n + 1) * DAY, MONDAY + (n + 1) * DAY) for n in range(20)]
    state = Cursor.of(None)
    state.read("UTC", days[:7], days[6].end + timedelta(minutes=5))
    assert [state.holds("UTC", day) for day in days[:8]] == [*[True] * 6, False, False]
    state.read("UTC", days[4:9], NOW + 30 * DAY)
    assert all(state.holds("UTC", day) for day in days[:9])
    state.read("UTC", days[15:17], NOW + 30 * DAY)
    assert not state.holds("UTC", days[0])
    assert not state.holds("Asia/Seoul", days[15])
