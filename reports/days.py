"""Days: whether a rule comes round on a civil day."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from model.rule import LAST, Cron, MonthDays, NthWeekdays, NthWorking, Paced, Rule, Weekly, WorkingDays
from reports.cron import cron_falls
from reports.days_off import works

_SHORTEST_MONTH = 28


def falls(rule: Rule, day: date, country: str) -> bool:
    """Return whether the rule comes round on `day`; working days are those of `country`."""
    if isinstance(rule, Cron):
        return cron_falls(rule.fields, day)
    match rule.days:
        case Weekly(weekdays, every, start):
            return day.isoweekday() in weekdays and (start is None or _in_step(day, start, every))
        case Paced(every, start):
            return day >= start and (day - start).days % every == 0
        case WorkingDays():
            return works(day, country)
        case MonthDays(days, months):
            return _in(months, day) and (day.day in days or (LAST in days and _last(day) == day.day))
        case NthWeekdays(nth, weekdays, months):
            return _in(months, day) and day.isoweekday() in weekdays and _nth_weekday(nth, day)
        case NthWorking(nth, months):
            return _in(months, day) and works(day, country) and _nth_working(nth, day, country)


def shortest_days(rule: Rule) -> int:
    """Return how many days at least lie between two days of the rule; holidays may bring them nearer."""
    if isinstance(rule, Cron):
        return 1
    match rule.days:
        case Weekly(weekdays, every):
            return _nearest(weekdays, 7 * every)
        case Paced(every):
            return every
        case WorkingDays():
            return 1
        case MonthDays(days):
            return min(_nearest(found, length) for length in _LENGTHS if (found := _existing(days, length)))
        case NthWeekdays(nth, weekdays):
            return 1 if len(weekdays) > 1 else _SHORTEST_MONTH if len(nth) == 1 else 7
        case NthWorking(nth):
            return 15 if len(nth) == 1 else 1


_LENGTHS = range(_SHORTEST_MONTH, 32)


def _existing(days: Sequence[int], length: int) -> list[int]:
    """Return the days that a month of that length has."""
    return sorted({length if day == LAST else day for day in days if day <= length})


def _in(months: Sequence[int], day: date) -> bool:
    return not months or day.month in months


def _last(day: date) -> int:
    return monthrange(day.year, day.month)[1]


def _in_step(day: date, start: date, every: int) -> bool:
    """Return whether `day` is in a week that counts; weeks begin on Monday."""
    monday = start.toordinal() - start.weekday()
    return day >= start and (day.toordinal() - monday) // 7 % every == 0


def _nth_weekday(nth: Sequence[int], day: date) -> bool:
    return (day.day + 6) // 7 in nth or (LAST in nth and day.day + 7 > _last(day))


def _nth_working(nth: Sequence[int], day: date, country: str) -> bool:
    if any(number > 0 for number in nth):
        before = sum(works(day.replace(day=number), country) for number in range(1, day.day + 1))
        if before in nth:
            return True
    return LAST in nth and not any(
        works(day.replace(day=number), country) for number in range(day.day + 1, _last(day) + 1)
    )


def _nearest(numbers: Sequence[int], round_: int) -> int:
    """Return the smallest distance between neighbours on a circle."""
    return min([*(later - earlier for earlier, later in pairwise(numbers)), round_ - numbers[-1] + numbers[0]])
