"""A card as plain text: for pipes, logs and the text field of JSON."""

from __future__ import annotations

from model.card import Card
from writers.layout import lay_out
from writers.rows import text_of


def render(card: Card, width: int = 100) -> str:
    """Return the text of a card in lines of at most `width` columns, ending with a newline."""
    return "\n".join(text_of(row) for row in lay_out(card, width)) + "\n"
