"""Filters: what of the records counts. Pure; what cannot be known under a filter is marked, never guessed.

A commit counts if its author passes and, under a filter on paths, at least one path that it changed remains; its lines
and files are those of the remaining paths. Git records no paths for a merge, nor for a commit at the edge of a shallow
clone, and none for a branch: under a filter on paths, figures that rest on those are not known. A repository is the
source that a record comes from; one that is left out need not have been read. What a label is, `labels_of` says.
Filters on people and paths leave alone what sources measure, and those on labels narrow its entries only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from fnmatch import translate

from analyzers.coverage import of_what_was_read
from model.ids import SourceId
from model.measured import Entry, Measured
from model.probed import Watched
from model.record import Branch, Commit, FirstMerge, Forged, Issue, PullRequest, Record, Repository, Review
from model.report import Filters, Snapshot

VERSION = 1
_Passes = Callable[[str], bool]
_SUBJECT = re.compile(r"(?P<type>\w[\w-]*)(?:\((?P<scopes>[^()]*)\))?!?:\s")
_REFS = re.compile(r"^refs/(?:heads|remotes/[^/]+)/")


def filtered(snapshot: Snapshot) -> Snapshot:
    """Return the snapshot with those records alone that its filters let through, of sources that were read."""
    snapshot, filters = of_what_was_read(snapshot), snapshot.settings.filters
    if filters == Filters():
        return snapshot
    repository = _filter(filters.include_repositories, filters.exclude_repositories, fold=True)
    covered = tuple(c for c in snapshot.coverage if repository(c.name))
    left = {c.source for c in covered}
    records = tuple(pair for pair in snapshot.records if pair[0] in left)
    return replace(snapshot, coverage=covered, records=tuple(_passing(records, filters)))


def labels_of(record: Record) -> frozenset[str]:
    """Return a record's labels in lower case.

    Of a commit: type and scopes of a conventional subject such as "feat(api, web): …"; of a branch: what stands before
    the first slash of its name, its remote's left out; of a pull request, its reviews and an issue: their labels.
    """
    match record.body:
        case Commit():
            found = _SUBJECT.match(record.title)
            if found is None:
                return frozenset()
            names = [found["type"], *(found["scopes"] or "").split(",")]
        case Branch():
            name = _REFS.sub("", record.key)
            names = [name.partition("/")[0]] if "/" in name else []
        case PullRequest(labels=labels) | Review(labels=labels) | Issue(labels=labels):
            names = list(labels)
        case Entry(labels=labels):
            names = [group for _, group in labels]
        case _:
            names = []
    return frozenset(name.strip().lower() for name in names if name.strip())


def by_path(filters: Filters) -> bool:
    """Tell whether paths are filtered, so that branches cannot be told apart."""
    return bool(filters.include_paths or filters.exclude_paths)


def _passing(records: Iterable[tuple[SourceId, Record]], filters: Filters) -> Iterator[tuple[SourceId, Record]]:
    person = _filter(filters.include_people, filters.exclude_people, fold=True)
    labelled = _by_label(filters)
    path = _filter(_folders(filters.include_paths), _folders(filters.exclude_paths), fold=False)
    paths = by_path(filters)
    for source, record in records:
        body = record.body
        if isinstance(body, Measured | Watched):  # nobody's doing, and nowhere: only entries have labels
            if not isinstance(body, Entry) or labelled(record):
                yield source, record
            continue
        if not isinstance(body, Repository | FirstMerge) and not (person(body.author) and labelled(record)):
            continue
        if paths and isinstance(body, Branch | Forged):
            continue
        found = _narrowed(record, body, path) if paths and isinstance(body, Commit) else record
        if found is not None:
            yield source, found


def _by_label(filters: Filters) -> Callable[[Record], bool]:
    """Return what tells whether a record bears a wanted label, if some are wanted, and no unwanted one."""
    wanted, unwanted = _any(filters.include_labels, fold=True), _any(filters.exclude_labels, fold=True)
    if wanted is None and unwanted is None:
        return lambda _: True

    def passes(record: Record) -> bool:
        labels = labels_of(record)
        if wanted is not None and not any(map(wanted.match, labels)):
            return False
        return unwanted is None or not any(map(unwanted.match, labels))

    return passes


def _narrowed(record: Record, commit: Commit, path: _Passes) -> Record | None:
    """Return a commit with the paths that remain; None where none does."""
    if commit.changes is None:
        return record
    if not commit.changes:  # of a merge nobody knows what it changed
        return replace(record, body=replace(commit, changes=None)) if commit.parents > 1 else None
    changes = tuple(change for change in commit.changes if path(change.path))
    return replace(record, body=replace(commit, changes=changes)) if changes else None


def _filter(include: Sequence[str], exclude: Sequence[str], *, fold: bool) -> _Passes:
    """Return what tells whether a text passes: one of the included patterns, if there are any, and no excluded one."""
    wanted, unwanted = _any(include, fold=fold), _any(exclude, fold=fold)

    def passes(text: str) -> bool:
        if wanted is not None and not wanted.match(text):
            return False
        return unwanted is None or not unwanted.match(text)

    return passes


def _any(patterns: Sequence[str], *, fold: bool) -> re.Pattern[str] | None:
    if not patterns:
        return None
    return re.compile("|".join(translate(pattern) for pattern in patterns), re.IGNORECASE if fold else 0)


def _folders(patterns: Sequence[str]) -> tuple[str, ...]:
    """Read "api/" as all that lies below it."""
    return tuple(f"{pattern}*" if pattern.endswith("/") else pattern for pattern in patterns)
