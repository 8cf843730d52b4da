"""Many rows in few statements, on both databases."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import make_url
from sqlalchemy.dialects import sqlite

from model.record import Page
from storage.bulk import change, insertion, portions
from storage.columns import storable
from storage.tables import METADATA, RUNS
from tests.storage.world import MONDAY, Room, branch, commit

_POSTGRES = make_url("postgresql+psycopg://").get_dialect()()
_ONE = "INSERT INTO t (a, b) VALUES (?, ?) ON CONFLICT DO NOTHING"


@given(st.integers(min_value=0, max_value=3000))
def test_portions_are_all_rows_in_their_order(count: int) -> None:
    rows = [(n, str(n)) for n in range(count)]
    statements = list(portions(_ONE, rows))
    assert [value for _, values in statements for value in values] == [value for row in rows for value in row]
    assert all(text.count("(?, ?)") * 2 == len(values) for text, values in statements)


@pytest.mark.parametrize(("count", "statements"), [(1, 1), (256, 1), (1000, 6), (1024, 2), (1023, 10)])
def test_a_page_is_few_statements(count: int, statements: int) -> None:
    """While another thread computes, the driver may wait 5 ms after each: with the write lock held."""
    assert len(list(portions(_ONE, [(n, n) for n in range(count)]))) == statements


@pytest.mark.parametrize("table", METADATA.sorted_tables, ids=lambda table: str(table.name))
def test_the_largest_portion_of_any_table_is_taken(table: object) -> None:
    """SQLite takes 32,766 values in a statement."""
    columns = METADATA.tables[str(table)].columns.keys()
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute(f"CREATE TABLE t ({', '.join(f'c{n}' for n in range(len(columns)))})")
        text = f"INSERT INTO t VALUES ({', '.join('?' for _ in columns)})"
        for statement, values in portions(text, [tuple(range(len(columns)))] * 1024):
            db.execute(statement, values)
        assert db.execute("SELECT count(*) FROM t").fetchone() == (1024,)


def test_sqlite_finds_each_row_to_change_by_its_key() -> None:
    """Not by going through the table for each portion."""
    [(text, values)] = change(RUNS, ("state",), sqlite.dialect()).statements(
        [{"state": "done", "workspace_id": "w", "id": str(n)} for n in range(512)]
    )
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute(f"CREATE TABLE runs ({', '.join(c.name for c in RUNS.columns)}, PRIMARY KEY (id))")
        plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {text}", values)]
    assert any("SEARCH runs USING" in line for line in plan), plan
    assert not any("SCAN runs" in line for line in plan), plan


def test_an_insertion_may_pass_over_what_is_there() -> None:
    columns = ("id", "workspace_id")
    made = insertion(RUNS, columns, unless_there=True, dialect=sqlite.dialect())
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE TABLE runs (id PRIMARY KEY, workspace_id)")
        touched = [
            sum(db.execute(*one).rowcount for one in made.statements([{"id": n, "workspace_id": "w"} for n in some]))
            for some in (range(3), range(5), range(5))
        ]
    assert touched == [3, 2, 0]


@given(st.text(st.characters(codec=None), max_size=20))
def test_postgres_is_given_text_that_it_can_hold(text: str) -> None:
    [(_, given)] = insertion(RUNS, ("id", "state"), unless_there=False, dialect=_POSTGRES).statements(
        [{"id": "r", "state": text}]
    )
    assert isinstance(given, dict)
    assert json.loads(given["rows"]) == [{"id": "r", "state": storable(text)}]


def test_postgres_is_given_no_instant_without_a_zone() -> None:
    made = change(RUNS, ("finished",), _POSTGRES)
    with pytest.raises(ValueError, match="zone"):
        list(made.statements([{"finished": MONDAY.replace(tzinfo=None), "workspace_id": "w", "id": "r"}]))


async def test_of_two_of_the_same_key_in_a_page_the_later_stays(here: Room) -> None:
    twice = branch("b", MONDAY), *(commit(f"{n}", MONDAY) for n in range(300)), branch("b", MONDAY, MONDAY)
    await here.db.store(
        here.workspace, here.source, page := Page(twice, "1"), rows=await here.db.rows(Page(twice, "1"))
    )
    async with here.db.read(here.workspace) as stores:
        assert await stores.records.count(here.source) == 301
        assert await stores.records.one(here.source, "branch", "b") == page.records[-1]
