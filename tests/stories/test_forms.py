"""Forms: asked for, filled in, mended at the field, submitted once, after a restart too."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from bot.platforms.terminal import Said, Terminal
from tests.support.talk import Talk, talking, text

_SECRET = "xoxb-123456789012-abcdefABCDEF"  # the shape of one


async def submit(talk: Talk, said: Said, values: Mapping[str, str], user: str = "mina", space: str = "acme") -> Said:
    """Fill a form in; return the last message."""
    assert said.form is not None
    heard: list[Said] = []
    await Terminal(talk.app, user, space, "en", heard.append).submit(str(said.form.submit.id), values)
    return heard[-1]


async def test_a_form_that_is_filled_in_does_what_the_line_would(talk: Talk, repository: Path) -> None:
    """Kind and name first, then the settings of that kind."""
    asked = await talk.say("/source add")
    more = await submit(talk, asked, {"kind": "git", "name": "shop"})
    assert more.form is not None
    assert [f.name for f in more.form.fields] == ["kind", "name", "path", "main"]
    done = await submit(talk, more, {"kind": "git", "name": "shop", "path": str(repository), "main": ""})
    assert done.kind == "card", text(done)
    assert "shop" in text(await talk.say("/source list"))


async def test_what_is_wrong_is_told_at_its_field_and_the_rest_is_kept(talk: Talk) -> None:
    """The same form again, mended and submitted, works."""
    asked = await talk.say("/source add")
    again = await submit(talk, asked, {"kind": "svn", "name": "shop"})
    assert again.form is not None
    kind, name = again.form.fields[:2]
    assert kind.error is not None
    assert kind.error.startswith("the kinds are git, github")
    assert (name.value, name.error) == ("shop", None)


async def test_a_problem_of_the_whole_form_stands_above_it(talk: Talk) -> None:
    """Nothing is lost when the source cannot be read."""
    asked = await talk.say("/source add git name=shop")
    again = await submit(talk, asked, {"path": "/etc"})
    assert again.form is not None
    assert "not under a directory" in again.form.problem
    assert [f.value for f in again.form.fields if f.name == "path"] == ["/etc"]


async def test_a_form_has_its_effect_once(talk: Talk, repository: Path) -> None:
    """Submitted five times: one source."""
    asked = await talk.say("/source add git name=shop")
    kinds = [(await submit(talk, asked, {"path": str(repository)})).kind for _ in range(5)]
    assert kinds.count("card") == 1
    assert text(await talk.say("/source list")).count("shop") == 1


async def test_a_draft_outlives_a_restart_and_is_sealed(tmp_path: Path, repository: Path) -> None:
    """What was given so far stands in no readable byte of the file."""
    async with talking(tmp_path / "home", tmp_path) as talk:
        asked = await talk.say("/source add git name=unreadable-name")
    data = b"".join(path.read_bytes() for path in (tmp_path / "home").glob("arb.db*"))
    assert b"unreadable-name" not in data
    async with talking(tmp_path / "home", tmp_path) as talk:
        assert (await submit(talk, asked, {"path": str(repository)})).kind == "card"


async def test_a_form_is_its_readers_alone(talk: Talk, repository: Path) -> None:
    """Neither another member nor another workspace can submit it."""
    asked = await talk.say("/source add git name=shop")
    for user, space in (("jun", "acme"), ("mina", "rival")):
        assert (await submit(talk, asked, {"path": str(repository)}, user, space)).kind == "error"
    assert "no source" in text(await talk.say("/source list"))


async def test_rights_count_when_it_is_submitted(talk: Talk, repository: Path) -> None:
    """A viewer is not even shown the form."""
    await talk.say("/arb me")
    assert (await talk.say("/source add", user="jun")).kind == "error"


@pytest.mark.parametrize("line", [f"/source add git name=x token={_SECRET}", f"/report run {_SECRET}", _SECRET])
async def test_a_secret_in_a_line_is_refused_and_nowhere_kept(talk: Talk, tmp_path: Path, line: str) -> None:
    """Not in the answer, not in the audit, not in the file."""
    said = await talk.say(line)
    assert said.kind == "error"
    assert "Delete your message" in text(said)
    assert _SECRET not in text(said)
    assert _SECRET not in text(await talk.say("/arb audit"))
    with closing(sqlite3.connect(tmp_path / "home" / "arb.db")) as db:
        assert _SECRET not in "\n".join(db.iterdump())


async def test_korean_form(talk: Talk) -> None:
    """Labels and errors in the reader's language."""
    shown = text(await talk.say("/source add git name=x", lang="ko"))
    assert "경로" in shown
    assert "Path" not in shown
