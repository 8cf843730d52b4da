"""What was read decides what is known: a figure that rests on anything else has no value. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from analyzers.branches import VERSIONS
from analyzers.github import OPEN, STALE, STARS
from model.ids import SourceId
from model.ledger import Fact
from model.measured import Gauge, Listing, Sample
from model.record import AnyBody, Coverage
from model.report import Snapshot
from model.window import Window

# Figures of how things stood when they were read: they need no past.
_STANDING = frozenset((*VERSIONS, *(metric.name for metric in (*OPEN, STALE, STARS))))


def unread(coverage: Iterable[Coverage]) -> frozenset[SourceId]:
    """Return the sources that were not read whole."""
    return frozenset(c.source for c in coverage if not c.whole)


def lacking(coverage: Iterable[Coverage], start: datetime) -> frozenset[SourceId]:
    """Return the sources that do not hold all that happened from `start` on."""
    return frozenset(c.source for c in coverage if not c.whole or (c.since is not None and c.since > start))


def of_what_was_read(snapshot: Snapshot) -> Snapshot:
    """Return the snapshot without what is stored of sources that were not read: it may no longer be so.

    What their figures are stays: of several sources that one rests on, all have to be read.
    """
    lost = unread(snapshot.coverage)
    if not lost:
        return snapshot
    partly = frozenset(c.source for c in snapshot.coverage if c.read and not c.whole)
    gauges = [(source, r.key) for source, r in snapshot.records if isinstance(r.body, Gauge) and r.body.known]
    apart = frozenset(of for of in gauges if of[0] in partly)
    records = tuple(
        pair for pair in snapshot.records if pair[0] not in lost or _stays(pair[0], pair[1].body, apart, partly)
    )
    firsts = tuple(first for first in snapshot.firsts if first[0] not in lost)
    return replace(snapshot, records=records, firsts=firsts)


def _stays(
    source: SourceId, body: AnyBody, apart: Collection[tuple[SourceId, str]], partly: Collection[SourceId]
) -> bool:
    """Tell whether a record of a source that was not read whole holds what was read of it."""
    match body:
        case Gauge():
            return True
        case Sample(metric=metric):
            return (source, metric) in apart
        case Listing():
            return source in partly
        case _:
            return False


def known(
    facts: Iterable[Fact], coverage: Sequence[Coverage], window: Window, apart: Collection[str] = ()
) -> Iterator[Fact]:
    """Yield the facts, those without value that rest on what was not read: a source, or a part of its past.

    What is compared with a window that was not read whole is compared with nothing. The metrics in `apart` are left
    alone: their source says of each whether it was read.
    """
    lost = unread(coverage)
    now, before = lacking(coverage, window.start), lacking(coverage, window.previous().start)
    for fact in facts:
        standing = fact.metric in _STANDING
        if fact.metric in apart:
            yield fact
            continue
        if (lost if standing else now).intersection(fact.sources):
            yield replace(fact, value=None, before=None, evidence=(), counted=0)
        elif not standing and fact.before is not None and before.intersection(fact.sources):
            yield replace(fact, before=None)
        else:
            yield fact
