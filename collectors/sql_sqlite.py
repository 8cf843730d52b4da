"""A SQLite file, opened so that it can only be read: by the way it is opened, by a pragma, and by an authorizer."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager, closing
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from collectors.measured import text
from collectors.sql_asking import Rows, Value, columns_of
from collectors.sql_text import Query
from model.clock import Clock
from model.errors import SourceRefused, SourceUnavailable
from model.form import Unfit
from model.language import Message

_THREADS = ThreadPoolExecutor(4, thread_name_prefix="sqlite-source")  # its own: slow queries keep nobody else waiting
_OFTEN = 20_000  # steps of the database between two looks at the time
_LONGEST = 1_000_000  # bytes of one value
_PATIENCE = 2.0  # seconds that somebody who writes has to finish
_MAY = frozenset((sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE))
_NO_FUNCTIONS = frozenset(("load_extension", "fts3_tokenizer", "readfile", "writefile", "edit"))
_SAFE = ("no such table", "no such column", "no such function", "near ", "ambiguous", "misuse", "incomplete")


@asynccontextmanager
async def opened(path: Path, clock: Clock, seconds: float) -> AsyncIterator[SqliteAsking]:
    """Open a file for reading; raises SourceRefused or SourceUnavailable."""
    loop = asyncio.get_running_loop()
    connection = await loop.run_in_executor(_THREADS, _connect, path)
    with closing(connection):
        yield SqliteAsking(connection, clock, seconds)


class SqliteAsking:
    """One connection; a query runs in a thread, and ends when it is late or nobody waits any more."""

    def __init__(self, connection: sqlite3.Connection, clock: Clock, seconds: float) -> None:
        self._connection, self._clock, self._seconds = connection, clock, seconds
        self._deadline = 0.0
        connection.set_progress_handler(lambda: clock.monotonic() > self._deadline, _OFTEN)

    async def ask(self, query: Query, values: Mapping[str, Value], most: int) -> Rows:
        """Return up to `most` + 1 rows; raises Unfit."""
        self._deadline = self._clock.monotonic() + self._seconds
        loop = asyncio.get_running_loop()
        asked = loop.run_in_executor(_THREADS, self._ask, query, values, most)
        try:
            return await asyncio.shield(asked)
        except asyncio.CancelledError:
            self._deadline = 0.0
            await asyncio.wait([asked])
            raise

    async def lacking(self) -> Sequence[Message]:
        """Return nothing: whoever may read the file may read all of it, and nobody writes."""
        return ()

    def _ask(self, query: Query, values: Mapping[str, Value], most: int) -> Rows:
        statement = "\n".join(("SELECT * FROM (", query.rendered(":", ""), ") LIMIT :most"))
        given = {**{name: _typed(value) for name, value in values.items()}, "most": most + 1 if most else 0}
        try:
            cursor = self._connection.execute(statement, given)
            columns = columns_of([str(column[0]) for column in cursor.description])
            return _rows(columns, _bounded(cursor))
        except sqlite3.Error as error:
            raise self._refusal(error) from None

    def _refusal(self, error: sqlite3.Error) -> Unfit:
        if isinstance(error, sqlite3.OperationalError) and "interrupted" in str(error):
            return Unfit("it took longer than {n} s", n=int(self._seconds))
        said = str(error)
        if "not authorized" in said or "prohibited" in said or "readonly" in said:
            return Unfit("it may only read")
        if "too big" in said:
            return Unfit("a value is larger than {n} bytes", n=_LONGEST)
        if said.startswith(_SAFE):
            return Unfit("{said}", said=text(said))
        return Unfit("the database refuses it ({code})", code=getattr(error, "sqlite_errorname", "SQLITE_ERROR"))


def _connect(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        raise SourceRefused("There is no file {path}.", hint=Message("Name a SQLite file."), path=str(path))
    address = f"file:{quote(str(path))}?mode=ro"
    try:
        connection = sqlite3.connect(
            address, uri=True, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
        )
        with ExitStack() as stack:
            stack.enter_context(closing(connection))
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
            connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
            connection.executescript("PRAGMA query_only=ON; PRAGMA trusted_schema=OFF;")
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            connection.set_authorizer(_authorize)
            stack.pop_all()
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise SourceUnavailable("The database {path} is locked: somebody writes.", path=str(path)) from None
        raise _unreadable(path) from None
    except sqlite3.DatabaseError:
        raise SourceRefused("The file {path} is no SQLite database.", path=str(path)) from None
    return connection


def _unreadable(path: Path) -> SourceRefused:
    return SourceRefused(
        "The database {path} cannot be read.",
        hint=Message("Let the user that ARB runs as read the file, and its -wal and -shm beside it where there are."),
        path=str(path),
    )


def _authorize(action: int, _: str | None, second: str | None, *__: str | None) -> int:
    if action == sqlite3.SQLITE_FUNCTION:
        return sqlite3.SQLITE_DENY if (second or "").lower() in _NO_FUNCTIONS else sqlite3.SQLITE_OK
    return sqlite3.SQLITE_OK if action in _MAY else sqlite3.SQLITE_DENY


def _bounded(cursor: sqlite3.Cursor) -> Sequence[tuple[object, ...]]:
    """Return the rows, as long as they are no more than a report could hold."""
    found: list[tuple[object, ...]] = []
    size = 0
    for row in cursor:
        size += sum(len(cell) for cell in row if isinstance(cell, str | bytes))
        if size > _LONGEST:
            raise Unfit("it brings more than {n} bytes", n=_LONGEST)
        found.append(row)
    return found


def _rows(columns: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> Rows:
    for row in rows:
        for name, cell in zip(columns, row, strict=True):
            if isinstance(cell, bytes):
                raise Unfit("the column {name} is binary", name=name)
    numeric = tuple(
        all(row[at] is None or isinstance(row[at], int | float) for row in rows) for at in range(len(columns))
    )
    return Rows(columns, numeric, [tuple(None if cell is None else str(cell) for cell in row) for row in rows])


def _typed(value: Value) -> str | int:
    """Return a parameter as SQLite's own functions write it."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return value if isinstance(value, int) else str(value)
