"""aiosqlite with our cursors: what SQLAlchemy asks of a driver, and how often the thread is changed for it."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from storage.sqlite_driver import Connection


class Counting(Connection):
    """A connection that counts what is done on its thread."""

    changes = 0

    async def on_thread(self, work: Callable[..., Any], *values: Any, **named: Any) -> Any:
        self.changes += 1
        return await super().on_thread(work, *values, **named)


@pytest_asyncio.fixture
async def here(tmp_path: Path) -> AsyncIterator[Counting]:
    connection = Counting(tmp_path / "x.db")
    await connection
    cursor = connection.cursor()
    await cursor.execute("CREATE TABLE t (n INTEGER PRIMARY KEY)")
    await cursor.executemany("INSERT INTO t VALUES (?)", [(n,) for n in range(2000)])
    assert cursor.rowcount == 2000
    await connection.commit()
    connection.changes = 0
    yield connection
    await connection.close()


async def test_a_short_statement_changes_threads_once(here: Counting) -> None:
    cursor = await here.cursor().__aenter__()  # as SQLAlchemy begins
    await cursor.execute("SELECT n, n * 2 AS twice FROM t WHERE n < ? ORDER BY n", (3,))
    assert [column[0] for column in cursor.description] == ["n", "twice"]
    assert await cursor.fetchall() == [(0, 0), (1, 2), (2, 4)]
    assert await cursor.fetchall() == []
    await cursor.close()
    assert here.changes == 1


@pytest.mark.parametrize("most", [1, 511, 512, 513, 1024, 2000])
async def test_rows_come_in_pieces_of_any_size(here: Counting, most: int) -> None:
    for size in (1, 100, 512, 5000):
        cursor, found = here.cursor(), []
        await cursor.execute("SELECT n FROM t ORDER BY n LIMIT ?", (most,))
        while rows := await cursor.fetchmany(size):
            assert len(rows) <= size
            found += [n for (n,) in rows]
        await cursor.close()
        assert found == list(range(most))
    cursor = here.cursor()
    await cursor.execute("SELECT n FROM t ORDER BY n LIMIT ?", (most,))
    assert await cursor.fetchone() == (0,)
    assert len(await cursor.fetchall()) == most - 1


async def test_whoever_leaves_a_long_answer_early_holds_nothing(here: Counting, tmp_path: Path) -> None:
    cursor = here.cursor()
    await cursor.execute("SELECT n FROM t")
    await cursor.close()
    other = sqlite3.connect(tmp_path / "x.db", isolation_level=None, timeout=0)
    other.execute("DROP TABLE t")
    other.close()


async def test_what_is_wrong_is_the_drivers_own_error(here: Counting) -> None:
    cursor = here.cursor()
    with pytest.raises(sqlite3.IntegrityError):
        await cursor.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(sqlite3.OperationalError):
        await cursor.execute("SELECT nothing")
    await cursor.execute("SELECT n FROM t WHERE n < 0")
    assert cursor.description is not None
    assert await cursor.fetchone() is None


async def test_nothing_is_rolled_back_where_nothing_is_begun(here: Counting) -> None:
    await here.rollback()
    cursor = here.cursor()
    await cursor.execute("DELETE FROM t")
    await here.rollback()
    await cursor.execute("SELECT count(*) FROM t")
    assert await cursor.fetchall() == [(2000,)]
