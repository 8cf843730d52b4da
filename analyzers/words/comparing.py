"""Words that compare: which way a figure moved, which is the most, what is all of it and what none."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from analyzers.words.case import Case
from analyzers.words.clauses import DIRECTIONS
from analyzers.words.cleaning import Refused
from analyzers.words.counting import own
from analyzers.words.fields import since
from analyzers.words.subjects import facts_spoken_of
from analyzers.words.tokens import Token
from model.ledger import Fact, Ledger

_MUCH = Decimal("0.25")  # of what it was
_UNMOVED = ("share", "sum", "groups", "span", "waiting")  # forms of which no direction is known


def compare(at: int, token: Token, case: Case) -> None:
    """Raise Refused where a word compares and the facts do not bear it out."""
    _direction(at, token, case)
    _degree(at, token, case)
    _rank(at, token, case)
    _quantity(at, token, case)


def _sign(fact: Fact) -> int | None:
    """Return which way a figure moved as people see it, rounded: 1, 0, −1; None where that is not known."""
    if fact.value is None or fact.before is None:
        return None
    moved = (fact.value - fact.before).quantize(Decimal(1).scaleb(-fact.unit.places))
    return (moved > 0) - (moved < 0)


def _direction(at: int, token: Token, case: Case) -> None:
    tags = token.tags & DIRECTIONS if not case.as_many(at) else frozenset({"same"})
    before = case.clauses.before(at)
    if not tags or (before is not None and before.tags & {"most", "old"}) or "most" in token.tags:
        return
    if _compared(at, tags, case):
        return
    near = case.clauses.nearest(at, [f for f in case.figures if f.form not in _UNMOVED])
    facts = [figure.facts[0] for figure in near] or facts_spoken_of(case.facts, at, case)
    wanted = {"up": 1, "down": -1, "same": 0}
    if not facts or any(_sign(fact) not in {wanted[tag] for tag in tags} for fact in facts):
        raise Refused("“{word}” is not what the facts say.", word=token.text)


def _degree(at: int, token: Token, case: Case) -> None:
    """Hold "sharply" and "slightly" against how far the figures of the clause moved, in percent."""
    if not token.tags & {"much", "little"}:
        return
    near = case.clauses.nearest(at, [f for f in case.figures if f.form not in _UNMOVED])
    facts = [figure.facts[0] for figure in near] or facts_spoken_of(case.facts, at, case)
    moved = [_moved(fact) for fact in facts]
    if not moved or any(share is None or (share < _MUCH) is ("much" in token.tags) for share in moved):
        raise Refused("“{word}” is not what the facts say.", word=token.text)


def _moved(fact: Fact) -> Decimal | None:
    """Return how far a fact moved, as a share of what it was; None where that is not known."""
    if fact.value is None or fact.before is None:
        return None
    return abs(fact.value - fact.before) / (abs(fact.before) or Decimal(1))


def _compared(at: int, tags: frozenset[str], case: Case) -> bool:
    """Settle a comparison of two different facts; tell whether it was one. Raises Refused where it is not so."""
    objects = _objects(at, case)
    if objects is None:
        return False
    near = [f for f in case.figures if case.clauses.of[f.at] == case.clauses.of[at] and f.facts[:1] != objects[:1]]
    subject = case.clauses.nearest(at, near)
    if not objects or not subject:
        raise Refused("“{word}” compares with something that has no figure.", word=case.tokens[at].text)
    one, other = subject[0].facts[0], objects[0]
    if one.id == other.id:
        return False
    more = (one.value or Decimal(0)) - (other.value or Decimal(0))
    wanted = {"up": more > 0, "down": more < 0, "same": more == 0}
    if one.unit is not other.unit or not any(wanted[tag] for tag in tags):
        raise Refused("“{word}” is not what the facts say.", word=case.tokens[at].text)
    return True


def _objects(at: int, case: Case) -> Sequence[Fact] | None:
    """Return the fact that something is compared with; empty: nobody knows it; None: the window before."""
    inside = list(case.clauses.inside(at))
    thans = [n for n, token in inside if "than" in token.tags | token.after]
    if not thans:
        return None
    than = min(thans, key=lambda n: abs(n - at))
    following = inside if case.clauses.code == "ko" else [(n, t) for n, t in inside if n > than]
    if any("before" in token.tags for _, token in following):
        return None
    wanted = [(n, t) for n, t in following if n == than or case.clauses.code == "en"]
    for n, token in wanted:
        figure = next((f for f in case.figures if f.at == n), None)
        if figure is not None:
            return None if figure.form == "before" else figure.facts[:1]
        if token.named is not None:
            return [f for f in case.facts if token.named.of in dict(f.labels).values()][:1]
    return []


def _rank(at: int, token: Token, case: Case) -> None:
    """Hold "most", "busiest", "oldest" against all there is of the kind."""
    after = case.clauses.after(at)
    follows = after.tags if after is not None else frozenset[str]()
    if token.tags & {"old", "young"}:
        _oldest(token, case)
    elif token.tags & {"most", "least"} and not follows & {"old", "young"}:
        least = "least" in token.tags or ("most" in token.tags and "down" in follows)
        shown = [fact for fact in case.facts if len(fact.labels) == 1 and case.named(fact)]
        parts = facts_spoken_of(shown, at, case)
        moves = any("move" in other.tags for other in case.tokens)
        if not parts or not _leads(parts, case.ledger, least, moves):
            raise Refused("“{word}” is not what the facts say.", word=token.text)


def _leads(parts: Sequence[Fact], ledger: Ledger, least: bool, moves: bool) -> bool:
    """Tell whether these are the first of their group, by figure or by how far it moved."""
    by: dict[tuple[str, str], list[Fact]] = {}
    for fact in parts:
        by.setdefault((fact.metric, fact.labels[0][0]), []).append(fact)
    (metric, label), shown = max(by.items(), key=lambda pair: len(pair[1]))

    def size(fact: Fact) -> Decimal:
        value = fact.value or Decimal(0)
        return abs(value - (fact.before or Decimal(0))) if moves else -value if least else value

    rest = [size(f) for f in ledger.by(metric, label) if f not in shown]
    last = min(size(f) for f in shown)
    return all(last > other if len(shown) == 1 and not moves else last >= other for other in rest)


def _oldest(token: Token, case: Case) -> None:
    known = {f.record.title: since(f.record) for f in case.ledger.findings}
    named = [known[t.named.of] for t in case.tokens if t.named is not None and t.named.of in known]
    edge = (min if "old" in token.tags else max)(known.values(), default=None)
    if not named or named[0] != edge:
        raise Refused("“{word}” is not what the facts say.", word=token.text)


def _quantity(at: int, token: Token, case: Case) -> None:
    """Hold "all" and "only" against the whole, "no" and "없" against 0."""
    if "all" in token.tags | token.after:
        parts = [fact for fact in case.facts if fact.labels and case.named(fact)]
        wholes = [(fact, case.ledger.of(fact.metric)) for fact in parts]
        shares = [f for f in case.figures if f.form == "share" and case.clauses.of[f.at] == case.clauses.of[at]]
        of_all = any(not figure.facts[1].labels for figure in shares)
        if not of_all and not any(whole is not None and whole.value == fact.value for fact, whole in wholes):
            raise Refused("“{word}” is not what the facts say.", word=token.text)
    if "none" in token.tags:
        said = case.clauses.meant(at)
        then = "before" in said
        nouns = {tag for tag in said if tag.startswith("n.")}
        empty = [fact for fact in case.facts if (fact.before if then else fact.value) == 0 and nouns & own(fact)]
        if not empty:
            raise Refused("“{word}” is not what the facts say.", word=token.text)
