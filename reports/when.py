"""When a report runs, in words: "every other Monday 9am", "매월 마지막 영업일 18시", five fields of cron.

Words become tokens (`when_english.py`, `when_korean.py`), lists of one kind become one token (`when_reading.py`). Times
are taken out here, and what is left must have one of the shapes for days (`when_days.py`). A word or a shape that is
not known refuses the whole text: nothing is guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from model.errors import UsageError
from model.language import Message
from model.rule import DAY_MINUTES, QUARTER, At, Every, MonthDays, NthWeekdays, NthWorking, Plain, Rule, Weekly
from reports.cron import looks_like_cron, parse_cron
from reports.when_days import days_of, paced_days
from reports.when_reading import NotUnderstood, letters, read
from reports.when_spoken import spoken
from reports.when_tokens import DAY, HOUR, MONTH, WEEK, Token, ask, short

__all__ = ["EXAMPLES", "parse_when", "spoken"]

EXAMPLES = Message(
    "Say weekdays 10:00, every other Monday 9am, last Friday of the month 17:00, 2nd working day 09:00, every 2 hours,"
    " every year on March 1 9:00, or cron such as 0 10 * * 1-5."
)
_LONGEST = 200  # characters
_QUARTERLY = Plain(MonthDays((1,), QUARTER.starts), At((9 * 60,)))  # "quarterly" alone: no other words have a time
_BESIDE = "TRHIJCS"  # what stands beside the words for days
_Beside = Mapping[str, tuple[int, ...]]  # kind → numbers


def parse_when(text: str) -> Rule:
    """Return the rule that the text says, in English, in Korean or as five fields of Unix cron.

    Raises:
        UsageError: it is not understood, says too little, or can mean two things; the hint has examples.
    """
    said = " ".join(unicodedata.normalize("NFKC", text[: 4 * _LONGEST]).lower().split())
    if looks_like_cron(said):
        return parse_cron(said)
    if not said or len(said) > _LONGEST:
        raise UsageError("Say when, in at most {n} characters.", hint=EXAMPLES, n=_LONGEST)
    try:
        return _rule(read(said), said)
    except NotUnderstood as stopped:
        raise _not_understood(stopped.rest, said) from None
    except ValueError:  # a rule's own checks
        raise ask(Message("No day is like “{text}”."), EXAMPLES, said) from None


def _not_understood(rest: str, said: str) -> UsageError:
    if rest == said:
        return ask(Message("“{text}” does not say when in a way that is understood."), EXAMPLES, said)
    return UsageError(
        "“{text}” does not say when in a way that is understood: not “{rest}”.",
        hint=EXAMPLES,
        text=short(said),
        rest=short(rest),
    )


def _rule(found: Sequence[Token], said: str) -> Rule:
    """Return the rule of these tokens; raises NotUnderstood where they have no known shape."""
    beside = {token.kind: token.numbers for token in found if token.kind in _BESIDE}
    rest = [token for token in found if token.kind not in _BESIDE]
    if len(beside) + len(rest) < len(found) or re.search(f"[OM][{_BESIDE}]+[OMWKd]", letters(found)):
        raise NotUnderstood(said)  # two times, or a time amid the words for days
    if letters(rest) in ("Eq", "qE") and not beside:
        return _QUARTERLY
    if "J" in beside or "S" in beside:
        days = paced_days(rest, beside.get("J"), beside.get("S"), said)
    else:
        days = days_of(rest, said, whole="C" in beside or "I" in beside)
    if "I" in beside:
        return Plain(days, _every(beside, said))
    if "T" not in beside:
        raise _ask_time(beside, said)
    if "R" in beside or "H" in beside:
        raise NotUnderstood(said)
    rule = Plain(days, At(beside["T"]))
    if "C" in beside and beside["C"][0] != _times_in(rule, beside["C"][1]):
        hint = Message("Name as many times or days, for example: twice a day 9:00 and 18:00.")
        raise ask(Message("The count in “{text}” does not agree with what it names."), hint, said)
    return rule


def _ask_time(beside: _Beside, said: str) -> UsageError:
    if "R" in beside:
        hint = Message("Say it, for example: every hour from 9:00 to 18:00.")
        return ask(Message("How often in that time? “{text}” does not say."), hint, said)
    hint = Message("Add the time: {text} 09:00", {"text": short(said)})
    return ask(Message("At what time of day? “{text}” does not say."), hint, said)


def _times_in(rule: Plain, unit: int) -> int | None:
    """Return how often the rule comes round in a day, a week or a month; nothing where that changes."""
    times = len(rule.times.minutes) if isinstance(rule.times, At) else 0
    match rule.days, unit:
        case (Weekly((_, _, _, _, _, _, _)), _) if unit == DAY:
            return times
        case (Weekly(weekdays, 1), _) if unit == WEEK:
            return times * len(weekdays)
        case (MonthDays(days, ()), _) if unit == MONTH:
            return times * len(days)
        case (NthWeekdays(nth, weekdays, ()), _) if unit == MONTH:
            return times * len(nth) * len(weekdays)
        case (NthWorking(nth, ()), _) if unit == MONTH:
            return times * len(nth)
    return None


def _every(beside: _Beside, said: str) -> Every:
    """Return the times of "every 2 hours", "every hour at :15", "every 30 minutes from 9:00 to 18:00"."""
    count, unit = beside["I"]
    step, past = count * unit, beside.get("H", (0,))[0]
    first, end = beside.get("R", (past, DAY_MINUTES - 1))
    if past > 59 or first >= end or ("H" in beside and step % HOUR) or "T" in beside or "C" in beside:
        raise NotUnderstood(said)
    if "H" in beside:
        first += (past - first) % HOUR
    if not 0 < step <= DAY_MINUTES // 2 or ("R" not in beside and DAY_MINUTES % step):
        hint = Message("Take 5, 10, 15, 20 or 30 minutes, or 1, 2, 3, 4, 6, 8 or 12 hours, or say from when to when.")
        raise ask(Message("“{text}” does not go evenly into a day."), hint, said)
    return Every(step, first, first + (end - first) // step * step)
