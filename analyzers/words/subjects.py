"""What a sentence speaks of: a figure of one thing proves nothing of another."""

from __future__ import annotations

import re
from collections.abc import Iterable

from analyzers.words.case import Case
from analyzers.words.cleaning import Refused
from analyzers.words.counting import meant, noun_of, own
from analyzers.words.periods import BY_EACH, as_long
from analyzers.words.tokens import Token
from model.ledger import Fact
from model.unit import Unit

_HELD = frozenset({"up", "down", "same", "most", "least", "old", "young", "all", "none"})  # against the facts
_WAITS = frozenset({"n.commit", "n.branch", "n.request", "n.issue", "n.review"})  # what may wait, and for what
_ANYWAY = frozenset({"n.person", "n.folder"})  # whoever did it, and wherever
_ENDS = (".", "!", "?", ";")
_PLACE = frozenset({"n.folder"})
_MEASURED = (Unit.HOURS, Unit.DAYS, Unit.SHARE)  # their name says more than what was counted
_SINGLE = BY_EACH | {"the", "this", "that"}
_FEW = re.compile(r"fewer|less|more|so|counting")
_KOREAN_UNITS = ("해", "달", "주", "년", "분기", "시간", "분", "초", "차례", "곳", "가지", "쌍", "다스")


def speak(case: Case) -> None:
    """Raise Refused where a sentence speaks of what none of its facts is about, or of nothing that can be held."""
    _something(case)
    known = frozenset[str]().union(*(own(fact) | meant(fact) for fact in case.facts))
    waits = any(token.named is not None and token.named.kind == "thing" for token in case.tokens)
    waits = waits or any("waiting" in token.tags for token in case.tokens)
    for at, token in enumerate(case.tokens):
        nouns = {tag for tag in token.tags if tag.startswith("n.")} - _ANYWAY - (_WAITS if waits else frozenset())
        rates = {tag for tag in token.tags | token.after if tag.startswith("r.")}
        if (nouns and not nouns & known) or (rates and not rates & known):
            raise Refused("“{word}” is not what the facts are about.", word=token.text)
        _whose(at, token, case)
        as_long(at, token, case)
        _one(at, token, case)
        _open_ended(at, token, case)


def speaks_of(fact: Fact, at: int, case: Case) -> bool:
    """Tell whether the nouns of a clause are for what a fact counts, but those that belong to other figures."""
    mine = own(fact) | (meant(fact) if fact.unit in _MEASURED else frozenset())
    if case.tokens[at].unit in mine:
        return True
    others = {noun_of(figure.at, case.clauses) for figure in case.figures if figure.at != at}
    inside = [token for n, token in case.clauses.inside(at) if n not in others]
    nouns = {tag for token in inside for tag in token.tags if tag.startswith("n.")} - _PLACE
    if any(token.named is not None and token.named.kind == "person" for token in inside):
        nouns -= {"n.person"}  # "the most active author"
    return not nouns or bool(nouns & mine)


def facts_spoken_of(facts: Iterable[Fact], at: int, case: Case) -> list[Fact]:
    """Return those of the facts that a clause can be about."""
    return [fact for fact in facts if speaks_of(fact, at, case)]


def _something(case: Case) -> None:
    """Refuse a sentence, or one of several, with neither a figure nor a day nor a word held against the facts."""
    parts: list[list[Token]] = [[]]
    for token in case.tokens:
        parts += [[]] if token.text in _ENDS else []
        parts[-1].append(token)
    for part in parts:
        things = any(token.named is not None and token.named.kind == "thing" for token in part)
        held = _HELD | ({"waiting"} if things else frozenset())
        words = any(token.kind == "word" and token.text.isalpha() for token in part)
        if words and not any(token.kind in ("figure", "day") or held & (token.tags | token.after) for token in part):
            raise Refused("It says nothing that the facts could bear out: give a figure.")


def _whose(at: int, token: Token, case: Case) -> None:
    """Refuse a person or an area of which nothing is said that can be held, and a person who has no name."""
    named = token.named
    if named is not None and named.kind in ("person", "group"):
        figures = [fact for f in case.figures for fact in f.facts]
        mine = any(named.of in dict(fact.labels).values() for fact in figures)
        if not mine and not any(_HELD & (other.tags | other.after) for _, other in case.clauses.inside(at)):
            raise Refused("Say a figure of “{name}”, or leave it out.", name=named.text)
    before = case.clauses.before(at)
    beside = "" if before is None else before.text.lower()
    single = "n.person" in token.tags and not token.text.lower().endswith(("s", "people"))
    if case.clauses.code == "en" and single and beside in _SINGLE:
        raise Refused("“{word}” has no name: say who.", word=f"{beside} {token.text}")


def _one(at: int, token: Token, case: Case) -> None:
    """Refuse "한 영역", which is a figure that looks like a verb, and "Mina left"."""
    after = case.clauses.after(at)
    if token.text.lower() == "left" and (after is None or after.text.lower() not in ("out", "open")):
        raise Refused("“{word}” is not what the facts say.", word=token.text)
    if token.text == "한" and token.kind == "word" and after is not None:
        counted = {tag for tag in after.tags if tag.startswith(("n.", "u."))} - {"n.commit"}
        if counted or after.text.startswith(_KOREAN_UNITS):
            raise Refused("“{figure}” is no figure of these facts: write it as a slot.", figure=f"한 {after.text}")


def _open_ended(at: int, token: Token, case: Case) -> None:
    """Refuse "up to 11", "11 or more" and two figures side by side."""
    after = case.clauses.after(at)
    if after is None:
        return
    next_but_one = case.clauses.after(at, 2)
    up_to = token.text.lower() == "up" and after.text.lower() == "to" and not _moved(case.clauses.before(at))
    or_more = token.text.lower() in ("or", "and") and _FEW.fullmatch(after.text.lower())
    much = _of_less(at, case)
    side = token.kind == after.kind == "figure" and not (token.unit or token.after)
    if (up_to and next_but_one is not None and next_but_one.kind == "figure") or or_more or side or much:
        word = f"{token.text} {after.text}"
        raise Refused("“{word}” makes another figure of it: say the figure itself.", word=word)


def _of_less(at: int, case: Case) -> bool:
    """Tell whether a figure is said to be a part of a smaller one: "three of the two", "3건 중 8건"."""
    inside = dict(case.clauses.inside(at))
    following = [n for n in sorted(inside) if n > at]
    if case.tokens[at].kind != "figure" or not following:
        return False
    end = next((n for n in following if inside[n].kind == "figure"), None)
    between = [inside[n] for n in following if end is not None and n < end]
    code = case.clauses.code
    of = any("of" in t.tags or t.text in ("중", "가운데") for t in between) or (
        code == "ko" and "of" in inside[at].after
    )
    if end is None or not of or len(between) > 3:
        return False
    values = {f.at: f.value for f in case.figures}
    part, whole = (values.get(at), values.get(end)) if code == "en" else (values.get(end), values.get(at))
    return part is not None and whole is not None and part > whole


def _moved(token: Token | None) -> bool:
    return token is not None and token.text.lower() in ("went", "go", "goes", "going", "gone", "moved", "came", "rose")
