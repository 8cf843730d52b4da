"""The main job, as people meet it: add a repository, run the week, look behind the figures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.talk import Talk, content, text


async def test_newcomer_is_told_what_to_do_first(talk: Talk) -> None:
    """A run without a source names the command that adds one."""
    said = await talk.say("/report run weekly")
    assert said.kind == "error"
    assert "/source add git name=demo path=." in text(said)


async def test_run_announces_itself_and_the_report_follows(talk: Talk, repository: Path) -> None:
    """One word brings two messages: that it runs, and the report."""
    await talk.say(f"/source add git name=shop path={repository}")
    first, report = await talk.hear("/report run weekly source=shop window=2026-11-09..2026-11-16")
    assert (first.kind, report.kind) == ("progress", "card")
    assert first.card.run == report.card.run
    assert report.card.title == "Engineering week · 9–15 Nov 2026"


async def test_report_says_what_happened(ready: Talk) -> None:
    """Figures, people's work without the bot's, what needs somebody, what was read."""
    shown = text(await ready.say("/report show last"))
    for piece in ("Commits 4 (+3)", "Authors 2 (+1)", "feature/old-search", "shop 1/1"):
        assert piece in shown, shown


async def test_report_in_korean(ready: Talk) -> None:
    """The whole card is Korean."""
    shown = text(await ready.say("/report run weekly source=shop window=2026-11-09..2026-11-16", lang="ko"))
    for piece in ("개발 주간 · 2026년 11월 9–15일", "커밋 4 (+3)", "지금 손이 필요한 일", "일어난 일"):
        assert piece in shown, shown
    assert "What happened" not in shown


async def test_persons_stay_unnamed_where_not_wanted(ready: Talk) -> None:
    """`people=no` keeps names out of the card and out of the export."""
    said = await ready.say("/report run weekly source=shop window=2026-11-09..2026-11-16 people=no")
    assert "김준" not in text(said)
    exported = await ready.say("/report export last json")
    assert "김준" not in content(exported).decode()


async def test_empty_week_is_one_line(ready: Talk) -> None:
    """Nothing happened: a sentence, not a page of zeros."""
    shown = text(await ready.say("/report run weekly source=shop window=2026-01-05..2026-01-12"))
    assert "No commits" in shown
    assert "Lines added" not in shown


@pytest.mark.parametrize("form", ["md", "html", "json", "csv"])
async def test_export(ready: Talk, form: str) -> None:
    """Each form comes as a file."""
    said = await ready.say(f"/report export last {form}")
    data = content(said)
    assert said.files[0].name.endswith(f".{form}")
    assert len(data) == said.files[0].size > 200


async def test_export_json_holds_the_whole_run(ready: Talk) -> None:
    """Run, window, facts with evidence, coverage, sentences, manifest."""
    said = await ready.say("/report export last json")
    document = json.loads(content(said))
    facts = {(f["metric"], tuple(f["labels"].items())): f for f in document["facts"]}
    commits = facts["commits", ()]
    assert (commits["value"], commits["before"], len(commits["evidence"])) == (4, 1, 4)
    assert facts["commits", (("author", "김준"),)]["value"] == 3
    assert facts["bot_commits", ()]["value"] == 1
    assert document["coverage"][0]["read"] == 1
    ids = {f["id"] for f in document["facts"]}
    assert all(set(s["rests_on"]) <= ids for s in document["sentences"])
    assert document["manifest"]["hash"] == document["run"]["hash"]
    assert document["manifest"]["versions"]["commits"] == 1


async def test_why_shows_the_arithmetic(ready: Talk) -> None:
    """A finding's factors add up to its priority; a figure names its records."""
    finding = text(await ready.say("/report why last 1"))
    assert "feature/old-search" in finding
    for factor in ("urgency", "impact", "dependencies", "ease", "deadline"):
        assert factor in finding
    figure = text(await ready.say("/report why last commits"))
    assert "결제 화면 정리" in figure


async def test_diff_names_what_moved(ready: Talk) -> None:
    """Two runs over different weeks differ item by item."""
    first = await ready.say("/report diff last")
    assert "no run before" in text(first)
    await ready.say("/report run weekly source=shop window=2026-11-02..2026-11-09")
    shown = text(await ready.say("/report diff last"))
    assert "4" in shown
    assert "1" in shown


async def test_verify_rebuilds_the_same(ready: Talk, repository: Path) -> None:
    """Also after the source has moved on."""
    assert "identical" in text(await ready.say("/report verify last"))
    await ready.say("/source remove shop")
    assert "identical" in text(await ready.say("/report verify last"))


async def test_buttons_lead_on(ready: Talk) -> None:
    """Each button of the report does what it says; one with an effect works once."""
    report = await ready.say("/report show last")
    for action in report.card.actions:
        heard = await ready.press_id(str(action.id))
        wanted = "form" if action.label == "Ask" else "card"
        assert heard[-1].kind == wanted, (action.label, text(heard[-1]))
    again = await ready.press(report, "Run again")
    assert again[-1].kind == "error"
    assert "works once" in text(again[-1])


async def test_history_and_list(ready: Talk) -> None:
    """Runs and reports are listed."""
    assert "weekly" in text(await ready.say("/report list"))
    assert "9–15 Nov 2026" in text(await ready.say("/report history weekly"))


async def test_daily_and_standup(ready: Talk) -> None:
    """The other templates run too, the standup with a text section."""
    assert "Round prices" in text(await ready.say("/report run standup window=2026-11-10..2026-11-12"))
    assert (await ready.say("/report run daily window=2026-11-11")).kind == "card"


async def test_one_broken_source_stops_nothing(ready: Talk, tmp_path: Path) -> None:
    """Its figures are withheld, the coverage line says so, the owner sees it at the source."""
    from tests.support.repository import small_repository

    other = small_repository(tmp_path / "other")
    await ready.say(f"/source add git name=other path={other}")
    other.rename(tmp_path / "moved")
    report = await ready.say("/report run weekly window=2026-11-09..2026-11-16")
    assert report.kind == "card"
    assert "other 0/1" in text(report)
    assert "other" in text(await ready.say("/source list"))
