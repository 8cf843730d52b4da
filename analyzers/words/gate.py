"""The gate: of a model's sentences, those that the ledger and the collected fields bear out, word for word.

A sentence is cleaned (cleaning), its slots are filled by code (slots), each of its words is read (reading): a figure, a
day, a collected name, or a listed word; whatever else is refused. Free figures are worked out again (figures), words of
direction, rank and quantity are held against the facts (judging, comparing), what is spoken of against what they count
(subjects, periods), names and days against what they belong to (belonging). docs/words.md says it with examples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from analyzers.words.answer import MOST_SENTENCES, MOST_TEXT
from analyzers.words.belonging import belong
from analyzers.words.case import Case
from analyzers.words.clauses import Clauses, Figured
from analyzers.words.cleaning import Refused, Styled, cleaned, refuse_odd, unstyled
from analyzers.words.figures import resolved
from analyzers.words.judging import judge
from analyzers.words.reading import Reader
from analyzers.words.slots import Filled, known_fact, taken_out
from analyzers.words.tokens import Token
from model.card import Figure, Inline, Span, Style, plain
from model.language import Language
from model.ledger import Fact, Ledger
from model.words import Checked, Draft, Fields, Refusal, Said, Sentence

MOST_SHOWN = 1_200  # characters of all sentences together, as they are shown
_MOST_SAID = 320  # of one


@dataclass(frozen=True, slots=True)
class Defences:
    """What stands between a model's text and a card; tests take one away and see what comes through."""

    clean: Callable[[str], str] = cleaned
    odd: Callable[[str], None] = refuse_odd
    read: type[Reader] = Reader
    figures: Callable[[int, Clauses, Sequence[Fact], Ledger, Sequence[Figured]], Figured | None] = resolved
    judge: Callable[[Case], None] = judge
    belong: Callable[[Case], None] = belong
    most: int = MOST_SHOWN


ALL = Defences()


def check(draft: Draft, ledger: Ledger, fields: Fields, language: Language, by: Defences = ALL) -> Checked:
    """Return a model's sentences that hold, as nodes of a card, and why each of the others does not."""
    said: list[Said] = []
    refusals: list[Refusal] = []
    room = by.most
    for sentence in draft.sentences[:MOST_SENTENCES]:
        try:
            one = _said(sentence, ledger, fields, language, by)
            size = len(plain(one.line))
            if size > min(room, _MOST_SAID):
                raise Refused("It is more than fits: say less.")
            room -= size
            said.append(one)
        except Refused as refused:
            refusals.append(Refusal(sentence, refused.message))
    return Checked(tuple(said), tuple(refusals), draft.by)


def _said(sentence: Sentence, ledger: Ledger, fields: Fields, language: Language, by: Defences) -> Said:
    named = {one.id: one for one in fields.named}
    text, slots = taken_out(by.clean(sentence.text[: MOST_TEXT + 1]), ledger, named, language)
    text, styles = unstyled(text)
    by.odd(text)
    facts = _facts(sentence, slots, ledger, fields)
    labels = frozenset(value for fact in facts for _, value in fact.labels)
    tokens = by.read(language.code, fields.named, slots, labels).read(text)
    words = [token for token in tokens if token.kind == "word" and token.text.isalpha()]
    of_something = any(token.kind in ("figure", "day", "name") for token in tokens) or any(
        tag.startswith("n.") for word in words for tag in word.tags
    )
    if not words or not of_something:
        raise Refused("The sentence is empty.")
    clauses = Clauses(tokens, language.code)
    figures: list[Figured] = []
    for at, token in enumerate(tokens):
        figures += [_figured(at, clauses, facts, ledger, figures, by)] if token.kind == "figure" else []
    case = Case(clauses, figures, facts, ledger)
    by.judge(case)
    by.belong(case)
    line = tuple(_nodes(text, tokens, figures, styles))
    return Said(line, tuple(fact.id for fact in facts), "happened")


def _facts(sentence: Sentence, slots: Sequence[Filled], ledger: Ledger, fields: Fields) -> tuple[Fact, ...]:
    """Return what the sentence rests on, that of its slots too. Raises Refused where it is nothing or hidden."""
    used = [fact for slot in slots for fact in slot.facts]
    facts = {fact.id: fact for fact in (*(known_fact(ledger, id) for id in sentence.rests_on), *used)}
    hidden = [id for id in facts if id not in fields.facts]
    if hidden:
        raise Refused("There is no fact {id}.", id=hidden[0])
    if not facts:
        raise Refused("It rests on no fact: give the ids in rests_on.")
    return tuple(facts.values())


def _figured(
    at: int, clauses: Clauses, facts: Sequence[Fact], ledger: Ledger, said: Sequence[Figured], by: Defences
) -> Figured:
    filled = clauses.tokens[at].filled
    if filled is not None:
        return Figured(at, filled.facts, filled.form)
    found = by.figures(at, clauses, facts, ledger, said)
    if found is None:
        raise Refused("“{figure}” is no figure of these facts: write it as a slot.", figure=clauses.tokens[at].text)
    return found


def _nodes(
    text: str, tokens: Sequence[Token], figures: Sequence[Figured], styles: Sequence[Styled]
) -> Iterator[Inline]:
    """Yield the text between figures and names as it is, these as nodes of their own."""
    of = {figure.at: figure for figure in figures}
    at = 0
    for n, token in enumerate(tokens):
        figure = of.get(n)
        if token.named is None and (figure is None or not figure.facts):
            continue
        yield from _spans(text, at, token.start, styles)
        shown = token.filled.text if token.filled is not None else token.text
        if token.named is not None:
            style = Style.EMPHASIS if token.named.kind == "thing" else Style.PLAIN
            yield Span(token.named.text, style, token.named.url)
            at = token.start + (len(token.text) if text.startswith(token.text, token.start) else 1)
        elif figure is not None:
            yield Figure(shown, figure.facts[0].id)
            at = token.start + (1 if token.filled is not None else len(token.text))
    yield from _spans(text, at, len(text), styles)


def _spans(text: str, start: int, end: int, styles: Sequence[Styled]) -> Iterator[Span]:
    edges = sorted({start, end, *(e for s in styles for e in (s.start, s.end) if start < e < end)})
    for first, last in pairwise(edges):
        style = next((s.style for s in styles if s.start <= first and last <= s.end), Style.PLAIN)
        if last > first:
            yield replace(Span(text[first:last]), style=style)
