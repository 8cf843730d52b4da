"""A card for a person at a terminal: the plain text, with weight and colour where the terminal shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from model.card import CARD, Action, Card, Text, Tone, text_line
from model.delivery import Payload
from model.language import Code, Language, Message
from writers.layout import NARROWEST, lay_out
from writers.rows import Look, Piece, Row, flow, text_of, width_of, words, wrap

POSSIBLE_REPEAT = Message("Possible repeat: this may have been shown before.")
_WIDEST = 110  # columns; longer lines are hard to read
_RESET = "\x1b[0m"
_TITLES = {Tone.NEUTRAL: "1", Tone.GOOD: "1;32", Tone.WARNING: "1;33", Tone.CRITICAL: "1;31"}
_CODES = {Look.PLAIN: "", Look.STRONG: "1", Look.EMPHASIS: "3", Look.CODE: "36", Look.DIM: "2"}


def render(card: Card, width: int, colour: bool) -> str:
    """Return a card in lines of at most `width` columns, its actions numbered below; `colour` allows ANSI escapes."""
    width = max(NARROWEST, min(width, _WIDEST))
    rows = lay_out(card, width)
    if card.actions:
        rows += [(), *_actions(card.actions, width)]
    codes = {**_CODES, Look.TITLE: _TITLES[card.tone]}
    return "".join((_painted(row, codes) if colour else text_of(row)) + "\n" for row in rows)


def payload_of(card: Card) -> Payload:
    """Return a card as a terminal's message: whole, as it is laid out for the window it will be shown in."""
    return Payload({"card": CARD.dump_python(card, mode="json")})


def card_of(payload: Payload) -> Card:
    """Return the card of a terminal's message."""
    return CARD.validate_python(payload.body["card"])


def repeated(payload: Payload, code: Code) -> Payload:
    """Return a terminal's message marked as a possible repeat."""
    card = card_of(payload)
    mark = Text((text_line(Language(code).say(POSSIBLE_REPEAT)),))
    return payload_of(replace(card, blocks=(mark, *card.blocks)))


def _actions(actions: Sequence[Action], width: int) -> list[Row]:
    """Lay the actions out as one presses them: "[1] Why?  [2] Run again"."""
    units: list[Row] = []
    for number, action in enumerate(actions, 1):
        unit = (Piece(f"[{number}]", Look.STRONG), Piece(" "), *words(action.label))
        units += wrap(unit, width) if width_of(unit) > width else [unit]
    return flow(units, width, 2)


def _painted(row: Row, codes: Mapping[Look, str]) -> str:
    """Return a row with escapes around what stands out; every row ends in the terminal's usual look."""
    left_over = len(text_of(row))  # without the spaces at its end
    painted: list[str] = []
    for look, run in groupby(row, key=lambda piece: piece.look):
        text = "".join(piece.text for piece in run)[:left_over]
        left_over -= len(text)
        painted.append(f"\x1b[{codes[look]}m{text}{_RESET}" if codes[look] and text else text)
    return "".join(painted)
