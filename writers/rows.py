"""Rows of styled text in columns of a terminal, where a Korean letter takes two."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import groupby, pairwise

from wcwidth import wcswidth

from model.card import Figure, Inline, Span, Style
from writers.safe import MOST, inert, safe_nodes


class Look(Enum):
    """How a piece stands out where the place can show it."""

    PLAIN = auto()
    TITLE = auto()
    STRONG = auto()
    EMPHASIS = auto()
    CODE = auto()
    DIM = auto()


@dataclass(frozen=True, slots=True)
class Piece:
    """Text in one look; inert, on one line."""

    text: str
    look: Look = Look.PLAIN


Row = tuple[Piece, ...]
_LOOKS = {Style.STRONG: Look.STRONG, Style.EMPHASIS: Look.EMPHASIS, Style.CODE: Look.CODE}


def pieces(line: Sequence[Inline], base: Look = Look.PLAIN, most: int = MOST, value: Look | None = None) -> Row:
    """Return a line of a card as pieces; a span's own style wins over `base`, the first figure looks like `value`."""
    found: list[Piece] = []
    for node, text in safe_nodes(line, most):
        look = _LOOKS.get(node.style, base) if isinstance(node, Span) else base
        if isinstance(node, Figure) and value:
            look, value = value, None
        found.append(Piece(text, look))
    return tuple(found)


def words(text: str, look: Look = Look.PLAIN) -> Row:
    """Return collected text as a row of one piece."""
    clean = inert(text).strip(" ")
    return (Piece(clean, look),) if clean else ()


def columns(text: str) -> int:
    """Return how many columns of a terminal inert text takes."""
    return len(text) if text.isascii() else max(0, wcswidth(text))


def width_of(row: Iterable[Piece]) -> int:
    """Return how many columns a row takes."""
    return columns("".join(piece.text for piece in row))


def gap(count: int) -> Row:
    """Return so many spaces."""
    return (Piece(" " * count),) if count > 0 else ()


def left(row: Row, width: int) -> Row:
    """Return a row filled up to `width` columns."""
    return row + gap(width - width_of(row))


def right(row: Row, width: int) -> Row:
    """Return a row set to the right of `width` columns."""
    return gap(width - width_of(row)) + row


def wrap(row: Row, width: int) -> list[Row]:
    """Return a row as rows of at most `width` columns, broken between words; a longer word is cut."""
    return flow([part for word in _split(row) for part in _cut(word, width)], width, 1)


def hang(first: Row, row: Row, width: int) -> list[Row]:
    """Return `row` wrapped beside `first`, later rows under its beginning."""
    indent = width_of(first)
    wrapped = wrap(row, width - indent) or [()]
    return [first + wrapped[0], *(gap(indent) + later for later in wrapped[1:])]


def flow(units: Iterable[Row], width: int, between: int) -> list[Row]:
    """Return units that must not be broken (nor be empty), `between` spaces apart, as many to a row as fit."""
    rows: list[Row] = []
    used = width + 1  # the first unit opens a row
    for unit in units:
        taken = width_of(unit)
        if used + between + taken <= width:
            look = unit[0].look if unit[0].look is rows[-1][-1].look else Look.PLAIN
            rows[-1] += (Piece(" " * between, look), *unit)
            used += between + taken
        else:
            rows.append(unit)
            used = taken
    return rows


def ends(near: Row, far: Row, width: int) -> list[Row]:
    """Return `near` at the left and `far` at the right of one row, or below each other where they do not fit."""
    room = width - width_of(near) - width_of(far)
    if not far or room < 3:
        return [*wrap(near, width), *wrap(far, width)]
    return [near + gap(room) + far]


def longest_word(row: Row) -> int:
    """Return how many columns the longest word of a row takes."""
    return max((width_of(word) for word in _split(row)), default=0)


def text_of(row: Row) -> str:
    """Return the bare text of a row without spaces at its end."""
    return "".join(piece.text for piece in row).rstrip(" ")


def _split(row: Row) -> list[Row]:
    """Return the words of a row; a word may change its look in its middle."""
    found: list[list[Piece]] = [[]]
    for piece in row:
        head, *tail = piece.text.split(" ")
        if head:
            found[-1].append(Piece(head, piece.look))
        found.extend([Piece(word, piece.look)] if word else [] for word in tail)
    return [tuple(word) for word in found if word]


def _cut(word: Row, width: int) -> list[Row]:
    """Return a word in parts of at most `width` columns."""
    if width_of(word) <= width:
        return [word]
    letters = [(letter, piece.look) for piece in word for letter in piece.text]
    cuts, used = [0], 0
    for index, (letter, _) in enumerate(letters):
        taken = columns(letter)
        if used + taken > width and index > cuts[-1]:
            cuts.append(index)
            used = 0
        used += taken
    cuts.append(len(letters))
    parts = (groupby(letters[start:end], key=lambda letter: letter[1]) for start, end in pairwise(cuts))
    return [tuple(Piece("".join(letter for letter, _ in run), look) for look, run in part) for part in parts]
