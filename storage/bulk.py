"""Many rows of a table in one statement of finished values: SQLAlchemy works out anew for each what is alike in all.

PostgreSQL is given all rows as one text of JSON: over a hundred rows its driver, too, takes longer than the server.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Dialect, Insert, LargeBinary, Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.types import TypeEngine

Row = Mapping[str, object]
Values = dict[str, str] | list[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Bulk:
    """A statement for any number of rows with the same columns."""

    text: str
    ready: Callable[[Sequence[Row]], Values]  # what the driver is given for rows


def or_nothing(dialect: Dialect, table: Table) -> Insert:
    """Return an insertion that does nothing where a unique row is there."""
    if dialect.name == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    from sqlalchemy.dialects import postgresql  # slow to import: only where it is used

    return postgresql.insert(table).on_conflict_do_nothing()


@cache
def insertion(table: Table, columns: tuple[str, ...], unless_there: bool, dialect: Dialect) -> Bulk:
    """Return what inserts rows; `unless_there`: those alone that no unique row stands for."""
    names, beside = ", ".join(columns), " ON CONFLICT DO NOTHING" if unless_there else ""
    given, ready = _given(table, columns, dialect)
    values = f"SELECT {names} FROM {given}" if given else f"VALUES ({', '.join('?' for _ in columns)})"
    return Bulk(f"INSERT INTO {table.name} ({names}) {values}{beside}", ready)


@cache
def change(table: Table, columns: tuple[str, ...], dialect: Dialect) -> Bulk:
    """Return what gives these columns of rows new values; a row is known by its workspace and its id."""
    known = ("workspace_id", "id")
    given, ready = _given(table, (*columns, *known), dialect)
    changes = ", ".join(f"{name} = new.{name}" if given else f"{name} = ?" for name in columns)
    same = " AND ".join(f"{table.name}.{name} = new.{name}" if given else f"{name} = ?" for name in known)
    return Bulk(f"UPDATE {table.name} SET {changes}{f' FROM {given}' if given else ''} WHERE {same}", ready)


def _given(table: Table, columns: Sequence[str], dialect: Dialect) -> tuple[str, Callable[[Sequence[Row]], Values]]:
    """Return what stands for the rows in a statement, named "new", where the driver is given all of them as one."""
    of = {name: _maker(table.c[name].type, dialect) for name in columns}

    def by_column(rows: Sequence[Row]) -> Iterator[tuple[object, ...]]:
        return zip(*([make(row[name]) for row in rows] for name, make in of.items()), strict=True)

    if dialect.name != "postgresql":
        return "", lambda rows: list(by_column(rows))
    types = {name: table.c[name].type.compile(dialect).partition(" COLLATE ")[0] for name in columns}
    typed = ", ".join(f"{name} {type}" for name, type in types.items())
    return f"json_to_recordset(%(rows)s) AS new ({typed})", lambda rows: {
        "rows": json.dumps([dict(zip(columns, row, strict=True)) for row in by_column(rows)], default=_as_text)
    }


def _maker(type: TypeEngine[object], dialect: Dialect) -> Callable[[object], object]:
    if isinstance(type, LargeBinary):
        return _same  # SQLAlchemy would wrap it for a driver that does not know bytes
    return type.dialect_impl(dialect).bind_processor(dialect) or _same


def _same(value: object) -> object:
    return value


def _as_text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    raise TypeError(f"{type(value).__name__} is not stored in bulk")
