"""Unix cron: five fields, read by cronsim; what words can say as well becomes a plain rule."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from itertools import pairwise

from cronsim import CronSim, CronSimError

from model.errors import UsageError
from model.language import Message
from model.rule import At, Cron, Days, Every, MonthDays, Plain, Rule, Times, Weekly

_LONGEST = 200  # characters: Unix cron needs a tenth of it
_FIRST_DAY = datetime(2024, 1, 1)  # noqa: DTZ001 - civil time: zones come in later
_MOST_TIMES = 24  # listed times of a day that are still read as a list
_MOST_DAYS = 8  # days of the month that are still said as a list
_NICKNAMES: Mapping[str, str] = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_NAME = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|sun|mon|tue|wed|thu|fri|sat)"
_FOREIGN = re.compile(r"[#?]|[0-9]l|\bl|\blw?\b|[0-9]w")  # what other programs added: the last, the nearest, the n-th
_FIELD = re.compile(rf"(?:[0-9*?,/#l-]|w\b|{_NAME})+")


def looks_like_cron(text: str) -> bool:
    """Return whether the text (lower case) is meant as cron, be it right or wrong."""
    words = text.split()
    if not words or words[0] == "cron" or words[0].startswith("@"):
        return bool(words)
    if not all(_FIELD.fullmatch(word) for word in words):
        return False
    return "*" in words[1:] or (len(words) >= 4 and words[0][0] in "*0123456789")


def parse_cron(text: str) -> Rule:
    """Return the rule of five cron fields, or of a nickname such as @daily (at midnight).

    Raises:
        UsageError: there are not five fields, one of them is wrong, or no day fits them.
    """
    fields = text.removeprefix("cron").split()
    if len(fields) == 1 and fields[0].startswith("@"):
        fields = _NICKNAMES.get(fields[0], "").split()
        if not fields:
            raise UsageError("Cron knows no {name} here.", hint=_HINT, name=text[:40])
    if len(fields) != 5 or len(text) > _LONGEST:
        raise UsageError("Cron has five fields: minute, hour, day of the month, month, weekday.", hint=_HINT)
    if foreign := next((field for field in fields if _FOREIGN.search(field)), None):
        raise UsageError("Unix cron has no {field}.", hint=_IN_WORDS, field=foreign)
    expression = " ".join(fields)
    sim = _read(expression)
    return _plain(expression, sim) or Cron(expression)


def cron_minutes(expression: str) -> tuple[int, ...]:
    """Return the minutes of a day at which the expression fires, ascending."""
    sim = _sim(expression)
    return tuple(hour * 60 + minute for hour in sorted(sim.hours) for minute in sorted(sim.minutes))


def cron_falls(expression: str, day: date) -> bool:
    """Return whether the expression fires on that day.

    As in Unix cron, a day of the month and a weekday that are both given are alternatives.
    """
    sim = _sim(expression)
    return day.month in sim.months and sim.match_day(day)


def by_interval(expression: str) -> bool:
    """Return whether minute or hour is written as an interval (`*`, `/` or `-`) and gives several times a day."""
    minute, hour = expression.split()[:2]
    return any(sign in minute + hour for sign in "*/-") and len(cron_minutes(expression)) > 1


_IN_WORDS = Message("Say it in words: last Friday of the month 09:00, 2nd Monday 09:00, last working day 18:00.")
_HINT = Message("For example 0 10 * * 1-5: at 10:00 from Monday to Friday; or say weekdays 10:00.")


@lru_cache(maxsize=1024)
def _sim(expression: str) -> CronSim:
    return CronSim(expression, _FIRST_DAY)


def _read(expression: str) -> CronSim:
    """Return the expression, checked; the search for a first day ends after fifty years, some milliseconds."""
    try:
        sim = CronSim(expression, _FIRST_DAY)
        first = next(CronSim(expression, _FIRST_DAY), None)
    except (CronSimError, ValueError):
        raise _wrong(expression) from None
    if first is None:
        raise UsageError("No day ever fits the cron fields {text}.", hint=_HINT, text=expression)
    return sim


def _wrong(expression: str) -> UsageError:
    """Return which field is wrong: each one is tried among stars."""
    for place, (name, field) in enumerate(zip(_FIELDS, expression.split(), strict=True)):
        stars = ["*"] * 5
        stars[place] = field
        try:
            CronSim(" ".join(stars), _FIRST_DAY)
        except (CronSimError, ValueError):
            return UsageError("The {field} field of cron cannot be {value}.", hint=_HINT, field=name, value=field)
    return UsageError("No day ever fits the cron fields {text}.", hint=_HINT, text=expression)


_FIELDS = (Message("minute"), Message("hour"), Message("day"), Message("month"), Message("weekday"))


def _plain(expression: str, sim: CronSim) -> Rule | None:
    """Return the rule in plain terms, or nothing where only cron can say it."""
    days, times = _days(expression, sim), _times(expression)
    return Plain(days, times) if days and times else None


def _days(expression: str, sim: CronSim) -> Days | None:
    _, _, day, month, weekday = expression.split()
    if day == month == "*":
        return Weekly(tuple(sorted({number % 7 or 7 for number in sim.weekdays if isinstance(number, int)})))
    if weekday == "*" and len(sim.days) <= _MOST_DAYS:
        return MonthDays(tuple(sorted(sim.days)), () if month == "*" else tuple(sorted(sim.months)))
    return None


def _times(expression: str) -> Times | None:
    minutes = cron_minutes(expression)
    if not by_interval(expression):
        return At(minutes) if len(minutes) <= _MOST_TIMES else None
    steps = {later - earlier for earlier, later in pairwise(minutes)}
    return Every(steps.pop(), minutes[0], minutes[-1]) if len(steps) == 1 else None
