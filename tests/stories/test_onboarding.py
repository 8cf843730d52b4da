"""The first minutes: what an empty workspace shows, its buttons, and help."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.platforms.terminal import Said, Terminal
from commands import COMMANDS
from commands.forms import option_of
from model.language import Code
from tests.support.talk import Talk, text
from tests.support.typed import Arb

STEPS = ["Add a repository", "Run the weekly report", "Language and time zone"]


def _labels(said: Said) -> list[str]:
    return [action.label for action in said.card.actions]


async def _submit(talk: Talk, form: Said, **values: str) -> Said:
    heard: list[Said] = []
    assert form.form is not None
    terminal = Terminal(talk.app, "mina", "acme", "en", heard.append)
    await terminal.submit(str(form.form.submit.id), values)
    return heard[-1]


@pytest.mark.parametrize("line", ["/arb start", "/arb help", "/arb status"])
async def test_an_empty_workspace_shows_three_things_to_do(talk: Talk, line: str) -> None:
    """Each is a button, and the line to type stands beside it, in both languages."""
    said = await talk.say(line)
    assert _labels(said) == STEPS
    assert "/source add git name=demo path=." in text(said)
    korean = await talk.say(line, lang="ko")
    assert _labels(korean) == ["저장소 추가", "주간 보고서 실행", "언어와 시간대"]


async def test_the_three_buttons_lead_to_a_report(talk: Talk, repository: Path) -> None:
    """Add, choose, run; a press that came too early is not lost."""
    start = await talk.say("/arb start")
    early = (await talk.press(start, "Run the weekly report"))[-1]
    assert early.kind == "error"
    asked = (await talk.press(start, "Add a repository"))[-1]
    added = await _submit(talk, asked, name="shop", path=str(repository))
    assert "Source shop added." in text(added)
    chosen = (await talk.press(start, "Language and time zone"))[-1]
    kept = await _submit(talk, chosen, language="en", zone="Asia/Seoul")
    assert "Asia/Seoul" in text(kept)
    report = (await talk.press(start, "Run the weekly report"))[-1]
    assert report.card.title.startswith("Engineering week")
    assert _labels(await talk.say("/arb status"))[0] == "Help"


async def test_a_viewer_is_told_who_can_add(talk: Talk) -> None:
    """No button that would be refused."""
    await talk.say("/arb me")
    said = await talk.say("/arb start", user="jun")
    assert _labels(said) == STEPS[1:]
    assert "editor" in text(said)


def test_chat_greets_where_there_is_no_source(arb: Arb, tmp_path: Path, repository: Path) -> None:
    """The first lines of `arb chat`; once there is a source it is quiet."""
    typed = "/source add git name=shop path=shop\nexit\n"
    first = arb(tmp_path / "home", "chat", root=tmp_path, typed=typed)
    assert "you can check every figure" in first.stdout.splitlines()[0], first.stderr
    assert arb(tmp_path / "home", "chat", root=tmp_path, typed="exit\n").stdout == ""


async def test_help_names_every_group_and_verb(ready: Talk) -> None:
    """One row for each group; a button for each."""
    said = await ready.say("/arb help")
    groups = list(dict.fromkeys(command.name.split()[0] for command in COMMANDS))
    assert _labels(said) == [f"/{group}" for group in groups]
    shown = text(said)
    for command in COMMANDS:
        assert command.name.split()[1] in shown
    pressed = (await ready.press(said, "/target"))[-1]
    assert "/target set commits at least 20" in text(pressed)


@pytest.mark.some(of=lambda case: case["lang"] == "ko")
@pytest.mark.parametrize("lang", ["en", "ko"])
async def test_help_of_groups_and_commands(ready: Talk, lang: Code) -> None:
    """Each has its example, who may say it and what it takes."""
    groups = dict.fromkeys(command.name.split()[0] for command in COMMANDS)
    of = {group: text(await ready.say(f"/arb help {group}", lang=lang)) for group in groups}
    for command in COMMANDS:
        assert command.example.split()[1] in of[command.name.split()[0]]
        one = text(await ready.say(f"/arb help /{command.name}", lang=lang))
        assert " ".join(command.example.split()) in " ".join(one.split())
        for name, info in command.arguments.model_fields.items():
            assert name in one or not option_of(info).label.text


async def test_help_on_words_that_are_no_command(ready: Talk) -> None:
    """Close ones are named."""
    said = await ready.say("/arb help target ste")
    assert said.kind == "error"
    assert "/target set" in text(said)


async def test_help_tells_a_viewer_that_there_is_more(ready: Talk) -> None:
    """What is beyond the role is counted, not offered."""
    shown = text(await ready.say("/arb help", user="jun"))
    assert "for people with a higher role" in shown
    assert "doctor" not in shown


async def test_status_names_what_is_wrong(ready: Talk, tmp_path: Path) -> None:
    """Sources with a problem, reports whose last run failed, targets."""
    (tmp_path / "shop").rename(tmp_path / "moved")
    await ready.say("/source sync shop")
    await ready.say("/target set commits at least 2")
    shown = text(await ready.say("/arb status"))
    for piece in ("1, 1 with a problem: shop", "1: 1 met, 0 missed, 0 undecided"):
        assert piece in shown, shown
    korean = text(await ready.say("/arb status", lang="ko"))
    assert "문제 있는 소스 1개: shop" in korean
