"""Holidays and working days of a country; the library takes half a second to import, so it waits for the first use."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache

from model.errors import UsageError
from model.ids import SourceId
from model.language import Code, Message
from model.record import Branch, Issue, PullRequest, Record
from model.window import Window

_LANGUAGES: Mapping[Code, str] = {"en": "en_US", "ko": "ko"}
_FRIDAY = 5
_MOST_DAYS = 3660  # how far back holidays are looked up
_LONGEST = 60  # days: nowhere is it longer until somebody works again


def holiday(day: date, country: str, code: Code = "en") -> str | None:
    """Return the name of the public holiday that `day` is in `country`; in the country's own language where it must."""
    return _holidays(country, day.year, code).get(day) if country else None


def works(day: date, country: str) -> bool:
    """Return whether `day` is a working day: Monday to Friday and no holiday of `country` (empty: none)."""
    return day.isoweekday() <= _FRIDAY and holiday(day, country) is None


def next_working(day: date, country: str) -> date:
    """Return the first working day after `day`."""
    for ahead in range(1, _LONGEST):
        if works(day + timedelta(days=ahead), country):
            return day + timedelta(days=ahead)
    raise AssertionError(f"no working day in the {_LONGEST} days after {day}")


def known_country(text: str) -> str:
    """Return the two letters of a country whose holidays are known; empty stays empty.

    Raises:
        UsageError: there is no such country, or nobody wrote its holidays down.
    """
    country = text.strip().upper()
    if not country:
        return ""
    import holidays

    if len(country) != 2 or country not in holidays.list_supported_countries():
        raise UsageError(
            "No holidays are known for {country}.",
            hint=Message("Write the two letters of a country, such as KR, US or DE."),
            country=country[:20],
        )
    return country


async def holidays_of(country: str, records: Iterable[tuple[SourceId, Record]], window: Window) -> tuple[date, ...]:
    """Return the holidays from the oldest instant that an age counts from up to the window's end, ten years at most.

    That is the last commit of an open branch, or the opening of a pull request or issue.
    """
    tips = [instant for _, record in records if (instant := _aging_from(record)) is not None]
    if not country or not tips:
        return ()
    last = window.day_of(window.end)
    first = max(window.day_of(min(tips)), last - timedelta(days=_MOST_DAYS))
    years = range(first.year, last.year + 1)
    found = [await to_thread(_holidays, country, year, "en") for year in years]  # the library is slow to import
    return tuple(sorted(day for year in found for day in year if first < day <= last))


def _aging_from(record: Record) -> datetime | None:
    match record.body:
        case Branch(merged=False) as branch:
            return branch.tip_at
        case PullRequest() | Issue():
            return record.at
        case _:
            return None


@lru_cache(maxsize=256)
def _holidays(country: str, year: int, code: Code) -> Mapping[date, str]:
    import holidays

    return dict(holidays.country_holidays(country, years=year, language=_LANGUAGES[code]))
