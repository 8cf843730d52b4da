"""Working days against counting on one's fingers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.working import working_days, working_days_since
from tests.analyzers.snapshots import WINDOW, snapshot

_DAYS = st.dates(date(2025, 1, 1), date(2027, 12, 31))


@given(_DAYS, _DAYS, st.lists(_DAYS, max_size=30))
def test_as_counted_day_by_day(after: date, until: date, holidays: list[date]) -> None:
    days = (after + timedelta(days=n) for n in range(1, max(0, (until - after).days) + 1))
    assert working_days(after, until, holidays) == sum(d.weekday() < 5 and d not in holidays for d in days)


@pytest.mark.parametrize(
    ("at", "taken", "holidays", "days"),
    [
        ("2026-11-13T18:00", "2026-11-16T09:00", (), 0),  # Friday; the window ends with Sunday
        ("2026-11-12T23:59", "2026-11-16T09:00", (), 1),
        ("2026-11-06T12:00", "2026-11-16T09:00", (), 5),
        ("2026-11-06T12:00", "2026-11-16T09:00", (date(2026, 11, 11), date(2026, 11, 15)), 4),
        ("2026-11-06T12:00", "2026-11-11T10:00", (), 3),  # read on Wednesday: that day has begun
        ("2026-11-20T12:00", "2026-11-16T09:00", (), 0),
    ],
)
def test_seen_from_the_end_of_a_snapshot(at: str, taken: str, holidays: tuple[date, ...], days: int) -> None:
    seen = replace(snapshot(), taken=datetime.fromisoformat(taken).replace(tzinfo=UTC), holidays=holidays)
    assert working_days_since(datetime.fromisoformat(at).replace(tzinfo=UTC), seen) == days


def test_days_are_those_of_the_zone() -> None:
    """23:00 UTC on Thursday is Friday in Seoul."""
    seoul = replace(snapshot(), window=replace(WINDOW, zone="Asia/Seoul"))
    thursday = datetime(2026, 11, 12, 23, tzinfo=UTC)
    assert (working_days_since(thursday, snapshot()), working_days_since(thursday, seoul)) == (1, 1)
    sunday = datetime(2026, 11, 8, 23, tzinfo=UTC)
    assert (working_days_since(sunday, snapshot()), working_days_since(sunday, seoul)) == (5, 5)
