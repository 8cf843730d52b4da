"""A week of a service and its machine, from `/source add prometheus` to the report, in both languages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from model.card import Tone
from model.language import Code
from tests.stories.test_forms import submit
from tests.support.github import broken
from tests.support.prometheus import TOKEN, StandIn, prometheus
from tests.support.talk import NOW, Talk, talking, text

_MONDAY = datetime(2026, 11, 9, tzinfo=UTC)
DAY = timedelta(days=1)
RUN = "/report run {template} source=prom window=2026-11-09..2026-11-16"


@pytest.fixture
def there() -> Iterator[StandIn]:
    """Return a stand-in: twice as many requests as the week before, and errors where there were none."""
    with prometheus() as there:
        start, end = _MONDAY - 9 * DAY, NOW
        there.counter("http_requests_total", start, end, 5.0, code="200", service="api")
        there.counter("http_requests_total", _MONDAY, end, 4.8, code="200", service="web")
        there.counter("http_requests_total", _MONDAY, end, 0.2, code="503", service="web")
        for edge, part in (("0.2", 0.9), ("1", 1.0), ("+Inf", 1.0)):
            there.counter("http_request_duration_seconds_bucket", start, end, 10 * part, le=edge, service="api")
        there.counter("node_cpu_seconds_total", start, end, 0.6, mode="idle", instance="db-1")
        there.gauge("node_filesystem_avail_bytes", start, end, 1e10, instance="db-1", fstype="ext4")
        there.gauge("node_filesystem_size_bytes", start, end, 8e10, instance="db-1", fstype="ext4")
        there.counter("node_network_receive_bytes_total", start, end, 2.5e6, instance="db-1", device="eth0")
        yield there


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    async with talking(tmp_path / "home", tmp_path, opened=("127.0.0.1",)) as talk:
        yield talk


async def _added(talk: Talk, there: StandIn, lang: Code = "en") -> None:
    asked = await talk.say(f"/source add prometheus name=prom url={there.url} by=service", lang=lang)
    assert asked.kind == "error", text(asked)  # without a credential
    asked = await talk.say("/source add prometheus", lang=lang)
    assert asked.form is not None, text(asked)
    done = await submit(talk, asked, {"name": "prom", "url": there.url, "by": "service", "token": TOKEN})
    assert done.kind == "card", text(done)


async def test_a_week(talk: Talk, there: StandIn, tmp_path: Path) -> None:
    """Figures with their change and target, evidence with the query, the same again from the snapshot."""
    await _added(talk, there)
    assert (await talk.say("/target set error_rate at most 0.5%")).kind == "card"
    report = await talk.say(RUN.format(template="service-health"))
    shown = text(report)
    for said in (
        "Requests per second 10/s (+5/s)", "Error rate 2% (+2 pt)", "Latency (p50) 111 ms", "Latency (p95) 600 ms",
        "at most 0.5%", "1.5 pt too many", "web", "prom 10/10 (There are no data for memory, network_out.)",
    ):  # fmt: skip
        assert said in shown, shown
    assert "error_rate = 0.02" in str(report.card)
    assert (await talk.say("/report verify last")).card.tone is Tone.GOOD
    machines = text(await talk.say(RUN.format(template="infrastructure")))
    for said in ("CPU use 40% (±0)", "Disk use 87.5% (±0)", "Network in 2.5 MB/s", "db-1"):
        assert said in machines, machines
    data = b"".join(path.read_bytes() for path in (tmp_path / "home").glob("arb.db*"))
    assert TOKEN.encode() not in data


async def test_the_same_in_korean(talk: Talk, there: StandIn) -> None:
    await _added(talk, there, "ko")
    shown = text(await talk.say(RUN.format(template="service-health"), lang="ko"))
    for said in ("오류율 2% (+2%p)", "prom 10/10 (memory, network_out: 데이터가 없습니다.)"):
        assert said in shown, shown
    machines = text(await talk.say(RUN.format(template="infrastructure"), lang="ko"))
    assert "CPU 사용률 40%" in machines, machines


async def test_what_could_not_be_read_has_no_figure(talk: Talk, there: StandIn) -> None:
    """A refusal is named, and old figures do not stand in."""
    await _added(talk, there)
    assert "Error rate 2%" in text(await talk.say(RUN.format(template="service-health")))
    there.faults += [broken(403)] * 9
    shown = text(await talk.say(RUN.format(template="service-health")))
    assert "Error rate 2%" not in shown
    assert "prom 0/1 (Prometheus refuses to answer with this credential.)" in shown


async def test_another_address_never_gets_the_token(talk: Talk, there: StandIn) -> None:
    await _added(talk, there)
    with prometheus() as thief:
        said = await talk.say(f"/source edit prom url={thief.url}")
        assert said.kind == "error"
        assert not any(TOKEN in str(headers) for headers in thief.headers)
