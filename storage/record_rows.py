"""The rows of records: what the driver is given for them, and the statements that store them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError
from sqlalchemy import Dialect
from sqlalchemy.dialects import sqlite

from model.record import BODY, AnyBody, Record
from storage.bulk import portions
from storage.columns import UtcDateTime, storable
from storage.tables import RECORDS

Rows = Sequence[tuple[object, ...]]
_INSTANT = UtcDateTime()
_KEY = ("source", "kind", "key")
_CHANGING = ("at", "ended", "actor", "title", "url", "body")
_NUL = b"\\u0000"
_DUMPS: dict[str, Callable[[AnyBody], bytes]] = {}  # by kind: the union would look for the class of each body


def upserts(dialect: Dialect, rows: Rows) -> Iterator[tuple[str, Any]]:
    """Yield the statements that store whole rows, each with what the driver is given for it."""
    text = upsert(dialect.name)
    if dialect.name == "sqlite":
        yield from portions(text, rows)
    elif rows:
        yield text, rows


@cache
def upsert(dialect: str) -> str:
    """Return the upsert of a row as text: the driver takes finished values, which saves half of the time of a page."""
    if dialect == "sqlite":
        lite = sqlite.insert(RECORDS)
        changes = {name: lite.excluded[name] for name in _CHANGING}
        made = lite.on_conflict_do_update(index_elements=_KEY, set_=changes)
        return str(made.compile(dialect=sqlite.dialect(paramstyle="qmark")))
    from sqlalchemy.dialects import postgresql  # slow to import: only where it is used

    post = postgresql.insert(RECORDS)
    changes = {name: post.excluded[name] for name in _CHANGING}
    positional = postgresql.dialect(paramstyle="format")  # type: ignore[no-untyped-call]  # the library's
    return str(post.on_conflict_do_update(index_elements=_KEY, set_=changes).compile(dialect=positional))


def rows_of(records: Sequence[Record], dialect: Dialect) -> Rows:
    """Return the rows of records as the driver takes them, in the order of the table's columns.

    What comes first in each is not known yet: its workspace, and the number of its source.
    """
    instant = _INSTANT.bind_processor(dialect)

    def row(record: Record) -> tuple[object, ...]:
        at, actor, url, body = instant(record.at), record.actor, record.url, record.body
        return (
            body.kind,
            storable(record.key),
            at,
            at if record.ended is record.at else instant(record.ended),
            None if actor is None else storable(actor),
            storable(record.title),
            None if url is None else storable(url),
            _dumped(body),
        )

    return list(map(row, records))


def _dumped(body: AnyBody) -> str:
    """Return a body as JSON that both databases and every reader can hold."""
    try:
        dump = _DUMPS.get(body.kind) or _DUMPS.setdefault(body.kind, TypeAdapter(type(body)).serializer.to_json)
        found = dump(body)
    except PydanticSerializationError:  # lone surrogates
        found = _NUL
    if _NUL in found:
        found = BODY.dump_json(BODY.validate_python(_storable(BODY.dump_python(body))))
    return found.decode()


def _storable(value: object) -> object:
    match value:
        case str():
            return storable(value)
        case dict():
            return {name: _storable(inner) for name, inner in value.items()}
        case list() | tuple():
            return tuple(_storable(inner) for inner in value)
        case _:
            return value
