"""Numbers as people write them: digits, words in English and Korean, fractions, multiples, ordinals."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

_D = Decimal
# What a number counts, as it is written beside it.
UNITS: Mapping[str, str] = {
    **dict.fromkeys(("%", "percent", "퍼센트", "프로"), "percent"),
    **dict.fromkeys(("pt", "pts", "pp", "%p", "%포인트", "퍼센트포인트", "포인트"), "points"),
    **dict.fromkeys(("h", "시간"), "u.hours"),
    **dict.fromkeys(("d", "일", "일간", "일째"), "u.days"),
    **dict.fromkeys(("분", "초", "주", "주간", "달", "개월", "년", "원", "min", "s", "sec", "ms", "w"), "u.other"),
    **dict.fromkeys(("해", "세기", "나절", "끼", "할", "푼", "다스", "쌍", "켤레", "톤", "달러"), "u.other"),
    **dict.fromkeys(("배", "x", "×"), "times"),
    **dict.fromkeys(("명", "사람"), "n.person"),
    "줄": "n.line",
    **dict.fromkeys(("건", "개", "곳", "번", "회", "가지", "차례"), "count"),
    **dict.fromkeys(("번째", "째", "위", "등", "호", "st", "nd", "rd", "th"), "ordinal"),
}
COUNTERS = sorted((unit for unit in UNITS if not unit.isascii()), key=len, reverse=True)
DIGITS = re.compile(
    r"(?P<sign>[+−±-](?=[0-9]))?(?P<digits>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?P<rest>\.[0-9]+)?"
    r"(?P<scale>[KkMm만천백억](?![A-Za-z]))?(?P<unit>\s?%p|\s?%포인트|\s?%|\s?(?:pts?|pp|h|x|×)(?![A-Za-z])|(?:st|nd|rd|th)(?![A-Za-z]))?"
)
_SCALES: Mapping[str, int] = {"K": 3, "k": 3, "M": 6, "m": 6, "백": 2, "천": 3, "만": 4, "억": 8}


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it is written: `places` behind the point; `sign` "+", "−" or "±" where it has one."""

    value: Decimal
    places: int = 0
    unit: str = ""  # of UNITS; "times" with a value below 1 is a fraction
    sign: str = ""
    fraction: bool = False  # a half, two thirds


def of_digits(found: re.Match[str]) -> Number:
    """Return what a match of DIGITS says."""
    value = _D(found["digits"].replace(",", "") + (found["rest"] or ""))
    places = len(found["rest"] or ".") - 1
    if found["scale"]:
        value, places = value.scaleb(_SCALES[found["scale"]]), places - _SCALES[found["scale"]]
    sign = (found["sign"] or "").replace("-", "−")
    return Number(value, places, UNITS.get((found["unit"] or "").strip(), ""), sign)


_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
)
_TY = "twenty thirty forty fifty sixty seventy eighty ninety"
_ENGLISH: Mapping[str, int] = {
    **{word: n for n, word in enumerate(f"{_ONES} eighteen nineteen".split())},
    **{word: n * 10 for n, word in enumerate(_TY.split(), 2)},
    "single": 1, "dozen": 12, "couple": 2, "pair": 2, "trio": 3, "once": 1, "thrice": 3,
}  # fmt: skip
_LARGE: Mapping[str, int] = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
_TIMES: Mapping[str, str] = {
    **dict.fromkeys(("twice", "double", "doubled", "doubles", "doubling", "twofold"), "2"),
    **dict.fromkeys(("triple", "tripled", "triples", "tripling", "treble", "trebled", "threefold"), "3"),
    **dict.fromkeys(("quadruple", "quadrupled", "fourfold"), "4"), "fivefold": "5", "tenfold": "10",
    **dict.fromkeys(("halved", "halves", "halving"), "0.5"),
}  # fmt: skip
_PARTS: Mapping[str, int] = {
    "half": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fourth": 4, "fourths": 4, "fifth": 5,
    "fifths": 5, "sixth": 6, "sixths": 6, "tenth": 10, "tenths": 10,
}  # fmt: skip
_RANKS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth firstly secondly thirdly"
_ORDINALS = frozenset(_RANKS.split())


def english(words: Sequence[str]) -> tuple[Number, int] | None:
    """Return the number that the words begin with, and how many of them it takes; None where they begin with none."""
    first = words[0]
    if first in _TIMES:
        return Number(_D(_TIMES[first]), 4, "times", fraction=True), 1
    total = current = taken = 0
    while taken < len(words):
        word = words[taken]
        if word in _ENGLISH:
            current += _ENGLISH[word]
        elif word in _LARGE and (taken or word != "million"):
            current = max(current, 1) * _LARGE[word]
            total, current = (total + current, 0) if _LARGE[word] > 100 else (total, current)
        elif not (word == "and" and taken and words[taken - 1] in _LARGE and words[taken + 1 : taken + 2]
                  and words[taken + 1] in _ENGLISH):  # fmt: skip
            break
        taken += 1
    value = total + current
    if taken < len(words) and words[taken] in _PARTS and (taken or first == "half"):
        return Number(_D(value or 1) / _PARTS[words[taken]], 4, "share", fraction=True), taken + 1
    if first in ("a", "an") and len(words) > 1 and words[1] in _PARTS and words[1] != "second":
        return Number(_D(1) / _PARTS[words[1]], 4, "share", fraction=True), 2
    if taken:
        return Number(_D(value)), taken
    return (Number(_D(0), 0, "ordinal"), 1) if first in _ORDINALS else None
