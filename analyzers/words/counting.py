"""What a figure counts, and whether the words beside it say so."""

from __future__ import annotations

from functools import lru_cache

from analyzers.metrics import NAMES, label_of
from analyzers.words import lexicon
from analyzers.words.clauses import Clauses, Figured
from analyzers.words.tokens import Token
from model.language import Language
from model.ledger import Fact
from model.unit import Unit

_KINDS = ("n.", "u.", "p.", "q.", "r.", "l.")  # tags of nouns, units, opposites, qualities, rates and levels
_WAIT = frozenset({"n.branch", "n.request", "n.issue"})  # what may need somebody
_PREPOSITIONS = "in on of by at to from with was were is are and than as for per the a an this each every"
_LINKS = frozenset(_PREPOSITIONS.split())


def own(fact: Fact) -> frozenset[str]:
    """Return what words may say that a figure counts, by its metric's name in both languages."""
    return _own(fact.metric, fact.unit)


def meant(fact: Fact) -> frozenset[str]:
    """Return what the definition of a figure's metric says besides: that deployments are those that succeeded."""
    return _meant(fact.metric)


def counts(figure: Figured, clauses: Clauses) -> bool:
    """Tell whether the words beside a figure are for what it counts, in its unit."""
    if not figure.facts or figure.form == "groups":
        return True
    if figure.form == "waiting":
        return bool(_noun_beside(figure.at, clauses) & _WAIT)
    fact, token = figure.facts[0], clauses.tokens[figure.at]
    mine = own(fact)
    unit = {token.unit} & {"n.person", "n.line", "u.hours", "u.days", "u.other"}
    nouns = {tag for tag in _noun_beside(figure.at, clauses) if tag[:2] in ("n.", "u.")}
    plain = clauses.code == "ko" and token.unit == "count" and figure.form in ("value", "before")
    if not unit <= mine or (nouns and not nouns & mine) or (plain and "n.person" in mine):
        return False
    measured = fact.unit in (Unit.HOURS, Unit.DAYS) and figure.form not in ("percent", "times", "share")
    beside = {other.unit for _, other in clauses.inside(figure.at)} | clauses.meant(figure.at)
    if token.number is not None and measured and not {tag for tag in mine if tag[:2] == "u."} & beside:
        return False
    kinds = ("q.", "l.") if measured else ("p.", "q.", "l.")  # hours until merging are neither opened nor closed
    return all(_said(kind, figure.at, mine, clauses) for kind in kinds)


def _said(kind: str, at: int, mine: frozenset[str], clauses: Clauses) -> bool:
    """Tell whether the sentence says "added" of lines added, and "bots" of commits by bots."""
    wanted = {tag for tag in mine if tag.startswith(kind)}
    found = [(abs(n - at), token) for n, token in enumerate(clauses.tokens) if _has(token, kind)]
    here = [(abs(n - at), token) for n, token in clauses.inside(at) if _has(token, kind)]
    chosen = found if kind == "q." else here or found
    near = min(chosen, key=lambda pair: pair[0])[1].tags if chosen else frozenset[str]()
    return not wanted or bool(near & wanted)


@lru_cache(maxsize=500)
def _own(metric: str, unit: Unit) -> frozenset[str]:
    names = [*metric.split("_"), *(word for c in ("en", "ko") for word in label_of(metric, Language(c)).split())]
    found = (lexicon.meaning(name, code) or () for name in names for code in ("en", "ko"))
    tags = frozenset(tag for meant in found for one in meant for tag in one if tag[:2] in _KINDS)
    written = {Unit.HOURS: "u.hours", Unit.DAYS: "u.days", Unit.LINES: "n.line"}.get(unit)
    level = next((part for part in metric.split("_") if lexicon.LEVEL.fullmatch(part)), "")
    levels = {f"l.{level}", *(("r.median",) if level == "p50" else ())} if level else frozenset[str]()
    return tags | levels | ({written} if written else frozenset())


@lru_cache(maxsize=500)
def _meant(metric: str) -> frozenset[str]:
    parts = NAMES[metric].meaning.plain().split(",") if metric in NAMES else []
    words = [word for part in parts if "left out" not in part for word in part.split()]
    found = (lexicon.meaning(word, "en") or () for word in words)
    return frozenset(tag for tags in found for one in tags for tag in one)


def _noun_beside(at: int, clauses: Clauses) -> frozenset[str]:
    there = noun_of(at, clauses)
    return frozenset() if there is None else clauses.tokens[there].tags


def noun_of(at: int, clauses: Clauses) -> int | None:
    """Return where the noun beside a figure stands: after it in English, before it in Korean."""
    if clauses.code == "ko":
        before = clauses.before(at)
        tied = before is None or before.kind != "word" or before.after or before.text.endswith(("에", "의", "서", "로"))
        return None if tied else at - 1
    for steps in (1, 2, 3):
        token = clauses.after(at, steps)
        if token is None or token.kind != "word" or token.text in "()" or token.text.lower() in _LINKS:
            return None
        if _has(token, "n.") or _has(token, "u."):
            return at + steps
    return None


def _has(token: Token, kind: str) -> bool:
    return any(tag.startswith(kind) for tag in token.tags)
