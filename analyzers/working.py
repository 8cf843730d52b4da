"""Working days: Monday to Friday without holidays, which a snapshot holds so that it always counts the same."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from analyzers.branches import as_of
from model.report import Snapshot

_FRIDAY = 5
_BEGIN, _END = time(9), time(18)  # of a working day, on the clock of the window's zone
_DAY = 9 * 3600  # seconds of it
_HOUR = Decimal(3600)
_PLACES = Decimal("0.0001")
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


def working_hours(start: datetime, end: datetime, zone: str, holidays: Collection[date]) -> Decimal:
    """Return the hours between two instants that lie between 9:00 and 18:00 of working days, none below 0."""
    began, ended = start.astimezone(ZoneInfo(zone)), end.astimezone(ZoneInfo(zone))
    if ended <= began:
        return Decimal(0)
    if began.date() == ended.date():
        seconds = _worked(began.date(), began.time(), ended.time(), holidays)
    else:
        between = working_days(began.date(), ended.date() - timedelta(days=1), holidays)
        seconds = _worked(began.date(), began.time(), _END, holidays) + between * _DAY
        seconds += _worked(ended.date(), _BEGIN, ended.time(), holidays)
    return (Decimal(seconds) / _HOUR).quantize(_PLACES)


def _worked(day: date, start: time, end: time, holidays: Collection[date]) -> int:
    """Return the seconds of a day's working hours that lie between two times of it."""
    if day.isoweekday() > _FRIDAY or day in holidays:
        return 0
    return max(0, _second(min(end, _END)) - _second(max(start, _BEGIN)))


def _second(at: time) -> int:
    return at.hour * 3600 + at.minute * 60 + at.second
