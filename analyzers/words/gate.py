"""The gate: a sentence passes only with figures that stand in the ledger; code fills its slots."""

from __future__ import annotations

import re
from collections.abc import Iterable

from model.card import Figure, Inline, Span
from model.errors import ArbError
from model.ids import FactId
from model.language import Language
from model.ledger import Fact, Ledger
from model.words import Checked, Draft, Refusal, Said, Sentence

_ID = re.compile(r"f[1-9][0-9]{0,8}")
_SLOT = re.compile(r"(f[1-9][0-9]{0,8})(?:\.(before|change))?")
_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+")


class _Refused(ArbError):
    """The sentence does not pass."""


def check(draft: Draft, ledger: Ledger, language: Language) -> Checked:
    """Return the sentences whose slots all hold known figures, filled in `language`, and why the others do not."""
    said: list[Said] = []
    refusals: list[Refusal] = []
    for sentence in draft.sentences:
        try:
            said.append(_said(sentence, ledger, language))
        except _Refused as refused:
            refusals.append(Refusal(sentence, refused.message))
    return Checked(tuple(said), tuple(refusals), draft.by)


def _said(sentence: Sentence, ledger: Ledger, language: Language) -> Said:
    for id in sentence.rests_on:
        _known(ledger, id)
    line = _filled(sentence.text, ledger, language)
    if not line:
        raise _Refused("The sentence is empty.")
    used = (node.fact for node in line if isinstance(node, Figure))
    return Said(line, tuple(dict.fromkeys((*sentence.rests_on, *used))), sentence.part)


def _filled(text: str, ledger: Ledger, language: Language) -> tuple[Inline, ...]:
    """Return the text as nodes; plain text between two figures is one span."""
    nodes: list[Inline] = []
    plain = ""
    for piece in _PIECE.finditer(text):
        if piece[0] in ("{{", "}}"):
            plain += piece[0][0]
        elif piece[0][0] not in "{}":
            plain += piece[0]
        else:
            nodes += [*_spans(plain), _figure(piece[0], piece[1], ledger, language)]
            plain = ""
    return (*nodes, *_spans(plain))


def _spans(text: str) -> Iterable[Inline]:
    return (Span(text),) if text else ()


def _figure(written: str, inside: str | None, ledger: Ledger, language: Language) -> Figure:
    found = _SLOT.fullmatch(inside or "")
    if found is None:
        raise _Refused("“{slot}” is no slot: write {example}.", slot=written[:40], example="{f3}")
    fact = _known(ledger, FactId(found[1]))
    return Figure(_text(fact, found[2], language), fact.id)


def _text(fact: Fact, form: str | None, language: Language) -> str:
    if fact.value is None:
        raise _Refused("{id} is not known.", id=fact.id)
    if form is None:
        return language.figure(fact.value, fact.unit)
    if fact.before is None:
        raise _Refused("{id} is not known for the window before.", id=fact.id)
    if form == "before":
        return language.figure(fact.before, fact.unit)
    return language.change(fact.value, fact.before, fact.unit)


def _known(ledger: Ledger, id: FactId) -> Fact:
    try:
        fact = ledger[id] if _ID.fullmatch(id) else None
    except KeyError:
        fact = None
    if fact is None:
        raise _Refused("There is no fact {id}.", id=id[:40])
    if fact.value is None:
        raise _Refused("{id} is not known.", id=fact.id)
    return fact
