"""What moved between two ledgers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from analyzers import ledger_of
from analyzers.diff import FactMoved, FindingMoved, Movement, moved
from model.ledger import Ledger
from model.record import Record
from model.window import days_window
from tests.analyzers.snapshots import DEMO, branch, commit, coverage, snapshot, snapshot_of, whole


def _ledger(*records: Record) -> Ledger:
    return ledger_of(snapshot(*records))


def _facts(movements: tuple[Movement, ...]) -> dict[tuple[str, str], tuple[int | None, int | None]]:
    facts = [m for m in movements if isinstance(m, FactMoved)]
    return {(m.metric, m.labels[0][1] if m.labels else ""): (whole(m.then), whole(m.now)) for m in facts}


def _findings(movements: tuple[Movement, ...]) -> list[tuple[str, str]]:
    return [(m.state, m.finding.record.title) for m in movements if isinstance(m, FindingMoved)]


def test_nothing_moved() -> None:
    ledger = _ledger(commit("a"), branch("x"))
    assert _facts(moved(ledger, ledger)) == {}
    assert _findings(moved(ledger, ledger)) == [("still", "x")]


def test_facts_that_differ_are_matched_by_metric_and_labels() -> None:
    found = _facts(moved(_ledger(commit("a")), _ledger(commit("a"), commit("b", 0, "Juno"))))
    assert found["commits", ""] == (1, 2)
    assert found["commits", "Juno"] == (0, 1)
    assert found["commits", "2026-11-09"] == (1, 2)
    assert ("commits", "Mina") not in found
    assert ("files_changed", "") not in found


def test_a_label_that_is_gone_counts_nothing_now() -> None:
    then, now = _ledger(commit("a"), commit("b", 0, "Juno")), _ledger(commit("a"))
    gone = [m for m in moved(then, now) if isinstance(m, FactMoved) and m.labels == (("author", "Juno"),)]
    assert {(m.metric, m.then, m.now, m.fact) for m in gone} >= {("commits", Decimal(1), Decimal(0), None)}


def test_what_became_unknown_moved() -> None:
    then = _ledger(commit("a"))
    now = ledger_of(snapshot_of([(DEMO, commit("a"))], [coverage(read=0)]))
    found = _facts(moved(then, now))
    assert found["commits", ""] == (1, None)
    assert found["commits", "Mina"] == (1, None)
    assert ("merges", "") in found


def test_days_are_compared_only_within_the_same_window() -> None:
    then = _ledger(commit("a"))
    later = replace(snapshot(commit("a", 7)), window=days_window(date(2026, 11, 16), date(2026, 11, 23), "UTC"))
    assert not any(label.startswith("2026") for _, label in _facts(moved(then, ledger_of(later))))


def test_findings_are_new_gone_or_still_there() -> None:
    then = _ledger(branch("gone"), branch("still", 9))
    now = _ledger(branch("new"), branch("still", 10))
    movements = moved(then, now)
    assert sorted(_findings(movements)) == [("gone", "gone"), ("new", "new"), ("still", "still")]
    still = next(m for m in movements if isinstance(m, FindingMoved) and m.state == "still")
    assert still.then is not None
    assert still.finding.priority > still.then
