"""The metrics of git: what counts as a commit, and one row per figure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter

from analyzers.filters import by_path
from analyzers.measure import DAY, Count, Distinct, Labels, Metric, Seen, Total, Value
from model.ids import SourceId
from model.record import Change, Commit, Record, Repository
from model.report import Snapshot
from model.unit import Better, Unit

_Drawn = Iterator[tuple[Value, Labels]]
ROOT = "."  # the group of files that lie in no directory
BY = ("author", "path")


def counted_once(snapshot: Snapshot) -> tuple[tuple[SourceId, Record], ...]:
    """Return the commits, each once though it may stand in two sources, listed bots marked, newest first."""
    bots = {name.casefold() for name in snapshot.settings.bots}
    found: dict[str, tuple[SourceId, Record]] = {}
    for source, record in snapshot.records:
        if not isinstance(record.body, Commit):
            continue
        known = found.get(record.key)
        if known is None or _is_boundary(known[1]):  # where one copy is cut off, another may be whole
            found[record.key] = (source, _marked(record, record.body, bots))
    by_name = sorted(found.values(), key=lambda pair: (pair[0], pair[1].key))
    return tuple(sorted(by_name, key=lambda pair: pair[1].at, reverse=True))


def is_shallow(snapshot: Snapshot) -> bool:
    """Return whether some history is cut off, so that nobody can tell who is new."""
    return any(isinstance(r.body, Repository) and r.body.shallow for _, r in snapshot.records)


def _is_boundary(record: Record) -> bool:
    return isinstance(record.body, Commit) and record.body.changes is None


def _marked(record: Record, commit: Commit, bots: set[str]) -> Record:
    if commit.bot or not bots.intersection((commit.author.casefold(), commit.address.casefold())):
        return record
    return replace(record, body=replace(commit, bot=True))


def _by_people(record: Record, commit: Commit) -> datetime | None:
    """Count what a person wrote: no merges, no bots."""
    return None if commit.bot or commit.parents > 1 else record.at


def _merged(record: Record, commit: Commit) -> datetime | None:
    return record.at if commit.parents > 1 else None


def _by_bots(record: Record, commit: Commit) -> datetime | None:
    return record.at if commit.bot else None


def top(path: str) -> str:
    """Return the directory at the top of a path; "." for a file in none."""
    first, slash, _ = path.partition("/")
    return first if slash else ROOT


def _labels(seen: Seen[Commit]) -> Labels:
    if seen.labels is None:
        areas = None if seen.body.changes is None else tuple(dict.fromkeys(_areas(seen)))
        seen.labels = {"author": (seen.body.author,), "path": areas}
    return seen.labels


def _areas(seen: Seen[Commit]) -> Sequence[str]:
    """Return the directory at the top of each path that a commit changes."""
    if seen.areas is None:
        seen.areas = [top(change.path) for change in seen.body.changes or ()]
    return seen.areas


def _one(seen: Seen[Commit]) -> _Drawn:
    yield 1, _labels(seen)


def _author(seen: Seen[Commit]) -> _Drawn:
    yield seen.body.author, _labels(seen)


def _day(seen: Seen[Commit]) -> _Drawn:
    yield seen.day, _labels(seen)


def _added(seen: Seen[Commit]) -> _Drawn:
    return _lines(seen, attrgetter("added"))


def _removed(seen: Seen[Commit]) -> _Drawn:
    return _lines(seen, attrgetter("removed"))


def _lines(seen: Seen[Commit], lines: Callable[[Change], int]) -> _Drawn:
    """Yield one sum per top directory: a commit may change ten thousand files in a few of them."""
    changes, author = seen.body.changes, (seen.body.author,)
    if not changes:
        yield _nothing(seen.body)
        return
    sums: dict[str, int] = {}
    for area, change in zip(_areas(seen), changes, strict=True):
        sums[area] = sums.get(area, 0) + lines(change)
    for area, total in sums.items():
        yield total, {"author": author, "path": (area,)}


def _nothing(commit: Commit) -> tuple[Value, Labels]:
    """Return what a commit adds that changed no file (0), or of which nobody knows what it changed (None)."""
    return None if commit.changes is None else 0, {"author": (commit.author,)}


def _files(seen: Seen[Commit]) -> _Drawn:
    """Yield each path; the same path in two sources is two files."""
    if seen.body.changes is None:
        yield _nothing(seen.body)
    author, areas = (seen.body.author,), dict[str, Labels]()
    for area, change in zip(_areas(seen), seen.body.changes or (), strict=True):
        labels = areas.get(area)
        if labels is None:
            labels = areas[area] = {"author": author, "path": (area,)}
        yield f"{seen.source}/{change.path}", labels


_NEITHER, _COUNT = Better.NEITHER, Unit.COUNT
COMMITS = Metric("commits", 1, Commit, _COUNT, _NEITHER, Count, _by_people, _one, (*BY, DAY))
MERGES = Metric("merges", 1, Commit, _COUNT, _NEITHER, Count, _merged, _one, BY)
AUTHORS = Metric("authors", 1, Commit, _COUNT, _NEITHER, Distinct, _by_people, _author, BY)
NEW_AUTHORS = Metric("new_authors", 1, Commit, _COUNT, _NEITHER, Distinct, _by_people, _author, BY)
LINES_ADDED = Metric("lines_added", 1, Commit, Unit.LINES, _NEITHER, Total, _by_people, _added, BY)
LINES_REMOVED = Metric("lines_removed", 1, Commit, Unit.LINES, _NEITHER, Total, _by_people, _removed, BY)
FILES_CHANGED = Metric("files_changed", 1, Commit, _COUNT, _NEITHER, Distinct, _by_people, _files, BY)
ACTIVE_DAYS = Metric("active_days", 1, Commit, Unit.DAYS, _NEITHER, Distinct, _by_people, _day, BY)
BOT_COMMITS = Metric("bot_commits", 1, Commit, _COUNT, _NEITHER, Count, _by_bots, _one, BY)


METRICS = (
    COMMITS, MERGES, AUTHORS, NEW_AUTHORS, LINES_ADDED, LINES_REMOVED, FILES_CHANGED, ACTIVE_DAYS, BOT_COMMITS
)  # fmt: skip


def commit_metrics(snapshot: Snapshot) -> tuple[Metric[Commit], ...]:
    """Return the rows in the order in which ledgers number them, with what the snapshot says of newcomers."""
    new = replace(NEW_AUTHORS, take=_newcomer(snapshot))
    metrics = tuple(new if metric is NEW_AUTHORS else metric for metric in METRICS)
    if by_path(snapshot.settings.filters):
        return tuple(replace(metric, take=_if_known(metric.take)) for metric in metrics)
    return metrics


def _if_known(take: Callable[[Seen[Commit]], Iterable[tuple[Value, Labels]]]) -> Callable[[Seen[Commit]], _Drawn]:
    """Return what takes a commit whose paths are known; whether another one counts at all, nobody knows."""

    def known(seen: Seen[Commit]) -> _Drawn:
        if seen.body.changes is None:
            yield None, {}
        else:
            yield from take(seen)

    return known


def _newcomer(snapshot: Snapshot) -> Callable[[Seen[Commit]], _Drawn]:
    """Return what takes an author whose first commit of all lies in the same window."""
    firsts = _firsts(snapshot.firsts)
    shallow = is_shallow(snapshot)
    windows = (snapshot.window, snapshot.window.previous())

    def take(seen: Seen[Commit]) -> _Drawn:
        first = firsts.get(seen.body.author)
        if shallow or first is None:
            yield None, {}
        elif any(first in window and seen.record.at in window for window in windows):
            yield seen.body.author, _labels(seen)

    return take


def _firsts(found: Iterable[tuple[SourceId, str, datetime]]) -> Mapping[str, datetime]:
    """Return the earliest commit of each author over all sources."""
    earliest: dict[str, datetime] = {}
    for _, author, at in found:
        earliest[author] = min(at, earliest.get(author, at))
    return earliest
