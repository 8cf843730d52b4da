"""Tokens: what the words of a rule mean one by one, before they are put together; the vocabularies share these."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from model.errors import UsageError
from model.language import Message

MINUTE, HOUR, DAY, WEEK, MONTH = 1, 60, 1440, 7 * 1440, 28 * 1440  # how long a unit lasts at least, in minutes


@dataclass(frozen=True, slots=True)
class Token:
    """One or more words of one meaning.

    Kinds: T times of day · R from–to · H minute of the hour · I interval within a day, J of days or weeks, C how often
    (each: count, unit) · W weekdays · K working day · O n-th, or day of the month · M months · S start (year, month,
    day) · N bare number · E every · X every other · A "and" · `,` comma · @ "at" · nouns d w m q h y: day to year.
    """

    kind: str
    numbers: tuple[int, ...] = ()
    text: str = ""


Maker = Callable[[re.Match[str]], Sequence[Token]]
Vocabulary = Sequence[tuple[str, Maker]]  # a pattern, and what it means; the first that fits counts


def words(kinds: str) -> Maker:
    """Return what makes one token of each letter; of no letter: a word without a meaning."""
    return lambda match: [Token(kind, (), match[0]) for kind in kinds]


def fixed(kind: str, *numbers: int, then: str = "") -> Maker:
    """Return what makes a token with these numbers, and one of each letter of `then`."""
    return lambda match: [Token(kind, numbers, match[0]), *words(then)(match)]


def numbered(kind: str, read: Callable[[str], int] = int, then: str = "") -> Maker:
    """Return what makes a token of the number in the pattern's groups, and one of each letter of `then`."""

    def make(match: re.Match[str]) -> Sequence[Token]:
        return [Token(kind, tuple(read(group) for group in match.groups() if group), match[0]), *words(then)(match)]

    return make


def counted(kind: str, count: Callable[[str], int], unit: Callable[[str], int]) -> Maker:
    """Return what makes a token of the pattern's groups `n` (one where it is missing) and `unit`."""

    def make(match: re.Match[str]) -> Sequence[Token]:
        return [Token(kind, (count(match["n"]) if match["n"] else 1, unit(match["unit"])), match[0])]

    return make


def once(match: re.Match[str]) -> Sequence[Token]:
    """Refuse what names one day only."""
    raise UsageError(
        "A schedule comes round again and again; “{text}” is said of one day.",
        hint=Message(
            "Run it by /report run when you need it, or say every Monday 9:00, or every year on March 1 9:00."
        ),
        text=match[0].strip(),
    )


def twofold(match: re.Match[str]) -> Sequence[Token]:
    """Refuse what people use for two things."""
    raise two_things(match[0].strip())


def two_things(said: str) -> UsageError:
    """Return the refusal of words that people use for two things."""
    hint = Message(
        "Say every other Monday 9:00 (every two weeks), Monday and Thursday 9:00 (twice a week)"
        " or 2nd Monday of the month 9:00."
    )
    return ask(Message("“{text}” can mean two things."), hint, said)


def ask(question: Message, hint: Message, said: str) -> UsageError:
    """Return the question about a text, which it names as {text}; long texts are cut."""
    return UsageError(question.text, hint=hint, text=short(said))


def short(text: str) -> str:
    """Return a text as it is told back, cut where it is long."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


_SHOWN = 60  # characters
PART = "오전|오후|새벽|아침|낮|저녁|밤"
_HALF = r"[ap]\.?m\b\.?"
TIME = (  # marked as a time by itself
    rf"(?:noon|midday|midnight)(?![a-z0-9])|정오|자정|(?:(?:{PART}) ?)?[0-9]{{1,2}}"
    rf"(?: ?시(?!간)(?: ?[0-9]{{1,2}} ?분(?!마다)| ?반(?!기)| ?정각)?|:[0-9]{{2}}(?![0-9])(?: ?{_HALF})?| ?{_HALF})"
)
HOUR_OR_TIME = rf"(?:{TIME}|[0-9]{{1,2}}(?![0-9]))"  # where a number alone cannot be anything else
DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"

_CLOCK = re.compile(
    rf"(?P<part>{PART})? ?(?P<hour>[0-9]{{1,2}})"
    r"(?:(?: ?시)?(?: ?(?P<half>반)| ?정각)?|(?::| ?시 ?)(?P<minute>[0-9]{1,2}) ?분?)"
    r"(?: ?(?P<letter>[ap])\.?m\.?)?"
)
_NAMED: Mapping[str, int] = {
    **dict.fromkeys(("noon", "midday", "정오"), 720),
    **dict.fromkeys(("midnight", "자정"), 0),
}
_PARTS: Mapping[str, Mapping[int, int]] = {
    "a": {12: 0, **{hour: hour for hour in range(1, 12)}},
    "p": {12: 12, **{hour: hour + 12 for hour in range(1, 12)}},
    "오전": {hour: hour for hour in range(12)},  # 오전 12시 is said of midnight and of noon
    "오후": {12: 12, **{hour: hour + 12 for hour in range(1, 12)}},
    "새벽": {hour: hour for hour in range(1, 7)},
    "아침": {hour: hour for hour in range(5, 12)},
    "낮": {11: 11, 12: 12, **{hour: hour + 12 for hour in range(1, 6)}},
    "저녁": {hour: hour + 12 for hour in range(5, 12)},
    "밤": {hour: hour + 12 for hour in range(7, 12)},  # 밤 12시 lies between two days
}
_WHOLE_DAY: Mapping[int, int] = {hour: hour for hour in range(24)}


def minute_of_day(text: str) -> int:
    """Return "9:30pm", "오후 9시 반", "21:30" or "21" as minutes since midnight.

    Raises:
        UsageError: there is no such time, or it can mean two.
    """
    if text in _NAMED:
        return _NAMED[text]
    found = _CLOCK.fullmatch(text)
    hours = _PARTS.get((found["part"] or found["letter"] or ""), _WHOLE_DAY) if found else {}
    minute = int(found["minute"] or (30 if found["half"] else 0)) if found else 0
    if found is None or (found["part"] and found["letter"]) or int(found["hour"]) not in hours or minute > 59:
        raise UsageError(
            "“{text}” is no time of day.", hint=Message("Write it with 24 hours: 09:00, 18:30 or 00:00."), text=text
        )
    return hours[int(found["hour"])] * 60 + minute
