"""Working days: Monday to Friday without holidays, which a snapshot holds so that it always counts the same."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta

from analyzers.branches import as_of
from model.report import Snapshot

_FRIDAY = 5
_INSTANT = timedelta(microseconds=1)


def working_days_since(at: datetime, snapshot: Snapshot) -> int:
    """Return how many working days have begun since the day of `at`, seen from the end of a snapshot."""
    window = snapshot.window
    return working_days(window.day_of(at), window.day_of(as_of(snapshot) - _INSTANT), snapshot.holidays)


def working_days(after: date, until: date, holidays: Collection[date]) -> int:
    """Return how many working days follow the day `after`, up to and with the day `until`; 0 where none does."""
    off = frozenset(holidays)
    weeks, rest = divmod(max(0, (until - after).days), 7)
    tail = (until - timedelta(days=back) for back in range(rest))
    weekdays = 5 * weeks + sum(day.isoweekday() <= _FRIDAY for day in tail)
    return weekdays - sum(after < day <= until and day.isoweekday() <= _FRIDAY for day in off)
