"""Rules: on which days, and at which times of the day, a schedule comes round.

A rule is what words such as "every other Monday 9am" were understood as: plain data without a zone or a country,
those are its `Calendar`. Times are minutes of the civil day, 0 to 1439; weekdays are 1 (Monday) to 7 (Sunday).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

LAST = -1  # the last of a month
DAY_MINUTES = 1440
EPOCH = date(2024, 1, 1)  # a Monday: "every other" counts from here, unless a rule names its own start


def _check(fits: bool) -> None:
    if not fits:
        raise ValueError("no such rule")


def _ascending(numbers: Sequence[int], least: int, most: int, *, empty: bool = False) -> None:
    _check(bool(numbers) or empty)
    _check(list(numbers) == sorted(set(numbers)) and all(least <= number <= most for number in numbers))


def _ordinals(numbers: Sequence[int], most: int) -> None:
    _check(bool(numbers))
    _ascending([number for number in numbers if number != LAST], 1, most, empty=True)
    _check(LAST not in numbers[:-1])


@dataclass(frozen=True, slots=True)
class Weekly:
    """These weekdays, in every week or in each n-th one; `start` lies in a week that counts, and is the first day."""

    weekdays: tuple[int, ...]
    every: int = 1
    start: date | None = None  # set where `every` is more than 1
    kind: Literal["weekly"] = "weekly"

    def __post_init__(self) -> None:
        _ascending(self.weekdays, 1, 7)
        _check((self.start is not None) == (self.every > 1) and 1 <= self.every <= 52)


@dataclass(frozen=True, slots=True)
class Paced:
    """Each n-th day, counted from `start`."""

    every: int
    start: date
    kind: Literal["paced"] = "paced"

    def __post_init__(self) -> None:
        _check(2 <= self.every <= 366)


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """Every working day: Monday to Friday, without the country's holidays."""

    kind: Literal["working"] = "working"


@dataclass(frozen=True, slots=True)
class MonthDays:
    """These days of the month, LAST after them, in these months; a month without such a day is left out."""

    days: tuple[int, ...]
    months: tuple[int, ...] = ()  # empty: every month
    kind: Literal["month"] = "month"

    def __post_init__(self) -> None:
        _ordinals(self.days, 31)
        _ascending(self.months, 1, 12, empty=True)


@dataclass(frozen=True, slots=True)
class NthWeekdays:
    """The n-th and (LAST) the last of these weekdays in these months."""

    nth: tuple[int, ...]
    weekdays: tuple[int, ...]
    months: tuple[int, ...] = ()
    kind: Literal["weekday"] = "weekday"

    def __post_init__(self) -> None:
        _ordinals(self.nth, 5)
        _ascending(self.weekdays, 1, 7)
        _ascending(self.months, 1, 12, empty=True)


@dataclass(frozen=True, slots=True)
class NthWorking:
    """The n-th and (LAST) the last working day of these months."""

    nth: tuple[int, ...]
    months: tuple[int, ...] = ()
    kind: Literal["nth working"] = "nth working"

    def __post_init__(self) -> None:
        _ordinals(self.nth, 23)
        _ascending(self.months, 1, 12, empty=True)


@dataclass(frozen=True, slots=True)
class At:
    """These times of a day, each once per civil date."""

    minutes: tuple[int, ...]
    kind: Literal["at"] = "at"

    def __post_init__(self) -> None:
        _ascending(self.minutes, 0, DAY_MINUTES - 1)


@dataclass(frozen=True, slots=True)
class Every:
    """From `first` to `last` at this distance: several times a day, whenever the clock shows them."""

    step: int  # minutes
    first: int = 0
    last: int = DAY_MINUTES - 1  # itself one of the times

    def __post_init__(self) -> None:
        _check(self.step > 0 and 0 <= self.first < self.last < DAY_MINUTES)
        _check((self.last - self.first) % self.step == 0)

    kind: Literal["every"] = "every"


EVERY_DAY = Weekly((1, 2, 3, 4, 5, 6, 7))
WEEKDAYS = Weekly((1, 2, 3, 4, 5))
Days = Annotated[
    Weekly | Paced | WorkingDays | MonthDays | NthWeekdays | NthWorking,
    Field(discriminator="kind"),
]
Times = Annotated[At | Every, Field(discriminator="kind")]


@dataclass(frozen=True, slots=True)
class Plain:
    """What words can say: days, and times of those days."""

    days: Days
    times: Times
    kind: Literal["plain"] = "plain"


@dataclass(frozen=True, slots=True)
class Cron:
    """Five fields of Unix cron that words cannot say, checked when they were read."""

    fields: str  # "0 9 13 * 5", lower case, single spaces
    kind: Literal["cron"] = "cron"


@dataclass(frozen=True, slots=True)
class Span:
    """Several months of a year that belong together: the months they start and end with."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]


QUARTER = Span((1, 4, 7, 10), (3, 6, 9, 12))
HALF = Span((1, 7), (6, 12))
MOST_WEEKDAY = 4  # the n-th weekday of a quarter certainly lies in its first month,
MOST_WORKING = 10  # and so does the n-th working day

Rule = Plain | Cron
RULE: TypeAdapter[Rule] = TypeAdapter(Annotated[Rule, Field(discriminator="kind")])
