"""What a sentence claims with its words, held against the facts that it rests on."""

from __future__ import annotations

from collections.abc import Mapping

from analyzers.words.case import Case
from analyzers.words.clauses import Figured
from analyzers.words.cleaning import Refused
from analyzers.words.comparing import compare
from analyzers.words.counting import counts, meant, own
from analyzers.words.figures import fits
from analyzers.words.subjects import speak, speaks_of
from analyzers.words.tokens import Token

_BARRED: Mapping[str, str] = {
    "vague": "“{word}” says no figure: say it.",
    "judged": "“{word}” judges: say which way the figure moved.",
    "later": "“{word}” means another day whenever it is read: say the day.",
    "not": "“{word}”: say what is, not what is not.",
    "maybe": "“{word}” tells of what may be: say what is.",
    "beyond": "“{word}” speaks of what was not read.",
    "cause": "“{word}” gives a cause: say what moved.",
    "longer": "“{word}” tells of more than two windows: leave it out.",
}


def judge(case: Case) -> None:
    """Raise Refused where a word of the sentence says what its facts do not."""
    speak(case)
    for at, token in enumerate(case.tokens):
        for tag, text in _BARRED.items():
            if tag in token.tags and not case.as_many(at) and not _spared(tag, at, case):
                raise Refused(text, word=token.text)
        _bound(at, token, case)
        _opposite(token, case)
    for figure in case.figures:
        if not fits(figure, case.clauses):
            raise Refused("“{figure}” is of the other window, or a difference: say so.", figure=_shown(figure, case))
        _unit(figure, case)
    for at, token in enumerate(case.tokens):
        compare(at, token, case)


def _spared(tag: str, at: int, case: Case) -> bool:
    """Tell whether this is "the other figures", those of the report, or "손길이 필요합니다", which is counted."""
    if tag == "maybe":
        return case.tokens[at].text.startswith("필요") and "waiting" in case.clauses.meant(at)
    after = case.clauses.after(at)
    return tag == "beyond" and after is not None and after.text.lower().startswith(("figure", "수치"))


def _bound(at: int, token: Token, case: Case) -> None:
    """Refuse "over 40" and "41 이상"; "about 40" is checked as a rounded figure."""
    after = case.clauses.after(at)
    beside = token.kind == "word" and "bound" in token.tags and after is not None and after.kind == "figure"
    about = token.text.lower() in ("about", "around", "approximately", "roughly", "약", "대략")
    follows = token.kind == "figure" and "bound" in token.after
    if (beside and not about) or follows:
        raise Refused("“{word}” makes another figure of it: say the figure itself.", word=token.text)


def _opposite(token: Token, case: Case) -> None:
    """Refuse "failed" where no fact of the sentence counts what failed."""
    poles = {tag for tag in token.tags if tag.startswith("p.")}
    if poles and not any(poles & (own(fact) | meant(fact)) for fact in case.facts):
        raise Refused("“{word}” is not what the facts say.", word=token.text)


def _unit(figure: Figured, case: Case) -> None:
    """Refuse a figure beside a word for something else than it counts, or beside one that another metric has."""
    if not counts(figure, case.clauses) or not _spoken_of(figure, case):
        raise Refused("“{figure}” counts something else.", figure=_shown(figure, case))
    if (
        not figure.facts
        or figure.form in ("groups", "waiting")
        or any(tag.startswith("q.") for tag in own(figure.facts[0]))
    ):
        return
    words = [n for n, token in case.clauses.inside(figure.at) if any(tag.startswith("q.") for tag in token.tags)]
    if any(figure in case.clauses.nearest(n, case.figures) for n in words):
        raise Refused("“{figure}” counts something else.", figure=_shown(figure, case))


def _spoken_of(figure: Figured, case: Case) -> bool:
    return not figure.facts or figure.form in ("groups", "waiting") or speaks_of(figure.facts[0], figure.at, case)


def _shown(figure: Figured, case: Case) -> str:
    return case.tokens[figure.at].text
