"""The cards that commands answer with, built in one manner."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from model.card import Action, Block, Card, Heading, Line, Span, Style, Table, Text, Tone, text_line
from model.errors import ArbError, UnknownName
from model.language import Language, Message


def card(
    language: Language,
    title: str,
    blocks: Iterable[Block] = (),
    actions: Iterable[Action] = (),
    tone: Tone = Tone.NEUTRAL,
    run: str | None = None,
) -> Card:
    """Return a private card."""
    return Card(title, tuple(blocks), language.code, tuple(actions), tone=tone, private=True, run=run)


def refusal(error: ArbError, language: Language) -> Card:
    """Return an error as a card: what happened, and what to type next."""
    lines: list[Line] = []
    if isinstance(error, UnknownName) and error.close:
        close = Message("Did you mean {names}?", {"names": ", ".join(error.close)})
        lines.append(text_line(language.say(close)))
    if error.hint is not None:
        lines.append(text_line(language.say(error.hint)))
    blocks = (Text(tuple(lines)),) if lines else ()
    return card(language, language.say(error.message), blocks, tone=Tone.WARNING)


def table(head: Sequence[str], rows: Iterable[Sequence[str | Line]], numeric: Iterable[int] = ()) -> Table:
    """Return a table whose cells may be bare text."""
    lines = tuple(tuple(text_line(cell) if isinstance(cell, str) else cell for cell in row) for row in rows)
    return Table(tuple(head), lines, frozenset(numeric))


def typed(line: str) -> Line:
    """Return something to type, as code."""
    return (Span(line, Style.CODE),)


def paragraphs(*lines: str | Line, bullets: bool = False) -> Text:
    """Return text, one line each."""
    return Text(tuple(text_line(line) if isinstance(line, str) else line for line in lines), bullets)


def group(title: str, *lines: str | Line) -> tuple[Block, ...]:
    """Return a heading with bullets under it."""
    return Heading(title), paragraphs(*lines, bullets=True)
