"""Measure: metrics are rows, and one engine walks the records once for all of them.

Metrics that count the same records, split alike, share one walk: each record is put with the groups it belongs to once,
and what a group holds is worked out for every metric at the end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, islice, product
from math import ceil
from typing import Any, Generic, TypeVar

from model.ids import FactId, SourceId
from model.ledger import MOST_EVIDENCE, Evidence, Fact
from model.record import AnyBody, Record
from model.unit import Better, Unit
from model.window import Window

B = TypeVar("B", bound=AnyBody)
# The groups that a part belongs to, by dimension. None: it belongs to some group, nobody knows to which.
Labels = Mapping[str, Sequence[str] | None]
DAY = "day"  # the one dimension that the engine fills itself
_SHARE = Decimal("0.0001")
UNNUMBERED = FactId("")  # a fact gets its number once the whole ledger is known


@dataclass(slots=True)
class Seen(Generic[B]):
    """One record as metrics see it; `day` is the civil day, in the window's zone, of the instant that counts."""

    source: SourceId
    record: Record
    body: B
    day: str
    shared: Any = None  # what the first split works out and another one needs too
    _evidence: Evidence | None = None

    def evidence(self) -> Evidence:
        """Return where the record can be looked up; the same object each time, for a busy ledger holds many."""
        if self._evidence is None:
            self._evidence = Evidence(self.source, self.record.kind, self.record.key)
        return self._evidence


@dataclass(slots=True)
class Part:
    """What of a record counts for some groups: here all of it; a split that tells more apart has a kind of its own."""

    seen: Seen[Any]


P = TypeVar("P", bound=Part)
# The parts of a record with the groups that each belongs to. No part: it counts, nobody knows for how much.
Split = Callable[[Seen[B]], Iterable[tuple[Labels, P | None]]]
Figure = Callable[[Sequence[P]], Decimal | None]  # None: there is none, as the median of nothing


def count(parts: Sequence[Part]) -> Decimal:
    """Return how many parts there are."""
    return Decimal(len(parts))


def total(of: Callable[[P], int]) -> Figure[P]:
    """Return what adds up a whole number of each part."""
    return lambda parts: Decimal(sum(map(of, parts)))


def distinct(of: Callable[[P], Hashable]) -> Figure[P]:
    """Return what counts how many different values the parts have."""
    return lambda parts: Decimal(len(set(map(of, parts))))


def median(of: Callable[[P], Decimal]) -> Figure[P]:
    """Return what finds the middle of a number of each part; of an even number of parts, what lies between both."""

    def middle(parts: Sequence[P]) -> Decimal | None:
        found = sorted(map(of, parts))
        half = len(found) // 2
        if not found:
            return None
        return found[half] if len(found) % 2 else (found[half - 1] + found[half]) / 2

    return middle


def quantile(of: Callable[[P], Decimal], part: Decimal) -> Figure[P]:
    """Return what finds the number that so large a part of all does not exceed (the nearest rank)."""

    def rank(parts: Sequence[P]) -> Decimal | None:
        found = sorted(map(of, parts))
        return found[max(0, ceil(part * len(found)) - 1)] if found else None

    return rank


def share(of: Callable[[P], bool]) -> Figure[P]:
    """Return what tells which share of the parts something holds for, 0…1; of none there is no share."""
    return lambda parts: (Decimal(sum(map(of, parts))) / len(parts)).quantize(_SHARE) if parts else None


@dataclass(frozen=True, slots=True)
class Metric(Generic[B]):
    """One figure: which records count, when, how they are split among groups, and what those add up to."""

    name: str
    version: int  # of the definition: counted up when the same records give another figure
    of: type[B]
    unit: Unit
    better: Better
    when: Callable[[Record, B], datetime | None]  # the instant that decides the window; None: not counted
    split: Split[B, Any]
    figure: Figure[Any]
    by: tuple[str, ...] = ()


AnyMetric = Metric[Any]


def measure(
    metrics: Sequence[AnyMetric],
    records: Iterable[tuple[SourceId, Record]],
    window: Window,
    sources: tuple[SourceId, ...],
    readable: bool = True,
) -> tuple[Fact, ...]:
    """Return each metric's facts, the total first, then its groups by label; `records` come newest first.

    Nothing is known when not all `sources` were readable. The facts have no number yet.
    """
    calendar = _Calendar(window)
    lots = _lots(metrics, calendar)
    for source, record in records:
        seen: Seen[Any] | None = None
        for (of, when), walks in lots.items():
            at = when(record, record.body) if isinstance(record.body, of) else None
            place = None if at is None else calendar.place(at)
            if place is None:
                continue
            if seen is None or seen.day != place.day:
                seen = Seen(source, record, record.body, place.day)
            for walk in walks.values():
                walk.read(seen, place)
    found = (lots[metric.of, metric.when][metric.split].facts(metric, sources, readable) for metric in metrics)
    return tuple(chain.from_iterable(found))


_Counted = tuple[type[Any], Callable[[Record, Any], datetime | None]]


def _lots(metrics: Sequence[AnyMetric], calendar: _Calendar) -> Mapping[_Counted, Mapping[object, _Walk]]:
    """Return a walk for all metrics that count the same records at the same instants, split alike."""
    lots: dict[_Counted, dict[object, _Walk]] = {}
    for metric in metrics:
        walks = lots.setdefault((metric.of, metric.when), {})
        walks.setdefault(metric.split, _Walk(metric.split, calendar)).tell_apart(metric.by)
    return lots


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an instant lies: in the window or the one before, on which day, and which day of the window that is."""

    now: bool
    day: str
    slot: str | None


class _Calendar:
    def __init__(self, window: Window) -> None:
        self._window, self._previous = window, window.previous()
        self.days = tuple(day.isoformat() for day in window.days())
        before = (day.isoformat() for day in self._previous.days())
        self._opposite = dict(zip(before, self.days, strict=False))
        self._places: dict[tuple[bool, date], _Place] = {}
        self._last: tuple[datetime, _Place | None] | None = None

    def place(self, at: datetime) -> _Place | None:
        """Return where `at` lies; the metrics ask for the same instant one after the other."""
        if self._last is None or self._last[0] is not at:
            self._last = (at, self._find(at))
        return self._last[1]

    def _find(self, at: datetime) -> _Place | None:
        now = at in self._window
        if not now and at not in self._previous:
            return None
        day = self._window.day_of(at)
        place = self._places.get((now, day))
        if place is None:
            name = day.isoformat()
            place = self._places[now, day] = _Place(now, name, name if now else self._opposite.get(name))
        return place


class _Half:
    """What one of the two windows holds, by dimension and group; the total is the one group of no dimension."""

    def __init__(self) -> None:
        self.groups: dict[str, dict[str, list[Part]]] = {"": defaultdict(list)}
        self.total = self.groups[""][""]
        self.lost: set[str] = set()  # dimensions where something belongs to a group, nobody knows to which
        self._unknown: set[tuple[str, str]] = set()  # (dimension, group) with something of unknown worth

    def spoil(self, labels: Labels, slot: str | None) -> None:
        """Take in what counts for nobody knows how much: neither do its groups, then, nor those it may belong to."""
        named = dict(labels)
        self._unknown.add(("", ""))
        if slot is not None:
            named[DAY] = (slot,)
        for dimension, groups in self.groups.items():
            names = named.get(dimension) if dimension else ()
            if names is None:
                self.lost.add(dimension)
            for name in names or ():
                groups.setdefault(name, [])
                self._unknown.add((dimension, name))

    def parts(self, dimension: str, name: str) -> Sequence[Part] | None:
        """Return what a group holds; None where nobody knows."""
        if dimension in self.lost or (dimension, name) in self._unknown:
            return None
        return self.groups[dimension].get(name, ())


class _Walk:
    """Metrics that count the same records at the same instants, split alike."""

    def __init__(self, split: Split[Any, Part], calendar: _Calendar) -> None:
        self._split, self._calendar = split, calendar
        self._now, self._before = _Half(), _Half()
        self._behind: dict[tuple[str, str], tuple[tuple[Evidence, ...], int]] = {}

    def tell_apart(self, dimensions: Iterable[str]) -> None:
        """Keep the groups of these dimensions too."""
        for half, dimension in product((self._now, self._before), dimensions):
            half.groups.setdefault(dimension, defaultdict(list))

    def read(self, seen: Seen[Any], place: _Place) -> None:
        """Put a record's parts with their groups: the innermost loop of all."""
        half = self._now if place.now else self._before
        groups, slot = half.groups, place.slot
        days = None if slot is None else groups.get(DAY)
        for labels, part in self._split(seen):
            if part is None:
                half.spoil(labels, None if days is None else slot)
                continue
            half.total.append(part)
            for dimension, names in labels.items():
                if names is None:
                    half.lost.add(dimension)
                    continue
                named = groups[dimension]
                for name in names:
                    named[name].append(part)
            if days is not None and slot is not None:
                days[slot].append(part)

    def facts(self, metric: AnyMetric, sources: tuple[SourceId, ...], readable: bool) -> Iterator[Fact]:
        """Yield what the groups add up to for one of the metrics."""
        for dimension in ("", *metric.by):
            for name in self._names(dimension):
                now = self._now.parts(dimension, name) if readable else None
                before = self._before.parts(dimension, name) if readable else None
                evidence, counted = ((), 0) if now is None else self._evidence((dimension, name), now)
                yield Fact(
                    id=UNNUMBERED,
                    metric=metric.name,
                    labels=((dimension, name),) if dimension else (),
                    value=None if now is None else metric.figure(now),
                    before=None if before is None else metric.figure(before),
                    unit=metric.unit,
                    sources=sources,
                    evidence=evidence,
                    counted=counted,
                )

    def _names(self, dimension: str) -> Iterable[str]:
        """Return the groups there are, sorted; a day on which nothing happened has a figure too."""
        if dimension == DAY:
            return self._calendar.days
        return sorted({*self._now.groups[dimension], *self._before.groups[dimension]})

    def _evidence(self, group: tuple[str, str], parts: Sequence[Part]) -> tuple[tuple[Evidence, ...], int]:
        """Return the newest records behind a group and how many there are; a commit that changes five files is one."""
        found = self._behind.get(group)
        if found is None:
            records = {id(part.seen): part.seen for part in parts}
            newest = islice(records.values(), MOST_EVIDENCE)
            found = self._behind[group] = (tuple(seen.evidence() for seen in newest), len(records))
        return found
