"""When a report runs, in words: "every other Monday 9am", "매월 마지막 영업일 18시", five fields of cron.

Words become tokens (`when_english.py`, `when_korean.py`), lists of one kind become one token (`when_reading.py`), and
what is left must have one of the shapes below. A word or a shape that is not known refuses the whole text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date

from model.errors import UsageError
from model.language import Message
from model.rule import (
    DAY_MINUTES,
    EPOCH,
    EVERY_DAY,
    HALF,
    LAST,
    MOST_WEEKDAY,
    MOST_WORKING,
    QUARTER,
    At,
    Days,
    Every,
    MonthDays,
    NthWeekdays,
    NthWorking,
    Paced,
    Plain,
    Rule,
    Times,
    Weekly,
    WorkingDays,
)
from reports.cron import looks_like_cron, parse_cron
from reports.when_reading import NotUnderstood, letters, read
from reports.when_spoken import spoken
from reports.when_tokens import DAY, HOUR, MONTH, WEEK, Token, two_things

__all__ = ["EXAMPLES", "parse_when", "spoken"]

EXAMPLES = Message(
    "Say weekdays 10:00, every other Monday 9am, last Friday of the month 17:00, 2nd working day 09:00, every 2 hours,"
    " every year on March 1 9:00, or cron such as 0 10 * * 1-5."
)
_LONGEST = 200  # characters
_SHOWN = 60  # characters of a text that is told back
_QUARTERLY = Plain(MonthDays((1,), QUARTER.starts), At((9 * 60,)))  # "quarterly" alone: the only time that is not said
_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_BESIDE = "TRHICS"  # what may stand before, between or behind the words for days
_DAY_SHAPE = re.compile(r"(?P<before>yM|[Mmqh])?(?P<day>O[WKd]?)(?P<after>My|[Mmqhy])?")


def parse_when(text: str) -> Rule:
    """Return the rule that the text says, in English, in Korean or as five fields of Unix cron.

    Raises:
        UsageError: it is not understood, says too little, or can mean two things; the hint has examples.
    """
    said = " ".join(unicodedata.normalize("NFKC", text[: 4 * _LONGEST]).lower().split())
    if looks_like_cron(said):
        return parse_cron(said)
    if not said or len(said) > _LONGEST or len(text) > 4 * _LONGEST:
        raise UsageError("Say when, in at most {n} characters.", hint=EXAMPLES, n=_LONGEST)
    try:
        found = read(said)
        return _rule(found, said)
    except NotUnderstood as stopped:
        raise _not_understood(stopped.rest, said) from None
    except ValueError:  # a rule's own checks
        raise UsageError("No day is like “{text}”.", hint=EXAMPLES, text=_short(said)) from None


def _not_understood(rest: str, said: str) -> UsageError:
    if rest == said:
        return _ask("“{text}” does not say when in a way that is understood.", EXAMPLES, said)
    return UsageError(
        "“{text}” does not say when in a way that is understood: not “{rest}”.",
        hint=EXAMPLES,
        text=_short(said),
        rest=_short(rest),
    )


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _rule(found: Sequence[Token], said: str) -> Rule:
    """Return the rule of these tokens; raises NotUnderstood where they have no known shape."""
    beside = {kind: [token.numbers for token in found if token.kind == kind] for kind in _BESIDE}
    if any(len(several) > 1 for several in beside.values()) or re.search(f"[OM][{_BESIDE}]+[OMWKd]", letters(found)):
        raise NotUnderstood(said)
    one = {kind: several[0] for kind, several in beside.items() if several}
    rest = [token for token in found if token.kind not in _BESIDE]
    interval = one.get("I")
    if interval and interval[1] <= HOUR:
        times: Times = _every(interval, one, said)
        days = _days(rest, said, whole=True) if "S" not in one and "C" not in one else None
        if days is None or "T" in one:
            raise NotUnderstood(said)
        return Plain(days, times)
    if letters(rest) in ("Eq", "qE") and not one:
        return _QUARTERLY
    days = _paced(rest, interval, one.get("S"), said) if "S" in one or interval else _days(rest, said, whole="C" in one)
    if "T" not in one:
        raise _ask_time(one, said)
    if "R" in one or "H" in one:
        raise NotUnderstood(said)
    rule = Plain(days, At(one["T"]))
    if "C" in one and one["C"][0] != _times_in(rule, one["C"][1]):
        raise UsageError(
            "“{text}” says how often, and then something else.",
            hint=Message("Name as many times or days, for example: twice a day 9:00 and 18:00."),
            text=_short(said),
        )
    return rule


def _ask_time(one: dict[str, tuple[int, ...]], said: str) -> UsageError:
    if "R" in one:
        hint = Message("Say it, for example: every hour from 9:00 to 18:00.")
        return UsageError("How often in that time? “{text}” does not say.", hint=hint, text=_short(said))
    return UsageError(
        "At what time of day? “{text}” does not say.",
        hint=Message("Add the time: {text} 09:00", {"text": _short(said)}),
        text=_short(said),
    )


def _times_in(rule: Plain, unit: int) -> int | None:
    """Return how often the rule comes round in a day, a week or a month; nothing where that changes."""
    times = len(rule.times.minutes) if isinstance(rule.times, At) else 0
    match rule.days, unit:
        case Weekly(weekdays, every), _:
            whole = {DAY: len(weekdays) == 7 or None, WEEK: len(weekdays)}.get(unit)
            return times * whole if whole and every == 1 else None
        case (MonthDays(days, ()), _) if unit == MONTH:
            return times * len(days)
        case (NthWeekdays(nth, weekdays, ()), _) if unit == MONTH:
            return times * len(nth) * len(weekdays)
        case (NthWorking(nth, ()), _) if unit == MONTH:
            return times * len(nth)
    return None


def _every(interval: tuple[int, ...], one: dict[str, tuple[int, ...]], said: str) -> Every:
    """Return the times of "every 2 hours", "every hour at :15", "every 30 minutes from 9:00 to 18:00"."""
    step = interval[0] * interval[1]
    past = one.get("H", (0,))[0]
    first, end = one.get("R", (past, DAY_MINUTES - 1))
    if past > 59 or first >= end or ("H" in one and step % HOUR):
        raise NotUnderstood(said)
    if "H" in one:
        first += (past - first) % HOUR
    if not 0 < step <= DAY_MINUTES // 2 or ("R" not in one and DAY_MINUTES % step):
        raise UsageError(
            "“{text}” does not go evenly into a day.",
            hint=Message(
                "Take 5, 10, 15, 20 or 30 minutes, or 1, 2, 3, 4, 6, 8 or 12 hours, or say from when to when."
            ),
            text=_short(said),
        )
    return Every(step, first, first + (end - first) // step * step)


def _paced(rest: Sequence[Token], interval: tuple[int, ...] | None, start: tuple[int, ...] | None, said: str) -> Days:
    """Return the days of "every other Monday" and "every 3 days", counted from a day."""
    since = date(*start) if start else EPOCH
    shape = letters(rest).replace("E", "")
    count, unit = interval or (2, WEEK)
    if unit == MONTH:
        raise UsageError(
            "Which months? “{text}” does not say.",
            hint=Message("Name them: 1st of January and July every year 9:00; or say quarterly 9:00."),
            text=_short(said),
        )
    if interval and unit == DAY and shape == "" and count > 1:
        return Paced(count, since)
    if unit == WEEK and count > 1 and shape == ("W" if interval else "XW"):
        return Weekly(rest[-1].numbers if rest[-1].kind == "W" else rest[0].numbers, count, since)
    if interval and unit == WEEK and shape == "":
        raise _ask("On which weekday? “{text}” does not say.", Message("For example: every other Monday 9:00."), said)
    raise NotUnderstood(said)


def _ask(question: str, hint: Message, said: str) -> UsageError:
    return UsageError(question, hint=hint, text=_short(said))


def _days(rest: Sequence[Token], said: str, *, whole: bool) -> Days:
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
        return _paced(rest, None, None, said)
    if shape in ("q", "h") and every:
        return MonthDays((1,), (QUARTER if shape == "q" else HALF).starts)
    if found := _DAY_SHAPE.fullmatch(shape):
        return _nth(found, numbers, every, said)
    raise _missing(shape, said)


def _missing(shape: str, said: str) -> Exception:
    """Return the question for what a shape lacks."""
    match shape:
        case "":
            return _ask(
                "On which days? “{text}” does not say.", Message("For example: weekdays 9:00, every day 9:00."), said
            )
        case "w":
            return _ask("On which weekday? “{text}” does not say.", Message("For example: every Monday 9:00."), said)
        case "m":
            hint = Message("For example: 1st of every month 9:00, last working day 18:00.")
            return _ask("On which day of the month? “{text}” does not say.", hint, said)
        case "y" | "My" | "yM" | "M":
            hint = Message("For example: every year on March 1 9:00.")
            return _ask("On which day of the year? “{text}” does not say.", hint, said)
    return NotUnderstood(said)


def _nth(found: re.Match[str], numbers: dict[str, tuple[int, ...]], every: bool, said: str) -> Days:
    """Return the days of "1st and 15th", "last Friday of the month", "2nd working day of the quarter"."""
    scopes = [scope for scope in (found["before"], found["after"]) if scope]
    if scopes == ["M", "y"]:
        scopes = ["My"]
    scope, day, nth = "".join(scopes), found["day"], numbers["O"]
    if len(scopes) > 1 or scope == "y" or (day == "O" and LAST in nth):
        raise NotUnderstood(said)
    if scope == "M" and not every:
        hint = Message("If it comes round each year, say so: every year on March 1 9:00.")
        raise _ask("“{text}” sounds like one day.", hint, said)
    if scope == "" and every and set(nth) - {1, LAST}:
        raise two_things(_short(said))  # every second Monday: of the month, or every other one?
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
