"""Slots: what code writes into a sentence, from the ledger and from what was collected; never by hand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from analyzers.words.cleaning import Refused
from model.card import Figure, Inline, Span
from model.ids import FactId
from model.language import Language
from model.ledger import Fact, Ledger
from model.unit import Unit
from model.words import Checked, Draft, Named, Refusal, Said, Sentence

_ID = re.compile(r"f[1-9][0-9]{0,8}")
_SLOT = re.compile(r"(f[1-9][0-9]{0,8})(?:\.(before|change))?")
_WIDER = re.compile(r"(f[1-9][0-9]{0,8})(?:\.(before|change|percent)|([/+])(f[1-9][0-9]{0,8}))?")
_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+")
FIRST = 0xE000  # of the private characters that stand for slots while a sentence is read


@dataclass(frozen=True, slots=True)
class Filled:
    """A slot with what code wrote into it: a figure in one of its forms, or a name."""

    text: str
    facts: tuple[Fact, ...] = ()
    form: str = ""  # "value", "before", "change", "percent", "share", "sum"
    named: Named | None = None


def filled(draft: Draft, ledger: Ledger, language: Language) -> Checked:
    """Return our own sentences, whose plain text is trusted, with their slots filled; and why others cannot be."""
    said: list[Said] = []
    refusals: list[Refusal] = []
    for sentence in draft.sentences:
        try:
            said.append(_said(sentence, ledger, language))
        except Refused as refused:
            refusals.append(Refusal(sentence, refused.message))
    return Checked(tuple(said), tuple(refusals), draft.by)


def taken_out(
    text: str, ledger: Ledger, named: Mapping[str, Named], language: Language
) -> tuple[str, tuple[Filled, ...]]:
    """Return a model's text with one private character for each slot, and what these hold. Raises Refused."""
    slots: list[Filled] = []
    out = ""
    for piece in _PIECE.finditer(text):
        if piece[0][0] not in "{}":
            out += piece[0]
            continue
        inside = piece[1] or ""
        slots.append(_name(inside, named) or _wider(piece[0], inside, ledger, language))
        out += chr(FIRST + len(slots) - 1)
    return out, tuple(slots)


def known_fact(ledger: Ledger, id: FactId) -> Fact:
    """Return a fact by the id that a sentence gives. Raises Refused where there is none, or its value is not known."""
    try:
        fact = ledger[id] if _ID.fullmatch(id) else None
    except KeyError:
        fact = None
    if fact is None:
        raise Refused("There is no fact {id}.", id=id[:40])
    if fact.value is None:
        raise Refused("{id} is not known.", id=fact.id)
    return fact


def _said(sentence: Sentence, ledger: Ledger, language: Language) -> Said:
    for id in sentence.rests_on:
        known_fact(ledger, id)
    line = _line(sentence.text, ledger, language)
    if not line:
        raise Refused("The sentence is empty.")
    used = (node.fact for node in line if isinstance(node, Figure))
    return Said(line, tuple(dict.fromkeys((*sentence.rests_on, *used))), sentence.part)


def _line(text: str, ledger: Ledger, language: Language) -> tuple[Inline, ...]:
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
        raise _no_slot(written)
    fact = known_fact(ledger, FactId(found[1]))
    return Figure(_text(fact, found[2] or "value", language), fact.id)


def _no_slot(written: str) -> Refused:
    return Refused("“{slot}” is no slot: write {example}.", slot=written[:40], example="{f3}")


def _name(inside: str, named: Mapping[str, Named]) -> Filled | None:
    found = named.get(inside)
    if found is not None and not found.plain:
        raise Refused("{id} may not be named here: its text could act.", id=found.id)
    return None if found is None else Filled(found.text, named=found)


def _wider(written: str, inside: str, ledger: Ledger, language: Language) -> Filled:
    found = _WIDER.fullmatch(inside)
    if found is None:
        raise _no_slot(written)
    fact = known_fact(ledger, FactId(found[1]))
    if found[3] is None:
        form = found[2] or "value"
        return Filled(_text(fact, form, language), (fact,), form)
    other = known_fact(ledger, FactId(found[4]))
    if fact.unit is not other.unit:
        raise Refused("{one} and {other} are not of the same unit.", one=fact.id, other=other.id)
    now, whole = fact.value or Decimal(0), other.value or Decimal(0)
    if found[3] == "+":
        return Filled(language.figure(now + whole, fact.unit), (fact, other), "sum")
    if not whole or now > whole:
        raise Refused("{one} is no share of {other}.", one=fact.id, other=other.id)
    return Filled(language.figure(now / whole, Unit.SHARE), (fact, other), "share")


def _text(fact: Fact, form: str, language: Language) -> str:
    if fact.value is None:
        raise Refused("{id} is not known.", id=fact.id)
    if form == "value":
        return language.figure(fact.value, fact.unit)
    if fact.before is None:
        raise Refused("{id} is not known for the window before.", id=fact.id)
    if form == "before":
        return language.figure(fact.before, fact.unit)
    if form == "change":
        return language.change(fact.value, fact.before, fact.unit)
    if not fact.before:
        raise Refused("{id} was 0 in the window before: it has no change in percent.", id=fact.id)
    share = language.figure(abs(fact.value - fact.before) / fact.before, Unit.SHARE)
    return ("+" if fact.value > fact.before else "−" if fact.value < fact.before else "±") + share
