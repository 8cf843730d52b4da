"""A week on GitHub, from `/source add` to the report, in both languages."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from model.card import Tone
from model.language import Code
from tests.stories.test_forms import submit
from tests.support.github import TOKEN, StandIn, broken, github
from tests.support.talk import NOW, Talk, talking, text

_MONDAY = datetime(2026, 11, 9, 10, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
_FIGURES = {
    "Pull requests opened": "2 (+1)",  # bots left out
    "Open pull requests": "1 (±0)",  # what is from long before counts
    "Stale pull requests": "1 ",
    "Time to merge": "5.5 h (−3.5 h)",  # the middle of 9 working hours and 2
    "Time to first review": "4 h",
    "Time to first response": "1 h",
    "Lead time": "3 h",
    "Change failure rate": "50%",
    "Workflow failure rate": "50%",
    "Time to restore": "3 h",
    "Stars": "42",
}


@pytest.fixture
def there() -> Iterator[StandIn]:
    """Return a stand-in with a week of work and something from before."""
    with github() as there:
        api = there.repo("acme/api", stars=42)
        api.pull(_MONDAY, merged=_MONDAY + DAY, reviews=(("jun", _MONDAY + 4 * HOUR),))
        api.pull(_MONDAY + DAY, author="jun", merged=_MONDAY + DAY + 2 * HOUR)
        api.pull(_MONDAY + DAY, author="renovate[bot]")
        api.pull(_MONDAY - 60 * DAY, author="sora")
        api.pull(_MONDAY - 7 * DAY, merged=_MONDAY - 6 * DAY)
        api.issue(_MONDAY, closed=_MONDAY + 3 * DAY, comments=(("mina", _MONDAY + HOUR),))
        api.deploy(_MONDAY + DAY, "FAILURE")
        api.deploy(_MONDAY + DAY + 3 * HOUR, committed=_MONDAY + DAY)
        api.run(_MONDAY + DAY, "failure")
        api.run(_MONDAY + DAY)
        api.commit(_MONDAY)
        yield there


@pytest.fixture
async def talk(tmp_path: Path, there: StandIn) -> AsyncIterator[Talk]:
    """Return a bot that may reach the stand-in."""
    async with talking(tmp_path / "home", tmp_path, opened=("127.0.0.1",)) as talk:
        yield talk


async def _added(talk: Talk, there: StandIn, lang: Code = "en") -> None:
    asked = await talk.say(f"/source add github name=gh repositories=acme/api api_url={there.url}", lang=lang)
    assert asked.form is not None, text(asked)
    done = await submit(talk, asked, {"token": TOKEN})
    assert done.kind == "card", text(done)


async def test_a_week(talk: Talk, there: StandIn, tmp_path: Path) -> None:
    """Every figure, with its arithmetic and links; the token stands nowhere."""
    await _added(talk, there)
    report = await talk.say("/report run github source=gh window=2026-11-09..2026-11-16")
    shown = text(report)
    assert report.kind == "card"
    for said in (
        "Pull requests opened", "2 pull requests were merged (1 the week before) and 2 opened.",
        "1 review was given.", "1 issue was opened and 1 closed.", "Of those that ended, 50% failed.", "gh 1/1",
    ):  # fmt: skip
        assert said in shown, shown
    for label, figure in _FIGURES.items():
        assert f"{label} {figure}" in shown, label
    assert "/acme/api/pull/1" in str(report.card)
    assert (await talk.say("/report verify last")).card.tone is Tone.GOOD
    data = b"".join(path.read_bytes() for path in (tmp_path / "home").glob("arb.db*"))
    assert TOKEN.encode() not in data


async def test_the_same_in_korean(talk: Talk, there: StandIn) -> None:
    await _added(talk, there, "ko")
    shown = text(await talk.say("/report run github source=gh window=2026-11-09..2026-11-16", lang="ko"))
    assert "풀 리퀘스트가 2건 병합되고(전주 1건) 2건 열렸습니다." in shown, shown
    assert "첫 리뷰까지 중앙값으로 업무 시간 4시간 걸렸습니다." in shown
    community = text(await talk.say("/report run community source=gh window=2026-11-09..2026-11-16", lang="ko"))
    assert "첫 기여자 1 (±0)" in community, community  # Jun; what Mina had merged first was the week before


async def test_what_could_not_be_read_has_no_figure(talk: Talk, there: StandIn) -> None:
    """Neither where GitHub is away, nor where the token may not read a part."""
    await _added(talk, there)
    there.closed |= {"deployments"}
    shown = text(await talk.say("/report run github source=gh window=2026-11-09..2026-11-16"))
    assert "Pull requests merged" in shown
    assert "Lead time" not in shown
    assert "The token may not read everywhere: deployments." in shown
    there.faults += [broken(401)] * 20
    heard = await talk.hear("/report run github source=gh window=2026-11-09..2026-11-16")
    away = " ".join(" ".join([text(said) for said in heard]).split())  # its owner is told beside it
    assert away.count("Pull requests merged") == 1
    assert "left out: Pull requests opened, Pull requests merged, Open pull requests and 18 more figures" in away
    assert "gh 0/1 (GitHub does not accept the token.)" in away


async def test_what_is_left_of_the_requests_is_shown(talk: Talk, there: StandIn) -> None:
    """Beside the source and by the doctor; in the post where little is left."""
    there.left = 4000
    await _added(talk, there)
    assert "requests are left" not in text(await talk.say("/report run github source=gh window=2026-11-09..2026-11-16"))
    assert re.search(r"Requests left +3,99\d of 5,000 until", text(await talk.say("/source show gh")))
    assert re.search(r"남은 요청 .*5,000회 가운데 3,99\d회", text(await talk.say("/source show gh", lang="ko")))
    assert re.search(r"It can be read; 3,99\d of 5,000 requests are left until", text(await talk.say("/arb doctor")))
    there.left = 100
    shown = text(await talk.say("/report run github source=gh window=2026-11-02..2026-11-09"))
    assert re.search(r"gh 1/1 \(\d\d of 5,000 requests are left until \d\d:\d\d UTC", shown), shown


async def test_a_run_that_would_exceed_the_limit_says_so(talk: Talk, there: StandIn) -> None:
    """Where it is over within the hour only, until when; what is asked to wait for a moment is waited for."""
    await _added(talk, there)
    run = "/report run github source=gh window=2026-11-09..2026-11-16"
    again = int((NOW + HOUR / 2).timestamp())
    spent = {"X_RateLimit_Limit": "5000", "X_RateLimit_Remaining": "0", "X_RateLimit_Reset": str(again)}
    there.faults.append(broken(403, **spent))
    shown = " ".join(" ".join(text(said) for said in await talk.hear(run)).split())
    assert "GitHub's limit for this token is used up until 2026-11-20 09:30 UTC" in shown, shown
    assert "Pull requests merged 2" not in shown
    there.faults += [broken(429, Retry_After="0"), broken(403, Retry_After="0")]
    assert "Pull requests merged 2" in text(await talk.say(run))


async def test_a_token_that_lacks_a_right_is_told_at_once(talk: Talk, there: StandIn) -> None:
    """Nothing is added."""
    there.closed |= {"issues"}
    asked = await talk.say(f"/source add github name=gh repositories=acme/api api_url={there.url}")
    again = await submit(talk, asked, {"token": TOKEN})
    assert again.form is not None
    assert "Issues: read" in again.form.problem
    assert "no source" in text(await talk.say("/source list"))


async def test_another_address_never_gets_the_token(talk: Talk, there: StandIn) -> None:
    """Whoever may change a source cannot have its token sent elsewhere; it is asked for anew."""
    await _added(talk, there)
    with github() as thief:
        said = await talk.say(f"/source edit gh api_url={thief.url}")
        assert said.kind == "error"
        assert "Give a token" in text(said)
        assert not thief.asked
    assert (await talk.say("/source edit gh repositories=acme/api backlog=no")).kind == "card"
