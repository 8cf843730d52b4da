"""Numbers in Korean words: sino (삼백이십), native (스물세), days (사흘), parts (삼분의 일, 절반)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cache

from analyzers.words.numbers import COUNTERS, Number

_DIGIT = {c: n for n, c in enumerate("영일이삼사오육칠팔구")} | {"공": 0}
_TENS = {"십": 10, "백": 100, "천": 1000}
_MYRIADS = {"만": 10**4, "억": 10**8, "조": 10**12}
_NATIVE_TENS = {
    "열": 10,
    "스물": 20,
    "스무": 20,
    "서른": 30,
    "마흔": 40,
    "쉰": 50,
    "예순": 60,
    "일흔": 70,
    "여든": 80,
    "아흔": 90,
}
_NATIVE = {
    "하나": 1,
    "한": 1,
    "둘": 2,
    "두": 2,
    "셋": 3,
    "세": 3,
    "석": 3,
    "넷": 4,
    "네": 4,
    "넉": 4,
    "다섯": 5,
    "여섯": 6,
    "일곱": 7,
    "여덟": 8,
    "아홉": 9,
}
_DAYS = {
    "하루": 1,
    "이틀": 2,
    "사흘": 3,
    "나흘": 4,
    "닷새": 5,
    "엿새": 6,
    "이레": 7,
    "여드레": 8,
    "아흐레": 9,
    "열흘": 10,
    "보름": 15,
}
_WHOLE = {
    "절반": ("0.5", "share"),
    "반": ("0.5", "share"),
    "갑절": ("2", "times"),
    "곱절": ("2", "times"),
    "두배": ("2", "times"),
}


@cache
def _natives() -> Mapping[str, int]:
    joined = {tens + ones: t + o for tens, t in _NATIVE_TENS.items() for ones, o in _NATIVE.items()}
    return {**_NATIVE, **_NATIVE_TENS, **joined}


def _sino(text: str) -> int | None:
    total = section = digit = 0
    for c in text:
        if c in _DIGIT:
            digit = digit * 10 + _DIGIT[c] if digit else _DIGIT[c]
        elif c in _TENS:
            section, digit = section + (digit or 1) * _TENS[c], 0
        else:
            total, section, digit = total + (section + digit or 1) * _MYRIADS[c], 0, 0
    return total + section + digit


_SINO = re.compile(r"[영공일이삼사오육칠팔구십백천만억조]+")
_OF = re.compile(rf"({_SINO.pattern})분의({_SINO.pattern})")


def korean(word: str, following: str) -> tuple[Number, int] | None:
    """Return the number that a Hangul word begins with, and its length; `following` is the next word or ""."""
    share = _OF.match(word)
    if share and (parts := _sino(share[1])):
        return Number(Decimal(_sino(share[2]) or 0) / parts, 4, "share", fraction=True), share.end()
    for text in sorted({**_WHOLE, **_DAYS}, key=len, reverse=True):
        if word.startswith(text) and (text != "반" or word in ("반", "반으로", "반이", "반은")):
            if text in _DAYS:
                return Number(Decimal(_DAYS[text]), 0, "u.days"), len(text)
            return Number(Decimal(_WHOLE[text][0]), 4, _WHOLE[text][1], fraction=True), len(text)
    for text in sorted(_natives(), key=len, reverse=True):
        if word.startswith(text) and _counted(word[len(text) :], following, sure=text not in ("한", "석", "넉", "열")):
            return Number(Decimal(_natives()[text])), len(text)
    found = _SINO.match(word)
    if found and (value := _sino(found[0])) is not None:
        rest = word[found.end() :]
        if _counted(rest, following, sure=len(found[0]) > 1 and any(c in _TENS for c in found[0])):
            return Number(Decimal(value)), found.end()
    return None


def _counted(rest: str, following: str, sure: bool) -> bool:
    """Tell whether what follows a number counts something; a word that is surely a number may also stand alone."""
    if rest:
        return any(rest.startswith(counter) for counter in COUNTERS) or (
            sure and rest in ("이", "은", "을", "으로", "에서", "여")
        )
    return sure or any(following.startswith(counter) for counter in COUNTERS)
