"""Snapshots made by hand: one line per commit or branch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from analyzers import versions
from model.ids import SourceId
from model.record import Branch, Change, Commit, Coverage, Record, Repository
from model.report import Settings, Snapshot, Spoken, Template, TextSection
from model.window import Window

WINDOW = Window(datetime(2026, 11, 9, tzinfo=UTC), datetime(2026, 11, 16, tzinfo=UTC), "UTC")  # Monday to Sunday
DEMO = SourceId("s1")
TEMPLATE = Template(
    name="weekly",
    title=Spoken(en="Week", ko="주간"),
    description=Spoken(en="A week", ko="한 주"),
    window="last week",
    sections=(TextSection(show="text", file="a.md"),),
)
SETTINGS = Settings("en", people=True)


def at(day: float) -> datetime:
    """Return noon of day `day` of the window; 0 is its first, −1 the last one before."""
    return WINDOW.start + timedelta(days=day, hours=12)


def commit(
    key: str,
    day: float = 0,
    author: str = "Mina",
    paths: Mapping[str, tuple[int, int]] | None = None,
    parents: int = 1,
    bot: bool = False,
    cut: bool = False,
    title: str = "",
) -> Record:
    """Return a commit; `paths` holds (added, removed) of each; `cut` puts it at a shallow boundary."""
    changed = {"src/a.py": (1, 0)} if paths is None else paths
    changes = tuple(Change(path, added, removed) for path, (added, removed) in changed.items())
    body = Commit(author, f"{author.lower()}@example.org", bot, parents, None if cut else changes)
    return Record(key, at(day), at(day), title or f"Change {key}", None, body)


def branch(
    name: str,
    age: float = 10,
    ahead: int = 2,
    behind: int = 0,
    merged: bool = False,
    files: int = 0,
    lines: int = 0,
    stacked: tuple[str, ...] = (),
) -> Record:
    """Return a branch whose tip is `age` days old at the end of the window."""
    tip_at = WINDOW.end - timedelta(days=age)
    body = Branch(f"tip-{name}", tip_at, "Mina", ahead, behind, merged, files, lines, stacked)
    return Record(f"refs/heads/{name}", tip_at, None, name, None, body)


def repository(shallow: bool = False) -> Record:
    """Return the record of the repository itself."""
    return Record("repository", at(-100), None, "demo", None, Repository("main", shallow))


def coverage(source: str = DEMO, read: int = 1, kind: str = "git") -> Coverage:
    """Return what was read of a source."""
    return Coverage(SourceId(source), {"s1": "demo"}.get(source, source), kind, read, 1)


def snapshot(*records: Record, firsts: Mapping[str, datetime] | None = None, settings: Settings = SETTINGS) -> Snapshot:
    """Return a snapshot of one source; the first commit of an author is the earliest one given, unless said."""
    return snapshot_of([(DEMO, record) for record in records], [coverage()], firsts, settings)


def snapshot_of(
    records: Iterable[tuple[str, Record]],
    covered: Iterable[Coverage],
    firsts: Mapping[str, datetime] | None = None,
    settings: Settings = SETTINGS,
) -> Snapshot:
    """Return a snapshot of several sources."""
    held = tuple((SourceId(source), record) for source, record in records)
    earliest: dict[str, datetime] = {}
    for _, record in held:
        if isinstance(record.body, Commit):
            name = record.body.author
            earliest[name] = min(record.at, earliest.get(name, record.at))
    found = tuple((DEMO, name, first) for name, first in (earliest | dict(firsts or {})).items())
    taken = WINDOW.end + timedelta(hours=9)
    return Snapshot(WINDOW, settings, TEMPLATE, taken, versions(), tuple(covered), held, found)


def whole(value: Decimal | None) -> int | None:
    """Return a figure as a plain number, to be read in a table."""
    return None if value is None else int(value)
