"""Queries over what a run has frozen: the run's own figures where it has them, else counted again by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers import ledger_of
from analyzers.query import groups_in, look
from model.errors import UsageError
from model.ids import SourceId
from model.language import Language
from model.query import Dimension, Query
from model.record import Commit, Record
from model.report import Filters
from tests.analyzers.snapshots import SETTINGS, WINDOW, branch, commit, coverage, snapshot, snapshot_of, whole

ENGLISH = Language("en")
_AUTHORS, _AREAS = ("Mina", "Jun", "a*b"), ("src", "docs", "x[y]")


@st.composite
def commits(draw: st.DrawFn) -> list[Record]:
    """Return up to twelve commits of both windows, by few people in few areas."""
    made = []
    for n in range(draw(st.integers(0, 12))):
        areas = draw(st.lists(st.sampled_from(_AREAS), max_size=2, unique=True))
        paths = {f"{area}/f{n}": (draw(st.integers(0, 9)), 1) for area in areas}
        made.append(commit(f"{n:040x}", draw(st.integers(-7, 6)), draw(st.sampled_from(_AUTHORS)), paths))
    return made


def _counted(records: Sequence[Record], only: dict[str, str], first: int, last: int) -> int:
    """Count commits by hand: those of an author that touch an area, on some days of the window."""
    found = 0
    for record in records:
        assert isinstance(record.body, Commit)
        day = (record.at - WINDOW.start).days
        areas = {change.path.partition("/")[0] for change in record.body.changes or ()}
        found += (
            first <= day <= last
            and only.get("author") in (None, record.body.author)
            and (only.get("path") is None or only["path"] in areas)
        )
    return found


@given(
    commits(),
    st.dictionaries(st.sampled_from(("author", "path")), st.integers(0, 2)),
    st.integers(0, 6),
    st.integers(0, 6),
)
def test_a_narrowed_figure_is_what_one_counts_by_hand(
    records: list[Record], chosen: dict[str, int], one: int, other: int
) -> None:
    """Any author, area and days, also with characters that patterns know."""
    frozen = snapshot(*records)
    ledger, (first, last) = ledger_of(frozen), sorted((one, other))
    named: dict[Dimension, str] = {}
    if "author" in chosen:
        named["author"] = _AUTHORS[chosen["author"]]
    if "path" in chosen:
        named["path"] = _AREAS[chosen["path"]]
    days = (WINDOW.days()[first], WINDOW.days()[last])
    found = look(Query("figure", "commits", only=tuple(sorted(named.items())), days=days), frozen, ledger, ENGLISH)
    assert found.total is not None
    wanted = {str(name): value for name, value in named.items()}
    assert whole(found.total.value) == _counted(records, wanted, first, last)
    length = last - first + 1
    if first - length >= -7:
        assert whole(found.total.before) == _counted(records, wanted, first - length, first - 1)
    else:
        assert found.total.before is None
    assert {record.key for record in look(replace(found.query, what="records"), frozen, ledger, ENGLISH).records} <= {
        record.key for record in records
    }


@given(commits())
def test_what_the_run_counts_is_told_as_it_stands(records: list[Record]) -> None:
    """Totals and groups are facts of the run's own ledger, whatever was asked."""
    frozen = snapshot(*records)
    ledger = ledger_of(frozen)
    for query in (Query("figure", "commits"), Query("groups", "commits", "path"), Query("moved", "lines_added")):
        found = look(query, frozen, ledger, ENGLISH)
        assert found.own
        assert found.total in ledger.facts
        assert set(found.groups) <= set(ledger.facts)


def test_groups_come_in_their_order() -> None:
    frozen = snapshot(commit("a"), commit("b", 1), commit("c", 2, "Jun", {"docs/a": (1, 1)}), commit("d", -2, "Jun"))
    ledger = ledger_of(frozen)
    most = look(Query("groups", "commits", "author"), frozen, ledger, ENGLISH).groups
    assert [fact.labels[0][1] for fact in most] == ["Mina", "Jun"]
    least = look(Query("groups", "commits", "author", least=True), frozen, ledger, ENGLISH).groups
    assert [fact.labels[0][1] for fact in least] == ["Jun", "Mina"]
    moved = look(Query("moved", "commits"), frozen, ledger, ENGLISH).groups
    assert [fact.labels[0] for fact in moved] == [("author", "Mina"), ("path", "docs"), ("path", "src")]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        (Query("figure", "merged_pull_requests"), "does not count"),
        (Query("figure", "no such metric"), "does not count"),
        (Query("groups", "open_branches", "author"), "cannot be told apart"),
        (Query("groups", "commits", "label"), "cannot be told apart"),
        (Query("needs", only=(("author", "Mina"),)), "whole report"),
        (Query("figure", "open_branches", days=(WINDOW.days()[0], WINDOW.days()[0])), "not for other days"),
        (Query("figure", "commits", days=(WINDOW.days()[-1] + timedelta(1),) * 2), "has read"),
        (Query("figure", "commits", days=(WINDOW.days()[1], WINDOW.days()[0])), "has read"),
    ],
)
def test_what_is_not_there_is_said(query: Query, says: str) -> None:
    frozen = snapshot(commit("a"), branch("feature/x"))
    with pytest.raises(UsageError, match=says):
        look(query, frozen, ledger_of(frozen), ENGLISH)


def test_single_persons_stay_unnamed_where_they_are() -> None:
    """Neither as groups nor as what is asked about; nothing offers their names."""
    frozen = snapshot(commit("a"), branch("feature/x"), settings=replace(SETTINGS, people=False))
    ledger = ledger_of(frozen)
    assert "author" not in groups_in(frozen, ledger)
    for query in (Query("groups", "commits", "author"), Query("figure", "commits", only=(("author", "Mina"),))):
        with pytest.raises(UsageError, match="no single persons"):
            look(query, frozen, ledger, ENGLISH)
    assert all(
        fact.labels[0][0] != "author" for fact in look(Query("moved", "commits"), frozen, ledger, ENGLISH).groups
    )


def test_what_filters_hide_is_not_known_of_a_part_either() -> None:
    """A filter on paths makes branches unknown, in the whole as in a part; an unread source makes all unknown."""
    filtered = replace(SETTINGS, filters=Filters(include_paths=("src/",)))
    frozen = snapshot(commit("a"), branch("feature/x"), settings=filtered)
    ledger = ledger_of(frozen)
    for only in ((), (("author", "Mina"),)):
        found = look(Query("figure", "open_branches", only=only), frozen, ledger, ENGLISH)
        assert found.total is not None
        assert found.total.value is None
    unread = snapshot_of([("s1", commit("a"))], [coverage(read=0)])
    found = look(Query("figure", "commits", only=(("path", "src"),)), unread, ledger_of(unread), ENGLISH)
    assert found.total is not None
    assert found.total.value is None


def test_a_repository_is_a_source() -> None:
    frozen = snapshot_of(
        [("s1", commit("a")), ("s2", commit("b", 1)), ("s2", commit("c", 2))], [coverage("s1"), coverage("s2")]
    )
    ledger = ledger_of(frozen)
    found = look(Query("figure", "commits", only=(("repository", "s2"),)), frozen, ledger, ENGLISH)
    assert found.total is not None
    assert (whole(found.total.value), found.total.sources) == (2, (SourceId("s2"),))
    with pytest.raises(UsageError, match="Which repository"):
        look(Query("figure", "commits", only=(("repository", "acme/api"),)), frozen, ledger, ENGLISH)


def test_a_metric_that_is_counted_otherwise_by_now_is_told_as_a_whole_alone() -> None:
    frozen = snapshot(commit("a"))
    older = replace(frozen, metrics={**frozen.metrics, "commits": 0})
    ledger = ledger_of(frozen)
    assert look(Query("figure", "commits"), older, ledger, ENGLISH).own
    with pytest.raises(UsageError, match="another way"):
        look(Query("figure", "commits", days=(WINDOW.days()[0],) * 2), older, ledger, ENGLISH)
