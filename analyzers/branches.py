"""Figures of branches, and the branches that need somebody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from analyzers.measure import UNNUMBERED
from analyzers.priority import factors_of, priority_of, weights_of
from model.ids import SourceId
from model.language import Language
from model.ledger import MOST_EVIDENCE, Evidence, Fact, Finding
from model.record import Branch, Record
from model.report import Snapshot
from model.unit import Unit

VERSIONS = {"open_branches": 1, "stale_branches": 1}
REST_DAYS = 3  # a branch touched more recently is being worked on and needs nobody else

_Open = tuple[SourceId, Record, Branch]


def as_of(snapshot: Snapshot) -> datetime:
    """Return the instant from which ages count: the end of the window, or when it was read if that came first."""
    return min(snapshot.window.end, snapshot.taken)


def branch_facts(snapshot: Snapshot, sources: tuple[SourceId, ...], readable: bool) -> tuple[Fact, ...]:
    """Return `open_branches` and `stale_branches`; without `before`, for git keeps no record of where refs stood."""
    branches = tuple(_open(snapshot))
    oldest = as_of(snapshot) - timedelta(days=snapshot.settings.stale_days)
    stale = tuple(found for found in branches if found[2].tip_at <= oldest)
    return tuple(_fact(name, found, sources, readable) for name, found in zip(VERSIONS, (branches, stale), strict=True))


def findings(snapshot: Snapshot) -> tuple[Finding, ...]:
    """Return the branches whose work is nowhere else and lies still, the most pressing first."""
    language = Language(snapshot.settings.language, snapshot.window.zone)
    weights = weights_of(snapshot.settings.weights)
    now = as_of(snapshot)
    waiting = [
        Finding(source, record, priority_of(factors), factors)
        for source, record, branch in _open(snapshot)
        if branch.ahead > 0 and now - branch.tip_at >= timedelta(days=REST_DAYS)
        for factors in (factors_of(branch, now, weights, language),)
    ]
    return tuple(sorted(waiting, key=lambda f: (-f.priority, f.record.title, f.source, f.record.key)))


def _open(snapshot: Snapshot) -> Iterator[_Open]:
    """Yield branches that are not merged; one that stands in two sources with the same tip, once."""
    seen: set[tuple[str, str]] = set()
    branches = [(source, record, record.body) for source, record in snapshot.records if isinstance(record.body, Branch)]
    for source, record, body in sorted(branches, key=lambda found: (found[0], found[1].key)):
        if body.merged or record.at >= snapshot.window.end:
            continue
        if (record.key, body.tip) not in seen:
            seen.add((record.key, body.tip))
            yield source, record, body


def _fact(name: str, found: Sequence[_Open], sources: tuple[SourceId, ...], readable: bool) -> Fact:
    shown = sorted(found, key=lambda f: f[1].at, reverse=True) if readable else []
    return Fact(
        id=UNNUMBERED,
        metric=name,
        labels=(),
        value=Decimal(len(found)) if readable else None,
        before=None,
        unit=Unit.COUNT,
        sources=sources,
        evidence=tuple(Evidence(source, record.kind, record.key) for source, record, _ in shown[:MOST_EVIDENCE]),
        counted=len(shown),
    )
