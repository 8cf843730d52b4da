"""Many rows of a table in one statement of finished values: SQLAlchemy works out anew for each what is alike in all.

SQLite's driver lets Python's other threads go on while a statement is carried out, and may wait 5 ms for its turn after
that. So where another thread computes, a statement for each row takes a second for what one for all does in 20 ms, and
the write lock is held meanwhile.

PostgreSQL is given all rows as one text of JSON: over a hundred rows its driver, too, takes longer than the server.
What it cannot hold is looked for in that text, all at once: to see to each value takes longer than to write the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from itertools import chain

from sqlalchemy import Dialect, Insert, LargeBinary, Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.types import TypeEngine

_MOST = 512  # rows in one statement of SQLite, times at most 63 columns: it takes 32,766 values
_NEW = "json_to_recordset(%(rows)s) AS new"
_VALUES = re.compile(r"VALUES (\([?, ]+\))")
_SUSPECT = re.compile(r"\\u(?:0000|d[89a-f])")  # how JSON writes NUL and surrogates, those of a pair too

Row = Mapping[str, object]
Statement = tuple[str, dict[str, str] | tuple[object, ...]]  # and what the driver is given for it


@dataclass(frozen=True, slots=True)
class Bulk:
    """What stores any number of rows with the same columns."""

    statements: Callable[[Sequence[Row]], Iterator[Statement]]


def portions(text: str, rows: Sequence[tuple[object, ...]]) -> Iterator[Statement]:
    """Yield statements of SQLite for rows; `text` is the one for a single row, with "VALUES (?, ?)" in it once.

    The portions are powers of two, so that there are few statements, which the driver keeps compiled.
    """
    start = 0
    while (left := len(rows) - start) > 0:
        size = min(_MOST, 1 << left.bit_length() - 1)
        yield _repeated(text, size), tuple(chain.from_iterable(rows[start : start + size]))
        start += size


@cache
def _repeated(text: str, count: int) -> str:
    return _VALUES.sub(lambda found: f"VALUES {', '.join([found[1]] * count)}", text, count=1)


def or_nothing(dialect: Dialect, table: Table) -> Insert:
    """Return an insertion that does nothing where a unique row is there."""
    if dialect.name == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    from sqlalchemy.dialects import postgresql  # slow to import: only where it is used

    return postgresql.insert(table).on_conflict_do_nothing()


@cache
def insertion(table: Table, columns: tuple[str, ...], unless_there: bool, dialect: Dialect) -> Bulk:
    """Return what inserts rows; `unless_there`: those alone that no unique row stands for."""
    given = f"INSERT INTO {table.name} ({', '.join(columns)}) {{}}{' ON CONFLICT DO NOTHING' if unless_there else ''}"
    if dialect.name == "postgresql":
        return _as_json(given.format(f"SELECT {', '.join(columns)} FROM {_NEW}"), table, columns, dialect)
    return _as_values(given.format(_row(columns)), table, columns, dialect)


@cache
def change(table: Table, columns: tuple[str, ...], dialect: Dialect) -> Bulk:
    """Return what gives these columns of rows new values; a row is known by its workspace and its id."""
    known = ("workspace_id", "id")
    given = (*columns, *known)
    changes = ", ".join(f"{name} = new.{name}" for name in columns)
    same = " AND ".join(f"{table.name}.{name} = new.{name}" for name in known)
    if dialect.name == "postgresql":
        return _as_json(f"UPDATE {table.name} SET {changes} FROM {_NEW} WHERE {same}", table, given, dialect)
    text = f"WITH new ({', '.join(given)}) AS ({_row(given)}) UPDATE {table.name} SET {changes} FROM new WHERE {same}"
    return _as_values(text, table, given, dialect)


def _row(columns: Sequence[str]) -> str:
    return f"VALUES ({', '.join('?' for _ in columns)})"


def _as_values(text: str, table: Table, columns: Sequence[str], dialect: Dialect) -> Bulk:
    by_column = _by_column(table, columns, dialect)
    return Bulk(lambda rows: portions(text, list(by_column(rows))))


def _as_json(text: str, table: Table, columns: Sequence[str], dialect: Dialect) -> Bulk:
    """Return what gives the rows as one text; they stand in the statement under the name "new"."""
    types = {name: table.c[name].type.compile(dialect).partition(" COLLATE ")[0] for name in columns}
    typed = text.replace(_NEW, f"{_NEW} ({', '.join(f'{name} {type}' for name, type in types.items())})")
    by_column, named = _by_column(table, columns, dialect), partial(zip, columns, strict=True)

    def statements(rows: Sequence[Row]) -> Iterator[Statement]:
        given = json.dumps(rows, default=_as_text)
        if _SUSPECT.search(given):
            given = json.dumps([dict(named(row)) for row in by_column(rows)], default=_as_text)
        yield typed, {"rows": given}

    return Bulk(statements)


def _by_column(
    table: Table, columns: Sequence[str], dialect: Dialect
) -> Callable[[Sequence[Row]], Iterator[tuple[object, ...]]]:
    """Return what makes the values of rows as the driver takes them, in this order."""
    of = {name: _maker(table.c[name].type, dialect) for name in columns}
    return lambda rows: zip(*([make(row[name]) for row in rows] for name, make in of.items()), strict=True)


def _maker(type: TypeEngine[object], dialect: Dialect) -> Callable[[object], object]:
    if isinstance(type, LargeBinary):
        return _same  # SQLAlchemy would wrap it for a driver that does not know bytes
    return type.dialect_impl(dialect).bind_processor(dialect) or _same


def _same(value: object) -> object:
    return value


def _as_text(value: object) -> str:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("an instant needs a zone")
        return value.isoformat()
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    raise TypeError(f"{type(value).__name__} is not stored in bulk")
