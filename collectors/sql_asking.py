"""A database that is asked: what comes back, and how it says no."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Protocol

from collectors.definitions import Definition
from collectors.measured import MOST_GROUP, MOST_SLICES, number, plain, text
from collectors.sql_text import Query
from model.form import Unfit
from model.language import Message
from model.measured import Listing, Slice
from model.unit import Unit
from model.window import Window

MOST_COLUMNS = 20
NOTHING = "–"  # the group of rows that name none
Value = str | int | datetime | date


@dataclass(frozen=True, slots=True)
class Rows:
    """What a query brought, as text; None where there is nothing."""

    columns: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: Sequence[tuple[str | None, ...]]  # one more than was asked for, where there are more


def columns_of(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of columns as they may be shown; raises Unfit where there are too many."""
    if len(names) > MOST_COLUMNS:
        raise Unfit("it gives {n} columns, more than {most}", n=len(names), most=MOST_COLUMNS)
    return tuple(text(name) for name in names)


class Asking(Protocol):
    """A connection that can only read."""

    async def ask(self, query: Query, values: Mapping[str, Value], most: int) -> Rows:
        """Return up to `most` + 1 rows. `most` 0: none, only what they would be like.

        Raises:
            Unfit: the database refuses the query, or it takes too long; the connection goes on.
            SourceError: nothing can be asked any more.
        """
        ...

    async def lacking(self) -> Sequence[Message]:
        """Return what its user should be able to do and is not, or should not be able to do and is."""
        ...


Opened = AbstractAsyncContextManager[Asking]


def values_of(window: Window, now: datetime) -> Mapping[str, Value]:
    """Return what the parameters of a query stand for."""
    before = window.previous().start
    last = window.day_of(window.end - timedelta(microseconds=1)) + timedelta(days=1)
    return {
        "start": window.start, "end": window.end, "before": before, "now": now,
        "start_date": window.day_of(window.start), "end_date": last, "before_date": window.day_of(before),
        "start_epoch": int(window.start.timestamp()), "end_epoch": int(window.end.timestamp()),
        "before_epoch": int(before.timestamp()),
    }  # fmt: skip


def slices_of(one: Definition, found: Rows) -> tuple[Slice, ...]:
    """Return the values of a figure: of the column that no dimension is called after; raises Unfit."""
    by = one.figure.by
    missing = [name for name in by if name not in found.columns]
    others = [at for at, name in enumerate(found.columns) if name not in by]
    if missing:
        raise Unfit("there is no column {name}, as by= has it", name=missing[0])
    if len(others) != 1:
        raise Unfit("besides what by= names there is one column for the value; these are {n}", n=len(others))
    if not by and len(found.rows) > 1:
        raise Unfit("it gives more than one row: name the column that tells them apart, by=…")
    if len(found.rows) > MOST_SLICES:
        raise Unfit("it gives more than {most} rows", most=MOST_SLICES)
    if not found.numeric[others[0]]:
        raise Unfit("the value is no number: cast it to one")
    places = [(name, found.columns.index(name)) for name in by]
    return tuple(
        Slice(_value(cell), tuple((name, _group(row[at])) for name, at in places))
        for row in found.rows
        if (cell := row[others[0]]) is not None
    )


def listing_of(found: Rows, most: int) -> Listing:
    """Return the rows of a table."""
    columns = tuple(
        (text(name, 40), Unit.NUMBER if numeric else None)
        for name, numeric in zip(found.columns, found.numeric, strict=True)
    )
    rows = tuple(tuple(map(_cell, row, found.numeric)) for row in found.rows[:most])
    return Listing(columns, rows, len(found.rows) > most)


def _value(cell: str) -> Decimal:
    if cell.strip().lower().lstrip("+-") in ("nan", "inf", "infinity"):
        raise Unfit("it is not finite")
    return number(cell)


def _group(cell: str | None) -> str:
    return text(cell or "", MOST_GROUP) or NOTHING


def _cell(cell: str | None, numeric: bool) -> str:
    if cell is None:
        return ""
    return plain(_value(cell)) if numeric else text(cell)
