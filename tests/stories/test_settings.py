"""Settings of a workspace: changed by its admins, shown old and new, and felt where they hold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from bot.platforms.terminal import Said, Terminal
from model.language import Code
from tests.support.talk import NOW, Talk, content, talking, text

_WEEK = "window=2026-11-09..2026-11-16"


async def submit(talk: Talk, said: Said, values: Mapping[str, str]) -> Said:
    """Fill a form in; return the last message."""
    assert said.form is not None
    heard: list[Said] = []
    await Terminal(talk.app, "mina", "acme", "en", heard.append).submit(str(said.form.submit.id), values)
    return heard[-1]


@pytest.mark.parametrize(("lang", "told"), [("en", "Settings changed."), ("ko", "설정을 바꿨습니다.")])
async def test_a_change_shows_old_and_new(talk: Talk, lang: Code, told: str) -> None:
    """What stays is not shown."""
    shown = text(await talk.say("/arb settings stale_days=7 weights='urgency 0.5, impact 0.2'", lang=lang))
    assert told in shown
    assert [line.split()[-2:] for line in shown.splitlines() if "14" in line] == [["14", "7"]]
    assert "urgency 0.5, impact 0.2" in shown
    assert "365" not in shown


async def test_the_form_holds_what_is_set(talk: Talk) -> None:
    """Submitted as it is, it changes nothing; “none” empties."""
    await talk.say("/arb settings bots=ci@example.org,robot language=ko")
    form = await talk.say("/arb settings")
    assert form.form is not None
    values = {field.name: field.value or "" for field in form.form.fields}
    assert (values["bots"], values["language"], values["stale_days"]) == ("ci@example.org, robot", "ko", "14")
    assert (values["weights"], values["people_in_channels"]) == ("none", "no")
    assert "Nothing changed" in text(await submit(talk, form, values))
    emptied = text(await talk.say("/arb settings bots=none"))
    assert "ci@example.org, robot" in emptied
    assert "none" in emptied


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("weights='speed 1'", "the factors are urgency, impact"),
        ("weights=urgency", "write it as urgency 0.5"),
        ("weights='urgency -1'", "the factors are"),
        ("zone=Mars", "no time zone"),
        ("country=Korea", "two letters"),
        ("country=QQ", "two letters"),
        ("language=fr", "en, ko, none"),
        ("inbox_days=3", "inbox_days"),
        ("most_members=0", "most_members"),
        ("never_to_model=nope", "There is no source called nope."),
        ("bot=x", "Did you mean bots=…?"),
    ],
)
async def test_what_does_not_fit_changes_nothing(talk: Talk, line: str, told: str) -> None:
    """It is said what would."""
    said = await talk.say(f"/arb settings {line}")
    assert said.kind == "error"
    assert told in " ".join(text(said).split())


async def test_holidays_of_the_country_are_no_working_days(ready: Talk) -> None:
    """11 November is one in the United States; the run keeps them, and is rebuilt the same."""
    week = "/report run weekly window=2026-11-09..2026-11-16"
    assert "no commit for 24 working days" in text(await ready.say(week))
    assert "US" in text(await ready.say("/arb settings country=us"))
    assert "no commit for 23 working days" in text(await ready.say(week))
    assert "identical" in text(await ready.say("/report verify last"))
    assert "근무일 23일째 커밋 없음" in text(await ready.say(week, lang="ko"))
    assert "none" in text(await ready.say("/arb settings country=none"))
    assert "no commit for 24 working days" in text(await ready.say(week))


async def test_only_admins_change_them(talk: Talk) -> None:
    """A viewer does not see the form either."""
    await talk.say("/arb status")
    for line in ("/arb settings", "/arb settings stale_days=1"):
        said = await talk.say(line, "jun")
        assert said.kind == "error"
        assert "admin" in text(said)


async def test_language_and_zone_hold_where_a_member_chose_none(talk: Talk) -> None:
    """What he chose himself comes first."""
    await talk.say("/arb settings language=ko zone=Asia/Seoul")
    assert "Asia/Seoul" in text(await talk.say("/arb me", lang=None))
    assert "이 워크스페이스의 설정" in (await talk.say("/arb settings", lang=None)).card.title
    await talk.say("/arb me language=en")
    assert "Settings of this workspace" in (await talk.say("/arb settings", lang=None)).card.title
    assert "Settings of this workspace" in (await talk.say("/arb settings", workspace="rival", lang=None)).card.title


async def test_bots_and_weights_and_days_are_felt_in_reports(ready: Talk) -> None:
    """The same week, counted anew."""
    before = text(await ready.say("/report show last"))
    assert "2 people" in before
    assert "0.40" in before
    assert await stale(ready) == 1
    await ready.say("/arb settings bots=mina@acme.example weights='effort 1, urgency 0, impact 0' stale_days=60")
    after = text(await ready.say(f"/report run weekly {_WEEK}"))
    assert "2 people" not in after
    assert "0.40" not in after
    assert await stale(ready) == 0


async def stale(talk: Talk) -> int:
    """Return how many stale branches the newest run counts."""
    document = json.loads(content(await talk.say("/report export last json")))
    return next(int(fact["value"]) for fact in document["facts"] if fact["metric"] == "stale_branches")


async def test_a_limit_names_who_can_raise_it(ready: Talk, repository: Path) -> None:
    """Members, reports, sources and runs."""
    for line in ("most_sources=1", "most_runs_a_day=1", "most_members=1", "most_reports=1"):
        await ready.say(f"/arb settings {line}")
    await ready.say("/report new name=one template=weekly")
    lines = {
        f"/source add git name=two path={repository}": "1 source,",
        "/report run weekly": "1 report was run",
        "/report new name=two template=weekly": "1 saved report,",
    }
    for line, told in lines.items():
        said = await ready.say(line)
        assert said.kind == "error"
        assert told in text(said)
        assert "An admin can raise the limit: /arb settings most_" in text(said)
    assert "This workspace is full" in text(await ready.say("/arb status", "jun"))
    await ready.say("/arb settings most_members=2")
    assert (await ready.say("/arb status", "jun")).kind == "card"


async def test_sources_that_no_model_may_see_are_named(ready: Talk) -> None:
    """They have to be there."""
    assert "shop" in text(await ready.say("/arb settings never_to_model=shop"))


async def test_a_start_deletes_what_had_its_time(ready: Talk, tmp_path: Path) -> None:
    """Runs, events and files go at the next start after their days; once a day it looks."""
    run = (await ready.say("/report show last")).card.run
    await ready.say("/report export last html")
    await ready.say("/arb settings runs_days=30")
    assert await ready.app.housekeeping.start() == 0
    async with talking(tmp_path / "home", tmp_path, NOW + timedelta(days=31)) as later:
        assert await later.app.housekeeping.start() > 0
        assert await later.app.housekeeping.start() == 0
        assert (await later.say(f"/report show {run}")).kind == "error"
        assert "shop" in text(await later.say("/source list"))
