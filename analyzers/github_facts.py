"""Figures of GitHub: what went on in a window, and what was open at its end and before it began. Pure.

What was not read of every repository has no figure. Of the sources only those count that are forges.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from analyzers.branches import as_of
from analyzers.filters import by_path
from analyzers.github import NEW, OPEN, STALE, STARS, Hours, Id, elapsed, flowing
from analyzers.measure import measure
from analyzers.working import working_hours
from model.ids import SourceId
from model.ledger import Fact
from model.record import (
    Deployment,
    FirstMerge,
    Forged,
    Issue,
    PullRequest,
    Record,
    Release,
    Repository,
    Review,
    WorkflowRun,
)
from model.report import Snapshot

FORGES = frozenset({"github"})  # the kinds of source that feed these figures
BACKLOG, NEWCOMERS = "backlog", "newcomer"  # what is read beside what happened
_TICK = timedelta(microseconds=1)
_KINDS: Mapping[type[Any], str] = {
    PullRequest: "pull_request",
    Review: "review",
    Issue: "issue",
    Release: "release",
    Deployment: "deployment",
    WorkflowRun: "workflow_run",
}
_Pairs = Sequence[tuple[SourceId, Record]]


def github_facts(snapshot: Snapshot) -> tuple[Fact, ...]:
    """Return the figures of the snapshot's forges; none where it has none."""
    covered = tuple(c for c in snapshot.coverage if c.kind in FORGES)
    if not covered:
        return ()
    sources = tuple(c.source for c in covered)
    readable = all(c.read == c.of for c in covered) and not by_path(snapshot.settings.filters)
    kept = held(snapshot) if readable else frozenset()
    pairs = _once(snapshot)
    metrics = flowing(_hours_of(snapshot), _restored(pairs), _firsts(snapshot))
    went = measure(metrics, pairs, snapshot.window, sources)
    stood = measure(OPEN, _standing(pairs, snapshot), snapshot.window, sources)
    stale = measure((STALE,), _stale(pairs, snapshot), snapshot.window, sources)
    starred = measure((STARS,), _repositories(pairs, snapshot), snapshot.window, sources)
    of = {metric.name: _KINDS.get(metric.of, "") for metric in (*metrics, *OPEN, STALE)} | {NEW: NEWCOMERS}
    facts = [
        *_known(went, of, kept),
        *_known((*stood, *map(_without_before, stale)), of, kept if BACKLOG in kept else frozenset()),
        *_known(map(_without_before, starred), {STARS.name: ""}, frozenset({""}) if readable else frozenset()),
    ]
    return tuple(facts)


def held(snapshot: Snapshot) -> frozenset[str]:
    """Return the kinds of record that were read of every repository of every forge; none where one is missing."""
    forges = {c.source for c in snapshot.coverage if c.kind in FORGES}
    found = [(s, r.body.holds) for s, r in snapshot.records if s in forges and isinstance(r.body, Repository)]
    if {source for source, _ in found} != forges:
        return frozenset()
    return frozenset.intersection(*(frozenset(holds) for _, holds in found)) if found else frozenset()


def commits_known(snapshot: Snapshot) -> bool:
    """Tell whether every forge was asked for its commits."""
    return not any(c.kind in FORGES for c in snapshot.coverage) or "commit" in held(snapshot)


def _known(facts: Iterable[Fact], of: Mapping[str, str], kept: frozenset[str]) -> Iterator[Fact]:
    """Yield the facts whose records were read; of the others only that they are not known."""
    for fact in facts:
        if of[fact.metric] in kept:
            yield fact
        elif not fact.labels:
            yield replace(fact, value=None, before=None, evidence=(), counted=0)


def _without_before(fact: Fact) -> Fact:
    """Leave out what nobody knows: how it stood before it was read."""
    return replace(fact, before=None)


def _once(snapshot: Snapshot) -> _Pairs:
    """Return what forges hold, each once though it may stand in two sources, listed bots marked, newest first."""
    bots = {name.casefold() for name in snapshot.settings.bots}
    found: dict[tuple[str, str], tuple[SourceId, Record]] = {}
    for source, record in snapshot.records:
        if isinstance(record.body, Forged | Repository):
            found.setdefault((record.kind, record.key), (source, _marked(record, bots)))
    return tuple(sorted(found.values(), key=lambda pair: (-pair[1].at.timestamp(), pair[0], pair[1].key)))


def _marked(record: Record, bots: set[str]) -> Record:
    body = record.body
    if not isinstance(body, Forged) or body.bot or body.author.casefold() not in bots:
        return record
    return replace(record, body=replace(body, bot=True))


def _firsts(snapshot: Snapshot) -> Mapping[str, bool]:
    """Return of each merged pull request, by its key, whether it is the first of its author's in its repository."""
    return {r.key: r.body.first for _, r in snapshot.records if isinstance(r.body, FirstMerge)}


def _standing(pairs: _Pairs, snapshot: Snapshot) -> _Pairs:
    """Return what was open at the window's end, and when it began, each as if it were of that instant."""
    ends = ((as_of(snapshot), snapshot.window.end), (snapshot.window.start, snapshot.window.start))
    return tuple(
        (source, replace(record, at=placed - _TICK))
        for instant, placed in ends
        for source, record in pairs
        if record.at < instant and (record.ended is None or record.ended >= instant)
    )


def _stale(pairs: _Pairs, snapshot: Snapshot) -> _Pairs:
    """Return the pull requests that are open and were not touched for long, as they stood when they were read."""
    oldest = as_of(snapshot) - timedelta(days=snapshot.settings.stale_days)
    return tuple(
        (source, replace(record, at=snapshot.window.end - _TICK))
        for source, record in pairs
        if isinstance(record.body, PullRequest) and record.ended is None and record.body.updated <= oldest
    )


def _repositories(pairs: _Pairs, snapshot: Snapshot) -> _Pairs:
    at = snapshot.window.end - _TICK
    return tuple((s, replace(r, at=at)) for s, r in pairs if isinstance(r.body, Repository) and r.body.name)


def _restored(pairs: _Pairs) -> Mapping[Id, Decimal]:
    """Return how long it took from a failed deployment to the next good one in the same place, by the good one."""
    down: dict[tuple[SourceId, str, str], datetime] = {}
    found: dict[Id, Decimal] = {}
    settled = [(r.ended, s, r, r.body) for s, r in pairs if isinstance(r.body, Deployment) and r.ended is not None]
    for ended, source, record, body in sorted(settled, key=lambda one: (one[0], one[1], one[2].key)):
        place = (source, body.repository, body.environment)
        if body.state == "failure":
            down.setdefault(place, ended)
        elif body.state == "success" and place in down:
            found[source, record.key] = elapsed(down.pop(place), ended)
    return found


def _hours_of(snapshot: Snapshot) -> Hours:
    zone, off = snapshot.window.zone, frozenset(snapshot.holidays)
    return lambda start, end: working_hours(start, end, zone, off)
