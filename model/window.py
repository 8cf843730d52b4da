"""Windows of time: half-open, in a zone, and the words people use for them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from model.errors import UsageError
from model.language import Language, Message

MOST_DAYS = 3660  # in a window that people ask for


@dataclass(frozen=True, slots=True)
class Window:
    """Half-open, `start` ≤ instant < `end`, both aware in UTC; `zone` (IANA) is where its days begin."""

    start: datetime
    end: datetime
    zone: str

    def previous(self) -> Window:
        """Return the window of the same length that ends where this one starts; whole days stay whole over DST."""
        zone = ZoneInfo(self.zone)
        start, end = self.start.astimezone(zone), self.end.astimezone(zone)
        if start.time() == end.time() == time(0):
            length = end.date() - start.date()
            return Window(_midnight(start.date() - length, zone), self.start, self.zone)
        return Window(self.start - (self.end - self.start), self.start, self.zone)

    def days(self) -> tuple[date, ...]:
        """Return every civil day that the window touches, in order."""
        zone = ZoneInfo(self.zone)
        first = self.start.astimezone(zone).date()
        last = (self.end - timedelta(microseconds=1)).astimezone(zone).date()
        return tuple(first + timedelta(days=n) for n in range((last - first).days + 1))

    def day_of(self, at: datetime) -> date:
        """Return the civil day of an instant in this window's zone."""
        return at.astimezone(ZoneInfo(self.zone)).date()

    def __contains__(self, at: datetime) -> bool:
        return self.start <= at < self.end

    def spoken(self, language: Language) -> str:
        """Return the days for people: "9–15 Nov 2026"."""
        days = self.days()
        return language.days(days[0], days[-1])

    def typed(self) -> str:
        """Return what one types to ask for these days again: "2026-11-09..2026-11-16"."""
        days = self.days()
        return f"{days[0]}..{days[-1] + timedelta(days=1)}"


def days_window(first: date, after: date, zone: str) -> Window:
    """Return the window from the start of `first` to the start of `after` in `zone`."""
    info = ZoneInfo(zone)
    return Window(_midnight(first, info), _midnight(after, info), zone)


def week_of(day: date, zone: str) -> Window:
    """Return the Monday-to-Sunday week that holds `day`."""
    monday = day - timedelta(days=day.weekday())
    return days_window(monday, monday + timedelta(days=7), zone)


def on_weekdays(day: date) -> bool:
    """Tell whether a day is one from Monday to Friday."""
    return day.weekday() < _SATURDAY


def parse_window(text: str, now: datetime, zone: str, works: Callable[[date], bool] = on_weekdays) -> Window:
    """Return the window that `text` names, seen from `now`; `works` tells working days from others.

    Raises:
        UsageError: the words name no window, or one that ends before it starts.
    """
    words = " ".join(text.strip().lower().split())
    today = now.astimezone(ZoneInfo(zone)).date()
    span = _named(words, today) or _worked(words, today, works) or _counted(words, today) or _dated(words)
    if span is None:
        raise UsageError(
            "“{text}” is not a window of time.",
            hint=Message(
                "Type last week, yesterday, 7d, or two days such as 2026-11-09..2026-11-16 (the end is left out)."
            ),
            text=text,
        )
    first, after = span
    if first >= after:
        raise UsageError(
            "The window {text} ends before it starts.", hint=Message("Put the earlier day first."), text=text
        )
    if (after - first).days > MOST_DAYS:
        raise UsageError("A window has at most {most} days; {text} has more.", most=MOST_DAYS, text=text)
    return days_window(first, after, zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), zone).astimezone(UTC)


_Span = tuple[date, date]
_ONE = timedelta(days=1)
_EARLIEST, _LATEST = date(1970, 1, 1), date(2999, 12, 31)  # leaves room for zones and for `previous()`


def _named(words: str, today: date) -> _Span | None:
    name = _NAMES.get(words.replace(" ", ""))
    monday = today - timedelta(days=today.weekday())
    first_of_month = today.replace(day=1)
    match name:
        case "today":
            return today, today + _ONE
        case "yesterday":
            return today - _ONE, today
        case "this week":
            return monday, monday + timedelta(days=7)
        case "last week":
            return monday - timedelta(days=7), monday
        case "this month":
            return first_of_month, (first_of_month + timedelta(days=32)).replace(day=1)
        case "last month":
            return (first_of_month - _ONE).replace(day=1), first_of_month
        case _:
            return None


def _worked(words: str, today: date, works: Callable[[date], bool]) -> _Span | None:
    """Read "last working day" as that day and all that are free after it: on a Monday, Friday to Sunday."""
    if words.replace(" ", "") not in _WORKED:
        return None
    before = (today - n * _ONE for n in range(1, _LONGEST))
    return next((day for day in before if works(day)), today - _ONE), today


_SATURDAY = 5
_LONGEST = 60  # days: nowhere is it longer until somebody works again
_WORKED = ("lastworkingday", "sincethelastworkingday", "지난근무일", "지난근무일부터", "직전근무일")
_NAMES = {
    **dict.fromkeys(("today", "오늘"), "today"),
    **dict.fromkeys(("yesterday", "어제"), "yesterday"),
    **dict.fromkeys(("thisweek", "이번주", "금주"), "this week"),
    **dict.fromkeys(("lastweek", "지난주", "저번주", "전주"), "last week"),
    **dict.fromkeys(("thismonth", "이번달", "이달"), "this month"),
    **dict.fromkeys(("lastmonth", "지난달", "저번달", "전월"), "last month"),
}
_COUNT = re.compile(r"(?:last |최근 ?|지난 ?)?([0-9]{1,4}) ?(d|days?|w|weeks?|일|일간|주|주간)")
_RANGE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?: ?\.\. ?([0-9]{4}-[0-9]{2}-[0-9]{2}))?")


def _counted(words: str, today: date) -> _Span | None:
    """Read "7d" as today and the six days before it."""
    found = _COUNT.fullmatch(words)
    if not found or int(found[1]) == 0:
        return None
    count = int(found[1]) * (7 if found[2][0] in "w주" else 1)
    after = today + _ONE
    return after - timedelta(days=min(count, MOST_DAYS + 1)), after


def _dated(words: str) -> _Span | None:
    found = _RANGE.fullmatch(words)
    if not found:
        return None
    try:
        first = date.fromisoformat(found[1])
        after = date.fromisoformat(found[2]) if found[2] else first + _ONE
    except (ValueError, OverflowError):
        return None
    return (first, after) if first >= _EARLIEST and after <= _LATEST else None
