"""The metrics of git: what counts as a commit, and one row per figure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from operator import attrgetter

from analyzers.filters import by_path
from analyzers.measure import DAY, Labels, Metric, Part, Seen, count, distinct, total
from model.ids import SourceId
from model.record import Commit, Record, Repository
from model.report import Snapshot
from model.unit import Better, Unit

_Parts = Iterable[tuple[Labels, Part | None]]
_Split = Callable[[Seen[Commit]], _Parts]
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
    return tuple(sorted(found.values(), key=lambda pair: (-pair[1].at.timestamp(), pair[0], pair[1].key)))


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


@dataclass(slots=True)
class _Area(Part):
    """What a commit changes below one top directory."""

    added: int = 0
    removed: int = 0
    paths: list[str] = field(default_factory=list)


def _areas(seen: Seen[Commit]) -> Mapping[str, _Area]:
    """Return what a commit changes, by the directory at the top of each path."""
    areas: dict[str, _Area] | None = seen.shared
    if areas is None:
        areas = seen.shared = {}
        for change in seen.body.changes or ():
            name = top(change.path)
            area = areas.get(name) or areas.setdefault(name, _Area(seen))
            area.added += change.added
            area.removed += change.removed
            area.paths.append(change.path)
    return areas


def _whole(seen: Seen[Commit]) -> _Parts:
    areas = None if seen.body.changes is None else tuple(_areas(seen))
    yield {"author": (seen.body.author,), "path": areas}, Part(seen)


def _by_area(seen: Seen[Commit]) -> _Parts:
    """Yield one part per top directory: a commit may change ten thousand files in a few of them."""
    author = (seen.body.author,)
    if seen.body.changes is None and seen.body.lines is not None:
        yield {"author": author, "path": None}, _Area(seen, *seen.body.lines)
    elif seen.body.changes is None:
        yield {"author": author}, None
    elif not seen.body.changes:
        yield {"author": author}, _Area(seen)
    for name, area in _areas(seen).items():
        yield {"author": author, "path": (name,)}, area


def _by_area_with_files(seen: Seen[Commit]) -> _Parts:
    """Leave out the commit that changed no file: it is no record behind a number of files."""
    if seen.body.changes is None:
        return (({"author": (seen.body.author,)}, None),)
    return () if seen.body.changes == () else _by_area(seen)


def _files(parts: Sequence[_Area]) -> Decimal:
    """Count different paths; the same one in two sources is two files."""
    paths: dict[SourceId, set[str]] = defaultdict(set)
    for part in parts:
        paths[part.seen.source].update(part.paths)
    return Decimal(sum(map(len, paths.values())))


_authors = distinct(attrgetter("seen.body.author"))
_days = distinct(attrgetter("seen.day"))
_added, _removed = total(attrgetter("added")), total(attrgetter("removed"))

_NEITHER, _COUNT = Better.NEITHER, Unit.COUNT
COMMITS = Metric("commits", 1, Commit, _COUNT, _NEITHER, _by_people, _whole, count, (*BY, DAY))
MERGES = Metric("merges", 1, Commit, _COUNT, _NEITHER, _merged, _whole, count, BY)
AUTHORS = Metric("authors", 1, Commit, _COUNT, _NEITHER, _by_people, _whole, _authors, BY)
NEW_AUTHORS = Metric("new_authors", 1, Commit, _COUNT, _NEITHER, _by_people, _whole, _authors, BY)
LINES_ADDED = Metric("lines_added", 1, Commit, Unit.LINES, _NEITHER, _by_people, _by_area, _added, BY)
LINES_REMOVED = Metric("lines_removed", 1, Commit, Unit.LINES, _NEITHER, _by_people, _by_area, _removed, BY)
FILES_CHANGED = Metric("files_changed", 1, Commit, _COUNT, _NEITHER, _by_people, _by_area_with_files, _files, BY)
ACTIVE_DAYS = Metric("active_days", 1, Commit, Unit.DAYS, _NEITHER, _by_people, _whole, _days, BY)
BOT_COMMITS = Metric("bot_commits", 1, Commit, _COUNT, _NEITHER, _by_bots, _whole, count, BY)


METRICS = (
    COMMITS, MERGES, AUTHORS, NEW_AUTHORS, LINES_ADDED, LINES_REMOVED, FILES_CHANGED, ACTIVE_DAYS, BOT_COMMITS
)  # fmt: skip


def commit_metrics(snapshot: Snapshot) -> tuple[Metric[Commit], ...]:
    """Return the rows in the order in which ledgers number them, with what the snapshot says of newcomers."""
    new = replace(NEW_AUTHORS, split=_newcomer(snapshot))
    metrics = tuple(new if metric is NEW_AUTHORS else metric for metric in METRICS)
    if by_path(snapshot.settings.filters):
        known = {split: _if_known(split) for split in {metric.split for metric in metrics}}
        return tuple(replace(metric, split=known[metric.split]) for metric in metrics)
    return metrics


def _if_known(split: _Split) -> _Split:
    """Return what takes a commit whose paths are known; whether another one counts at all, nobody knows."""

    def known(seen: Seen[Commit]) -> _Parts:
        return (({}, None),) if seen.body.changes is None else split(seen)

    return known


def _newcomer(snapshot: Snapshot) -> _Split:
    """Return what takes a commit whose author's first one of all lies in the same window."""
    firsts = _firsts(snapshot.firsts)
    shallow = is_shallow(snapshot)
    windows = (snapshot.window, snapshot.window.previous())
    new_in = {author: next((w for w in windows if first in w), None) for author, first in firsts.items()}

    def split(seen: Seen[Commit]) -> _Parts:
        author = seen.body.author
        if shallow or author not in new_in:
            return (({}, None),)
        window = new_in[author]
        return _whole(seen) if window is not None and seen.record.at in window else ()

    return split


def _firsts(found: Iterable[tuple[SourceId, str, datetime]]) -> Mapping[str, datetime]:
    """Return the earliest commit of each author over all sources."""
    earliest: dict[str, datetime] = {}
    for _, author, at in found:
        earliest[author] = min(at, earliest.get(author, at))
    return earliest
