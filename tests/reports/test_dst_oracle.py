"""Slots against an oracle that looks at every minute, around every change of every clock from 2020 to 2037.

The oracle knows the definition and nothing of `reports/slots.py`: it asks zoneinfo what the clock shows at each minute
of UTC. A rule by the interval is due at each minute at which its time is shown. A rule by the time of day is due at the
first minute at which the clock has come to its time, or past it; what comes to the same minute is due once.
"""

from __future__ import annotations

from bisect import bisect
from calendar import monthrange
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise, takewhile
from zoneinfo import ZoneInfo, available_timezones

import pytest

from model.schedule import Calendar
from reports.slots import slots
from reports.when import parse_when

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FROM, TO = datetime(2020, 1, 1, tzinfo=UTC), datetime(2038, 1, 1, tzinfo=UTC)
AROUND = 30 * 60  # minutes before and after a change that are compared
RUN_UP = 12 * 60  # minutes more that the oracle sees before
PARTS = 8
ZONES = sorted(zone for zone in available_timezones() if zone not in ("localtime", "posixrules"))
ODD = (  # changes at midnight, of two hours, of half an hour, backwards, across the date line, and only once
    *("America/New_York", "Europe/Dublin", "Australia/Lord_Howe", "Antarctica/Troll", "Africa/Casablanca"),
    *("Africa/Cairo", "Asia/Beirut", "America/Havana", "America/Santiago", "America/Nuuk", "Asia/Tehran", "Asia/Gaza"),
    *("Pacific/Apia", "Africa/Juba", "Europe/Volgograd", "America/Asuncion", "Antarctica/Casey", "Pacific/Norfolk"),
)


@dataclass(frozen=True)
class Case:
    """A rule in words, and once more by hand."""

    text: str
    day: Callable[[date], bool]
    times: frozenset[int]  # minutes of the day
    interval: bool = False


def at(*clocks: str) -> frozenset[int]:
    return frozenset(int(clock[:2]) * 60 + int(clock[3:]) for clock in clocks)


def any_day(_: date) -> bool:
    return True


def on_sundays(day: date) -> bool:
    return day.weekday() == 6


def month_end(day: date) -> int:
    return monthrange(day.year, day.month)[1]


CASES = (
    Case("every day 02:30", any_day, at("02:30")),
    Case("매일 자정", any_day, at("00:00")),
    Case("every day 01:30, 02:00, 02:30 and 03:00", any_day, at("01:30", "02:00", "02:30", "03:00")),
    Case("weekdays 00:15 and 23:45", lambda day: day.weekday() < 5, at("00:15", "23:45")),
    Case("last Sunday of the month 01:00", lambda day: on_sundays(day) and day.day > month_end(day) - 7, at("01:00")),
    Case("every other Sunday 03:00 from 2020-01-05", lambda day: (day - date(2020, 1, 5)).days % 14 == 0, at("03:00")),
    Case("1st, 15th and last day 00:30", lambda day: day.day in (1, 15, month_end(day)), at("00:30")),
    Case("30 1,2 13 * 0", lambda day: day.day == 13 or on_sundays(day), at("01:30", "02:30")),
    Case("hourly", any_day, frozenset(range(0, 1440, 60)), interval=True),
    Case("every 15 minutes", any_day, frozenset(range(0, 1440, 15)), interval=True),
    Case("일요일 00:30부터 05:30까지 2시간마다", on_sundays, at("00:30", "02:30", "04:30"), interval=True),
    Case("*/25 0-2 * * 0", on_sundays, frozenset(h * 60 + m for h in range(3) for m in (0, 25, 50)), interval=True),
)
RULES = [parse_when(case.text) for case in CASES]


def minute_of(at: datetime) -> int:
    return int((at - EPOCH).total_seconds()) // 60


@cache
def changes(zone: str) -> tuple[int, ...]:
    """Return the minutes since 1970 at which the clock of a zone changes."""
    info = ZoneInfo(zone)

    def offset(minute: int) -> timedelta | None:
        return (EPOCH + timedelta(minutes=minute)).astimezone(info).utcoffset()

    found = []
    days = range(minute_of(FROM), minute_of(TO) + 1, 1440)
    for before, after in pairwise(days):
        if offset(before) != offset(after):
            found.append(
                bisect(range(before, after), False, key=lambda minute: offset(minute) != offset(before)) + before
            )
    return tuple(found)


def clock(zone: str, change: int) -> tuple[int, ...]:
    """Return what the clock shows, in minutes of civil time since 1970, at each minute around a change."""
    info = ZoneInfo(zone)
    shown = []
    for minute in range(change - AROUND - RUN_UP, change + AROUND):
        offset = (EPOCH + timedelta(minutes=minute)).astimezone(info).utcoffset()
        assert offset is not None
        assert offset.seconds % 60 == 0
        shown.append(minute + offset // timedelta(minutes=1))
    return tuple(shown)


@cache
def expected(change: int, shown: tuple[int, ...], case: int) -> Sequence[int]:
    """Return the minutes at which a case is due around a change."""
    rule = CASES[case]

    def falls(civil: int) -> bool:
        return civil % 1440 in rule.times and rule.day(date.fromordinal(719163 + civil // 1440))

    due, reached = [], shown[0]
    for minute, civil in enumerate(shown, change - AROUND - RUN_UP):
        if rule.interval:
            fires = falls(civil)
        else:
            fires = civil > reached and any(falls(passed) for passed in range(reached + 1, civil + 1))
            reached = max(reached, civil)
        if fires and minute > change - AROUND:
            due.append(minute)
    return due


def compared(zone: str, change: int) -> Iterator[str]:
    """Yield each case that differs around one change of one zone."""
    shown = clock(zone, change)
    after, end = (EPOCH + timedelta(minutes=change + minutes) for minutes in (-AROUND, AROUND))
    for number, case in enumerate(CASES):
        coming = slots(RULES[number], Calendar(zone), after=after)
        found = list(takewhile(lambda slot: slot.due < end, coming))
        if [minute_of(slot.due) for slot in found] != expected(change, shown, number):
            yield f"{zone} {after} {case.text}"
        if len({slot.civil for slot in found}) != len(found):
            yield f"{zone} {after} {case.text}: two slots of one name"


@pytest.mark.parametrize("part", range(PARTS))
def test_every_minute_agrees(part: int, scaled: Callable[[int], int]) -> None:
    full = scaled(1000) == 1000
    if full:
        places = [(zone, change) for zone in ZONES[part::PARTS] for change in changes(zone)]
    else:
        places = [(zone, change) for zone in ODD[part::PARTS] for change in changes(zone)[part % 2 - 1 :][:1]]
    wrong = [difference for zone, change in places for difference in compared(zone, change)]
    print(f"{len(places)} changes × {len(CASES)} rules: {len(wrong)} differences")
    assert places
    assert not wrong, "\n".join(wrong[:20])
