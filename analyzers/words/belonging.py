"""Names and days of a sentence: whose the figures beside them are, and which days the facts know."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from analyzers.words.case import Case
from analyzers.words.clauses import Figured
from analyzers.words.cleaning import Refused
from analyzers.words.days import Day
from analyzers.words.tokens import Token
from model.ledger import Fact

_COUNTS = ("groups", "waiting")  # forms that are no figure of a fact, but how many there are


def belong(case: Case) -> None:
    """Raise Refused where a figure stands beside a name or a day that is not its own."""
    for fact in (figure.facts[0] for figure in case.figures if figure.facts and figure.form not in _COUNTS):
        if fact.labels and not case.named(fact):
            raise Refused("{id} is of one part only: name it.", id=fact.id)
    for figure in case.figures:
        _beside(figure, case)
    for at, token in enumerate(case.tokens):
        if token.named is not None:
            _name(at, token, case)
    _days(case)


def _beside(figure: Figured, case: Case) -> None:
    """Refuse a figure of a part whose nearest name is another part's."""
    if not figure.facts or figure.form in _COUNTS:
        return
    labels = dict(figure.facts[0].labels)
    if not labels or "day" in labels:
        return
    name = case.clauses.name_beside(figure.at)
    if name not in labels.values():
        raise _not_its_own(case.tokens[figure.at].text, name or "…")


def _name(at: int, token: Token, case: Case) -> None:
    """Refuse a name that no fact of the sentence is about, or that stands beside a figure of all."""
    named = token.named
    if named is None:
        return
    beside = [f for f in case.figures if case.clauses.of[f.at] == case.clauses.of[at] and f.facts]
    if named.kind in ("person", "group"):
        about = [fact for fact in case.facts if named.of in dict(fact.labels).values()]
        mine = [f for f in beside if any(named.of in dict(fact.labels).values() for fact in f.facts)]
        if not about or (beside and not mine):
            raise _not_its_own(_first(beside, case), token.text)
    elif named.kind == "thing" and beside:
        raise _not_its_own(_first(beside, case), token.text)
    elif named.kind == "source":
        covered = {c.source for c in case.ledger.coverage if c.name == named.of}
        if not case.facts or any(not covered.issuperset(fact.sources) for fact in _facts(beside, case)):
            raise _not_its_own(_first(beside, case), token.text)


def _facts(beside: Sequence[Figured], case: Case) -> Sequence[Fact]:
    return [figure.facts[0] for figure in beside] or case.facts


def _first(beside: Sequence[Figured], case: Case) -> str:
    return case.tokens[beside[0].at].text if beside else "…"


def _not_its_own(figure: str, name: str) -> Refused:
    return Refused("No fact of this sentence says “{figure}” of “{name}”.", figure=figure, name=name)


def _days(case: Case) -> None:
    """Refuse days other than those of the facts, of the things named, or the ends of the window."""
    said = [(at, token) for at, token in enumerate(case.tokens) if token.days]
    if not said:
        return
    labelled = {value for fact in case.facts for name, value in fact.labels if name == "day"}
    things = {
        day
        for token in case.tokens
        if token.named is not None and token.named.kind == "thing"
        for day in token.named.days
    }
    window = case.ledger.window.days()
    for at, token in said:
        if labelled:
            known = [day for day in window if day.isoformat() in labelled]
            right = all(any(day.fits(one) for one in known) for day in token.days) and _is_theirs(at, token, case)
        elif things:
            right = all(any(day.fits(one) for one in things) for day in token.days)
        else:
            right = _edges(at, [t.days for _, t in said], case)
        if not right:
            raise Refused("“{day}” is no day that these facts know.", day=token.text)


def _is_theirs(at: int, token: Token, case: Case) -> bool:
    """Tell whether one of the figures in the clause of a day is of that day, where it has any."""
    beside = [f for f in case.figures if f.facts and case.clauses.of[f.at] == case.clauses.of[at]]
    whose = [date.fromisoformat(value) for f in beside for name, value in f.facts[0].labels if name == "day"]
    return not beside or any(token.days[0].fits(day) for day in whose)


def _edges(at: int, said: Sequence[tuple[Day, ...]], case: Case) -> bool:
    """Tell whether the days of a sentence are the first and the last of the window, or of the one before."""
    before = "before" in case.clauses.meant(at)
    window = case.ledger.window.previous() if before else case.ledger.window
    first, last = window.days()[0], window.days()[-1]
    flat = [day for days in said for day in days]
    if not all(day.whole for day in flat):
        return all(day.fits(first) and day.fits(last) for day in flat)
    if first == last:
        return all(day.fits(first) for day in flat)
    if len(flat) == 2:
        return flat[0].fits(first) and flat[1].fits(last)
    word = one.text.lower() if (one := case.clauses.before(at)) is not None else ""
    begins = word in ("since", "from") or "from" in case.tokens[at].after
    ends = word in ("until", "till", "through", "to", "by") or "to" in case.tokens[at].after
    return len(flat) == 1 and ((begins and flat[0].fits(first)) or (ends and flat[0].fits(last)))
