"""The door: words that do not fit, roles, workspaces, repeats."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands import COMMANDS
from commands.door import Visitor
from commands.grammar import parse
from model.delivery import Address, Platform
from model.errors import UsageError
from model.ids import EventId
from tests.support.talk import Talk, text


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.name)
def test_every_example_parses(command) -> None:  # type: ignore[no-untyped-def]
    """What help shows can be typed."""
    assert parse(command.example, COMMANDS)[0] is command


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("/report rnu weekly", "Did you mean /report run?"),
        ("/report", "There is /report run"),
        ("/reprot run weekly", "Did you mean /report run?"),
        ("/nonsense", "/arb help"),
        ("/report run weekly widnow=7d", "window=…"),
        ("/report run wekly", "weekly"),
        ("/report run weekly window=someday", "last week"),
        ("/report run weekly window=2026-11-09..2026-11-02", "ends before it starts"),
        ("/report show 7Q2F extra", "one word too many"),
        ("/report export last pdf", "cannot use that as form"),
        ("/source add svn name=x path=.", "git"),
        ('/source add git name="x', "quotation mark"),
        ("", "/arb help"),
        ("/" + "x" * 5000, "longer than"),
    ],
)
async def test_words_that_do_not_fit_get_a_way_on(ready: Talk, line: str, says: str) -> None:
    """An error names what to type next."""
    said = await ready.say(line)
    assert said.kind == "error"
    assert says in text(said)


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("/report run weekly last week", {"report": "weekly", "window": "last week"}),
        ("/report run weekly window=last week source=a", {"report": "weekly", "window": "last week", "source": "a"}),
        ("report run weekly --people", {"report": "weekly", "people": True}),
        ("/report run weekly --people=no", {"report": "weekly", "people": False}),
        ("/report run weekly “지난 주”", {"report": "weekly", "window": "지난 주"}),
    ],
)
def test_grammar(line: str, values: dict[str, object]) -> None:
    """Words, keys, flags and quotes."""
    assert parse(line, COMMANDS)[1].model_dump(exclude_unset=True) == values


def test_grammar_refuses_a_key_given_twice() -> None:
    """Neither value is guessed."""
    with pytest.raises(UsageError, match="twice"):
        parse("/report run weekly window=7d window=8d", COMMANDS)


@pytest.mark.parametrize(
    ("line", "missing"),
    [("/report run", ["report"]), ("/source add git name=x", ["path"]), ("/source add", ["kind", "name"])],
)
async def test_what_is_missing_is_asked_for(ready: Talk, line: str, missing: list[str]) -> None:
    """A form names what is needed and keeps what was given."""
    said = await ready.say(line)
    assert said.kind == "form"
    assert said.form is not None
    assert all(name in said.form.problem for name in missing)
    assert "/" in said.form.example
    assert [f.name for f in said.form.fields if f.required and not f.value] == missing


async def test_second_member_may_look_but_not_change(ready: Talk) -> None:
    """The first one owns the workspace; the next one is a viewer until somebody says otherwise."""
    assert (await ready.say("/report show last", user="jun")).kind == "card"
    refused = await ready.say("/source remove shop", user="jun")
    assert refused.kind == "error"
    assert "editor" in text(refused)
    assert "shop" in text(await ready.say("/source list"))


async def test_workspaces_see_nothing_of_each_other(ready: Talk) -> None:
    """No name, run or button of one yields anything in the other; the answer is that of a thing that is not there."""
    report = await ready.say("/report show last")
    run = str(report.card.run)
    lines = [f"/report {verb} {run}" for verb in ("show", "diff", "why", "verify", "export")]
    lines += [f"/source {verb} shop" for verb in ("show", "test", "sync", "remove")]
    for line in lines:
        said = await ready.say(line, workspace="rival")
        missing = await ready.say(line.replace(run, "ZZZZ").replace("shop", "nope"), workspace="rival")
        assert said.kind == missing.kind == "error"
        assert text(said).replace(run, "ZZZZ").replace("shop", "nope") == text(missing)
    assert "shop" not in text(await ready.say("/source list", workspace="rival"))
    assert run not in text(await ready.say("/report history", workspace="rival"))
    for action in report.card.actions:
        stolen = (await ready.press_id(str(action.id), workspace="rival"))[-1]
        guessed = (await ready.press_id("A" * 22, workspace="rival"))[-1]
        assert text(stolen) == text(guessed)


async def test_buttons_of_a_private_card_are_their_readers(ready: Talk) -> None:
    """Somebody else's press finds nothing."""
    report = await ready.say("/report show last")
    assert (await ready.press(report, "Why?", user="jun"))[-1].kind == "error"


async def test_repeated_event_has_one_effect(ready: Talk, tmp_path: Path) -> None:
    """The same event five times adds one run."""
    here = Address(Platform.TERMINAL, "acme", "mina")
    visitor = Visitor("mina", "mina", here, "en")
    answers = [await ready.app.door.say(EventId("terminal:same"), visitor, "/report run weekly") for _ in range(5)]
    assert [a is not None for a in answers] == [True, False, False, False, False]


async def test_files_outside_the_roots_stay_unread(ready: Talk) -> None:
    """Somebody in a chat must not read the server's disk, nor learn what is there."""
    there = text(await ready.say("/source add git name=x path=/etc"))
    nowhere = text(await ready.say("/source add git name=x path=/no/such/place"))
    assert "ARB_GIT_ROOTS" in there
    assert there.replace("/etc", "").split() == nowhere.replace("/no/such/place", "").split()


async def test_me_keeps_what_i_choose(talk: Talk) -> None:
    """A language chosen once holds."""
    await talk.say("/arb me language=ko zone=Asia/Seoul")
    shown = text(await talk.say("/arb me", lang=None))
    assert "한국어" in shown
    assert "Asia/Seoul" in shown
