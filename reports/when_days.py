"""The days that the words of a rule name, once their times are taken out: "1st and 15th", "every other Monday"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from model.language import Message
from model.rule import (
    EPOCH,
    EVERY_DAY,
    HALF,
    LAST,
    MOST_WEEKDAY,
    MOST_WORKING,
    QUARTER,
    Days,
    MonthDays,
    NthWeekdays,
    NthWorking,
    Paced,
    Weekly,
    WorkingDays,
)
from reports.when_reading import NotUnderstood, letters
from reports.when_tokens import DAY, MONTH, WEEK, Token, ask, two_things

_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DAY_SHAPE = re.compile(r"(?P<before>yM|[Mmqhy])?(?P<day>O[WKd]?)(?P<after>My|[Mmqhy])?")
_NAME_MONTHS = Message("Name them: 1st of January and July every year 9:00; or say quarterly 9:00.")


def days_of(rest: Sequence[Token], said: str, *, whole: bool) -> Days:
    """Return the days of these tokens; `whole`: no word for days means every day."""
    kinds = letters(rest)
    shape = kinds.replace("E", "")
    every = "E" in kinds
    numbers = {token.kind: token.numbers for token in rest}
    if (shape == "" and whole and not every) or (shape == "d" and every):
        return EVERY_DAY
    if shape in ("W", "wW", "Ww"):
        return Weekly(numbers["W"])
    if shape == "K":
        return WorkingDays()
    if shape == "XW":
        return paced_days(rest, None, None, said)
    if shape in ("q", "h") and every:
        return MonthDays((1,), (QUARTER if shape == "q" else HALF).starts)
    if found := _DAY_SHAPE.fullmatch(shape):
        return _nth(found, numbers, every, said)
    raise _missing(shape, said)


def paced_days(
    rest: Sequence[Token], interval: tuple[int, ...] | None, start: tuple[int, ...] | None, said: str
) -> Days:
    """Return the days of "every other Monday" and "every 3 days", counted from a day."""
    since = date(*start) if start else EPOCH
    shape = letters(rest).replace("E", "")
    count, unit = interval or (2, WEEK)
    if unit == MONTH:
        raise ask(Message("Which months? “{text}” does not say."), _NAME_MONTHS, said)
    if interval and unit == DAY and shape == "" and count > 1:
        return Paced(count, since)
    if unit == WEEK and count > 1 and shape == ("W" if interval else "XW"):
        return Weekly(rest[-1].numbers if rest[-1].kind == "W" else rest[0].numbers, count, since)
    if interval and unit == WEEK and shape == "":
        raise ask(
            Message("On which weekday? “{text}” does not say."), Message("For example: every other Monday 9:00."), said
        )
    raise NotUnderstood(said)


def _missing(shape: str, said: str) -> Exception:
    """Return the question for what a shape lacks."""
    match shape:
        case "":
            return ask(
                Message("On which days? “{text}” does not say."),
                Message("For example: weekdays 9:00, every day 9:00."),
                said,
            )
        case "w":
            return ask(
                Message("On which weekday? “{text}” does not say."), Message("For example: every Monday 9:00."), said
            )
        case "m":
            hint = Message("For example: 1st of every month 9:00, last working day 18:00.")
            return ask(Message("On which day of the month? “{text}” does not say."), hint, said)
        case "y" | "My" | "yM" | "M":
            hint = Message("For example: every year on March 1 9:00.")
            return ask(Message("On which day of the year? “{text}” does not say."), hint, said)
    return NotUnderstood(said)


def _nth(found: re.Match[str], numbers: dict[str, tuple[int, ...]], every: bool, said: str) -> Days:
    """Return the days of "1st and 15th", "last Friday of the month", "2nd working day of the quarter"."""
    scopes = [scope for scope in (found["before"], found["after"]) if scope]
    scope, day, nth = "".join(sorted(scopes)), found["day"], numbers["O"]
    if scope == "y":
        raise ask(Message("Which months? “{text}” does not say."), _NAME_MONTHS, said)
    if scope not in ("", "m", "q", "h", "M", "My", "yM") or (day == "O" and LAST in nth):
        raise NotUnderstood(said)
    if scope == "M" and not every:
        hint = Message("If it comes round each year, say so: every year on March 1 9:00.")
        raise ask(Message("“{text}” sounds like one day."), hint, said)
    if scope == "" and every and set(nth) - {1, LAST}:
        raise two_things(said)  # every second Monday: of the month, or every other one?
    months = _months(scope, day, nth, numbers, said)
    if day.endswith("W"):
        return NthWeekdays(nth, numbers["W"], months)
    if day.endswith("K"):
        return NthWorking(nth, months)
    if not any(number <= _LENGTHS[month - 1] for number in nth for month in months or range(1, 13)):
        raise ValueError("no month has such a day")
    return MonthDays(nth, months)


def _months(
    scope: str, day: str, nth: tuple[int, ...], numbers: dict[str, tuple[int, ...]], said: str
) -> tuple[int, ...]:
    """Return the months of "of the month", "of March", "of the quarter": its first or, for the last, its last."""
    if "M" in scope:
        return numbers["M"]
    if scope in ("", "m"):
        return ()
    span = QUARTER if scope == "q" else HALF
    if nth == (LAST,):
        return span.ends
    if max(nth) > (MOST_WEEKDAY if day.endswith("W") else MOST_WORKING if day.endswith("K") else 1) or LAST in nth:
        raise NotUnderstood(said)
    return span.starts
