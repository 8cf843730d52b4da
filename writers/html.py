"""A card as one HTML document that stands alone: no script, nothing loaded, light and dark, for screen and paper."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from html import escape
from pathlib import Path
from typing import assert_never

from model.card import (
    Block,
    Card,
    Chart,
    Fields,
    Figure,
    Footer,
    Heading,
    Inline,
    Instant,
    Items,
    Line,
    Mention,
    Note,
    Remark,
    Span,
    Style,
    Table,
    Text,
    files_of,
    unfolded,
)
from model.ids import FactId
from model.language import Code
from writers.bars import spoken, value_at
from writers.drawing import svg, swatch
from writers.labels import DATA, EVIDENCE, FILES, file_label, more_records, say, titled, tone_word
from writers.safe import MOST, MOST_PROSE, inert, linked, right_to_left, safe_nodes
from writers.scales import known

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_FACT = re.compile(r"f[0-9]{1,9}")
_DARKEST = 5  # shade of a cell, in html.css
_TAGS = {Style.STRONG: "strong", Style.EMPHASIS: "em", Style.CODE: "code"}


def render(card: Card) -> str:
    """Return a whole HTML document; links lead only to the http(s) URLs of spans."""
    numbers = {note.fact: n for n, note in reversed(list(enumerate(card.notes, 1))) if _FACT.fullmatch(note.fact)}
    page = _Page(card.language, numbers)
    blocks = "\n".join(page.block(block, f"c{n}") for n, block in enumerate(card.blocks, 1))
    return f"""<!doctype html>
<html lang="{card.language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{escape(titled(card))}</title>
<style>
{style_sheet()}</style>
</head>
<body>
<main class="{card.tone}">
{_header(card)}
{blocks}
{_files(card)}{page.notes(card.notes)}</main>
</body>
</html>
"""


@cache
def style_sheet() -> str:
    """Return the style sheet that lies beside this file."""
    return (Path(__file__).parent / "html.css").read_text(encoding="utf-8")


def _header(card: Card) -> str:
    tone = tone_word(card)
    return (
        "<header>\n"
        + (f'<p class="tone">{escape(tone)}</p>\n' if tone else "")
        + f"<h1>{_text(card.title)}</h1>\n"
        + (f'<p class="subtitle">{_text(card.subtitle)}</p>\n' if card.subtitle else "")
        + "</header>"
    )


def _files(card: Card) -> str:
    files = files_of(card)
    if not files:
        return ""
    names = "".join(f"<li>{_isolated(file_label(file))}</li>" for file in files)
    return f"<h2>{escape(say(FILES, card.language))}</h2>\n<ul>{names}</ul>\n"


class _Page:
    """What the blocks of one document share: its language and the numbers of its notes."""

    def __init__(self, code: Code, numbers: Mapping[FactId, int]) -> None:
        self._code: Code = code
        self._numbers = numbers

    def block(self, block: Block, key: str) -> str:
        """Return one block; `key` makes its ids unique."""
        match block:
            case Heading(text=text):
                return f"<h2>{_text(text)}</h2>"
            case Text(lines=lines, bullets=True):
                return "<ul>\n" + "".join(f"<li>{self._line(line)}</li>\n" for line in lines) + "</ul>"
            case Text(lines=lines):
                return "\n".join(f"<p>{self._line(line, MOST_PROSE)}</p>" for line in lines)
            case Fields():
                return self._fields(block)
            case Items():
                return self._items(block)
            case Table():
                return self._table(block)
            case Chart():
                return self._chart(block, key)
            case Remark():
                inside = "\n".join(self.block(part, key) for part in unfolded(block))
                return f'<section class="remark">\n{inside}\n</section>'
            case Footer(line=line):
                return f"<footer>{self._line(line, MOST_PROSE)}</footer>"
            case _:
                assert_never(block)

    def notes(self, notes: Sequence[Note]) -> str:
        """Return the evidence: per figure its arithmetic and the records behind it."""
        if not notes:
            return ""
        items = "".join(self._note(note, number) for number, note in enumerate(notes, 1))
        title = escape(say(EVIDENCE, self._code))
        return f'<section class="notes">\n<h2>{title}</h2>\n<ol>\n{items}</ol>\n</section>\n'

    def _note(self, note: Note, number: int) -> str:
        place = f' id="{note.fact}"' if self._numbers.get(note.fact) == number else ""
        records = [text for text in (self._line((link,)) for link in note.links) if text]
        if note.more > 0:
            records.append(escape(more_records(note.more, self._code)))
        shown = f' <span class="records">{" · ".join(records)}</span>' if records else ""
        return f"<li{place}>{_text(note.arithmetic)}{shown}</li>\n"

    def _line(self, line: Line, most: int = MOST, value: bool = False) -> str:
        """Return a line; each figure's note is numbered once in it, and with `value` its first figure stands out."""
        seen: set[FactId] = set()
        parts: list[str] = []
        for node, text in safe_nodes(line, most):
            if isinstance(node, Figure):
                parts.append(self._figure(text, node.fact, value, node.fact not in seen))
                seen.add(node.fact)
                value = False
            else:
                parts.append(_node(node, _isolated(text)))
        return "".join(parts)

    def _figure(self, text: str, fact: FactId, value: bool, first: bool) -> str:
        classes = "figure value" if value else "figure"
        number = self._numbers.get(fact)
        if number is None:
            return f'<span class="{classes}">{_isolated(text)}</span>'
        note = f' data-note="{number}"' if first else ""
        return f'<a class="{classes}" href="#{fact}"{note}>{_isolated(text)}</a>'

    def _fields(self, block: Fields) -> str:
        figures = any(isinstance(node, Figure) for _, line in block.fields for node in line)
        rows = [(_text(name), self._line(line, MOST_PROSE, value=figures)) for name, line in block.fields]
        if figures:
            return (
                '<dl class="figures">\n' + "".join(f"<div><dt>{n}</dt><dd>{v}</dd></div>\n" for n, v in rows) + "</dl>"
            )
        return '<dl class="properties">\n' + "".join(f"<dt>{n}</dt><dd>{v}</dd>\n" for n, v in rows) + "</dl>"

    def _items(self, block: Items) -> str:
        parts = ['<ol class="items">\n']
        for item in block.items:
            rank = f' <span class="rank">{_text(item.rank)}</span>' if item.rank else ""
            detail = self._line(item.detail)
            parts.append(f'<li><p class="what"><span>{self._line(item.line)}</span>{rank}</p>')
            parts.append(f'<p class="detail">{detail}</p></li>\n' if detail else "</li>\n")
        return "".join([*parts, "</ol>"])

    def _table(self, block: Table) -> str:
        head = [_text(name) for name in block.head]
        rows = [[self._line(cell) for cell in row] for row in block.rows]
        return _table(head, rows, block.numeric)

    def _chart(self, block: Chart, key: str) -> str:
        """Return the picture, what it shows, and its values as a table for those who cannot see it."""
        if block.shape == "heat":
            return self._heat(block)
        legend = "".join(f"<li>{swatch(block, n, key)}{_text(s.name)}</li>" for n, s in enumerate(block.series))
        rows = [
            [_text(label), *(escape(spoken(value_at(s, n), block.unit, self._code)) for s in block.series)]
            for n, label in enumerate(block.labels)
        ]
        values = _table(["", *(_text(s.name) for s in block.series)], rows, frozenset(range(1, len(block.series) + 1)))
        return (
            f'<figure>\n<h3>{_text(block.title)}</h3>\n<ul class="legend">{legend}</ul>\n'
            f"{svg(block, self._code, key)}\n"
            f"<figcaption>{_text(block.alt)}</figcaption>\n"
            f"<details><summary>{escape(say(DATA, self._code))}</summary>\n{values}\n</details>\n</figure>"
        )

    def _heat(self, block: Chart) -> str:
        """Return a grid: a row for each series, in which a value's cell is the darker the larger it is."""
        count = range(len(block.labels))
        shade = _shades([value for series in block.series for n in count if (value := known(series, n)) is not None])
        head = "".join(f'<th scope="col" class="n">{_text(label)}</th>' for label in block.labels)
        parts = [f'<div class="scroll"><table class="heat">\n<thead><tr><td></td>{head}</tr></thead>\n<tbody>\n']
        for series in block.series:
            texts = [escape(spoken(value_at(series, n), block.unit, self._code)) for n in count]
            cells = "".join(f'<td class="n{shade(known(series, n))}">{texts[n]}</td>' for n in count)
            parts.append(f'<tr><th scope="row">{_text(series.name)}</th>{cells}</tr>\n')
        grid = "".join([*parts, "</tbody></table></div>"])
        return (
            f"<figure>\n<h3>{_text(block.title)}</h3>\n{grid}\n<figcaption>{_text(block.alt)}</figcaption>\n</figure>"
        )


def _shades(values: Sequence[Decimal]) -> Callable[[Decimal | None], str]:
    """Return what gives each of these values its shade, as a class; none where a value is not known."""
    low, high = min(values, default=Decimal(0)), max(values, default=Decimal(0))

    def shade(value: Decimal | None) -> str:
        if value is None:
            return ""
        return f" h{int((value - low) * _DARKEST / (high - low)) if high > low else 0}"

    return shade


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], numeric: frozenset[int]) -> str:
    """Return a table of finished cells; columns in `numeric` are set to the right."""
    parts = ['<div class="scroll"><table>\n']
    if any(head):
        cells = (f'<th scope="col"{_right(n, numeric)}>{name}</th>' for n, name in enumerate(head))
        parts.append(f"<thead><tr>{''.join(cells)}</tr></thead>\n")
    parts.append("<tbody>\n")
    for row in rows:
        cells = (f"<td{_right(n, numeric)}>{cell}</td>" for n, cell in enumerate(row))
        parts.append(f"<tr>{''.join(cells)}</tr>\n")
    return "".join([*parts, "</tbody></table></div>"])


def _right(column: int, numeric: frozenset[int]) -> str:
    return ' class="n"' if column in numeric else ""


def _node(node: Inline, text: str) -> str:
    """Return a node that is no figure around its finished text."""
    match node:
        case Span(style=style):
            tag = _TAGS.get(style)
            inner = f"<{tag}>{text}</{tag}>" if tag else text
            url = linked(node)
            return f'<a href="{escape(url)}" rel="noopener noreferrer nofollow">{inner}</a>' if url else inner
        case Mention():
            return f"<strong>{text}</strong>"
        case Instant(at=at):
            return f'<time datetime="{at.isoformat()}">{text}</time>'
        case Figure():
            return text
        case _:
            assert_never(node)


def _text(text: str) -> str:
    return _isolated(inert(text).strip(" "))


def _isolated(text: str) -> str:
    """Return escaped text; one that runs from right to left is kept from turning its neighbours around."""
    return f"<bdi>{escape(text)}</bdi>" if right_to_left(text) else escape(text)
