"""Figures of probes: shares of the measured time, and what was not measured told apart."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from analyzers import ledger_of
from model.ledger import Ledger
from model.probed import QUARTERS, Outage, Probe, Probed, Quarter
from model.record import Record
from tests.analyzers.snapshots import SETTINGS, WINDOW, coverage, snapshot_of

HOUR = timedelta(hours=1)
CHECKS = Record("probe", datetime.fromisoformat("1970-01-01T00:00+00:00"), None, "", None, Probe(("a", "b"), 60))


def hour(check: str, at: float, *quarters: Quarter) -> Record:
    """Return an hour of a check, counted from the window's beginning; quarters that are left out were not tried."""
    began = WINDOW.start + at * HOUR
    body = Probed(check, (*quarters, *(Quarter(),) * (QUARTERS - len(quarters))))
    return Record(f"{check} {at}", began, began + timedelta(minutes=45), check, None, body)


def up(*took: int) -> Quarter:
    return Quarter(900, 0, took)


def outage(check: str, at: float, ended: float | None) -> Record:
    began = WINDOW.start + at * HOUR
    over = None if ended is None else WINDOW.start + ended * HOUR
    return Record(f"{check} {at}", began, over, check, None, Outage(check, "late"))


def ledger(*records: Record, read: int = 1) -> Ledger:
    pairs = [("p", record) for record in (CHECKS, *records)]
    return ledger_of(snapshot_of(pairs, [coverage("p", read, "probe")], None, SETTINGS))


def value(found: Ledger, metric: str, **labels: str) -> Decimal | None:
    fact = found.of(metric, **labels)
    assert fact is not None, (metric, labels)
    return fact.value


def test_time_that_nobody_tried_is_neither_up_nor_down() -> None:
    """Half an hour up, a quarter down, a quarter nobody knows of: two thirds were up."""
    week = 7 * 24
    found = ledger(hour("a", 0, up(100, 300), Quarter(900, 0, (200,)), Quarter(0, 900)), outage("a", 0.5, 0.75))
    assert round(value(found, "availability") or 0, 4) == Decimal("0.6667")
    assert value(found, "availability", check="a") == value(found, "availability")
    assert value(found, "downtime") == 15
    assert value(found, "incidents") == 1
    assert value(found, "response_time") == 200
    assert value(found, "response_time_p95") == 300
    assert value(found, "not_measured", check="a") == week * 60 - 45
    assert value(found, "not_measured", check="b") is None  # never tried: nobody says since when it should have been
    assert found.of("commits") is None


def test_days_begin_in_the_middle_of_an_hour_where_a_zone_says_so() -> None:
    """The window before holds what lies before, to the quarter."""
    found = ledger(hour("a", -0.5, Quarter(0, 900), Quarter(0, 900), up(), up()))
    total = found.of("availability")
    assert total is not None
    assert total.value == 1
    assert total.before == 0
    assert value(found, "downtime", day="2026-11-09") == 0
    assert value(found, "downtime", day="2026-11-10") is None  # nothing was measured


def test_what_a_check_was_before_its_first_result_is_not_missing() -> None:
    """Added on Wednesday at 9:07: from then on, and with the days that nobody tried it."""
    wednesday = 2 * 24 + 9
    found = ledger(hour("a", wednesday, Quarter(480, 0, (1,)), up(), up(), up()))
    assert value(found, "not_measured", check="a") == (7 * 24 - wednesday - 1) * 60
    assert found.of("not_measured") is not None


def test_a_probe_that_was_not_read_has_no_figures() -> None:
    found = ledger(hour("a", 0, up(1)), read=0)
    assert {fact.value for fact in found.facts} == {None}


def test_every_good_answer_counts_alike() -> None:
    """The 95th of a hundred, over hours and checks; evidence is the hours."""
    took = tuple(range(1, 101))
    found = ledger(hour("a", 1, up(*took[:50])), hour("b", 2, up(*took[50:])))
    fact = found.of("response_time_p95")
    assert fact is not None
    assert fact.value == 95
    assert fact.counted == 2
    assert value(found, "response_time_p95", check="a") == 48
