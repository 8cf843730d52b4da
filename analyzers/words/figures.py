"""Free figures: what a number that is written by hand can be, worked out again from the facts beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

from analyzers.words.clauses import DIRECTIONS, Clauses, Figured
from analyzers.words.counting import counts
from analyzers.words.numbers import Number
from model.ledger import Fact, Ledger
from model.unit import Unit

_COUNTED = frozenset({"", "count", "n.line", "n.person"})
_UNITS = {
    Unit.SHARE: frozenset({"percent", "share"}),
    Unit.RATE: frozenset({"percent", "share"}),
    Unit.HOURS: frozenset({"", "u.hours"}),
    Unit.DAYS: frozenset({"", "u.days"}),
}
_GROUPS = {"author": "n.person", "path": "n.folder"}  # what their number counts
_Way = tuple[str, tuple[Fact, ...], Decimal, frozenset[str]]  # form, facts, the figure, the units it may be written in


def resolved(
    at: int, clauses: Clauses, facts: Sequence[Fact], ledger: Ledger, said: Sequence[Figured]
) -> Figured | None:
    """Return what a free figure is, that of the name beside it first; None: it is nothing that the facts carry.

    What was `said` is not said again: two figures that happen to be alike are two.
    """
    number = clauses.tokens[at].number
    if number is None:
        return None
    unit = clauses.tokens[at].unit
    found: list[Figured] = []
    for form, of, value, units in _ways(facts, ledger):
        written = unit in units or (number.fraction and {"share", "times"} & units and number.unit in units)
        if written and _is(number, value, "about" in _around(at, clauses)) and _signed(number, form, of):
            figure = Figured(at, of, form)
            once = all((other.facts, other.form) != (of, form) for other in said)
            found += [figure] if once and fits(figure, clauses) and counts(figure, clauses) else []
    name = clauses.name_beside(at)
    its_own = (f for f in found if name in dict(f.facts[0].labels).values())
    return next(its_own, found[0] if found else _span(at, clauses, ledger, number))


def fits(figure: Figured, clauses: Clauses) -> bool:
    """Tell whether a figure stands where one of its form belongs."""
    at, claimed = figure.at, figure.at in clauses.of_before()
    if figure.form == "span":
        return True
    if figure.form == "waiting":  # how many need somebody
        return "waiting" in clauses.meant(at)
    if figure.form == "share":
        return clauses.tokens[at].filled is not None or "of" in clauses.meant(at)
    if figure.form == "groups":
        what = _GROUPS.get(figure.facts[0].labels[0][0])
        named = any(token.named is not None for _, token in clauses.inside(at))
        return what is not None and not named and _says_of(at, clauses, what)
    if figure.form == "sum":
        return clauses.tokens[at].filled is not None or "sum" in clauses.meant(at)
    if figure.form == "value":
        return not (clauses.is_from(at) or claimed or _is_step(at, clauses))
    if figure.form == "before":
        return not _is_step(at, clauses) and (clauses.is_from(at) or claimed or _is_object(at, clauses))
    if figure.form == "difference":
        return _is_step(at, clauses) and "than" in clauses.meant(at)
    token = clauses.tokens[at]
    signed = token.text[:1] in "+−±-" or (token.number is not None and token.number.fraction)
    return not clauses.is_from(at) and (signed or figure.form == "times" or _is_step(at, clauses))


def _ways(facts: Sequence[Fact], ledger: Ledger) -> Iterator[_Way]:
    """Yield every figure that the facts carry, the plainest first."""
    for fact in facts:
        yield from _alone(fact)
    for fact in facts:
        for other in facts:
            if fact is not other and fact.unit is other.unit and fact.value is not None and other.value is not None:
                yield from _together(fact, other)
    if facts:
        yield "waiting", tuple(facts[:1]), Decimal(len(ledger.findings)), frozenset({"", "count"})
    for metric, label in dict.fromkeys((f.metric, f.labels[0][0]) for f in facts if len(f.labels) == 1):
        group = [f for f in ledger.by(metric, label) if f.value]
        yield "groups", tuple(group[:1]), Decimal(len(group)), frozenset({"", "count", "n.person"})


def _alone(fact: Fact) -> Iterator[_Way]:
    units, scale = _UNITS.get(fact.unit, _COUNTED), Decimal(100 if fact.unit.percent else 1)
    if fact.value is None:
        return
    yield "value", (fact,), fact.value * scale, units
    if fact.before is None:
        return
    moved = abs(fact.value - fact.before)
    yield "change", (fact,), moved * scale, frozenset({"points"}) if fact.unit.percent else units
    yield "before", (fact,), fact.before * scale, units
    if fact.before:
        yield "percent", (fact,), moved / fact.before * 100, frozenset({"percent"})
        yield "times", (fact,), fact.value / fact.before, frozenset({"times"})


def _together(fact: Fact, other: Fact) -> Iterator[_Way]:
    value, whole = fact.value or Decimal(0), other.value or Decimal(0)
    both, units = (fact, other), _UNITS.get(fact.unit, _COUNTED)
    if whole and value <= whole and fact.metric == other.metric:
        yield "share", both, value / whole * 100, frozenset({"percent", "share"})
    if whole and value > whole:
        yield "times", both, value / whole, frozenset({"times"})
        yield "difference", both, value - whole, units
    if fact.id < other.id:
        yield "sum", both, value + whole, units


def _is(number: Number, value: Decimal, about: bool) -> bool:
    """Tell whether a figure, rounded as it is written, is what is written."""
    if number.fraction:
        written = number.value * 100 if number.unit == "share" else number.value
        return abs(written - value) <= (Decimal("0.5") if number.unit == "share" else Decimal("0.02"))
    places = number.places
    if about and places <= 0 and number.value:
        places = min(places, -1) if number.value % 10 == 0 else places
        places = -2 if number.value % 100 == 0 else places
    one = Decimal(1).scaleb(-places)
    return number.value in (value.quantize(one, ROUND_HALF_EVEN), value.quantize(one, ROUND_HALF_UP))


def _signed(number: Number, form: str, facts: Sequence[Fact]) -> bool:
    if not number.sign:
        return True
    fact = facts[0]
    if form not in ("change", "percent") or fact.value is None or fact.before is None:
        return False
    return number.sign == ("+" if fact.value > fact.before else "−" if fact.value < fact.before else "±")


def _around(at: int, clauses: Clauses) -> frozenset[str]:
    """Return "about" where a figure is said to be rounded."""
    before = clauses.before(at)
    said = before is not None and before.text.lower() in ("about", "around", "approximately", "roughly", "약", "대략")
    return clauses.tokens[at].after | (frozenset({"about"}) if said else frozenset())


def _is_step(at: int, clauses: Clauses) -> bool:
    """Tell whether a figure says by how much something moved: "9 more", "fell by 9", "9건 늘었습니다"."""
    token, before, after = clauses.tokens[at], clauses.before(at), clauses.after(at)
    if before is not None and ("by" in before.tags or (clauses.code == "en" and before.tags & DIRECTIONS - {"same"})):
        return "by" not in before.tags or bool(DIRECTIONS & clauses.meant(at))
    if after is not None and after.tags & {"n.request", "u.other", "percent"} and clauses.code == "en":
        after = clauses.after(at, 2)  # "9 points more"
    if after is None or not after.tags & {"up", "down"}:
        return False
    return clauses.code == "en" or not {"to", "than", "from"} & token.after


def _is_object(at: int, clauses: Clauses) -> bool:
    """Tell whether something is compared with a figure: "against 32", "32건보다"."""
    near = [token for steps in (1, 2) if (token := clauses.before(at, steps)) is not None]
    return "than" in clauses.tokens[at].after or any("than" in token.tags for token in near)


def _says_of(at: int, clauses: Clauses, tag: str) -> bool:
    """Tell whether a figure stands right beside a word for what it counts."""
    steps = (
        (clauses.after(at), clauses.after(at, 2))
        if clauses.code == "en"
        else (clauses.before(at), clauses.before(at, 2))
    )
    return clauses.tokens[at].unit == tag or any(token is not None and tag in token.tags for token in steps)


def _span(at: int, clauses: Clauses, ledger: Ledger, number: Number) -> Figured | None:
    """Return the number of days that the windows are long: "in the 7 days before", "직전 7일"."""
    if clauses.code == "en":
        beside, days = clauses.after(at, 2), _says_of(at, clauses, "u.days")
    else:
        beside, days = clauses.before(at), clauses.tokens[at].unit == "u.days"
    says = days and beside is not None and "before" in beside.tags
    return Figured(at, (), "span") if says and number.value == len(ledger.window.days()) else None
