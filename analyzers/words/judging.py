"""What a sentence claims with its words, held against the facts that it rests on."""

from __future__ import annotations

from collections.abc import Mapping

from analyzers.words.case import Case
from analyzers.words.clauses import Figured
from analyzers.words.cleaning import Refused
from analyzers.words.comparing import compare
from analyzers.words.figures import fits, own
from analyzers.words.reading import Token
from model.unit import Unit

_BARRED: Mapping[str, str] = {
    "vague": "“{word}” says no figure: say it.",
    "judged": "“{word}” judges: say which way the figure moved.",
    "later": "“{word}” means another day whenever it is read: say the day.",
    "not": "“{word}”: say what is, not what is not.",
}


def judge(case: Case) -> None:
    """Raise Refused where a word of the sentence says what its facts do not."""
    for at, token in enumerate(case.tokens):
        for tag, text in _BARRED.items():
            if tag in token.tags and not case.as_many(at):
                raise Refused(text, word=token.text)
        _bound(at, token, case)
    for figure in case.figures:
        if not fits(figure, case.clauses):
            raise Refused("“{figure}” is of the other window, or a difference: say so.", figure=_shown(figure, case))
        _unit(figure, case)
    for at, token in enumerate(case.tokens):
        compare(at, token, case)


def _bound(at: int, token: Token, case: Case) -> None:
    """Refuse "over 40" and "41 이상"; "about 40" is checked as a rounded figure."""
    after = case.clauses.after(at)
    beside = token.kind == "word" and "bound" in token.tags and after is not None and after.kind == "figure"
    about = token.text.lower() in ("about", "around", "approximately", "roughly", "약", "대략")
    follows = token.kind == "figure" and ("bound" in token.after or (after is not None and _is_bound(after)))
    if (beside and not about) or follows:
        raise Refused("“{word}” makes another figure of it: say the figure itself.", word=token.text)


def _is_bound(token: Token) -> bool:
    """Tell whether a word after a figure makes a bound of it: 이상, 이하."""
    return "bound" in token.tags and "noun" in token.tags


def _unit(figure: Figured, case: Case) -> None:
    """Refuse a figure beside a word for something else than it counts."""
    if not figure.facts or figure.form == "groups":
        return
    fact, token = figure.facts[0], case.tokens[figure.at]
    mine = own(fact)
    unit = {token.unit} & {"n.person", "n.line", "u.hours", "u.days", "u.other"}
    nouns = {tag for tag in _counted(figure.at, case) if tag[:2] in ("n.", "u.")}
    if not unit <= mine or (nouns and not nouns & mine):
        raise Refused("“{figure}” counts something else.", figure=_shown(figure, case))
    measured = fact.unit in (Unit.HOURS, Unit.DAYS) and figure.form not in ("percent", "times", "share")
    if token.number is not None and measured and not unit | nouns:
        raise Refused("“{figure}” has no unit.", figure=_shown(figure, case))
    for kind in ("p.", "q."):
        wanted = {tag for tag in mine if tag.startswith(kind)}
        near = _nearest_tags(figure.at, kind, case, sentence=kind == "q.")
        if (wanted and not near & wanted) or (kind == "q." and not wanted and near and _is_nearest(figure, kind, case)):
            raise Refused("“{figure}” counts something else.", figure=_shown(figure, case))


def _counted(at: int, case: Case) -> frozenset[str]:
    """Return what the noun beside a figure means: after it in English, before it in Korean."""
    if case.clauses.code == "en":
        for steps in (1, 2, 3):
            token = case.clauses.after(at, steps)
            if token is None or token.kind != "word" or token.text in ("(", ")"):
                return frozenset()
            if any(tag[:2] in ("n.", "u.") for tag in token.tags):
                return token.tags
            if token.text.lower() in _LINKS:
                return frozenset()
        return frozenset()
    token = case.clauses.before(at)
    bare = (
        token is not None
        and token.kind == "word"
        and not token.after
        and not token.text.endswith(("에", "의", "서", "로"))
    )
    return token.tags if token is not None and bare else frozenset()


_PREPOSITIONS = "in on of by at to from with was were is are and than as for per the a an this each every"
_LINKS = frozenset(_PREPOSITIONS.split())


def _nearest_tags(at: int, kind: str, case: Case, sentence: bool) -> frozenset[str]:
    """Return the nearest tags of a kind: in a figure's clause, and where it has none in the whole sentence."""
    found = [(abs(n - at), token) for n, token in enumerate(case.tokens) if _has(token, kind)]
    here = [(abs(n - at), token) for n, token in case.clauses.inside(at) if _has(token, kind)]
    chosen = found if sentence else here or found
    return min(chosen, key=lambda pair: pair[0])[1].tags if chosen else frozenset()


def _has(token: Token, kind: str) -> bool:
    return any(tag.startswith(kind) for tag in token.tags)


def _is_nearest(figure: Figured, kind: str, case: Case) -> bool:
    words = [n for n, token in case.clauses.inside(figure.at) if _has(token, kind)]
    return any(figure in case.clauses.nearest(n, case.figures) for n in words)


def _shown(figure: Figured, case: Case) -> str:
    return case.tokens[figure.at].text
