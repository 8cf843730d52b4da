"""Words for stretches of time: only the two windows were counted, and each is as long as it is."""

from __future__ import annotations

from collections.abc import Mapping

from analyzers.words.case import Case
from analyzers.words.cleaning import Refused
from analyzers.words.counting import own
from analyzers.words.tokens import Token

BY_EACH = frozenset(["a", "an", "each", "every", "one", "any"])
_POINTS = frozenset({"the", "this", "that", "last", "past", "previous", "prior", "preceding", "whole", "entire"})
_DAYS: Mapping[str, range] = {
    **dict.fromkeys(("day", "전날"), range(1, 2)),
    **dict.fromkeys(("week", "지난주", "전주", "주"), range(7, 8)),
    **dict.fromkeys(("month", "지난달", "전월", "달"), range(28, 32)),
    **dict.fromkeys(("quarter", "분기"), range(89, 93)),
    **dict.fromkeys(("year", "해"), range(365, 367)),
    **dict.fromkeys(("hour", "minute", "second"), range(0)),
}


def as_long(at: int, token: Token, case: Case) -> None:
    """Raise Refused for "the month before" of a week, and for "11 commits a day" where nothing is counted by day."""
    if token.kind != "word":
        return
    name = _english(at, token, case) if case.clauses.code == "en" else _korean(at, token, case)
    if name and len(case.ledger.window.days()) not in _DAYS[name]:
        raise Refused("“{word}” is not as long as the window.", word=token.text)


def _english(at: int, token: Token, case: Case) -> str:
    """Return which stretch is said to be a window; empty where none is. Raises Refused where it is a rate."""
    name = token.text.lower().removesuffix("s")
    before, after = case.clauses.before(at), case.clauses.after(at)
    if name not in _DAYS or before is None or before.kind == "figure":
        return ""
    beside = before.text.lower()
    by_day = name == "day" and any("u.days" in own(fact) for fact in case.facts)
    if beside in BY_EACH and not by_day:
        raise Refused("“{word}” is no time that was counted.", word=f"{beside} {token.text}")
    compared = after is not None and "before" in after.tags
    pointed = beside in _POINTS and name != "day"  # "the day" is one of the window's
    return name if compared or pointed else ""


def _korean(at: int, token: Token, case: Case) -> str:
    before = case.clauses.before(at)
    points = before is not None and before.text in ("이번", "지난")
    names = ("지난주", "전주", "지난달", "전월", "전날", *(("주", "달", "분기", "해") if points else ()))
    return next((name for name in names if token.text.startswith(name)), "")
