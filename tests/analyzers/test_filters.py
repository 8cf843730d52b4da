"""Filters by a table: what counts, what does not, and what nobody can know any more."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from analyzers import ledger_of
from analyzers.filters import filtered
from model.record import Record
from model.report import Filters
from tests.analyzers.snapshots import SETTINGS, branch, commit, coverage, snapshot, snapshot_of, whole

RECORDS = (
    commit("a", 0, "Mina", {"api/a.py": (5, 1), "docs/b.md": (2, 0)}),
    commit("b", 1, "Juno", {"web/x/a.html": (10, 0)}),
    commit("c", 2, "Mina", {"README": (1, 1)}),
    commit("p", -3, "Juno", {"api/a.py": (7, 7)}),
    commit("e", 3, "Suna", {}),
    branch("old"),
)


@pytest.mark.parametrize(
    ("filters", "commits", "before", "lines", "files", "branches"),
    [
        (Filters(), 4, 1, 18, 4, 1),
        (Filters(include_paths=("api/",)), 1, 1, 5, 1, None),
        (Filters(include_paths=("api/", "README")), 2, 1, 6, 2, None),
        (Filters(exclude_paths=("*.md",)), 3, 1, 16, 3, None),
        (Filters(include_paths=("*",), exclude_paths=("web/",)), 2, 1, 8, 3, None),
        (Filters(include_paths=("API/",)), 0, 0, 0, 0, None),
        (Filters(include_people=("mina",)), 2, 0, 8, 3, 1),
        (Filters(exclude_people=("m*", "suna")), 1, 1, 10, 1, 0),
        (Filters(exclude_people=("Mina",), include_paths=("api/",)), 0, 1, 0, 0, None),
    ],
)
def test_what_counts(filters: Filters, commits: int, before: int, lines: int, files: int, branches: int | None) -> None:
    ledger = ledger_of(snapshot(*RECORDS, settings=replace(SETTINGS, filters=filters)))
    facts = [ledger.of(name) for name in ("commits", "lines_added", "files_changed", "open_branches")]
    values = [None if fact is None else whole(fact.value) for fact in facts]
    assert values == [commits, lines, files, branches]
    assert facts[0] is not None
    assert whole(facts[0].before) == before
    assert len(ledger.findings) == (branches or 0)


LABELLED = (
    commit("a", 0, title="feat(API, web): sell gifts"),
    commit("b", 1, title="fix!: round prices"),
    commit("c", 2, title="Round: not a type of two words, still one"),
    commit("d", 3, title="no label at all"),
    branch("fix/cart"),
    branch("plain"),
    replace(branch("far"), key="refs/remotes/origin/feat/far"),
    replace(branch("near"), key="refs/remotes/origin/near"),
)


@pytest.mark.parametrize(
    ("filters", "passing"),
    [
        (Filters(include_labels=("feat",)), {"a", "refs/remotes/origin/feat/far"}),
        (Filters(include_labels=("API",)), {"a"}),
        (Filters(include_labels=("f*",), exclude_labels=("web",)),
         {"b", "refs/heads/fix/cart", "refs/remotes/origin/feat/far"}),
        (Filters(exclude_labels=("f*", "round")), {"d", "refs/heads/plain", "refs/remotes/origin/near"}),
        (Filters(include_labels=("origin", "refs", "heads")), set()),
    ],
)  # fmt: skip
def test_labels_by_a_table(filters: Filters, passing: set[str]) -> None:
    found = filtered(snapshot(*LABELLED, settings=replace(SETTINGS, filters=filters)))
    assert {record.key for _, record in found.records} == passing


@pytest.mark.parametrize(
    ("filters", "commits", "names"),
    [
        (Filters(include_repositories=("DEMO",)), 1, ["demo"]),
        (Filters(exclude_repositories=("o*",)), 1, ["demo"]),
        (Filters(include_repositories=("*",)), None, ["demo", "ops"]),  # ops could not be read
        (Filters(exclude_repositories=("*",)), None, []),
    ],
)
def test_a_repository_left_out_withholds_nothing(filters: Filters, commits: int | None, names: list[str]) -> None:
    settings = replace(SETTINGS, filters=filters)
    held = [("s1", commit("a")), ("ops", commit("b"))]
    ledger = ledger_of(snapshot_of(held, [coverage(), coverage("ops", read=0)], settings=settings))
    fact = ledger.of("commits")
    assert fact is not None
    assert whole(fact.value) == commits
    assert [c.name for c in ledger.coverage] == names


def test_without_filters_the_snapshot_is_the_same() -> None:
    taken = snapshot(*RECORDS)
    assert filtered(taken) is taken


@pytest.mark.parametrize(
    ("record", "unknown"),
    [
        (commit("m", 2, "Mina", {}, parents=2), {"merges"}),
        (commit("s", 2, "Mina", cut=True), {"commits", "authors", "lines_added", "lines_removed", "files_changed"}),
        (commit("z", 2, "ci[bot]", {}, parents=2, bot=True), {"merges", "bot_commits"}),
    ],
)
def test_what_cannot_be_known_under_a_filter_on_paths_is_not_known(record: Record, unknown: set[str]) -> None:
    settings = replace(SETTINGS, filters=Filters(include_paths=("api/",)))
    ledger = ledger_of(snapshot(*RECORDS, record, settings=settings))
    lost = {f.metric for f in ledger.facts if f.value is None}
    assert unknown <= lost
    assert not {"commits", "merges", "bot_commits"} & lost - unknown
    people = replace(SETTINGS, filters=Filters(exclude_people=("Suna",)))
    merges = ledger_of(snapshot(*RECORDS, commit("m", 2, "Mina", {}, parents=2), settings=people)).of("merges")
    assert merges is not None
    assert merges.value == Decimal(1)
