"""A card laid out in rows of text: what the plain and the terminal renderers share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from model.card import (
    Attachment,
    Block,
    Card,
    Chart,
    Fields,
    Figure,
    Footer,
    Heading,
    Item,
    Items,
    Line,
    Remark,
    Table,
    Text,
    files_of,
    unfolded,
)
from model.language import Code
from writers.bars import draw
from writers.labels import FILES, file_label, say, titled
from writers.rows import (
    Look,
    Piece,
    Row,
    ends,
    flow,
    gap,
    hang,
    left,
    longest_word,
    pieces,
    right,
    width_of,
    words,
    wrap,
)
from writers.safe import MOST, MOST_PROSE

NARROWEST = 24  # columns; nothing readable fits into fewer
_LONGEST_WORD = 24  # columns of a word that a column of a table does not break
_MOST_LABEL = 28


def lay_out(card: Card, width: int) -> list[Row]:
    """Return a card in rows of at most `width` columns; its actions and notes are not in them."""
    width = max(NARROWEST, width)
    rows = ends(words(titled(card), Look.TITLE), words(card.subtitle, Look.DIM), width)
    under_heading = False
    for block in card.blocks:
        laid = _block(block, card.language, width)
        if laid:
            rows += laid if under_heading else [(), *laid]
            under_heading = isinstance(block, Heading)
    files = files_of(card)
    if files:
        rows += [(), *_attachments(files, card.language, width)]
    return rows


def _block(block: Block, code: Code, width: int) -> list[Row]:
    match block:
        case Heading(text=text):
            return wrap(words(text, Look.STRONG), width)
        case Text():
            return _text(block, width)
        case Fields(fields=fields):
            return _figures(fields, width) if _has_figures(fields) else _properties(fields, width)
        case Items(items=items):
            return _items(items, width)
        case Table():
            head, body = table_rows(block, width)
            return [*head, *body]
        case Chart():
            return draw(block, code, width)
        case Remark():
            return [row for part in unfolded(block) for row in _text(part, width)]
        case Footer(line=line):
            return wrap(pieces(line, Look.DIM, MOST_PROSE), width)
        case _:
            assert_never(block)


def _text(block: Text, width: int) -> list[Row]:
    rows: list[Row] = []
    for line in block.lines:
        row = pieces(line, most=MOST if block.bullets else MOST_PROSE)
        if row and block.bullets:
            rows += hang((Piece("• "),), row, width)
        elif row:
            rows += ([()] if rows else []) + wrap(row, width)
    return rows


def _has_figures(fields: Sequence[tuple[str, Line]]) -> bool:
    return any(isinstance(node, Figure) for _, line in fields for node in line)


def _figures(fields: Sequence[tuple[str, Line]], width: int) -> list[Row]:
    """Lay figures out one after the other, each with its name, never broken inside one that fits."""
    units: list[Row] = []
    for name, line in fields:
        unit = (*words(name), Piece(" "), *pieces(line, value=Look.STRONG))
        units += wrap(unit, width) if width_of(unit) > width else [unit]
    return flow(units, width, 3)


def _properties(fields: Sequence[tuple[str, Line]], width: int) -> list[Row]:
    """Lay named values out in two columns, or below each other where that leaves too little room."""
    names = [words(name, Look.DIM) for name, _ in fields]
    column = max((width_of(name) for name in names), default=0)
    rows: list[Row] = []
    for name, (_, line) in zip(names, fields, strict=True):
        if column <= min(_MOST_LABEL, width // 2):
            rows += hang(left(name, column) + gap(2), pieces(line, most=MOST_PROSE), width)
        else:
            rows += [*wrap(name, width), *hang(gap(2), pieces(line, most=MOST_PROSE), width)]
    return rows


def _items(items: Sequence[Item], width: int) -> list[Row]:
    """Lay a ranked list out: one row each where all fit, else the detail under its title."""
    numbers = len(str(len(items))) + 2
    ranks = max((width_of(words(item.rank)) for item in items), default=0)
    titles = [pieces(item.line, Look.STRONG) for item in items]
    details = [pieces(item.detail, Look.DIM) for item in items]
    title = max((width_of(row) for row in titles), default=0)
    detail = max((width_of(row) for row in details), default=0)
    taken = numbers + title + (3 + detail if detail else 0) + (3 + ranks if ranks else 0)
    rows: list[Row] = []
    for index, item in enumerate(items):
        number = left((Piece(f"{index + 1}", Look.DIM),), numbers)
        rank = right(words(item.rank), ranks)
        if taken <= width:
            rows += ends(number + left(titles[index], title + 3) + details[index], rank, width)
        else:
            rows += _stacked(number, titles[index], details[index], rank, width)
    return rows


def _stacked(number: Row, title: Row, detail: Row, rank: Row, width: int) -> list[Row]:
    """Lay one item out in several rows; its rank stands at the right of the first."""
    room = width - (width_of(rank) + 3 if rank else 0)
    first, *rest = hang(number, title, room)
    below = hang(gap(width_of(number)), detail, width) if detail else []
    return [*ends(first, rank, width), *rest, *below]


def table_rows(table: Table, width: int) -> tuple[list[Row], list[Row]]:
    """Lay a table out in aligned columns, or row by row where they cannot be made to fit; return its head and body."""
    count = max([len(table.head), *(len(row) for row in table.rows)], default=0)
    head = [words(name, Look.DIM) for name in (*table.head, *[""] * (count - len(table.head)))]
    body = [[pieces(cell) for cell in (*row, *[()] * (count - len(row)))] for row in table.rows]
    sizes = _sizes([head, *body], table.numeric, width)
    if sizes is None:
        return [], _records(head, body, width)
    rule = (Piece("─" * (sum(sizes) + 2 * (count - 1)), Look.DIM),)
    names = [*_cells(head, sizes, table.numeric), rule] if any(head) else []
    return names, [row for cells in body for row in _cells(cells, sizes, table.numeric)]


def _sizes(rows: Sequence[Sequence[Row]], numeric: frozenset[int], width: int) -> list[int] | None:
    """Return the width of each column, the widest ones of text narrowed until all fit; None where they cannot."""
    by_column = list(zip(*rows, strict=True))
    sizes = [max(width_of(cell) for cell in column) for column in by_column]
    least = [max(longest_word(cell) for cell in column) for column in by_column]
    excess = sum(sizes) + 2 * (len(sizes) - 1) - width
    for _ in range(max(0, excess)):
        soft = [n for n, size in enumerate(sizes) if n not in numeric and size > min(least[n], _LONGEST_WORD)]
        if not soft:
            return None
        sizes[max(soft, key=lambda n: sizes[n])] -= 1
    return sizes


def _cells(cells: Sequence[Row], sizes: Sequence[int], numeric: frozenset[int]) -> list[Row]:
    """Lay one row of a table out; it takes as many rows as its longest cell."""
    wrapped = [wrap(cell, size) if cell else [] for cell, size in zip(cells, sizes, strict=True)]
    rows: list[Row] = []
    for n in range(max((len(cell) for cell in wrapped), default=0)):
        parts = [cell[n] if n < len(cell) else () for cell in wrapped]
        rows.append(
            _joined(
                [right(p, s) if i in numeric else left(p, s) for i, (p, s) in enumerate(zip(parts, sizes, strict=True))]
            )
        )
    return rows


def _joined(parts: Sequence[Row]) -> Row:
    return tuple(piece for n, part in enumerate(parts) for piece in (gap(2) if n else ()) + part)


def _records(head: Sequence[Row], body: Sequence[Sequence[Row]], width: int) -> list[Row]:
    """Lay each row of a table out as a small list: its first cell, and the others with their names below it."""
    rows: list[Row] = []
    for cells in body:
        rows += wrap(cells[0], width)
        for name, cell in zip(head[1:], cells[1:], strict=True):
            if cell:
                rows += hang(gap(2), name + gap(1) + cell, width)
    return rows


def _attachments(attachments: Sequence[Attachment], code: Code, width: int) -> list[Row]:
    names = [words(file_label(attachment)) for attachment in attachments]
    label = words(say(FILES, code), Look.DIM) + gap(2)
    return [row for n, name in enumerate(names) for row in hang(label if n == 0 else gap(width_of(label)), name, width)]
