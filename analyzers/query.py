"""Look up what a question asks in what a run has frozen: the run's own figures, or the same metrics over fewer records.

Pure. Where a query narrows the records or the days, the ledger is measured again over those alone, by the same metrics:
what one may not know of the whole (a filter on paths hides merges) is not known of the part either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from analyzers import git, github, ledger_of
from analyzers.branches import VERSIONS
from analyzers.filters import by_path, filtered
from analyzers.github_facts import FORGES
from analyzers.measure import DAY
from analyzers.metrics import GROUPS, fact_label, label_of, versions
from model.errors import UsageError
from model.ids import FactId, SourceId
from model.language import Language, Message
from model.ledger import Fact, Ledger
from model.query import DIMENSIONS, Dimension, Query
from model.record import Branch, Record, Repository
from model.report import Filters, Snapshot
from model.window import Window, days_window

AS_READ = frozenset({"open_branches", "stale_branches", "stale_pull_requests", "stars"})  # of no other time is known
_OF_GIT = frozenset({*(metric.name for metric in git.METRICS), *VERSIONS})
_NARROWED = _OF_GIT | {metric.name for metric in github.METRICS}  # what is counted of records, so of some alone too
FAILED = frozenset({"change_failure_rate", "workflow_failure_rate"})
_WILD = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class Found:
    """What a query has found; its facts are those of `ledger`, which `snapshot` gives."""

    query: Query
    snapshot: Snapshot
    ledger: Ledger
    own: bool  # whether it is the run's ledger itself
    total: Fact | None = None
    groups: tuple[Fact, ...] = ()  # the first is what was asked for
    records: tuple[Record, ...] = ()  # newest first


def look(query: Query, snapshot: Snapshot, ledger: Ledger, language: Language) -> Found:
    """Return what a run's snapshot and ledger say to a query; the same three always give the same.

    `language`: of what is told where nothing can be found.

    Raises:
        UsageError: what is asked was not read, not counted, or is not to be told; the words say what is missing.
    """
    if query.what in ("needs", "changes"):
        if query.only or query.days is not None:
            raise UsageError("That is known for the whole report alone, not for a part of it.")
        return Found(query, snapshot, ledger, own=True)
    _refuse_unknown(query, snapshot, ledger, language)
    part, measured, own = _measured(query, snapshot, ledger, language)
    alone = dict(query.only) if own else {}
    total = measured.of(query.metric, **alone)
    found = Found(query, part, measured, own, total)
    match query.what:
        case "groups":
            return replace(found, groups=tuple(_ranked(measured, query)))
        case "moved":
            return replace(found, groups=tuple(_moved(measured, query.metric, snapshot.settings.people)))
        case "records":
            return replace(found, records=tuple(_behind(total, part)))
        case _:
            return found


def groups_in(snapshot: Snapshot, ledger: Ledger) -> Mapping[Dimension, tuple[str, ...]]:
    """Return the groups that a question may name, by dimension; persons only where they may be named."""
    people = snapshot.settings.people
    found: dict[Dimension, dict[str, None]] = {name: {} for name in DIMENSIONS if name != DAY}
    for fact in ledger.facts:
        for dimension, value in fact.labels:
            if dimension != DAY:
                found.setdefault(dimension, {})[value] = None
    for _, record in snapshot.records:
        if isinstance(record.body, Branch) and not record.body.merged:
            found["author"][record.body.author] = None
    found["repository"] |= {c.name: None for c in ledger.coverage}
    return {name: tuple(values) for name, values in found.items() if people or name != "author"}


def _refuse_unknown(query: Query, snapshot: Snapshot, ledger: Ledger, language: Language) -> None:
    """Raise UsageError where there is no such figure, group or person to be told of."""
    totals = [fact.metric for fact in ledger.facts if not fact.labels]
    if query.metric not in totals:
        there = language.listed([label_of(name, language) for name in totals])
        raise UsageError(
            "This report does not count that.", hint=Message("It has these figures: {names}.", {"names": there})
        )
    wanted = {query.by, *(dimension for dimension, _ in query.only)}
    if "author" in wanted and not snapshot.settings.people:
        raise UsageError(
            "This report names no single persons.", hint=Message("Ask by area, or run it with people=yes.")
        )
    repository = dict(query.only).get("repository")
    if repository is not None and query.metric in _OF_GIT and repository not in {c.name for c in ledger.coverage}:
        raise UsageError(
            "Which repository a commit is of is not known here.",
            hint=Message("Add {name} as a source of its own: /source add", {"name": repository}),
        )
    may = told_apart(query.metric, ledger)
    if query.by is not None and query.by not in may:
        hint = Message("It is told apart by {names}.", {"names": language.listed([label_of(n, language) for n in may])})
        raise UsageError(
            "{what}: that cannot be told apart so.",
            hint=hint if may else None,
            what=next(fact_label(f.metric, (), language, f.title) for f in ledger.facts if f.metric == query.metric),
        )


def told_apart(metric: str, ledger: Ledger) -> tuple[str, ...]:
    """Return the dimensions of a metric: those of its definition, and those of figures that sources define."""
    there = (f.labels[0][0] for f in ledger.facts if f.metric == metric and f.labels)
    return tuple(dict.fromkeys((*GROUPS.get(metric, ()), *there)))


def _measured(query: Query, snapshot: Snapshot, ledger: Ledger, language: Language) -> tuple[Snapshot, Ledger, bool]:
    """Return the snapshot and the ledger that answer a query, and whether they are the run's own."""
    window = _window(query, snapshot, language)
    narrow = window != snapshot.window
    plain = len(query.only) <= 1 and query.by is None and query.what in ("figure", "records")
    if not narrow and (not query.only or (plain and ledger.of(query.metric, **dict(query.only)) is not None)):
        return snapshot, ledger, True
    if query.metric not in _NARROWED:
        return _measured_alone(query, snapshot, ledger, window)
    _refuse_other_way(query.metric, snapshot)
    part = replace(_only(query.only, filtered(snapshot)), window=window)
    measured = ledger_of(part)
    if window.previous().start < snapshot.window.previous().start:  # the days before were not read
        measured = replace(measured, facts=tuple(replace(fact, before=None) for fact in measured.facts))
    return part, measured, False


def _measured_alone(query: Query, snapshot: Snapshot, ledger: Ledger, window: Window) -> tuple[Snapshot, Ledger, bool]:
    """Return what is known of a part of a figure that sources measure: what one of them gave, or a single day of it."""
    sources = {c.name: c for c in snapshot.coverage}
    match query.only:
        case () if query.by is None and (day := ledger.of(query.metric, day=window.days()[0].isoformat())) is not None:
            if len(window.days()) == 1:
                alone = replace(day, id=FactId("f1"), labels=(), before=None)  # the week before had such a day too
                return replace(snapshot, window=window), replace(ledger, window=window, facts=(alone,)), False
        case (("repository", name),) if name in sources and window == snapshot.window:
            _refuse_other_way(query.metric if query.metric in versions() else "samples", snapshot)
            part = _of_repository(name, filtered(snapshot))
            measured = ledger_of(part)
            if any(fact.metric == query.metric for fact in measured.facts):
                return part, measured, False
            raise UsageError("{name} gives no such figure.", name=name)
    raise UsageError("That is known for the whole report alone, not for a part of it.")


def _refuse_other_way(definition: str, snapshot: Snapshot) -> None:
    """Raise UsageError where what was counted then is counted otherwise by now."""
    if snapshot.metrics.get(definition) != versions().get(definition):
        raise UsageError(
            "That figure is counted in another way since this report was made: only the whole of it is known.",
            hint=Message("Run the report again, and ask about the new one."),
        )


def _window(query: Query, snapshot: Snapshot, language: Language) -> Window:
    """Return the days that are asked for. Raises UsageError where the report knows nothing of them."""
    if query.days is None:
        return snapshot.window
    first, last = query.days
    window = days_window(first, last + timedelta(days=1), snapshot.window.zone)
    known = snapshot.window.previous()
    if window == snapshot.window:
        return snapshot.window
    if first > last or window.start < known.start or window.end > snapshot.window.end:
        days = Window(known.start, snapshot.window.end, known.zone).spoken(language)
        raise UsageError("This report has read {days} only.", hint=Message("Run it for other days."), days=days)
    if query.metric in AS_READ:
        raise UsageError("How that stood is known for when it was read alone, not for other days.")
    return window


def _only(only: Iterable[tuple[Dimension, str]], snapshot: Snapshot) -> Snapshot:
    """Return the snapshot with those records alone that belong to all of these groups."""
    settings = snapshot.settings
    filters = Filters(include_paths=("*",)) if by_path(settings.filters) else Filters()
    for dimension, value in only:
        match dimension:
            case "author":
                filters = replace(filters, include_people=(_exactly(value),))
            case "path" if value == git.ROOT:
                filters = replace(filters, exclude_paths=("*/*",))
            case "path":
                filters = replace(filters, include_paths=(f"{_exactly(value)}/*",))
            case "label":
                filters = replace(filters, include_labels=(_exactly(value),))
            case "repository":
                snapshot = _of_repository(value, snapshot)
            case "day":
                raise UsageError("Say which days instead.")
            case _:  # a figure of a source is told apart so, and its records are not
                raise UsageError("That is known for the whole report alone, not for a part of it.")
    return replace(snapshot, settings=replace(settings, filters=filters))


def _exactly(value: str) -> str:
    """Return the pattern that this text alone fits."""
    return _WILD.sub(lambda found: f"[{found[0]}]", value)


def _of_repository(name: str, snapshot: Snapshot) -> Snapshot:
    """Return what was read of one repository: a source of that name, or one of the many of a forge."""
    mine = {c.source for c in snapshot.coverage if c.name == name}
    if mine:
        coverage = tuple(c for c in snapshot.coverage if c.source in mine)
        return replace(snapshot, coverage=coverage, records=tuple(p for p in snapshot.records if p[0] in mine))
    coverage = tuple(c for c in snapshot.coverage if c.kind in FORGES)  # git's own sources hold other repositories
    forges = {c.source for c in coverage}
    records = tuple(pair for pair in snapshot.records if pair[0] in forges and _is_of(pair[1], name))
    return replace(snapshot, coverage=coverage, records=records)


def _is_of(record: Record, name: str) -> bool:
    match record.body:
        case Repository(name=own):
            return own == name
        case _:
            return getattr(record.body, "repository", None) == name


def _ranked(ledger: Ledger, query: Query) -> Iterator[Fact]:
    """Yield the groups, the largest first, or the smallest."""
    found = [fact for fact in ledger.by(query.metric, query.by or "") if fact.value is not None]
    if query.least:
        found.sort(key=lambda fact: (fact.value or 0, fact.labels))
    yield from found


def _moved(ledger: Ledger, metric: str, people: bool) -> Iterator[Fact]:
    """Yield the groups that are not what they were before, dimension by dimension, the most moved first."""
    for dimension in told_apart(metric, ledger):
        if dimension == DAY or (dimension == "author" and not people):
            continue
        found = [(_by(fact), fact) for fact in ledger.by(metric, dimension)]
        yield from (fact for by, fact in sorted(found, key=lambda pair: (-pair[0], pair[1].labels)) if by)


def _by(fact: Fact) -> Decimal:
    """Return by how much a fact moved; 0 where that is not known."""
    return Decimal(0) if fact.value is None or fact.before is None else abs(fact.value - fact.before)


def _behind(fact: Fact | None, snapshot: Snapshot) -> Iterator[Record]:
    """Yield the newest records behind a figure; of a share of what failed, those that did."""
    if fact is None:
        return
    records: Mapping[tuple[SourceId, str, str], Record] = {(s, r.kind, r.key): r for s, r in snapshot.records}
    for evidence in fact.evidence:
        record = records.get((evidence.source, evidence.kind, evidence.key))
        if record is not None and (fact.metric not in FAILED or getattr(record.body, "state", "") == "failure"):
            yield record
