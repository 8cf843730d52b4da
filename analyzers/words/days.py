"""Days as people write them in a sentence: "9 Nov", "9–15 Nov 2026", "Nov 9", "11월 9일", "2026-11-09", "월요일"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_LONG = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_WEEK = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_MONTH = "(?:" + "|".join([*(f"{name}" for name in _LONG), *(f"{name}\\.?" for name in _MONTHS)]) + r")(?![a-z])"
_WEEKDAY = "(?:" + "|".join([*_WEEK, *(f"{name[:3]}(?![a-z])" for name in _WEEK)]) + r")s?(?![a-z])"
_DAY = r"[0-9]{1,2}(?:st|nd|rd|th)?"
_DASH = r"\s?[-–~]\s?"
_YEAR = r"(?P<y>20[0-9]{2})"
_TO = rf"(?:(?:{_DASH}|\sand\s)(?P<d2>{_DAY}))?"
_FORMS = [
    re.compile(rf"{_YEAR}-(?P<mn>[0-9]{{2}})-(?P<d>[0-9]{{2}})(?![0-9])"),
    re.compile(rf"(?:{_YEAR}년\s?)?(?P<mn>[0-9]{{1,2}})월\s?(?P<d>[0-9]{{1,2}})(?:일?{_DASH}(?P<d2>[0-9]{{1,2}}))?일"),
    re.compile(rf"(?:{_YEAR}년\s?)(?P<mn>[0-9]{{1,2}})월|(?P<mn1>[0-9]{{1,2}})월|(?P<y1>20[0-9]{{2}})년"),
    re.compile(rf"(?P<d>{_DAY}){_TO}\s(?:of\s)?(?P<m>{_MONTH})(?:,?\s{_YEAR})?", re.IGNORECASE),
    re.compile(rf"(?P<m>{_MONTH})\s(?P<d>{_DAY}){_TO}(?:,?\s{_YEAR})?(?![0-9])", re.IGNORECASE),
    re.compile(rf"(?P<w>{_WEEKDAY})", re.IGNORECASE),
    re.compile(r"(?P<wk>[월화수목금토일])요일"),
    re.compile(rf"{_YEAR}(?![0-9.,]|\s?[%hx])"),
]
_NAMED_MONTH = re.compile(rf"(?P<m>{_MONTH})(?:\s(?P<y>20[0-9]{{2}}))?")


@dataclass(frozen=True, slots=True)
class Day:
    """A day, or as much of it as is written; 0 where nothing is. `weekday`: 1 is Monday."""

    year: int = 0
    month: int = 0
    day: int = 0
    weekday: int = 0

    def fits(self, day: date) -> bool:
        """Tell whether a day may be meant."""
        said = (self.year, self.month, self.day, self.weekday)
        return all(
            part in (0, is_) for part, is_ in zip(said, (day.year, day.month, day.day, day.isoweekday()), strict=True)
        )

    @property
    def whole(self) -> bool:
        """Whether one day is meant, not a month or a year."""
        return bool(self.day or self.weekday)


def read(text: str, at: int) -> tuple[tuple[Day, ...], int] | None:
    """Return the one or two days written at a place, and where they end; None where none is."""
    for form in _FORMS:
        found = form.match(text, at)
        if found is not None:
            return _days(found.groupdict()), found.end()
    found = _NAMED_MONTH.match(text.lower(), at)
    if found is not None and text[at].isupper() and not re.match(r"may\s[a-z]", text[at:]):
        return _days(found.groupdict()), found.end()
    return None


def _days(parts: Mapping[str, str | None]) -> tuple[Day, ...]:
    def number(*names: str) -> int:
        written = next((parts[name] for name in names if parts.get(name)), None)
        return int(re.sub(r"\D", "", written)) if written else 0

    month = number("mn", "mn1") or _month(parts.get("m"))
    year = number("y", "y1")
    week = _weekday(parts.get("w"), parts.get("wk"))
    first = Day(year, month, number("d"), week)
    return (first, Day(year, month, number("d2"))) if number("d2") else (first,)


def _month(name: str | None) -> int:
    return _MONTHS.index(name[:3].lower()) + 1 if name else 0


def _weekday(english: str | None, korean: str | None) -> int:
    if english:
        return [name[:3] for name in _WEEK].index(english[:3].lower()) + 1
    return "월화수목금토일".index(korean) + 1 if korean else 0
