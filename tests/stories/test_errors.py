"""Errors and page scores that a JSON source reads, in the templates that are made for them, in both languages."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from analyzers.patterns import pattern_of
from tests.stories.test_forms import submit
from tests.support.outside import outside, response, saying
from tests.support.talk import Talk, talking, text

_WINDOW = "window=2026-11-09..2026-11-16"
_LIGHTHOUSE = {
    "categories": {"performance": {"score": 0.92}, "seo": {"score": 1}},
    "audits": {"largest-contentful-paint": {"numericValue": 2412.5}, "cumulative-layout-shift": {"numericValue": 0.04}},
}


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    async with talking(tmp_path / "home", tmp_path, opened=("127.0.0.1",)) as talk:
        yield talk


def _error(n: int, day: int, title: str, kind: str = "TimeoutError") -> dict[str, Any]:
    return {
        "id": n,
        "at": f"2026-11-{day:02}T10:00:00Z",
        "title": title,
        "kind": kind,
        "link": "https://errors.example/1",
    }


async def _added(talk: Talk, url: str, settings: str) -> None:
    added = await talk.say(f"/source add json name=err url={url} {settings}")
    assert added.kind == "card", text(added)


@pytest.mark.parametrize(
    ("title", "pattern"),
    [
        ("Order 4711 of user 8 failed", "Order … of user … failed"),
        ("No row 'abc' in \"orders\"", "No row … in …"),
        ("GET /items/3f2a9c1d took 1.5s", "GET /items/… took …s"),
        ("job 01890a5d-ac96-774b-bcce-b302099a8057 died", "job … died"),
        ("facade of decade", "facade of decade"),
        ("결제 12건 실패", "결제 …건 실패"),
    ],
)
def test_what_changes_is_left_out(title: str, pattern: str) -> None:
    assert pattern_of(title) == pattern


async def test_errors_that_say_the_same_are_one(talk: Talk) -> None:
    """Most frequent first, with the week before, and what is new; the newest is linked to."""
    errors = [_error(n, 10 + n % 4, f"Order {n} timed out") for n in range(7)]
    errors += [_error(20, 4, "Order 3 timed out"), _error(30, 12, "No <!channel> *stock* left", "StockError")]
    errors += [_error(40, 1, "long ago")]
    async with outside(saying(response(200, json.dumps(errors).encode()))) as there:
        labels = "labels='kind = kind' figures='errors (by=kind) = count' whole=yes links=https://errors.example/"
        await _added(talk, there.url(), f"records=. {labels}")
        report = await talk.say(f"/report run errors source=err {_WINDOW}")
        shown = text(report)
        for said in ("Errors 8 (+7)", "Order … timed out: 7, 1 before", "*stock* left: 1, new", "TimeoutError"):
            assert said in shown, shown
        assert "https://errors.example/1" in str(report.card)
        korean = text(await talk.say(f"/report run errors source=err {_WINDOW}", lang="ko"))
        assert "Order … timed out: 7건, 전에는 1건" in korean, korean
        assert "left: 1건, 새로 나타남" in korean


async def test_scores_of_lighthouse(talk: Talk) -> None:
    """Its own JSON, read as it is; shares and milliseconds in their form."""
    async with outside(saying(response(200, json.dumps(_LIGHTHOUSE).encode()))) as there:
        figures = (
            "performance_score = categories.performance.score",
            "seo_score = categories.seo.score",
            'lcp = audits."largest-contentful-paint".numericValue',
            'cls = audits."cumulative-layout-shift".numericValue',
        )
        asked = await talk.say("/source add json")
        done = await submit(talk, asked, {"name": "err", "url": there.url(), "figures": "\n".join(figures)})
        assert done.kind == "card", text(done)
        window = "window=2026-11-16..2026-11-23"  # today is the 20th
        shown = text(await talk.say(f"/report run performance source=err {window}"))
        for said in ("Performance score 92%", "SEO score 100%", "LCP 2,412 ms", "CLS 0.04"):
            assert said in shown, shown
        korean = text(await talk.say(f"/report run performance source=err {window}", lang="ko"))
        assert "성능 점수 92%" in korean, korean
