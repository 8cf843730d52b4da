"""Many rows of a table at once: as text with finished values, for SQLAlchemy's own way takes twice as long.

It works out anew for each row what is the same for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache

from sqlalchemy import Dialect, Insert, Table, insert
from sqlalchemy.dialects import sqlite

Values = tuple[object, ...] | dict[str, object]


def or_nothing(dialect: Dialect, table: Table) -> Insert:
    """Return an insertion that does nothing where a unique row is there."""
    if dialect.name == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    from sqlalchemy.dialects import postgresql  # slow to import: only where it is used

    return postgresql.insert(table).on_conflict_do_nothing()


@cache
def finished(
    table: Table, columns: tuple[str, ...], unless_there: bool, dialect: Dialect
) -> tuple[str, Callable[[Mapping[str, object]], Values]]:
    """Return an insertion of rows with these columns as text, and what makes such a row ready for the driver."""
    made = or_nothing(dialect, table) if unless_there else insert(table)
    compiled = made.compile(dialect=dialect, column_keys=columns)
    ready = {name: table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in columns}
    order: Sequence[str] | None = getattr(compiled, "positiontup", None)  # None: the driver takes values by name

    def finish(row: Mapping[str, object]) -> Values:
        found = {name: value if (make := ready[name]) is None else make(value) for name, value in row.items()}
        return found if order is None else tuple([found[name] for name in order])

    return str(compiled), finish
