"""Lines of a card as elements of Slack's rich text and cells of its tables: nothing in them is markup.

https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
https://docs.slack.dev/reference/block-kit/blocks/table-block
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from pydantic import JsonValue

from model.card import Chart, Figure, Inline, Instant, Item, Line, Mention, Span, Style, Table
from model.language import Code
from writers.bars import draw
from writers.rows import text_of
from writers.safe import MOST, MOST_PROSE, inert, linked, safe_line, safe_nodes

Json = dict[str, JsonValue]

SECTION = 2500  # characters of one section; a span of prose has at most MOST_PROSE of them
URL = 3000  # characters of a link (https://docs.slack.dev/reference/block-kit/block-elements/button-element)
ROWS, COLUMNS, CELLS = 100, 20, 10_000  # of a table, with its head: rows, columns, characters in all cells
_TABLE = CELLS - 500  # characters that we put into one
_CHART = 44  # columns of a chart in text: what fits on a phone
_STYLES = {Style.STRONG: "bold", Style.EMPHASIS: "italic", Style.CODE: "code"}
_DATE = "{date_short_pretty} {time}"  # in the reader's zone and language
_NOTHING = "–"
_USER = re.compile(r"[UW][A-Z0-9]{1,30}")


def sections(line: Line, *, bold: bool = False, most: int = MOST_PROSE) -> list[Json]:
    """Return a line as sections, several where one would be too long; none for an empty line."""
    return [{"type": "rich_text_section", "elements": part} for part in divided(elements(line, bold=bold, most=most))]


def titled(text: str) -> list[Json]:
    """Return a heading."""
    return sections((Span(text),), bold=True, most=MOST)


def elements(line: Line, *, bold: bool = False, most: int = MOST_PROSE) -> list[Json]:
    """Return a line as elements of rich text."""
    found: list[Json] = []
    for node, text in safe_nodes(line, most):
        one, last = _element(node, text, bold), found[-1] if found else {}
        joined = f"{last.get('text')}{text}"
        same = (one["type"], one.get("style")) == ("text", last.get("style")) and last.get("type") == "text"
        if same and len(joined) <= most:
            found[-1] = {**last, "text": joined}
        else:
            found.append(one)
    return found


def plain_element(text: str, *style: str) -> Json:
    """Return our own or inert text as an element."""
    made: Json = {"type": "text", "text": text}
    return {**made, "style": dict.fromkeys(style, True)} if style else made


def listed(section: Json, style: str = "bullet", before: int = 0) -> Json:
    """Return a section as the item of a list; `before`: how many items of it stand before, in an ordered one."""
    made: Json = {"type": "rich_text_list", "style": style, "elements": [section]}
    return {**made, "offset": before} if before else made


def size(value: JsonValue) -> int:
    """Return how many characters of text a block or an element shows."""
    if isinstance(value, dict):
        own = sum(len(text) for key in ("text", "fallback", "alt_text") if isinstance(text := value.get(key), str))
        return own + sum(size(one) for one in value.values() if isinstance(one, dict | list))
    return sum(size(one) for one in value) if isinstance(value, list) else 0


def tables(table: Table) -> list[tuple[Json, Table]]:
    """Return a table as blocks without an id, in order, each with its part of it; none where it cannot be one."""
    if not table.rows or not 0 < len(table.head) <= COLUMNS or any(len(row) > COLUMNS for row in table.rows):
        return []
    head: list[JsonValue] = [_cell((Span(name, Style.STRONG),)) for name in table.head]
    settings: list[JsonValue] = [
        {"align": "right" if index in table.numeric else "left", "is_wrapped": index not in table.numeric}
        for index in range(len(table.head))
    ]
    found: list[list[JsonValue]] = []
    room = 0
    for row in table.rows:
        cells: list[JsonValue] = [_cell(cell) for cell in row]
        needed = size(cells)
        if size(head) + needed > _TABLE:
            return []
        if not found or room < needed or len(found[-1]) >= ROWS:
            found.append([head])
            room = _TABLE - size(head)
        found[-1].append(cells)
        room -= needed
    made: list[tuple[Json, Table]] = []
    at = 0
    for rows in found:
        after = at + len(rows) - 1  # without the head
        part = replace(table, rows=table.rows[at:after])
        made.append(({"type": "table", "rows": rows, "column_settings": settings}, part))
        at = after
    return made


def rows(table: Table) -> list[Json]:
    """Return a table as lists, a row each: for where there can be no table."""
    made: list[Json] = []
    if not table.rows:
        return sections((Span(" · ".join(inert(name) for name in table.head)),), bold=True, most=SECTION)
    for row in table.rows:
        line: list[Inline] = []
        for index, cell in enumerate(row):
            name = inert(table.head[index]).strip(" ") if index < len(table.head) else ""
            line += [Span(" · ")] if index else []
            line += [Span(f"{name}: ")] if name else []
            line += [one if one.kind != "span" or one.text else Span(_NOTHING) for one in cell]
        made += [listed(part) for part in sections(tuple(line), most=MOST)]
    return made


def drawn(chart: Chart, code: Code) -> list[Json]:
    """Return a chart as text in columns."""
    parts: list[list[str]] = [[]]
    for row in draw(chart, code, _CHART):
        if sum(len(text) + 1 for text in parts[-1]) + len(text_of(row)) > SECTION:
            parts.append([])
        parts[-1].append(text_of(row))
    shown = ["\n".join(part) for part in parts]
    return [{"type": "rich_text_preformatted", "elements": [plain_element(text)]} for text in shown if text.strip()]


def field(name: str, line: Line) -> list[Json]:
    """Return a named value: of a figure the value stands out, else the name."""
    label = inert(name).strip(" ")
    figure = any(isinstance(node, Figure) for node in line)
    first = plain_element(f"{label}  ") if figure else plain_element(f"{label}  ", "bold")
    head = line[:1] if figure else ()
    strong = tuple(Span(node.text, Style.STRONG) for node in head if isinstance(node, Figure))
    value = elements((*strong, *line[len(strong) :]), most=MOST)
    made = [first, *value] if label else value
    return [{"type": "rich_text_section", "elements": part} for part in divided(made)]


def item(work: Item, before: int) -> list[Json]:
    """Return a ranked piece of work: what, its priority, and a line with who and how long."""
    head = elements(work.line, bold=True, most=MOST)
    rank = inert(work.rank).strip(" ")
    if rank:
        head += [plain_element("  "), plain_element(rank, "code")]
    detail = elements(work.detail, most=MOST)
    made = [*head, plain_element("\n"), *detail] if detail and head else [*head, *detail]
    parts: list[Json] = [{"type": "rich_text_section", "elements": part} for part in divided(made)]
    return [listed(parts[0], "ordered", before), *parts[1:]] if parts else []


def is_plain(line: Line) -> bool:
    """Tell whether a line has nothing but words."""
    return all(isinstance(node, Figure) or (isinstance(node, Span) and linked(node) is None) for node in line)


def escaped(text: str, most: int) -> str:
    """Return text for a `text` argument, in which three characters are markup; at most so many characters of it."""
    found: list[str] = []
    room = most - 1
    for letter in text:
        one = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}.get(letter, letter)
        room -= len(one)
        if room < 0:
            return "".join(found).rstrip() + "…"
        found.append(one)
    return "".join(found)


def shown(blocks: Sequence[JsonValue]) -> str:
    """Return the words of blocks, for a page's fallback."""

    def walk(value: JsonValue) -> Iterable[str]:
        if isinstance(value, dict):
            yield from (str(value[key]) for key in ("text", "fallback", "alt_text") if isinstance(value.get(key), str))
            value = [*value.values()]
        for one in value if isinstance(value, list) else ():
            yield from walk(one)

    return " ".join(walk([*blocks])) or "…"


def _element(node: Inline, text: str, bold: bool) -> Json:
    style: dict[str, JsonValue] = {"bold": True} if bold or isinstance(node, Mention) else {}
    if isinstance(node, Span) and node.style in _STYLES:
        style = {**style, _STYLES[node.style]: True}
    if isinstance(node, Mention) and node.user and _USER.fullmatch(node.user):
        return {"type": "user", "user_id": node.user, "style": style}
    if isinstance(node, Instant):
        made: Json = {"type": "date", "timestamp": int(node.at.timestamp()), "format": _DATE, "fallback": text}
    elif (url := linked(node)) is not None and len(url) <= URL:
        made = {"type": "link", "url": url, "text": text}
    else:
        made = {"type": "text", "text": text}
    return {**made, "style": style} if style else made


def _cell(line: Line) -> Json:
    made = elements(line, most=MOST)
    if not made:
        return {"type": "raw_text", "text": _NOTHING}
    if all(one["type"] == "text" and "style" not in one for one in made):
        return {"type": "raw_text", "text": safe_line(line)}
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [*made]}]}


def divided(found: Sequence[Json]) -> list[list[JsonValue]]:
    """Divide elements into sections that are short enough."""
    parts: list[list[JsonValue]] = []
    room = 0
    for one in found:
        if not parts or size(one) > room:
            parts.append([])
            room = SECTION
        parts[-1].append(one)
        room -= size(one)
    return parts
