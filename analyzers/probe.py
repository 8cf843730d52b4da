"""Figures of the prober: how much of what was measured was up, what was down, and how long answers took. Pure.

Each try stands for the time until the next one. Time in which nobody tried is not measured: it counts neither as up nor
as down, and is told beside.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Context, Decimal
from itertools import chain
from typing import Any

from analyzers.branches import as_of
from analyzers.measure import DAY, UNNUMBERED, Labels, Metric, Part, Seen, count, measure
from model.ids import SourceId
from model.ledger import Fact
from model.probed import QUARTER, Outage, Probe, Probed, Quarter
from model.record import Record
from model.report import Snapshot
from model.unit import Better, Unit
from model.window import Window

PROBES = frozenset({"probe"})  # the kinds of source that feed these figures
BY = ("check",)
NOT_MEASURED, _VERSION = "not_measured", 1
_DIVIDING = Context(prec=18)  # the same quotient on every rebuild
_MINUTE = Decimal(60)
_Parts = Iterable[tuple[Labels, Part | None]]
_Pairs = Sequence[tuple[SourceId, Record]]


@dataclass(slots=True)
class _Measured(Part):
    """A quarter of an hour."""

    quarter: Quarter


def _quarter(seen: Seen[Probed]) -> _Parts:
    for quarter in seen.body.quarters:  # one of them: the others were taken out
        yield {"check": (seen.body.check,)}, _Measured(seen, quarter)


def _outage(seen: Seen[Outage]) -> _Parts:
    yield {"check": (seen.body.check,)}, Part(seen)


def _at(record: Record, _: Probed | Outage) -> datetime | None:
    return record.at


def _available(parts: Sequence[_Measured]) -> Decimal | None:
    """Return the share of the measured time that was up; of none there is no share."""
    up, down = sum(part.quarter.up for part in parts), sum(part.quarter.down for part in parts)
    return _DIVIDING.divide(Decimal(up), Decimal(up + down)) if up + down else None


def _down(parts: Sequence[_Measured]) -> Decimal | None:
    """Return the minutes that were down; where nothing was measured nobody knows."""
    known = any(part.quarter.up + part.quarter.down for part in parts)
    return _DIVIDING.divide(Decimal(sum(part.quarter.down for part in parts)), _MINUTE) if known else None


def _mean(parts: Sequence[_Measured]) -> Decimal | None:
    answers = sum(len(part.quarter.took) for part in parts)
    took = sum(sum(part.quarter.took) for part in parts)
    return _DIVIDING.divide(Decimal(took), Decimal(answers)) if answers else None


def _p95(parts: Sequence[_Measured]) -> Decimal | None:
    """Return the milliseconds that 95 of 100 good answers do not exceed (the nearest rank)."""
    found = sorted(chain.from_iterable(part.quarter.took for part in parts))
    return Decimal(found[-(-len(found) * 95 // 100) - 1]) if found else None


_MORE, _LESS = Better.MORE, Better.LESS
_DAILY = (*BY, DAY)
METRICS: tuple[Metric[Any], ...] = (
    Metric("availability", _VERSION, Probed, Unit.RATE, _MORE, _at, _quarter, _available, _DAILY),
    Metric("downtime", _VERSION, Probed, Unit.MINUTES, _LESS, _at, _quarter, _down, _DAILY),
    Metric("incidents", _VERSION, Outage, Unit.COUNT, _LESS, _at, _outage, count, _DAILY),
    Metric("response_time", _VERSION, Probed, Unit.MILLISECONDS, _LESS, _at, _quarter, _mean, _DAILY),
    Metric("response_time_p95", _VERSION, Probed, Unit.MILLISECONDS, _LESS, _at, _quarter, _p95, _DAILY),
)
VERSIONS = {**{metric.name: metric.version for metric in METRICS}, NOT_MEASURED: _VERSION}


def probe_facts(snapshot: Snapshot) -> tuple[Fact, ...]:
    """Return the figures of the snapshot's probes; none where it has none."""
    covered = tuple(c for c in snapshot.coverage if c.kind in PROBES)
    if not covered:
        return ()
    sources, readable = tuple(c.source for c in covered), all(c.read == c.of for c in covered)
    pairs = tuple(_newest_first(snapshot.records))
    facts = measure(METRICS, pairs, snapshot.window, sources, readable)
    return (*facts, *_not_measured(snapshot, pairs, sources, readable))


def _newest_first(records: _Pairs) -> Iterator[tuple[SourceId, Record]]:
    """Yield outages and the quarters of hours, each as if it were a record of its own."""
    for source, record in sorted(records, key=lambda pair: (-pair[1].at.timestamp(), pair[0], pair[1].key)):
        match record.body:
            case Outage():
                yield source, record
            case Probed(quarters=quarters):
                for at in reversed(range(len(quarters))):
                    body = replace(record.body, quarters=quarters[at : at + 1])
                    if quarters[at] != Quarter():
                        yield source, replace(record, at=record.at + at * QUARTER, body=body)
            case _:
                pass


def _not_measured(snapshot: Snapshot, pairs: _Pairs, sources: tuple[SourceId, ...], readable: bool) -> Iterator[Fact]:
    """Yield for how many minutes nobody tried what has been tried since its first result."""
    checks = {(s, name) for s, r in snapshot.records if isinstance(r.body, Probe) for name in r.body.checks}
    window, end = snapshot.window, as_of(snapshot)
    now = _missing(pairs, checks, window, end)
    before = _missing(pairs, checks, window.previous(), window.start)
    names = sorted({name for _, name in checks})
    for labels in ((), *((("check", name),) for name in names)):
        wanted = set(names) if not labels else {name for _, name in labels}
        value, earlier = (_sum(half, wanted) if readable else None for half in (now, before))
        yield Fact(UNNUMBERED, NOT_MEASURED, labels, value, earlier, Unit.MINUTES, sources, (), 0)


def _sum(missing: Mapping[tuple[SourceId, str], Decimal], names: Collection[str]) -> Decimal | None:
    """Return the minutes of these checks; None where none of them was ever tried."""
    found = [minutes for (_, name), minutes in missing.items() if name in names]
    return sum(found, Decimal(0)) if found else None


def _missing(
    pairs: _Pairs, checks: Iterable[tuple[SourceId, str]], window: Window, end: datetime
) -> dict[tuple[SourceId, str], Decimal]:
    """Return the minutes between the window's beginning, or a check's first result, and `end` that nobody tried it."""
    measured: dict[tuple[SourceId, str], int] = defaultdict(int)
    first: dict[tuple[SourceId, str], datetime] = {}
    for source, record in pairs:
        if isinstance(record.body, Probed):
            key, quarter = (source, record.body.check), record.body.quarters[0]
            began = record.at + QUARTER - timedelta(seconds=quarter.up + quarter.down)
            first[key] = max(began, record.at)  # they come newest first
            if record.at in window:
                measured[key] += quarter.up + quarter.down
    found = {}
    for key in checks:
        if key in first and first[key] < end:
            asked = end - max(window.start, first[key])
            left = max(asked - timedelta(seconds=measured[key]), timedelta(0))
            found[key] = _DIVIDING.divide(Decimal(int(left.total_seconds())), _MINUTE)
    return found
