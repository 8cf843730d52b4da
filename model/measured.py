"""What sources measure: figures that their owners define, and the numbers, entries and rows that these are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Literal

from model.unit import Better, Unit

Pairs = tuple[tuple[str, str], ...]  # (dimension, group); a group of persons is called "author"
How = Literal["window", "last", "sum", "mean", "min", "max", "median", "p90", "p95", "p99", "count", "share"]
Together = Literal["sum", "mean", "min", "max", "none"]


@dataclass(frozen=True, slots=True)
class Slice:
    """One value of a sample; without labels it is the whole."""

    value: Decimal
    labels: Pairs = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """What a metric measured at an instant, or over the span from its record's `at` to its `ended`.

    Its slices are all that was measured then: the whole, its groups, or both; none where there was nothing.
    """

    metric: str
    slices: tuple[Slice, ...]
    kind: Literal["sample"] = "sample"


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened and was counted among its like: a row, an element of an array, an error, a result."""

    of: str  # the set of its like; a source may hold several
    labels: Pairs = ()
    numbers: tuple[tuple[str, Decimal], ...] = ()
    kind: Literal["entry"] = "entry"


@dataclass(frozen=True, slots=True)
class Gauge:
    """A figure that the owner of a source defines.

    Its record's key is the metric's name, its title what the owner calls it ("": a ready-made one has a name already);
    it has no end, so that it is there in every window.
    """

    unit: Unit
    better: Better
    how: How  # of samples and entries in the window; "window": the sample whose span is the window itself
    by: tuple[str, ...] = ()  # dimensions that it is broken down by
    together: Together = "sum"  # how slices make the whole where no sample holds it; none: it is not known then
    entries: str = ""  # the set of entries that it is made of; "": samples
    of: str = ""  # the number of each entry that is added up and the like
    where: Pairs = ()  # labels that an entry must bear: to count at all, or, for a share, to be that share
    since: datetime | None = None  # what happened before is not held, so that windows which begin earlier are unknown
    query: str = ""  # what was asked for it
    known: bool | None = None  # whether it was read, where a source tells its figures apart; None: as its source was
    kind: Literal["gauge"] = "gauge"


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows as they stood when they were read; its record's key is its name, its title what people call it."""

    columns: tuple[tuple[str, Unit | None], ...]  # a column with a unit holds numbers
    rows: tuple[tuple[str, ...], ...]  # "" where there is nothing
    more: bool = False  # there are rows that were left out
    kind: Literal["listing"] = "listing"


Measured = Sample | Entry | Gauge | Listing
PERSON = "author"  # the dimension whose groups are persons: shown only where persons are named


def with_texts(body: Measured, each: Callable[[str, str], str]) -> Measured:
    """Return a body with another text for each (dimension, group) and each (column, cell) that it holds."""
    match body:
        case Sample():
            slices = tuple(replace(one, labels=_labels(one.labels, each)) for one in body.slices)
            return replace(body, slices=slices)
        case Entry():
            return replace(body, labels=_labels(body.labels, each))
        case Listing():
            names = [name for name, _ in body.columns]
            rows = tuple(tuple(map(each, names, row)) for row in body.rows)
            return replace(body, rows=rows)
        case Gauge():
            return body


def _labels(labels: Pairs, each: Callable[[str, str], str]) -> Pairs:
    return tuple((dimension, each(dimension, group)) for dimension, group in labels)
