"""Uptime, from `/source add probe` to the month's report with its target, in both languages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from model.card import Tone
from tests.sources.probed import Site, site
from tests.support.outside import Outside
from tests.support.talk import FixedClock, Talk, talking, text

_BEGINNING = datetime(2026, 10, 31, 22, tzinfo=UTC)


@pytest.fixture
async def shop() -> AsyncIterator[tuple[Site, Outside]]:
    async with site() as found:
        yield found


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    """Return a bot that may reach the site; its clock stands a little before November."""
    async with talking(tmp_path / "home", tmp_path, _BEGINNING, opened=("127.0.0.1",)) as talk:
        yield talk


async def _pass(talk: Talk, tries: int) -> None:
    """Let quarters of an hour go by, with a try in each."""
    clock = talk.app.workshop.clock
    assert isinstance(clock, FixedClock)
    for _ in range(tries):
        assert await talk.app.prober.drain() == 1
        clock.at += timedelta(minutes=15)


async def test_a_month(talk: Talk, shop: tuple[Site, Outside]) -> None:
    """An hour down in six: the figures, the outage, the target; the same in Korean; and again from the snapshot."""
    there, outside = shop
    added = await talk.say(f"/source add probe name=shop urls={outside.url('/health')} every=900 text=well")
    assert added.kind == "card", text(added)
    assert (await talk.say("/target set availability at least 99.5%")).kind == "card"
    assert (await talk.say("/target set response_time at most 2 s")).kind == "card"
    await _pass(talk, 8 + 12)
    there.statuses["/health"] = 503
    await _pass(talk, 4)
    there.statuses["/health"] = 200
    await _pass(talk, 8)
    run = "/report run uptime source=shop window=2026-11-01..2026-11-02"
    shown = text(await talk.say(run))
    name = f"127.0.0.1:{outside.port}/health"
    for said in (
        "Availability 83.33% (−16.67 pt)", "Downtime 60 min (+60 min)", "Incidents 1 (+1)", "at least 99.5%",
        f"{name}: 1 Nov 2026 03:00 UTC, answered 503, 1 hour", "shop 1/1", "16.17 pt more needed", "at most 2,000 ms",
    ):  # fmt: skip
        assert said in shown, shown
    assert (await talk.say("/report verify last")).card.tone is Tone.GOOD
    korean = text(await talk.say(run, lang="ko"))
    for said in (
        "가동률 83.33% (−16.67%p)",
        "중단 시간 60분",
        f"{name}: 2026년 11월 1일 03:00 UTC, 응답 코드 503, 1시간",
    ):
        assert said in korean, korean


async def test_a_change_keeps_what_was_seen(talk: Talk, shop: tuple[Site, Outside]) -> None:
    """It cannot be read again; a header goes along to no other address; what goes wrong is told before it is kept."""
    there, outside = shop
    added = await talk.say(f"/source add probe name=shop urls={outside.url('/a')} every=900")
    assert added.kind == "card", text(added)
    await _pass(talk, 4)
    assert (await talk.say("/source edit shop timeout=5")).kind == "card"
    assert "1 of the last 7 days" in text(await talk.say("/source show shop"))
    there.statuses["/b"] = 404
    wrong = await talk.say(f"/source edit shop urls={outside.url('/b')}")
    assert "answered 404" in text(wrong)
    assert "2 records" in text(await talk.say("/source sync shop"))  # the hour, and which checks there are
    assert (await talk.say("/source remove shop")).kind == "card"
    assert await talk.app.prober.drain() == 0
