"""Verify: a run whose rows were touched does not come out the same, and it is said what differs."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from model.record import Change, Commit, Record
from model.report import Snapshot
from reports.snapshot import pack, unpack
from tests.support.talk import Talk, text


def tamper(home: Path, change: Callable[[Snapshot], Snapshot]) -> None:
    """Change the snapshot of the only run, behind the bot's back."""
    with sqlite3.connect(home / "arb.db") as db:
        (data,) = db.execute("select data from steps where name = 'collect'").fetchone()
        db.execute("update steps set data = ? where name = 'collect'", (pack(change(unpack(data))),))


def with_records(snapshot: Snapshot, change: Callable[[Record], Record | None]) -> Snapshot:
    """Return a snapshot whose records went through `change`."""
    changed = ((source, change(record)) for source, record in snapshot.records)
    return replace(snapshot, records=tuple((source, record) for source, record in changed if record is not None))


async def test_a_changed_record_names_the_fact_that_differs(ready: Talk, tmp_path: Path) -> None:
    """Ten more lines in one commit: the lines are named, the commits are not."""

    def more_lines(record: Record) -> Record:
        if record.title != "Round prices" or not isinstance(record.body, Commit):
            return record
        return replace(record, body=replace(record.body, changes=(Change("api/price.py", 12, 0),)))

    tamper(tmp_path / "home", lambda s: with_records(s, more_lines))
    shown = text(await ready.say("/report verify last"))
    assert "does not come out the same" in shown
    assert "Lines added" in shown
    assert "stored 15 (+14), rebuilt 25 (+24)" in shown
    assert "Authors (" not in shown


async def test_a_missing_record_names_its_facts(ready: Talk, tmp_path: Path) -> None:
    """One commit less: fewer commits, fewer authors."""
    tamper(tmp_path / "home", lambda s: with_records(s, lambda r: None if r.title == "Round prices" else r))
    shown = text(await ready.say("/report verify last"))
    assert "Commits (f1): stored 4 (+3), rebuilt 3 (+2)" in shown


async def test_a_change_that_moves_no_figure_is_still_seen(ready: Talk, tmp_path: Path) -> None:
    """Another subject: the figures are the same, the snapshot is not."""
    tamper(tmp_path / "home", lambda s: with_records(s, lambda r: replace(r, title=r.title.replace("Round", "Trim"))))
    assert "does not come out the same" in text(await ready.say("/report verify last"))


async def test_a_newer_definition_is_named(ready: Talk, tmp_path: Path) -> None:
    """A run measured by an earlier version of a metric says so."""
    tamper(tmp_path / "home", lambda s: replace(s, metrics={**s.metrics, "commits": 0}))
    assert "Commits was measured by version 0; this is version 1." in text(await ready.say("/report verify last"))


async def test_a_damaged_snapshot_is_a_clear_error(ready: Talk, tmp_path: Path) -> None:
    """Bytes that are no snapshot any more."""
    with sqlite3.connect(tmp_path / "home" / "arb.db") as db:
        db.execute("update steps set data = substr(data, 1, 100) where name = 'collect'")
    said = await ready.say("/report verify last")
    assert said.kind == "error"
    assert "damaged" in text(said)


@pytest.mark.parametrize(
    ("step", "before", "after", "says"),
    [
        ("measure", b'"value":"4"', b'"value":"9"', "stored 9"),
        ("narrate", b"commits were made", b"commits were lost", "sentences"),
        ("write", b'"text":"4"', b'"text":"40"', "card is not"),
    ],
)
async def test_no_row_of_a_run_can_be_changed_unseen(
    ready: Talk, tmp_path: Path, step: str, before: bytes, after: bytes, says: str
) -> None:
    """Neither the figures nor the words nor the card that people were shown."""
    with sqlite3.connect(tmp_path / "home" / "arb.db") as db:
        (data,) = db.execute("select data from steps where name = ?", (step,)).fetchone()
        assert before in data
        db.execute("update steps set data = ? where name = ?", (data.replace(before, after, 1), step))
    said = await ready.say("/report verify last")
    assert said.kind == "error"
    assert says in text(said)


async def test_persons_stay_unnamed_in_differences(ready: Talk, tmp_path: Path) -> None:
    """Where persons are not named, verify and why do not name them either."""
    await ready.say("/report run weekly source=shop window=2026-11-09..2026-11-16 people=no")
    assert "김준" not in text(await ready.say('/report why last "commits author=김준"')).replace(
        "commits author=김준", ""
    )
    with sqlite3.connect(tmp_path / "home" / "arb.db") as db:
        (run,) = db.execute("select id from runs order by number desc limit 1").fetchone()
        where = "where name = 'collect' and run_id = ?"
        (data,) = db.execute(f"select data from steps {where}", (run,)).fetchone()
        cut = with_records(unpack(data), lambda r: None if r.title == "Fix the checkout" else r)
        db.execute(f"update steps set data = ? {where}", (pack(cut), run))
    assert "김준" not in text(await ready.say("/report verify last"))
