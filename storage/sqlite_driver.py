"""aiosqlite with one change of threads for each short statement.

Its own cursor takes four: it is made, executes, hands out its rows and is closed, each on the connection's thread.
Half of the time of a short statement goes there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite

_T = TypeVar("_T")
_AT_FIRST = 512  # rows that come with the statement itself; more are fetched when they are asked for


@dataclass(slots=True)
class _Result:
    """What a statement gave; the names are those of PEP 249."""

    rows: list[Any]
    rest: sqlite3.Cursor | None  # where there may be more
    description: Any
    rowcount: int
    lastrowid: int | None


class _Cursor:
    """As much of a cursor as SQLAlchemy asks for; SQLite's own is closed with the statement unless it has more rows."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._result = _Result([], None, None, -1, None)
        self.arraysize = 1

    async def __aenter__(self) -> _Cursor:
        return self

    async def execute(self, statement: str, values: Any = ()) -> None:
        """Execute a statement and fetch its first rows."""
        self._result = await self._connection.on_thread(self._connection.do, statement, values, many=False)

    async def executemany(self, statement: str, values: Iterable[Any]) -> None:
        """Execute a statement with each of the values."""
        self._result = await self._connection.on_thread(self._connection.do, statement, values, many=True)

    async def fetchone(self) -> Any:
        """Return the next row; None where there is none."""
        return next(iter(await self.fetchmany(1)), None)

    async def fetchmany(self, size: int) -> list[Any]:
        """Return the next rows, at most so many."""
        rows, rest = self._result.rows, self._result.rest
        found, self._result.rows = rows[:size], rows[size:]
        if rest is not None and len(found) < size:
            found += await self._connection.on_thread(rest.fetchmany, size - len(found))
        return found

    async def fetchall(self) -> list[Any]:
        """Return all rows that are left."""
        found, self._result.rows = self._result.rows, []
        if self._result.rest is not None:
            found += await self._connection.on_thread(self._result.rest.fetchall)
        return found

    async def close(self) -> None:
        """Let go of what SQLite holds for it."""
        rest, self._result.rest = self._result.rest, None
        if rest is not None:
            await self._connection.on_thread(rest.close)

    @property
    def description(self) -> Any:
        """Return the columns; None where a statement gives no rows."""
        return self._result.description

    @property
    def rowcount(self) -> int:
        """Return how many rows were changed."""
        return self._result.rowcount

    @property
    def lastrowid(self) -> int | None:
        """Return the number of the row that was inserted last."""
        return self._result.lastrowid


class Connection(aiosqlite.Connection):
    """A connection to a SQLite file, on a thread that keeps no process from ending."""

    def __init__(self, file: Path) -> None:
        super().__init__(partial(sqlite3.connect, file), _AT_FIRST)
        self._thread.daemon = True

    def cursor(self) -> _Cursor:  # type: ignore[override]  # its own has to be waited for
        """Return a new cursor."""
        return _Cursor(self)

    async def on_thread(self, work: Callable[..., _T], *values: Any, **named: Any) -> _T:
        """Return what `work` does on the connection's thread."""
        found: _T = await self._execute(work, *values, **named)  # type: ignore[no-untyped-call]
        return found

    def do(self, statement: str, values: Any, *, many: bool) -> _Result:
        """Execute a statement, on the connection's thread."""
        cursor = self._conn.cursor()
        more = False
        try:
            (cursor.executemany if many else cursor.execute)(statement, values)
            rows = cursor.fetchmany(_AT_FIRST) if cursor.description else []
            more = len(rows) == _AT_FIRST
        finally:
            if not more:
                cursor.close()
        return _Result(rows, cursor if more else None, cursor.description, cursor.rowcount, cursor.lastrowid)

    async def rollback(self) -> None:
        """Roll back where something is begun: a pool asks each time that it gets a connection back."""
        if self.in_transaction:
            await super().rollback()
