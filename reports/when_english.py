"""The English words of rules."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from model.rule import LAST
from reports.when_tokens import (
    DATE,
    DAY,
    HOUR,
    HOUR_OR_TIME,
    MINUTE,
    MONTH,
    TIME,
    WEEK,
    Token,
    Vocabulary,
    counted,
    fixed,
    minute_of_day,
    numbered,
    once,
    twofold,
    words,
)

_COUNTS: Mapping[str, int] = {
    "once": 1,
    "one": 1,
    "twice": 2,
    "two": 2,
    "other": 2,
    "second": 2,
    "2nd": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "eight": 8,
    "ten": 10,
    "twelve": 12,
}
_ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"]
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_UNITS: Mapping[str, int] = {"mi": MINUTE, "ho": HOUR, "hr": HOUR, "da": DAY, "we": WEEK, "mo": MONTH}

_N = r"(?P<n>[0-9]{1,4}|one|two|three|four|five|six|eight|ten|twelve)"
_MONTH = (
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_WEEKDAY = (
    r"(mon(?:day)?s?|tue(?:s|sdays?)?|wed(?:s|nesdays?)?|thu(?:rs?|rsdays?)?|fri(?:days?|s)?|sat(?:urdays?|s)?"
    r"|sun(?:days?|s)?)"
)


def _count(text: str) -> int:
    return _COUNTS[text] if text in _COUNTS else int(text)


def _unit(text: str) -> int:
    return _UNITS["da" if text == "daily" else text[:2]]


def _ordinal(text: str) -> int:
    if text in ("last", "final"):
        return LAST
    return _ORDINALS.index(text) + 1 if text in _ORDINALS else int(text)


def _weekdays(match: re.Match[str]) -> Sequence[Token]:
    """Read one weekday, or all from the first to the second."""
    first, last = (_WEEKDAYS.index((group or match[1])[:3]) for group in match.groups())
    found = sorted((first + n) % 7 + 1 for n in range((last - first) % 7 + 1))
    return [Token("W", tuple(found), match[0])]


def _month(text: str) -> int:
    return _MONTHS.index(text[:3]) + 1


def _month_and_day(match: re.Match[str]) -> Sequence[Token]:
    month, day = Token("M", (_month(match["month"]),), match[0]), Token("O", (int(match["day"]),), match[0])
    return [month, day] if match.start("month") < match.start("day") else [day, month]


def _start(match: re.Match[str]) -> Sequence[Token]:
    return [Token("S", tuple(int(part) for part in match[1].split("-")), match[0])]


_NAMED_MONTH = _MONTH.replace("(", "(?P<month>", 1)
ENGLISH: Vocabulary = (
    (r"today|tonight|tomorrow|once(?! an? | per | every | each )|next|this", once),
    (r"bi-?weekly|bi-?monthly|semi-?weekly|semi-?monthly|bi-?annually", twofold),
    (rf"(?:counted from|starting(?: on| from)?|from|since) ({DATE})", _start),
    (r"(?P<n>once|twice) (?:an?|per|every|each) (?P<unit>day|week|month)", counted("C", _count, _unit)),
    (rf"{_N} times (?:an?|per|every|each) (?P<unit>day|week|month)", counted("C", _count, _unit)),
    (r"(?P<n>once|twice) (?P<unit>daily|weekly|monthly)", counted("C", _count, _unit)),
    (r"(?:every|each) half(?: an)? hour|half-?hourly", fixed("I", 30, MINUTE)),
    (rf"(?:every|each) (?:{_N} ?)?(?P<unit>minute|min|hour|hr)s?", counted("I", _count, _unit)),
    (rf"every {_N} ?(?P<unit>day|week|month)s?", counted("J", _count, _unit)),
    (r"every (?P<n>other|second|2nd) (?P<unit>day|week|month)", counted("J", _count, _unit)),
    (r"hourly", fixed("I", 1, HOUR)),
    (r"alternate days", fixed("J", 2, DAY)),
    (r"alternate weeks|fortnightly|(?:every|each) fortnight", fixed("J", 2, WEEK)),
    (r"every other|alternate", words("X")),
    (r"daily", words("Ed")),
    (r"weekly", words("Ew")),
    (r"monthly", words("Em")),
    (r"quarterly", words("Eq")),
    (r"half-?yearly|semi-?annually", words("Eh")),
    (r"yearly|annually", words("Ey")),
    (
        rf"(?:from|between) ({HOUR_OR_TIME}) ?(?:-|–|~|to|until|till|and) ?({HOUR_OR_TIME})",
        numbered("R", minute_of_day),
    ),
    (rf"({TIME}) ?(?:-|–|~|to|until|till) ?({HOUR_OR_TIME})", numbered("R", minute_of_day)),
    (rf"([0-9]{{1,2}}) ?(?:-|–|~|to|until|till) ?({TIME})", numbered("R", minute_of_day)),
    (r"(?:at )?([0-9]{1,2}) (?:minutes? )?past(?: (?:the|every|each) hour)?", numbered("H")),
    (r"(?:at )?:([0-9]{2})", numbered("H")),
    (r"on the hour", fixed("H", 0)),
    (r"([0-9]{1,2}) ?o['’]clock", numbered("T", minute_of_day)),
    (rf"{_NAMED_MONTH} (?:the )?(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?(?!:|[0-9]| ?[ap]\.?m)", _month_and_day),
    (rf"(?:the )?(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)? (?:of )?{_NAMED_MONTH}", _month_and_day),
    (rf"{_WEEKDAY} ?(?:-|–|~|to|through|thru) ?{_WEEKDAY}", _weekdays),
    (rf"{_WEEKDAY}()", _weekdays),
    (r"weekdays?", fixed("W", 1, 2, 3, 4, 5)),
    (r"weekends?", fixed("W", 6, 7)),
    (r"(?:working|work|business)[ -]?days?", words("K")),
    (r"end of (?:the |each |every )?month|month[ -]?end", fixed("O", LAST, then="dm")),
    (r"end of (?:the |each |every )?quarter|quarter[ -]?end", fixed("O", LAST, then="dq")),
    (r"end of (?:the |each |every )?half-?year", fixed("O", LAST, then="dh")),
    (rf"({'|'.join(_ORDINALS)}|last|final)", numbered("O", _ordinal)),
    (r"([0-9]{1,2})(?:st|nd|rd|th)", numbered("O")),
    (r"day ([0-9]{1,2})(?= of )", numbered("O")),
    (_MONTH, numbered("M", _month)),
    (r"days?", words("d")),
    (r"weeks?", words("w")),
    (r"months?", words("m")),
    (r"quarters?", words("q")),
    (r"half-?years?", words("h")),
    (r"years?", words("y")),
    (r"every|each", words("E")),
    (r"and", words("A")),
    (r"at", words("@")),
    (r"on|of|in|the", words("")),
)
