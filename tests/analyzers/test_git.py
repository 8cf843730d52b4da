"""Each metric by a table: what is there, and what it comes to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from analyzers import ledger_of, versions
from analyzers.git import top
from model.ledger import Ledger
from model.record import Record
from model.report import Snapshot
from tests.analyzers.snapshots import (
    DEMO,
    SETTINGS,
    WINDOW,
    at,
    branch,
    commit,
    coverage,
    repository,
    snapshot,
    snapshot_of,
    whole,
)

TWO = [
    commit("a", 0, "Mina", {"src/a.py": (5, 1), "docs/b.md": (2, 0)}),
    commit("b", 1, "Juno", {"src/a.py": (0, 3), "README": (1, 1)}),
]
BEFORE = commit("p", -3, "Mina", {"src/a.py": (7, 7)})
MERGE = commit("m", 2, "Mina", {}, parents=2)
BOT = commit("z", 2, "dependabot[bot]", {"src/lock": (100, 90)}, bot=True)
BOT_MERGE = commit("y", 2, "dependabot[bot]", {}, parents=2, bot=True)
EMPTY = commit("e", 3, "Suna", {})


@pytest.mark.parametrize(
    ("metric", "records", "value", "before"),
    [
        ("commits", [*TWO, BEFORE, MERGE, BOT], 2, 1),
        ("commits", [], 0, 0),
        ("merges", [*TWO, MERGE, BOT_MERGE], 2, 0),
        ("authors", [*TWO, commit("c", 2, "Mina"), BEFORE, BOT], 2, 1),
        ("new_authors", [*TWO, BEFORE], 1, 1),
        ("new_authors", [MERGE], 0, 0),
        ("lines_added", [*TWO, BEFORE, MERGE, BOT], 8, 7),
        ("lines_removed", [*TWO, BEFORE, BOT], 5, 7),
        ("lines_added", [EMPTY], 0, 0),
        ("files_changed", [*TWO, BEFORE, BOT], 3, 1),
        ("active_days", [*TWO, commit("c", 1.1), BEFORE, BOT], 2, 1),
        ("bot_commits", [*TWO, BOT, BOT_MERGE], 2, 0),
    ],
)
def test_a_total(metric: str, records: list[Record], value: int, before: int) -> None:
    fact = ledger_of(snapshot(*records)).of(metric)
    assert fact is not None
    assert (whole(fact.value), whole(fact.before)) == (value, before)


@pytest.mark.parametrize(
    ("metric", "label", "expected"),
    [
        ("commits", "author", {"Mina": 1, "Juno": 1}),
        ("commits", "path", {"src": 2, "docs": 1, ".": 1}),
        ("merges", "author", {"Mina": 1}),
        ("authors", "path", {"src": 2, "docs": 1, ".": 1}),
        ("new_authors", "author", {"Juno": 1}),
        ("new_authors", "path", {"src": 1, ".": 1}),
        ("lines_added", "author", {"Mina": 7, "Juno": 1}),
        ("lines_removed", "path", {"src": 4, "docs": 0, ".": 1}),
        ("files_changed", "author", {"Mina": 2, "Juno": 2}),
        ("active_days", "path", {"src": 2, "docs": 1, ".": 1}),
        ("bot_commits", "path", {"src": 1}),
    ],
)
def test_a_breakdown(metric: str, label: str, expected: dict[str, int]) -> None:
    ledger = ledger_of(snapshot(*TWO, MERGE, BOT, firsts={"Mina": at(-50)}))
    assert _by(ledger, metric, label) == expected


def test_commits_by_day_names_every_day_and_the_same_day_before() -> None:
    ledger = ledger_of(snapshot(*TWO, commit("q", -6), commit("r", -6)))
    days = [(f.labels[0][1], f.value, f.before) for f in ledger.facts if f.labels and f.labels[0][0] == "day"]
    assert [day for day, _, _ in days] == [d.isoformat() for d in WINDOW.days()]
    assert [(whole(value), whole(before)) for _, value, before in days] == [
        (1, 0),
        (1, 2),
        (0, 0),
        (0, 0),
        (0, 0),
        (0, 0),
        (0, 0),
    ]


def test_days_begin_in_the_windows_zone() -> None:
    seoul = replace(WINDOW, start=datetime(2026, 11, 8, 15, tzinfo=UTC), end=datetime(2026, 11, 15, 15, tzinfo=UTC))
    late = replace(TWO[0], at=datetime(2026, 11, 9, 16, tzinfo=UTC))
    ledger = ledger_of(replace(snapshot(late), window=replace(seoul, zone="Asia/Seoul")))
    assert _by(ledger, "commits", "day")["2026-11-10"] == 1


def test_the_window_is_half_open() -> None:
    edges = [replace(commit(str(n)), at=instant) for n, instant in enumerate((WINDOW.start, WINDOW.end))]
    fact = ledger_of(snapshot(*edges)).of("commits")
    assert fact is not None
    assert [e.key for e in fact.evidence] == ["0"]


@pytest.mark.parametrize("listed", ["MINA", "mina@EXAMPLE.org"])
def test_a_listed_name_or_address_is_a_bot(listed: str) -> None:
    ledger = ledger_of(snapshot(*TWO, settings=replace(SETTINGS, bots=(listed,))))
    assert _totals(ledger, "commits", "bot_commits", "authors") == [1, 1, 1]


def test_a_commit_in_two_sources_counts_once() -> None:
    both = [("s1", TWO[0]), ("s2", TWO[0]), ("s2", TWO[1])]
    ledger = ledger_of(snapshot_of(both, [coverage("s1"), coverage("s2")]))
    assert _totals(ledger, "commits", "lines_added") == [2, 8]


def test_the_same_path_in_two_sources_is_two_files() -> None:
    both = [("s1", commit("a")), ("s2", commit("b"))]
    ledger = ledger_of(snapshot_of(both, [coverage("s1"), coverage("s2")]))
    assert _totals(ledger, "files_changed") == [2]


def test_a_boundary_commit_leaves_its_author_and_every_path_unknown() -> None:
    ledger = ledger_of(snapshot(*TWO, commit("c", 4, "Suna", cut=True), repository(shallow=True)))
    assert _totals(ledger, "commits", "lines_added", "files_changed", "new_authors") == [3, None, None, None]
    assert _by(ledger, "lines_added", "author") == {"Mina": 7, "Juno": 1, "Suna": None}
    assert set(_by(ledger, "lines_added", "path").values()) == {None}
    assert set(_by(ledger, "commits", "path").values()) == {None}
    assert _by(ledger, "commits", "author") == {"Mina": 1, "Juno": 1, "Suna": 1}


def test_a_boundary_commit_before_leaves_only_the_comparison_unknown() -> None:
    fact = ledger_of(snapshot(*TWO, commit("c", -4, cut=True))).of("lines_added")
    assert fact is not None
    assert (whole(fact.value), whole(fact.before)) == (8, None)


def test_a_boundary_in_one_source_is_whole_in_another() -> None:
    both = [("s1", commit("a", cut=True)), ("s2", commit("a"))]
    assert _totals(ledger_of(snapshot_of(both, [coverage("s1"), coverage("s2")])), "lines_added") == [1]


def test_an_author_whose_first_commit_is_not_known_is_not_called_new() -> None:
    plain = replace(snapshot(*TWO), firsts=((DEMO, "Mina", at(-1)),))
    assert _totals(ledger_of(plain), "authors", "new_authors") == [2, None]


def test_a_first_commit_in_any_source_counts() -> None:
    plain = snapshot(*TWO)
    older = replace(plain, firsts=(*plain.firsts, (DEMO, "Mina", at(-300)), (DEMO, "Juno", at(-300))))
    assert _totals(ledger_of(older), "new_authors") == [0]


def test_branches_open_and_stale() -> None:
    records = [
        branch("fresh", 1),
        branch("old", 14),
        branch("almost", 13.9),
        branch("done", 30, merged=True),
        branch("later", -1),
    ]
    ledger = ledger_of(snapshot(*records))
    assert _totals(ledger, "open_branches", "stale_branches") == [3, 1]
    opened, stale = ledger.of("open_branches"), ledger.of("stale_branches")
    assert opened is not None
    assert stale is not None
    assert (opened.before, stale.before) == (None, None)
    assert [e.key for e in opened.evidence] == [f"refs/heads/{name}" for name in ("fresh", "almost", "old")]


def test_stale_days_are_a_setting_and_count_from_when_it_was_read() -> None:
    early: Snapshot = replace(snapshot(branch("old", 6)), taken=at(4), settings=replace(SETTINGS, stale_days=4))
    assert _totals(ledger_of(early), "stale_branches") == [0]
    assert _totals(ledger_of(replace(early, taken=at(9))), "stale_branches") == [1]


def test_the_same_branch_in_two_sources_counts_once() -> None:
    both = [("s1", branch("x")), ("s2", branch("x")), ("s2", branch("y"))]
    assert _totals(ledger_of(snapshot_of(both, [coverage("s1"), coverage("s2")])), "open_branches") == [2]


@pytest.mark.parametrize(("path", "area"), [("a", "."), ("a/b", "a"), ("a/b/c", "a"), ("결제/가", "결제")])
def test_the_top_directory(path: str, area: str) -> None:
    assert top(path) == area


def test_versions_name_every_metric() -> None:
    ledger = ledger_of(snapshot_of([], [coverage(), coverage("s2", kind="github"), coverage("s3", kind="probe")]))
    assert {f.metric for f in ledger.facts} | {"priority", "targets", "filters", "samples"} == set(versions())


def _totals(ledger: Ledger, *metrics: str) -> list[Decimal | None]:
    facts = [ledger.of(metric) for metric in metrics]
    return [fact.value for fact in facts if fact is not None]


def _by(ledger: Ledger, metric: str, label: str) -> dict[str, Decimal | None]:
    return {f.labels[0][1]: f.value for f in ledger.by(metric, label)}
