"""Figures that the owners of sources define: their samples and entries, put together as each gauge says. Pure.

Where a source that feeds a figure was not read, or two of them do not mean the same, the figure is not known. Nothing
measured in a window is no figure, never 0; only entries that a source holds can be counted to 0.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Context, Decimal
from math import ceil
from typing import Any

from analyzers.measure import DAY, Labels, Metric, Part, Seen, measure
from model.ids import SourceId
from model.ledger import Fact
from model.measured import Entry, Gauge, How, Sample
from model.record import Record
from model.report import Snapshot
from model.window import Window, days_window

VERSION = 1
_DIVIDING = Context(prec=18)  # of a quotient: more places than anybody reads, and the same on every rebuild
_RANKS: Mapping[str, Decimal] = {"p90": Decimal("0.9"), "p95": Decimal("0.95"), "p99": Decimal("0.99")}
_Pairs = Sequence[tuple[SourceId, Record]]
_Figure = Callable[[Sequence["_Valued"]], Decimal | None]
_Parts = Iterable[tuple[Labels, Part | None]]


@dataclass(slots=True)
class _Valued(Part):
    """One number of a record; `whole` where it stands for all of it, `chosen` where it is of those asked for."""

    value: Decimal
    whole: bool = False
    chosen: bool = True


@dataclass(frozen=True, slots=True)
class _Defined:
    """A metric with the gauges of all sources that define it."""

    metric: str
    title: str
    gauges: Mapping[SourceId, Gauge]

    @property
    def gauge(self) -> Gauge:
        return next(iter(self.gauges.values()))

    @property
    def agreed(self) -> bool:
        """Whether all sources mean the same, so that their numbers may be put together."""
        return len({(g.unit, g.how, g.together, g.of) for g in self.gauges.values()}) == 1


def sample_facts(snapshot: Snapshot) -> tuple[Fact, ...]:
    """Return the figures that the snapshot's sources define; none where none defines any."""
    lost = {c.source for c in snapshot.coverage if c.read == 0}
    samples, entries = _measured(snapshot.records)
    facts: list[Fact] = []
    for defined in _defined(snapshot.records):
        read = all(gauge.known is not False and source not in lost for source, gauge in defined.gauges.items())
        readable = defined.agreed and read
        pairs = entries if defined.gauge.entries else samples[defined.metric]
        found = _of_samples if not defined.gauge.entries else _of_entries
        facts += (replace(fact, title=defined.title) for fact in found(defined, pairs, snapshot.window, readable))
    return tuple(facts)


def told_apart(snapshot: Snapshot) -> frozenset[str]:
    """Return the metrics of which the sources themselves say whether each was read."""
    found: dict[str, bool] = {}
    for _, record in snapshot.records:
        if isinstance(record.body, Gauge):
            found[record.key] = found.get(record.key, True) and record.body.known is not None
    return frozenset(metric for metric, apart in found.items() if apart)


def _defined(records: _Pairs) -> Iterator[_Defined]:
    """Yield the metrics by name."""
    gauges: dict[str, dict[SourceId, Gauge]] = defaultdict(dict)
    titles: dict[str, str] = {}
    for source, record in records:
        if isinstance(record.body, Gauge):
            gauges[record.key][source] = record.body
            titles[record.key] = titles.get(record.key) or record.title
    for metric in sorted(gauges):
        yield _Defined(metric, titles[metric], gauges[metric])


def _measured(records: _Pairs) -> tuple[Mapping[str, list[tuple[SourceId, Record]]], _Pairs]:
    """Return the samples by metric and the entries, newest first."""
    samples: dict[str, list[tuple[SourceId, Record]]] = defaultdict(list)
    entries: list[tuple[SourceId, Record]] = []
    for pair in sorted(records, key=lambda pair: (-pair[1].at.timestamp(), pair[0], pair[1].key)):
        match pair[1].body:
            case Sample(metric=metric):
                samples[metric].append(pair)
            case Entry():
                entries.append(pair)
    return samples, entries


def _of_samples(defined: _Defined, pairs: _Pairs, window: Window, readable: bool) -> tuple[Fact, ...]:
    """Measure the whole and its groups, and then each day, which may rest on other samples."""
    mine = [pair for pair in pairs if pair[0] in defined.gauges]
    sources, gauge = tuple(defined.gauges), defined.gauge
    whole = _metric(defined, Sample, _at, _slices(gauge.by), _figure_of(gauge), gauge.by)
    daily = replace(whole, split=_slices(()), by=(DAY,))
    return (
        *measure((whole,), _for_window(mine, gauge.how, window), window, sources, readable),
        *(f for f in measure((daily,), _for_days(mine, gauge.how, window), window, sources, readable) if f.labels),
    )


def _of_entries(defined: _Defined, pairs: _Pairs, window: Window, readable: bool) -> tuple[Fact, ...]:
    """Measure what happened; what a source does not hold is not known."""
    mine = [(s, r) for s, r in pairs if s in defined.gauges and _is_of(r.body, defined.gauges[s])]
    gauge, sources = defined.gauge, tuple(defined.gauges)
    metric = _metric(defined, Entry, _at, _numbers(gauge), _figure_of(gauge), (*gauge.by, DAY))
    facts = measure((metric,), mine, window, sources, readable)
    since = max((g.since for g in defined.gauges.values() if g.since is not None), default=window.previous().start)
    return tuple(_held(fact, since, window) for fact in facts)


def _held(fact: Fact, since: datetime, window: Window) -> Fact:
    if since > window.start:
        return replace(fact, value=None, before=None, evidence=(), counted=0)
    return replace(fact, before=None) if since > window.previous().start else fact


def _metric(
    defined: _Defined, of: type[Any], when: Any, split: Any, figure: _Figure, by: tuple[str, ...]
) -> Metric[Any]:
    gauge = defined.gauge
    return Metric(defined.metric, VERSION, of, gauge.unit, gauge.better, when, split, figure, by)


def _at(record: Record, _: object) -> datetime:
    return record.at


def _is_of(body: object, gauge: Gauge) -> bool:
    """Tell whether an entry counts; of a share all of the set do, and some are that share."""
    if not isinstance(body, Entry) or body.of != gauge.entries:
        return False
    return gauge.how == "share" or _bears(body, gauge)


def _bears(entry: Entry, gauge: Gauge) -> bool:
    return set(gauge.where) <= set(entry.labels)


def _slices(by: Sequence[str]) -> Callable[[Seen[Sample]], _Parts]:
    def split(seen: Seen[Sample]) -> _Parts:
        for one in seen.body.slices:
            labels = {name: (group,) for name, group in one.labels if name in by}
            yield labels, _Valued(seen, one.value, whole=not one.labels)

    return split


def _numbers(gauge: Gauge) -> Callable[[Seen[Entry]], _Parts]:
    def split(seen: Seen[Entry]) -> _Parts:
        labels: dict[str, list[str]] = defaultdict(list)
        for name, group in seen.body.labels:
            if name in gauge.by:
                labels[name].append(group)
        value = dict(seen.body.numbers).get(gauge.of) if gauge.of else Decimal(1)
        if value is not None:
            yield labels, _Valued(seen, value, chosen=_bears(seen.body, gauge))

    return split


def _for_window(pairs: _Pairs, how: How, window: Window) -> _Pairs:
    """Return the samples that the whole rests on."""
    halves = (window, window.previous())
    if how == "window":
        spans = {(half.start, half.end) for half in halves}
        return [pair for pair in pairs if (pair[1].at, pair[1].ended) in spans]
    instants = [pair for pair in pairs if pair[1].ended == pair[1].at]
    if how == "last":
        return [pair for half in halves for pair in _newest((p for p in instants if p[1].at in half), lambda _: "")]
    return instants


def _for_days(pairs: _Pairs, how: How, window: Window) -> _Pairs:
    """Return the samples that the days rest on."""
    if how == "window":
        return [pair for pair in pairs if _is_day(pair[1], window)]
    instants = [pair for pair in pairs if pair[1].ended == pair[1].at]
    return _newest(instants, lambda record: window.day_of(record.at).isoformat()) if how == "last" else instants


def _newest(pairs: Iterable[tuple[SourceId, Record]], of: Callable[[Record], str]) -> _Pairs:
    """Return the first sample of each source and group: they come newest first."""
    found: dict[tuple[SourceId, str], tuple[SourceId, Record]] = {}
    for source, record in pairs:
        found.setdefault((source, of(record)), (source, record))
    return list(found.values())


def _is_day(record: Record, window: Window) -> bool:
    """Tell whether a sample spans one civil day."""
    day = window.day_of(record.at)
    whole = days_window(day, day + timedelta(days=1), window.zone)
    return (record.at, record.ended) == (whole.start, whole.end)


def _figure_of(gauge: Gauge) -> _Figure:
    """Return what makes one number of many, of the wholes alone where there are some."""
    how = gauge.together if gauge.how in ("window", "last") else gauge.how

    def figure(parts: Sequence[_Valued]) -> Decimal | None:
        if not parts:
            return Decimal(0) if gauge.entries and how in ("count", "sum") else None
        if how == "share":
            return _DIVIDING.divide(Decimal(sum(part.chosen for part in parts)), Decimal(len(parts)))
        if how == "count":
            return Decimal(len(parts))
        return _one_of([part.value for part in parts if part.whole] or [part.value for part in parts], how)

    return figure


def _one_of(values: Sequence[Decimal], how: str) -> Decimal | None:
    if len(values) < 2 or how == "none":
        return values[0] if len(values) == 1 else None
    ordered, half = sorted(values), len(values) // 2
    match how:
        case "sum":
            return sum(values, Decimal(0))
        case "mean":
            return _DIVIDING.divide(sum(values, Decimal(0)), Decimal(len(values)))
        case "min":
            return ordered[0]
        case "max":
            return ordered[-1]
        case "median":
            middle = ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
            return _DIVIDING.plus(middle)
        case _:
            return ordered[max(0, ceil(_RANKS[how] * len(ordered)) - 1)]
