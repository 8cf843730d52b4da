"""The engine: a naive re-count agrees, order is fixed, what is not known stays so."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from operator import attrgetter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers import ledger_of
from analyzers.git import top
from analyzers.measure import Figure, Part, Seen, count, distinct, total
from model.ledger import LEDGER, MOST_EVIDENCE
from model.record import Change, Commit, Record
from model.window import Window
from tests.analyzers.snapshots import DEMO, WINDOW, at, branch, commit, coverage, snapshot, snapshot_of, whole


@dataclass(slots=True)
class Worth(Part):
    """A part of a record with a number."""

    added: int


AUTHORS = ("Mina", "Juno", "민아", "ci[bot]")
_changes = st.lists(
    st.builds(Change, st.sampled_from(("a", "src/a", "src/b/c", "docs/가")), st.integers(0, 9), st.integers(0, 9)),
    max_size=3,
    unique_by=lambda change: change.path,
).map(tuple)


@st.composite
def commits(draw: st.DrawFn) -> list[Record]:
    """Draw commits around both windows."""
    made = []
    for n in range(draw(st.integers(0, 8))):
        author = draw(st.sampled_from(AUTHORS))
        changes = draw(st.one_of(st.none(), _changes)) if draw(st.booleans()) else draw(_changes)
        body = Commit(author, f"{n}@x", author == "ci[bot]", draw(st.integers(0, 2)), changes)
        moment = at(draw(st.integers(-9, 8)))
        made.append(Record(f"{n:040x}", moment, moment, "t", None, body))
    return made


@given(commits())
def test_a_naive_count_agrees(records: list[Record]) -> None:
    ledger = ledger_of(snapshot(*records))
    for metric in ("commits", "authors", "lines_added", "files_changed", "active_days"):
        fact = ledger.of(metric)
        assert fact is not None
        assert fact.value == _naive(metric, records, WINDOW)
        assert fact.before == _naive(metric, records, WINDOW.previous())


@given(commits(), st.sampled_from(("commits", "lines_added", "authors", "files_changed")))
def test_a_naive_count_of_each_group_agrees(records: list[Record], metric: str) -> None:
    ledger = ledger_of(snapshot(*records))
    for fact in ledger.by(metric, "author"):
        own = [r for r in records if r.actor == fact.labels[0][1]]
        assert fact.value == _naive(metric, own, WINDOW)
    if any(r.at in WINDOW and _counts(r) and _body(r).changes is None for r in records):
        assert all(fact.value is None for fact in ledger.by(metric, "path"))
        return
    for fact in ledger.by(metric, "path"):
        own = [_only(r, fact.labels[0][1]) for r in records]
        assert fact.value == _naive(metric, [r for r in own if _body(r).changes], WINDOW)


@given(commits(), st.integers(0, 9))
def test_the_order_of_records_changes_no_byte(records: list[Record], seed: int) -> None:
    mixed = Random(seed).sample(records, len(records))
    one, other = ledger_of(snapshot(*records)), ledger_of(snapshot(*mixed))
    assert LEDGER.dump_json(one) == LEDGER.dump_json(other)


@given(commits())
def test_a_ledger_survives_its_json(records: list[Record]) -> None:
    ledger = ledger_of(snapshot(*records, branch("x")))
    again = LEDGER.validate_json(LEDGER.dump_json(ledger))
    assert again == ledger
    assert LEDGER.dump_json(again) == LEDGER.dump_json(ledger)


def test_facts_stand_in_a_fixed_order() -> None:
    facts = ledger_of(snapshot(commit("a", author="B"), commit("b", author="A"), branch("x"))).facts
    assert [f.id for f in facts] == [f"f{n}" for n in range(1, len(facts) + 1)]
    assert [f.metric for f in facts if not f.labels] == [f.metric for f in facts[:11]]
    assert [f.metric for f in facts[:11]] == [
        "commits", "merges", "authors", "new_authors", "lines_added", "lines_removed", "files_changed", "active_days",
        "bot_commits", "open_branches", "stale_branches",
    ]  # fmt: skip
    assert [f.labels for f in facts[11:14]] == [(("author", "A"),), (("author", "B"),), (("path", "src"),)]


def test_evidence_is_newest_first_and_bounded() -> None:
    fact = ledger_of(snapshot(*(commit(f"{n:03}", n / 200) for n in range(150)))).of("commits")
    assert fact is not None
    assert (fact.counted, len(fact.evidence)) == (150, MOST_EVIDENCE)
    assert [fact.evidence[0].key, fact.evidence[-1].key] == ["149", "050"]


def test_a_commit_of_many_files_is_one_record() -> None:
    paths = {f"src/{n}": (1, 1) for n in range(40)}
    fact = ledger_of(snapshot(commit("a", paths=paths))).of("files_changed")
    assert fact is not None
    assert (whole(fact.value), fact.counted) == (40, 1)


def test_a_source_that_was_not_read_leaves_everything_unknown() -> None:
    records = [(DEMO, commit("a")), (DEMO, branch("x"))]
    ledger = ledger_of(snapshot_of(records, [coverage("s1"), coverage("s2", read=0)]))
    assert ledger.facts
    assert all(f.value is None and f.before is None and not f.evidence and not f.counted for f in ledger.facts)
    assert all(f.sources == ("s1", "s2") for f in ledger.facts)


@pytest.mark.parametrize(
    ("figure", "expected"), [(count, 3), (total(attrgetter("added")), 7), (distinct(attrgetter("added")), 2)]
)
def test_figures(figure: Figure[Worth], expected: int) -> None:
    seen = Seen(DEMO, commit("a"), _body(commit("a")), "2026-11-09")
    assert figure(()) == 0
    assert figure([Worth(seen, added) for added in (2, 2, 3)]) == Decimal(expected)


def _body(record: Record) -> Commit:
    assert isinstance(record.body, Commit)
    return record.body


def _counts(record: Record) -> bool:
    return _body(record).parents < 2 and not _body(record).bot


def _only(record: Record, area: str) -> Record:
    changes = tuple(c for c in _body(record).changes or () if top(c.path) == area)
    return replace(record, body=replace(_body(record), changes=changes))


def _naive(metric: str, records: list[Record], window: Window) -> int | None:
    held = [r for r in records if window.start <= r.at < window.end and _counts(r)]
    match metric:
        case "commits":
            return len(held)
        case "authors":
            return len({r.actor for r in held})
        case "active_days":
            return len({r.at.date() for r in held})
    if any(_body(r).changes is None for r in held):
        return None
    changes = [c for r in held for c in _body(r).changes or ()]
    return sum(c.added for c in changes) if metric == "lines_added" else len({c.path for c in changes})
