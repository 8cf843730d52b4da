"""Measure: metrics are rows, and one engine walks the records once for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, Protocol, TypeVar

from model.ids import FactId, SourceId
from model.ledger import MOST_EVIDENCE, Evidence, Fact
from model.record import Branch, Commit, Record, Repository
from model.unit import Better, Unit
from model.window import Window

B = TypeVar("B", bound=Commit | Branch | Repository)
Value = int | str | None  # None: not known
# The groups that a value belongs to, by dimension. None: it belongs to some group, nobody knows to which.
Labels = Mapping[str, tuple[str, ...] | None]
DAY = "day"  # the one dimension that the engine fills itself
UNNUMBERED = FactId("")  # a fact gets its number once the whole ledger is known


class Tally(Protocol):
    """What values add up to."""

    @property
    def add(self) -> Callable[[int | str], None]:
        """Return what takes one value in."""
        ...

    def value(self) -> Decimal:
        """Return the figure so far."""
        ...


class Count:
    """How many values there were."""

    __slots__ = ("_count",)

    def __init__(self) -> None:
        self._count = 0

    def add(self, value: int | str) -> None:  # noqa: ARG002
        """Take one value in; it does not matter which."""
        self._count += 1

    def value(self) -> Decimal:
        """Return how many there were."""
        return Decimal(self._count)


class Total:
    """The sum of whole numbers."""

    __slots__ = ("_sum",)

    def __init__(self) -> None:
        self._sum = 0

    def add(self, value: int | str) -> None:
        """Take one number in."""
        self._sum += int(value)

    def value(self) -> Decimal:
        """Return the sum."""
        return Decimal(self._sum)


class Distinct:
    """How many different values there were; to take one in is to add it to the set, the same one changes nothing."""

    __slots__ = ("_seen", "add")

    def __init__(self) -> None:
        self._seen: set[int | str] = set()
        self.add: Callable[[int | str], None] = self._seen.add  # no call of ours between: it happens very often

    def value(self) -> Decimal:
        """Return how many different ones there were."""
        return Decimal(len(self._seen))


@dataclass(slots=True)
class Seen(Generic[B]):
    """One record as metrics see it; `day` is the civil day, in the window's zone, of the instant that counts."""

    source: SourceId
    record: Record
    body: B
    day: str
    labels: Labels | None = None  # of the record as a whole, kept by the first metric that works them out
    areas: Sequence[str] | None = None  # of each of its changes, likewise


@dataclass(frozen=True, slots=True)
class Metric(Generic[B]):
    """One figure: which records count, when, and for how much."""

    name: str
    version: int  # of the definition: counted up when the same records give another figure
    of: type[B]
    unit: Unit
    better: Better
    tally: Callable[[], Tally]
    when: Callable[[Record, B], datetime | None]  # the instant that decides the window; None: not counted
    take: Callable[[Seen[B]], Iterable[tuple[Value, Labels]]]
    by: tuple[str, ...] = ()

    def instant(self, record: Record) -> datetime | None:
        """Return when the record counts; None where it does not."""
        body = record.body
        return self.when(record, body) if isinstance(body, self.of) else None


AnyMetric = Metric[Commit] | Metric[Branch] | Metric[Repository]


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
    sheets = [_Sheet(metric, calendar) for metric in metrics]
    together = _together(sheets)
    for source, record in records:
        evidence: Evidence | None = None  # made for a record of the window alone: there are many others
        for metric, alike in together:
            at = metric.instant(record)
            place = None if at is None else calendar.place(at)
            if place is not None:
                if place.now and evidence is None:
                    evidence = Evidence(source, record.kind, record.key)
                seen: Seen[Any] = Seen(source, record, record.body, place.day)
                for sheet in alike:
                    sheet.read(seen, place, evidence)
    return tuple(fact for sheet in sheets for fact in sheet.facts(sources, readable))


def _together(sheets: Sequence[_Sheet]) -> list[tuple[AnyMetric, list[_Sheet]]]:
    """Return the sheets that count the same records at the same instants, each lot with one of its metrics."""
    lots: dict[tuple[object, object], tuple[AnyMetric, list[_Sheet]]] = {}
    for sheet in sheets:
        metric = sheet.metric
        lots.setdefault((metric.of, metric.when), (metric, []))[1].append(sheet)
    return list(lots.values())


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
        self._last: tuple[datetime, _Place | None] | None = None

    def place(self, at: datetime) -> _Place | None:
        """Return where `at` lies; the metrics ask for the same instant one after the other."""
        if self._last is None or self._last[0] is not at:
            self._last = (at, self._find(at))
        return self._last[1]

    def _find(self, at: datetime) -> _Place | None:
        if at in self._window:
            day = self._window.day_of(at).isoformat()
            return _Place(now=True, day=day, slot=day)
        if at in self._previous:
            day = self._window.day_of(at).isoformat()
            return _Place(now=False, day=day, slot=self._opposite.get(day))
        return None


class _Group:
    """The values of one group, in the window and in the one before."""

    __slots__ = ("add", "add_before", "before", "before_known", "counted", "evidence", "last", "now", "now_known")

    def __init__(self, tally: Callable[[], Tally]) -> None:
        self.now, self.before = tally(), tally()
        self.add, self.add_before = self.now.add, self.before.add
        self.now_known = self.before_known = True
        self.evidence: list[Evidence] = []
        self.counted = 0
        self.last: Evidence | None = None

    def unknown(self, now: bool) -> None:
        """Note that a value is not known."""
        if now:
            self.now_known = False
        else:
            self.before_known = False

    def count(self, evidence: Evidence) -> None:
        """Note another record behind the figure; a commit that changes five files is one."""
        self.last = evidence
        self.counted += 1
        if self.counted <= MOST_EVIDENCE:
            self.evidence.append(evidence)


class _Sheet:
    """One metric being measured."""

    def __init__(self, metric: AnyMetric, calendar: _Calendar) -> None:
        self.metric = metric
        self._total = _Group(metric.tally)
        self._groups: dict[str, dict[str, _Group]] = {dimension: {} for dimension in metric.by}
        self._lost: set[tuple[str, bool]] = set()  # (dimension, now): something there belongs to an unknown group
        if DAY in self._groups:  # a day on which nothing happened has a figure too
            self._groups[DAY] = {day: _Group(metric.tally) for day in calendar.days}
        self._days = self._groups.get(DAY, {})
        self._by = [(dimension, groups) for dimension, groups in self._groups.items() if dimension != DAY]

    def read(self, seen: Seen[Any], place: _Place, evidence: Evidence | None) -> None:
        """Take in what a record adds: the innermost loop of all, run for each metric and commit."""
        now, day = place.now, self._days.get(place.slot or "")
        groups: list[_Group] = []
        found_for: Labels | None = None
        for value, labels in self.metric.take(seen):
            if labels is not found_for or value is None:  # one value after the other belongs to the same groups
                groups = self._groups_of(value, labels, now)
                found_for = None if value is None else labels
                if day is not None:
                    groups.append(day)
            if value is None:
                for group in groups:
                    group.unknown(now)
            elif now and evidence is not None:
                for group in groups:
                    group.add(value)
                    if group.last is not evidence:
                        group.count(evidence)
            else:
                for group in groups:
                    group.add_before(value)

    def _groups_of(self, value: Value, labels: Labels, now: bool) -> list[_Group]:
        """Return the total and the groups that a value belongs to; new ones are made."""
        found = [self._total]
        for dimension, groups in self._by:
            names = labels.get(dimension, None if value is None else ())
            if names is None:  # nobody knows which
                self._lost.add((dimension, now))
                continue
            for name in names:
                try:
                    found.append(groups[name])
                except KeyError:
                    found.append(groups.setdefault(name, _Group(self.metric.tally)))
        return found

    def facts(self, sources: tuple[SourceId, ...], readable: bool) -> Iterator[Fact]:
        yield self._fact(self._total, (), sources, readable, readable)
        for dimension, groups in self._groups.items():
            now = readable and (dimension, True) not in self._lost
            before = readable and (dimension, False) not in self._lost
            for name in sorted(groups):
                yield self._fact(groups[name], ((dimension, name),), sources, now, before)

    def _fact(
        self, group: _Group, labels: tuple[tuple[str, str], ...], sources: tuple[SourceId, ...], now: bool, before: bool
    ) -> Fact:
        known = now and group.now_known
        return Fact(
            id=UNNUMBERED,
            metric=self.metric.name,
            labels=labels,
            value=group.now.value() if known else None,
            before=group.before.value() if before and group.before_known else None,
            unit=self.metric.unit,
            sources=sources,
            evidence=tuple(group.evidence) if known else (),
            counted=group.counted if known else 0,
        )
