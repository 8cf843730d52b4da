"""People: what each chose, who is whom, who may do what, and being forgotten."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from bot.platforms.terminal import Said
from commands.people import COMMANDS
from model.language import Code
from model.member import ERASED
from tests.support.talk import FixedClock, Talk, content, text

WEEK = "/report run weekly source=shop window=2026-11-09..2026-11-16 people=yes"


@pytest.fixture
async def team(ready: Talk) -> Talk:
    """Mina owns the workspace; Jun edits; both commit."""
    await ready.say("/arb me", user="jun")
    await ready.say("/arb role jun editor")
    return ready


def code_of(said: Said) -> str:
    return text(said).partition("/arb link ")[2].split()[0]


@pytest.mark.parametrize("lang", ["en", "ko"])
async def test_each_example_works(team: Talk, lang: Code) -> None:
    """What help shows can be typed, in both languages."""
    for command in COMMANDS:
        await team.say("/arb link git mina@example.org")
        said = await team.say(command.example.replace("=ko", f"={lang}"), lang=lang)
        assert said.kind == "card", text(said)
        korean = any("가" <= letter <= "힣" for letter in text(said).replace("김준", ""))
        assert korean is (lang == "ko"), command.name


async def test_me_keeps_all_that_i_choose(team: Talk) -> None:
    """Each choice is shown again, and can be taken back."""
    await team.say("/arb me shown=Minnie hours=09:00-18:00 country=kr quiet=22:00-07:00 zone=Asia/Seoul")
    shown = text(await team.say("/arb me"))
    for value in ("Minnie", "09:00-18:00", "KR", "22:00-07:00", "Asia/Seoul", "terminal:mina", "owner"):
        assert value in shown
    changed = text(await team.say("/arb me quiet=none hours=없음 shown=-"))
    assert not any(value in changed for value in ("22:00", "09:00", "Minnie"))
    assert "KR" in changed


_REFUSED = (
    ("/arb me hours=9-18", "09:00-18:00"),
    ("/arb me hours=18:00-09:00", "same day"),
    ("/arb me quiet=22:00-22:00", "two times"),
    ("/arb me country=Korea", "two letters"),
    ("/arb me zone=Moon", "Asia/Seoul"),
    ("/arb me shown=jun", "Somebody else is called jun"),
    ("/arb me shown=김준", "/arb link git"),
    ("/arb me nonsense", "export"),
    ("/arb role nobody viewer", "no member called nobody"),
    ("/arb role jun king", "viewer"),
    ("/arb role mina admin", "only owner"),
    ("/arb me erase", "/arb role <member> owner"),
    ("/arb link git mina", "/arb link git mina@example.org"),
    ("/arb link git", "/arb link git mina@example.org"),
    ("/arb link ABCD1234", "not good"),
    ("/arb link ABCD1234 x@y.example", "stands alone"),
    ("/arb unlink x@y.example", "has no identity"),
    ("/arb unlink nobody", "For example: /arb unlink mina@example.org"),
    ("/arb unlink terminal:mina", "only identity left"),
)


async def test_what_cannot_be_says_why(team: Talk) -> None:
    """A refusal names a way on and changes nothing."""
    before = text(await team.say("/arb members"))
    for line, says in _REFUSED:
        said = await team.say(line)
        assert said.kind == "error", line
        assert says in text(said), line
        assert text(await team.say("/arb members")) == before, line


async def test_nobody_gives_or_takes_more_than_he_has(team: Talk) -> None:
    """An admin makes admins, and cannot touch the owner."""
    await team.say("/arb role jun admin")
    await team.say("/arb me", user="bo")
    assert "admin" in text(await team.say("/arb role bo admin", user="jun"))
    for line in ("/arb role bo owner", "/arb role mina viewer", "/arb role jun owner"):
        refused = await team.say(line, user="jun")
        assert (refused.kind, "higher role" in text(refused)) == ("error", True)
    await team.say("/arb role jun owner")
    assert (await team.say("/arb role mina viewer")).kind == "card"


async def test_reports_name_people_as_they_chose(team: Talk) -> None:
    """From the next run on, wherever the name stands; and the run still verifies."""
    assert "김준 <jun@acme.example>" in text(await team.say("/arb members"))
    await team.say("/arb link git Jun@Acme.example", user="jun")
    await team.say("/arb me shown=Juno", user="jun")
    assert "김준" not in text(await team.say("/arb members"))
    report = text(await team.say(WEEK))
    assert "first time: Juno" in report
    assert "Juno     3 (+3)" in report
    assert "김준" not in report
    assert "identical" in text(await team.say("/report verify last"))
    assert "Juno" in content(await team.say("/report export last csv")).decode()


async def test_an_address_is_tied_to_one_person(team: Talk) -> None:
    """Admins tie and untie for others; nobody else does."""
    assert (await team.say("/arb link git jun@acme.example member=jun")).kind == "card"
    assert "somebody else" in text(await team.say("/arb link git jun@acme.example"))
    assert "Only admins" in text(await team.say("/arb link git mina@acme.example member=mina", user="jun"))
    assert "Only admins" in text(await team.say("/arb unlink terminal:mina member=mina", user="jun"))
    assert (await team.say("/arb unlink jun@acme.example member=terminal:jun")).kind == "card"
    assert (await team.say("/arb link git jun@acme.example")).kind == "card"


async def test_a_code_makes_two_identities_one(team: Talk) -> None:
    """It asks first, works once, and gives the issuer's role, no higher one."""
    code = code_of(await team.say("/arb link", user="jun"))
    asked = await team.say(f"/arb link {code.lower()}", user="jun at home")
    assert "Become one with jun?" in text(asked)
    assert "terminal:jun at home" in text(await team.say("/arb members"))
    (done,) = await team.press(asked, "Yes, that is me", user="jun at home")
    assert "You are jun here now." in text(done)
    me = text(await team.say("/arb me", user="jun at home"))
    assert "terminal:jun, terminal:jun at home" in me
    assert "editor" in me
    assert "not good" in text(await team.say(f"/arb link {code}", user="third"))
    own = code_of(await team.say("/arb link", user="jun"))
    assert "already one" in text(await team.say(f"/arb link {own} confirmed=yes", user="jun at home"))


async def test_the_only_owner_cannot_become_somebody_else(team: Talk) -> None:
    """A workspace keeps an owner, however the words are put."""
    code = code_of(await team.say("/arb link", user="jun"))
    refused = await team.say(f"/arb link {code} confirmed=yes")
    assert "only owner" in text(refused)


async def test_a_code_is_good_for_ten_minutes(team: Talk) -> None:
    """Later it is as if it had never been."""
    clock = team.app.workshop.clock
    assert isinstance(clock, FixedClock)
    code = code_of(await team.say("/arb link", user="jun"))
    clock.at += timedelta(minutes=10)
    assert "not good" in text(await team.say(f"/arb link {code}", user="third"))


async def test_a_code_is_nothing_to_another_workspace(team: Talk) -> None:
    """The words are those for a code that never was."""
    code = code_of(await team.say("/arb link", user="jun"))
    theirs = await team.say(f"/arb link {code}", workspace="rival")
    assert text(theirs) == text(await team.say("/arb link 00000000", workspace="rival"))


@pytest.mark.parametrize("lang", ["en", "ko"])
async def test_all_that_is_kept_comes_as_a_file(team: Talk, lang: str) -> None:
    """Every row that is mine or names me; nothing of what others said."""
    await team.say("/arb link git jun@acme.example", user="jun")
    said = await team.say("/arb me export", user="jun", lang="ko" if lang == "ko" else "en")
    rows = json.loads(content(said))
    assert {"members", "identities", "records", "audit", "inbox"} <= set(rows)
    assert {row["actor"] for row in rows["records"]} == {"김준"}
    assert [row["name"] for row in rows["members"]] == ["jun"]
    assert "mina@acme.example" not in json.dumps(rows)


async def test_erasing_asks_and_then_leaves_nothing(team: Talk, tmp_path: Path) -> None:
    """Not in a table, not in a file, not in the report; what others did stands."""
    await team.say("/arb link git jun@acme.example", user="jun")
    await team.say("/arb me shown=Jonah", user="jun")
    await team.say("/arb me shown=Juno", user="jun")
    await team.say(WEEK)
    await team.say("/report export last html")
    await team.say("/arb me export", user="jun")
    asked = await team.say("/arb me erase", user="jun")
    assert "cannot be undone" in text(asked)
    assert "jun" in text(await team.say("/arb members"))
    (done,) = await team.press(asked, "Erase me for good", user="jun")
    assert "You are erased." in text(done)
    home = tmp_path / "home"
    found = [file for file in home.rglob("*") if file.is_file()]
    traces = ("Jonah", "Juno", "jun@acme", "김준", "terminal:jun")
    assert [f.name for f in found if any(trace.encode() in f.read_bytes() for trace in traces)] == []
    shown = text(await team.say("/report show last"))
    assert f"{ERASED}   3 (+3)" in shown
    assert "Mina" in shown
    verified = text(await team.say("/report verify last"))
    assert "changed at a person's request" in verified
    assert "does not come out the same" not in verified
    again = text(await team.say(WEEK))
    assert "김준" not in again
    assert ERASED in again
    assert "viewer" in text(await team.say("/arb me", user="jun"))
    assert "identical" in text(await team.say("/report verify last"))


async def test_a_korean_report_says_it_in_korean(team: Talk) -> None:
    """An erased person's place is named in the run's language, in old runs and new ones."""
    await team.say("/arb link git jun@acme.example", user="jun")
    await team.say(WEEK, lang="ko")
    await team.press(await team.say("/arb me erase", user="jun"), "Erase me for good", user="jun")
    assert "지워진 사람" in text(await team.say("/report show last", lang="ko"))
    assert "지워진 사람" in text(await team.say(WEEK, lang="ko"))
