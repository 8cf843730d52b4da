"""From a text to tokens: the vocabularies, and lists of one kind put together."""

from __future__ import annotations

import re
from collections.abc import Sequence

from model.rule import LAST
from reports.when_english import ENGLISH
from reports.when_korean import KOREAN
from reports.when_tokens import DATE, TIME, Token, Vocabulary, minute_of_day, numbered, once, words

_SHARED: Vocabulary = (
    (DATE, once),
    (rf"({TIME})", numbered("T", minute_of_day)),
    (r"([0-9]{1,2}) ?(?:-|–|~|to) ?([0-9]{1,2})(?![0-9:-])", numbered("R", minute_of_day)),
    (r"([0-9]{1,2})(?![0-9:])", numbered("N")),
    (r"[,;]", words(",")),
    (r"&", words("A")),
)
_LEXICON = [
    *((re.compile(rf" *(?:{pattern})(?![a-z0-9])"), make) for pattern, make in ENGLISH),
    *((re.compile(rf" *(?:{pattern})"), make) for pattern, make in KOREAN),
    *((re.compile(rf" *(?:{pattern})"), make) for pattern, make in _SHARED),
]
_LISTS = "TWOM"  # of these, several make one
_DAY_WORDS = "OWKM"


class NotUnderstood(Exception):
    """What stands from here on is not understood."""

    def __init__(self, rest: str) -> None:
        self.rest = rest
        super().__init__(rest)


def read(text: str) -> list[Token]:
    """Return the tokens of a text (lower case, single spaces), lists merged; N, "@" and "and" only where they disturb.

    Raises:
        NotUnderstood: from some word on.
        UsageError: a word has two meanings or names one day, or a time is none.
    """
    found: list[Token] = []
    place = 0
    while place < len(text):
        for pattern, make in _LEXICON:
            if match := pattern.match(text, place):
                found.extend(make(match))
                place = match.end()
                break
        else:
            raise NotUnderstood(text[place:].strip())
    return _without_commas(_merged(_timed(_days_of_list(found))))


def letters(found: Sequence[Token]) -> str:
    """Return the kinds as one text."""
    return "".join(token.kind for token in found)


def _days_of_list(found: Sequence[Token]) -> list[Token]:
    """Read the bare numbers in front of a day as days: "1, 15일"."""
    days: list[Token] = []
    for token in reversed(found):
        is_day = token.kind == "N" and letters(days[-1:-3:-1]) in (",O", "AO")
        days.append(Token("O", token.numbers, token.text) if is_day else token)
    return days[::-1]


def _timed(found: Sequence[Token]) -> list[Token]:
    """Read a bare number as an hour where it can be nothing else: behind "at", behind a time, and at the end."""
    timed: list[Token] = []
    for place, token in enumerate(found):
        before = letters(timed[-2:])
        last = not set(letters(found[place:])) - set("N,A")
        is_hour = token.kind == "N" and (last or before.endswith("@") or before in ("T,", "TA"))
        timed.append(Token("T", (minute_of_day(str(token.numbers[0])),), token.text) if is_hour else token)
    return [token for token in timed if token.kind != "@"]


def _merged(found: Sequence[Token]) -> list[Token]:
    """Put "Monday, Wednesday and Friday" into one token; weekdays and times need nothing in between."""
    merged: list[Token] = []
    place = 0
    while place < len(found):
        token = found[place]
        place += 1
        while token.kind in _LISTS and (more := re.match("[,A]*", letters(found[place:]))) is not None:
            behind = place + more.end()
            if letters(found[behind : behind + 1]) != token.kind or (behind == place and token.kind not in "TW"):
                break
            token = Token(token.kind, _ordered((*token.numbers, *found[behind].numbers)), token.text)
            place = behind + 1
        merged.append(token)
    return merged


def _ordered(numbers: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted(set(numbers), key=lambda number: (number == LAST, number)))


def _without_commas(found: Sequence[Token]) -> list[Token]:
    """Drop a comma, except between two words for days: "Monday, 1st" would not mean the 1st Monday."""
    return [
        token
        for place, token in enumerate(found)
        if token.kind != ","
        or (
            letters(found[place - 1 : place]) in [*_DAY_WORDS]
            and letters(found[place + 1 : place + 2]) in [*_DAY_WORDS]
        )
    ]
