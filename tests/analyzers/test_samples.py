"""Figures that sources define: how samples and entries become facts, and what stays unknown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from analyzers import ledger_of
from analyzers.branches import VERSIONS
from analyzers.git import METRICS as OF_GIT
from analyzers.github import METRICS as OF_FORGES
from analyzers.metrics import NAMES
from model.ids import SourceId
from model.ledger import LEDGER, Ledger
from model.measured import Entry, Gauge, How, Pairs, Sample, Slice, Together
from model.ready import READY, TAKEN
from model.record import Record
from model.report import Filters
from model.unit import Better, Unit
from reports.snapshot import pack, unpack
from tests.analyzers.snapshots import SETTINGS, WINDOW, at, coverage, snapshot_of

BEFORE = WINDOW.previous()
DAY = timedelta(days=1)
_ALL = Filters()


def gauge(name: str = "orders", title: str = "", how: How = "window", **more: object) -> Record:
    body = replace(Gauge(Unit.COUNT, Better.MORE, how), **more)  # type: ignore[arg-type]  # what a test names
    return Record(name, at(-3000), None, title, None, body)


def measured(start: datetime, end: datetime, *slices: Slice, name: str = "orders") -> Record:
    return Record(f"{name} {start} {end}", start, end, name, None, Sample(name, slices))


def sample(day: float, *values: int, name: str = "orders", **labels: str) -> Record:
    slices = tuple(Slice(Decimal(value), tuple(labels.items())) for value in values)
    return measured(at(day), at(day), *slices, name=name)


def entry(key: str, day: float, labels: Pairs = (), **numbers: int) -> Record:
    body = Entry("results", labels, tuple((name, Decimal(n)) for name, n in numbers.items()))
    return Record(key, at(day), at(day), key, None, body)


def ledger(records: Iterable[Record], source: str = "shop", read: int = 1, filters: Filters = _ALL) -> Ledger:
    settings = replace(SETTINGS, filters=filters)
    return ledger_of(snapshot_of([(source, r) for r in records], [coverage(source, read, "sql")], None, settings))


def figures(found: Ledger, metric: str = "orders") -> dict[str, tuple[object, object]]:
    """Return value and before of a metric's whole ("") and groups; days that are not known are left out."""
    facts = [f for f in found.facts if f.metric == metric]
    return {
        "".join(group for _, group in f.labels): (f.value, f.before)
        for f in facts
        if not any(name == "day" for name, _ in f.labels) or f.value is not None
    }


def test_a_window_is_measured_as_a_whole() -> None:
    """The sample that spans it counts, no part of it, no other window, and nothing is added up of its days."""
    records = [
        gauge(by=("region",)),
        measured(
            WINDOW.start,
            WINDOW.end,
            Slice(Decimal(12)),
            *(Slice(Decimal(n), (("region", r),)) for n, r in ((9, "kr"), (4, "us"))),
        ),
        measured(BEFORE.start, BEFORE.end, Slice(Decimal(8))),
        measured(WINDOW.start - DAY, WINDOW.end, Slice(Decimal(99))),
        measured(WINDOW.start, WINDOW.start + DAY, Slice(Decimal(5))),
    ]
    found = figures(ledger(records))
    assert found == {
        "": (12, 8), "kr": (9, None), "us": (4, None), WINDOW.days()[0].isoformat(): (5, None)
    }  # fmt: skip


@pytest.mark.parametrize(
    ("together", "whole"), [("sum", 13), ("mean", Decimal("6.5")), ("max", 9), ("min", 4), ("none", None)]
)
def test_groups_alone_make_the_whole_as_the_gauge_says(together: Together, whole: object) -> None:
    slices = [Slice(Decimal(n), (("region", r),)) for n, r in ((9, "kr"), (4, "us"))]
    records = [gauge(by=("region",), together=together), measured(WINDOW.start, WINDOW.end, *slices)]
    found = ledger(records).of("orders")
    assert found is not None
    assert found.value == whole
    assert found.counted == 1


@pytest.mark.parametrize(
    ("how", "value", "before"),
    [
        ("last", 7, 30), ("sum", 12, 30), ("mean", 4, 30), ("min", 2, 30), ("max", 7, 30), ("median", 3, 30),
        ("p90", 7, 30), ("count", 3, 1),
    ],
)  # fmt: skip
def test_samples_of_instants(how: How, value: int, before: int) -> None:
    records = [gauge(how=how), sample(-2, 30), sample(1, 2), sample(3, 3), sample(5, 7)]
    assert figures(ledger(records))[""] == (value, before)


def test_what_the_newest_sample_lacks_is_gone() -> None:
    """A group that nobody measured any more has no last value, and the days have theirs."""
    records = [gauge(how="last", by=("region",)), sample(1, 2, region="kr"), sample(3, 3, region="us")]
    found = figures(ledger(records))
    assert found[""] == (3, None)
    assert "kr" not in found
    assert found[WINDOW.days()[1].isoformat()] == (2, None)


def test_what_nobody_measured_is_not_known_and_never_0() -> None:
    for how in ("window", "last", "sum", "mean", "p95", "count"):
        assert figures(ledger([gauge(how=how)]))[""] == (None, None), how


def test_entries_are_counted_added_and_shared() -> None:
    good, bad = (("verdict", "pass"),), (("verdict", "fail"),)
    entries = [entry("a", 1, good, minutes=3), entry("b", 2, bad, minutes=5), entry("c", -1, bad), entry("d", 3, good)]
    records = [
        gauge("checks", "Checks", "count", entries="results", by=("verdict",)),
        gauge("failed", "Failed", "share", entries="results", where=bad),
        gauge("minutes", "Minutes", "sum", entries="results", of="minutes"),
        gauge("others", "Others", "count", entries="something else"),
        *entries,
    ]
    found = ledger(records)
    assert figures(found, "checks")[""] == (3, 1)
    assert (figures(found, "checks")["pass"], figures(found, "checks")["fail"]) == ((2, 0), (1, 1))
    assert figures(found, "failed")[""] == (Decimal("0.333333333333333333"), 1)
    assert figures(found, "minutes")[""] == (8, 0)
    assert figures(found, "others")[""] == (0, 0)


def test_what_is_not_held_cannot_be_counted_to_0() -> None:
    held = ledger([gauge(how="count", entries="results", since=WINDOW.start), entry("a", 1)])
    late = ledger([gauge(how="count", entries="results", since=WINDOW.start + DAY), entry("a", 1)])
    assert (figures(held)[""], figures(late)[""]) == ((1, None), (None, None))


def test_an_unread_source_makes_its_figures_unknown_and_no_others() -> None:
    records = [gauge(how="sum"), sample(1, 5)]
    assert figures(ledger(records, read=0))[""] == (None, None)
    both = [*(("shop", r) for r in records), ("ops", gauge("errors", how="sum")), ("ops", sample(1, 2, name="errors"))]
    found = ledger_of(snapshot_of(both, [coverage("ops", 0, "prometheus"), coverage("shop", 1, "sql")]))
    assert (figures(found)[""], figures(found, "errors")[""]) == ((5, None), (None, None))
    assert found.of("commits") is None


def test_two_sources_are_put_together_where_they_mean_the_same() -> None:
    def found(other: Record) -> Ledger:
        pairs = [("a", gauge(how="last")), ("a", sample(1, 5)), ("b", other), ("b", sample(3, 2))]
        return ledger_of(snapshot_of(pairs, [coverage("a", 1, "sql"), coverage("b", 1, "sql")]))

    same = found(gauge(how="last"))
    assert figures(same)[""] == (7, None)
    assert figures(found(gauge(how="last", unit=Unit.KRW)))[""] == (None, None)
    assert {f.sources for f in same.facts} == {(SourceId("a"), SourceId("b"))}


def test_labels_filter_entries_and_nothing_else() -> None:
    records = [
        gauge("checks", "Checks", "count", entries="results"), gauge(how="sum"), sample(1, 5),
        entry("a", 1, (("verdict", "pass"),)), entry("b", 1, (("verdict", "fail"),)),
    ]  # fmt: skip
    found = ledger(records, filters=Filters(include_labels=("fail",), include_people=("Mina",), include_paths=("a/*",)))
    assert (figures(found, "checks")[""], figures(found)[""]) == ((1, 0), (5, None))


def test_a_snapshot_gives_the_same_ledger_again() -> None:
    records = [gauge("own", "환불률", how="mean", by=("region",)), sample(1, 2, 3, name="own", region="kr")]
    snapshot = snapshot_of([("shop", r) for r in records], [coverage("shop", 1, "sql")])
    first = LEDGER.dump_json(ledger_of(snapshot))
    assert LEDGER.dump_json(ledger_of(unpack(pack(snapshot)))) == first
    assert "환불률" in first.decode()
    assert b"title" not in LEDGER.dump_json(ledger([gauge(how="sum"), sample(1, 2)]))


def test_the_names_that_are_taken() -> None:
    """An owner's figure can bear none of the names that git and the forges measure under."""
    measured_there = {metric.name for metric in (*OF_GIT, *OF_FORGES)} | set(VERSIONS)
    assert measured_there == TAKEN
    assert set(NAMES) == TAKEN | set(READY)
