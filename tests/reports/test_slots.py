"""Slots: holidays, changes of the clock, order and laziness."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice

import pytest

from model.schedule import Calendar, Slot
from reports.slots import slots
from reports.when import parse_when


def first(text: str, calendar: Calendar, after: str, count: int) -> list[Slot]:
    start = datetime.fromisoformat(after).replace(tzinfo=UTC)
    return list(islice(slots(parse_when(text), calendar, after=start), count))


@pytest.mark.parametrize(
    ("text", "zone", "after", "slots_due"),
    [
        (
            "every day 02:30",
            "America/New_York",
            "2026-03-07T12:00",
            ["2026-03-08T02:30 07:00", "2026-03-09T02:30 06:30"],
        ),
        (
            "every day 01:30",
            "America/New_York",
            "2026-10-31T12:00",
            ["2026-11-01T01:30 05:30", "2026-11-02T01:30 06:30"],
        ),
        (
            "hourly",
            "America/New_York",
            "2026-11-01T04:30",
            ["2026-11-01T01:00 05:00", "2026-11-01T01:00-05:00 06:00", "2026-11-01T02:00 07:00"],
        ),
        ("hourly", "America/New_York", "2026-03-08T05:30", ["2026-03-08T01:00 06:00", "2026-03-08T03:00 07:00"]),
        ("every day 02:15", "Australia/Lord_Howe", "2026-10-03T00:00", ["2026-10-04T02:15 15:30"]),
    ],
)
def test_where_the_clock_changes(text: str, zone: str, after: str, slots_due: list[str]) -> None:
    found = first(text, Calendar(zone), after, len(slots_due))
    assert [f"{slot.civil} {slot.due:%H:%M}" for slot in found] == slots_due
