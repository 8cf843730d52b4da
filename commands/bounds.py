"""Bounds in words: "at least 20", "<= 3", "20 이상", "5 미만"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from model.form import Unfit

Keep = Literal["at least", "at most"]
_MOST = 10**12
_SAME, _UP, _DOWN = 0, 1, -1  # a strict bound moves to the nearest whole one that says the same

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
_NUMBER = r"(?P<number>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,13})"
_COUNTER = r"(?: ?(?:건|개|명|일|줄|번|회))?"  # what Korean counts with


def _any(words: Mapping[str, object]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_BOUND = re.compile(
    rf"(?:(?P<before>{_any(_BEFORE)}) ?{_NUMBER}{_COUNTER})|"
    rf"(?:{_NUMBER.replace('number', 'first')}{_COUNTER} ?(?P<behind>{_any(_BEHIND)}))"
)


def bound_of(text: str) -> tuple[Keep, Decimal]:
    """Return which way a figure must keep, and its whole bound, a strict one moved by one; raises Unfit."""
    found = _BOUND.fullmatch(" ".join(text.lower().split()))
    if found is None:
        raise Unfit("say at least 20, at most 3, >= 20, < 3 or 20 이상, with a whole number")
    keep, step = _BEFORE[found["before"]] if found["before"] else _BEHIND[found["behind"]]
    bound = int((found["number"] or found["first"]).replace(",", "")) + step
    if bound < 0:
        raise Unfit("no figure can be below 0")
    if bound > _MOST:
        raise Unfit("no figure is that large")
    return keep, Decimal(bound)
