"""Bounds in words: "at least 20", "<= 3", "99.5% or more", "< 2 s", "20 이상", "5 미만"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Literal

from model.form import Unfit
from model.unit import Unit

Keep = Literal["at least", "at most"]
_MOST = 10**12
_SAME, _UP, _DOWN = 0, 1, -1

_BEFORE: Mapping[str, tuple[Keep, int]] = {
    **dict.fromkeys(("at least", "no less than", "no fewer than", "min", ">=", "≥", "최소"), ("at least", _SAME)),
    **dict.fromkeys(("more than", "over", "above", ">"), ("at least", _UP)),
    **dict.fromkeys(("at most", "no more than", "up to", "max", "<=", "≤", "최대"), ("at most", _SAME)),
    **dict.fromkeys(("less than", "fewer than", "under", "below", "<"), ("at most", _DOWN)),
}  # fmt: skip
_BEHIND: Mapping[str, tuple[Keep, int]] = {
    **dict.fromkeys(("이상", "or more"), ("at least", _SAME)),
    "초과": ("at least", _UP),
    **dict.fromkeys(("이하", "or less", "or fewer"), ("at most", _SAME)),
    "미만": ("at most", _DOWN),
}
_NUMBER = r"(?P<number>(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,13})(?:\.[0-9]{1,6})?)"
_COUNTERS = ("건", "개", "명", "일", "줄", "번", "회")  # what Korean counts with
_TIMES: Mapping[str, Decimal] = {  # in seconds
    **dict.fromkeys(("ms", "밀리초"), Decimal("0.001")),
    **dict.fromkeys(("s", "sec", "second", "seconds", "초"), Decimal(1)),
    **dict.fromkeys(("min", "minute", "minutes", "분"), Decimal(60)),
    **dict.fromkeys(("h", "hour", "hours", "시간"), Decimal(3600)),
}
_OF_TIME: Mapping[Unit, Decimal] = {
    Unit.MILLISECONDS: Decimal("0.001"),
    Unit.SECONDS: Decimal(1),
    Unit.MINUTES: Decimal(60),
    Unit.HOURS: Decimal(3600),
}
_HAIR = Decimal("0.000001")  # how far a strict bound lies from one that is not, where parts are measured


def _any(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_BEHIND_IT = rf"(?: ?(?P<unit>%|{_any((*_TIMES, *_COUNTERS))}))?"
_BOUND = re.compile(
    rf"(?:(?P<before>{_any(_BEFORE)}) ?{_NUMBER}{_BEHIND_IT})|"
    rf"(?:{_NUMBER.replace('number', 'first')}{_BEHIND_IT.replace('unit', 'its')} ?(?P<behind>{_any(_BEHIND)}))"
)


def bound_of(text: str, unit: Unit = Unit.COUNT) -> tuple[Keep, Decimal]:
    """Return which way a figure must keep, and its bound in the figure's unit; raises Unfit.

    A strict bound moves to the nearest one that says the same.
    """
    found = _BOUND.fullmatch(" ".join(text.lower().split()))
    if found is None:
        raise _unfit(unit)
    keep, step = _BEFORE[found["before"]] if found["before"] else _BEHIND[found["behind"]]
    number = Decimal((found["number"] or found["first"]).replace(",", ""))
    bound = _in(number, found["unit"] or found["its"] or "", unit)
    bound += step * (1 if _is_whole(unit) else _HAIR)
    if bound < 0:
        raise Unfit("no figure can be below 0")
    if bound > _MOST:
        raise Unfit("no figure is that large")
    return keep, bound


def _in(number: Decimal, said: str, unit: Unit) -> Decimal:
    """Return a number that was said with a unit, or without one, in the figure's own."""
    if said == "%" and unit.percent:
        return number / 100
    if said in _TIMES and unit in _OF_TIME:
        return number * _TIMES[said] / _OF_TIME[unit]
    if said not in ("", *_COUNTERS) or unit.percent or (_is_whole(unit) and number != number.to_integral_value()):
        raise _unfit(unit)
    return number


def _is_whole(unit: Unit) -> bool:
    return unit.places == 0 and unit not in _OF_TIME


def _unfit(unit: Unit) -> Unfit:
    if unit.percent:
        return Unfit("say at least 99.5%, at most 0.5%, < 5% or 99.5% 이상")
    if unit in _OF_TIME:
        return Unfit("say at most 500 ms, < 2 s, under 30 min or 2초 이하")
    if not _is_whole(unit):
        return Unfit("say at least 2.5, at most 3, >= 20 or 20 이상")
    return Unfit("say at least 20, at most 3, >= 20, < 3 or 20 이상, with a whole number")
