"""The audit: one row for everything said, in the same transaction; a row changed, moved or taken out is seen."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.support.talk import Talk, content, text


def rows(home: Path) -> list[tuple[str, str]]:
    """Return (command, outcome) of each row, in order."""
    with sqlite3.connect(home / "arb.db") as db:
        return list(db.execute("select command, outcome from audit order by number"))


async def test_each_thing_said_has_one_row(talk: Talk, repository: Path, tmp_path: Path) -> None:
    """Done, refused, not understood; looking counts as well as changing."""
    await talk.say(f"/source add git name=shop path={repository}")
    await talk.say("/source list")
    await talk.say("/source show nope")
    await talk.say("/source remove shop", user="jun")
    await talk.say("/nonsense")
    assert rows(tmp_path / "home") == [
        ("source add", "done"),
        ("source list", "done"),
        ("source show", "refused"),
        ("source remove", "refused"),
        ("?", "refused"),
    ]


async def test_a_run_and_another_look_at_it_are_two_rows(ready: Talk, tmp_path: Path) -> None:
    """The report that follows by itself belongs to the run; whoever asks for it again looks at data."""
    assert [command for command, _ in rows(tmp_path / "home")] == ["source add", "report run"]
    await ready.say("/report show last")
    assert [command for command, _ in rows(tmp_path / "home")][2:] == ["report show"]


async def test_admins_see_it_by_person_kind_and_time(ready: Talk) -> None:
    """And as a file."""
    await ready.say("/source remove shop", user="jun")
    shown = text(await ready.say("/arb audit who=jun"))
    assert "/source remove" in shown
    assert "refused" in shown
    assert "/report run" not in shown
    assert "/source remove" not in text(await ready.say("/arb audit what=report since=7d"))
    assert "whole" in shown
    assert b"report run" in content(await ready.say("/arb audit --export"))
    assert (await ready.say("/arb audit", user="jun")).kind == "error"


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ("update audit set outcome = 'refused' where number = 2", 2),
        ("update audit set member_id = 'someone' where number = 3", 3),
        ("update audit set at = at + 1 where number = 1", 1),
        ("delete from audit where number = 2", 2),
        ("delete from audit where number = (select max(number) from audit)", 4),
        ("update audit set number = case number when 2 then 30 else number end", 2),
    ],
)
async def test_a_row_that_was_touched_is_seen(ready: Talk, tmp_path: Path, change: str, broken: int) -> None:
    """Edited, deleted, cut off at the end, moved."""
    await ready.say("/report show last")
    await ready.say("/source list")
    with sqlite3.connect(tmp_path / "home" / "arb.db") as db:
        db.execute(change)
    shown = text(await ready.say("/arb audit"))
    assert f"broken at entry {broken}" in shown, shown
