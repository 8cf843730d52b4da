"""A card as messages of Slack, within every limit: a root, and pages that follow in its thread. Pure.

Limits: https://docs.slack.dev/reference/block-kit/blocks and the classes of slack_sdk.models. Where nobody states one,
the figure here is smaller than what others have seen refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pydantic import JsonValue

from model.card import (
    Action,
    Attachment,
    Block,
    Card,
    Chart,
    Fields,
    Footer,
    Heading,
    Items,
    Remark,
    Span,
    Table,
    Text,
    files_of,
    lines_of,
    picture_of,
    without_remark,
)
from model.delivery import Payload
from model.language import Code, Language, Message
from writers import plain, slack_text
from writers.labels import file_label
from writers.labels import titled as title_of
from writers.safe import MOST, inert, safe_line
from writers.slack_text import Json, listed, plain_element, sections, size

BLOCKS = 50  # of a message
HEADER = 150  # characters
CONTEXT = 2000  # characters of one element of a context: "text" of a text object has at most 3,000
BUTTONS, LABEL = 25, 75  # of an actions block; characters on one
ALT = 2000  # characters of a picture's words, and of its title
FALLBACK = 3500  # characters of `text`: Slack recommends 4,000 and may divide longer ones
PAGE = 3500  # characters of a page besides its table
RICH = 2800  # characters of one rich_text block
REMARK = 2000  # characters kept for a language model's words: how many they are moves nothing else
_ROOM = 3  # blocks of a message that are kept free: page mark, mark of a repeat
ACTION = "arb1:"  # what every action_id begins with
_REPEAT = Message("Possible repeat: it may have been posted before.")


@dataclass
class _Unit:
    """What stays together: a block, what it is instead of it where a page can have it no more, what it needs."""

    block: Json
    instead: list[Json] = field(default_factory=list)
    file: Attachment | None = None
    heading: bool = False  # it goes where what follows it goes
    room: int = 0  # that is kept for it, whatever it needs of that

    @property
    def size(self) -> int:
        return self.room or (0 if self.block["type"] == "table" else size(self.block))


@dataclass
class _Page:
    units: list[_Unit] = field(default_factory=list)
    room: int = PAGE
    blocks: int = BLOCKS - _ROOM
    table: bool = False

    def takes(self, unit: _Unit) -> bool:
        return not self.units or (self.room >= unit.size and self.blocks > 0)

    def add(self, unit: _Unit) -> None:
        self.units.append(unit)
        self.room -= unit.size
        self.blocks -= 1
        self.table = self.table or unit.block["type"] == "table"


def render(card: Card) -> tuple[Payload, ...]:
    """Return the messages that a card is: the root with its buttons, its pages, its files."""
    head, foot, buttons = _head(card), _foot(card), _buttons(card.actions)
    pages = _paged(head, _body(card), foot, len(buttons))
    pages[0].units += [*foot, *(_Unit(block) for block in buttons)]
    text = _fallback(card)
    made = [_message(card, page, n, len(pages), text) for n, page in enumerate(pages, 1)]
    files = [
        Payload({"text": slack_text.escaped(file_label(file), FALLBACK), "file": file.name}, (file,))
        for file in files_of(card)
    ]
    return (*made, *files)


def surface(card: Card, most: int, size: int) -> list[Json]:
    """Return a card as blocks of a place that has neither tables nor pictures of ours, nor pages.

    `most`, `size`: so many blocks of so many bytes in all; what is too much is left out, and "…" says so.
    """
    units = [*_head(card), *_body(card), *_foot(card)]
    blocks = [
        block
        for unit in units
        for block in (unit.instead if unit.block["type"] in ("table", "image") else [unit.block])
    ]
    buttons = _buttons(card.actions)
    more, shown = _context("…"), []
    room = size - len(json.dumps([*buttons, more]))
    for n, block in enumerate(blocks, 1):
        room -= len(json.dumps([block]))
        if room < 0 or (n == most - len(buttons) < len(blocks)):
            shown.append(more)
            break
        shown.append(block)
    return [*shown, *buttons]


def repeated(payload: Payload, code: Code) -> Payload:
    """Return a message marked as a possible repeat; one block of it is kept free for that."""
    mark = Language(code).say(_REPEAT)
    body = {**payload.body, "text": f"{mark} {payload.body['text']}"[: FALLBACK + len(mark)]}
    blocks = body.get("blocks")
    if isinstance(blocks, list):
        body["blocks"] = [_context(mark), *blocks]
    return Payload(body, payload.attachments, payload.degraded)


def _fallback(card: Card) -> str:
    return slack_text.escaped(plain.render(without_remark(card)).encode("utf-8", "replace").decode(), FALLBACK) or "…"


def _message(card: Card, page: _Page, number: int, of: int, text: str) -> Payload:
    blocks: list[Json] = [unit.block for unit in page.units]
    if of > 1:
        mark = f"{number}/{of}"
        name = inert(title_of(card) or mark)
        blocks = [*blocks, _context(mark)] if number == 1 else [_context(f"{name} · {mark}"), *blocks]
    drawn = hashlib.sha256(json.dumps(blocks, sort_keys=True).encode()).hexdigest()[:12]
    marked: list[JsonValue] = [{**block, "block_id": f"{drawn}.{n}"} for n, block in enumerate(blocks)]
    found: dict[int, _Unit] = {id(unit.block): unit for unit in page.units if unit.file is not None}
    pictures: Json = {
        f"{drawn}.{n}": {"file": unit.file.name, "instead": unit.instead[0]}
        for n, block in enumerate(blocks)
        if (unit := found.get(id(block))) is not None and unit.file is not None
    }
    body: Json = {
        "text": text if number == 1 else slack_text.escaped(slack_text.shown(marked), FALLBACK),
        "blocks": marked,
    }
    files = tuple(unit.file for unit in page.units if unit.file is not None)
    return Payload({**body, "pictures": pictures} if pictures else body, files)


def _paged(head: list[_Unit], body: list[_Unit], foot: list[_Unit], buttons: int) -> list[_Page]:
    """Divide what a card says into pages, on borders of blocks; the root has its head, its foot and its buttons."""
    page = _Page(room=PAGE - sum(unit.size for unit in foot), blocks=BLOCKS - _ROOM - len(foot) - buttons)
    pages = [page]
    for unit in head:
        page.add(unit)
    waiting = [*reversed(body)]
    while waiting:
        unit = waiting.pop()
        if unit.block["type"] == "table" and page.table:
            waiting += [_Unit(block) for block in reversed(unit.instead)]
            continue
        if not page.takes(unit):
            heading = page.units.pop() if page.units[-1].heading and len(page.units) > 1 else None
            page = _Page()
            pages.append(page)
            if heading is not None:
                page.add(heading)
        page.add(unit)
    return pages


def _head(card: Card) -> list[_Unit]:
    title = title_of(card)
    units = []
    if title and len(title) <= HEADER:
        units.append(_Unit({"type": "header", "text": _plain(title)}))
    elif title:
        units += [_Unit(_rich([part])) for part in slack_text.titled(title)]
    where = inert(card.subtitle).strip(" ")
    return [*units, _Unit(_context(where))] if where else units


def _foot(card: Card) -> list[_Unit]:
    lines = [block.line for block in card.blocks if isinstance(block, Footer)]
    units: list[_Unit] = []
    for line in lines:
        text = safe_line(line)
        if slack_text.is_plain(line) and 0 < len(text) <= CONTEXT:
            units.append(_Unit(_context(text)))
        else:
            units += [_Unit(_rich([part])) for part in sections(line, most=MOST)]
    return units


def _body(card: Card) -> list[_Unit]:
    units: list[_Unit] = []
    title: list[Json] = []  # waits for what it is the title of
    for block in card.blocks:
        match block:
            case Footer():
                continue
            case Heading(text=text):
                units += _packed(title, heading=True)
                title = slack_text.titled(text)
                continue
            case Table():
                units += [*_packed(title, heading=True), *_table(block)]
            case Chart():
                units += [*_packed(title, heading=True), *_chart(card, block)]
            case _:
                room = REMARK if isinstance(block, Remark) else 0
                units += [replace(unit, room=room) for unit in _packed([*title, *_flow(block)])]
        title = []
    return [*units, *_packed(title)]


def _packed(parts: Sequence[Json], *, heading: bool = False) -> list[_Unit]:
    """Put sections and lists into as few blocks as they may be in; what is of one kind becomes one."""
    blocks: list[list[Json]] = []
    for part in parts:
        if not blocks or size([*blocks[-1], part]) + len(blocks[-1]) > RICH:
            blocks.append([])
        last = blocks[-1][-1] if blocks[-1] else None
        if last is not None and last["type"] == part["type"] and last.get("style") == part.get("style"):
            between = [plain_element("\n")] if part["type"] == "rich_text_section" else []
            blocks[-1][-1] = {**last, "elements": [*_of(last), *between, *_of(part)]}
        else:
            blocks[-1].append(part)
    return [_Unit(_rich(block), heading=heading) for block in blocks]


def _of(part: Json) -> list[JsonValue]:
    found = part["elements"]
    return found if isinstance(found, list) else []


def _flow(block: Block) -> list[Json]:
    match block:
        case Text() | Remark():
            parts = ((bullet, part) for bullet, line in lines_of(block) for part in sections(line))
            return [listed(part) if bullet else part for bullet, part in parts]
        case Fields(fields=fields):
            return [part for name, line in fields for part in slack_text.field(name, line)]
        case Items(items=items):
            return [part for before, item in enumerate(items) for part in slack_text.item(item, before)]
        case _:
            return []


def _table(table: Table) -> list[_Unit]:
    rows = [(block, _packed(slack_text.rows(part))) for block, part in slack_text.tables(table)]
    units = [_Unit(block, [unit.block for unit in listed]) for block, listed in rows]
    return units or _packed(slack_text.rows(table))


def _chart(card: Card, chart: Chart) -> list[_Unit]:
    text, file = _packed(slack_text.drawn(chart, card.language)), picture_of(card, chart)
    words = (inert(chart.alt, ALT) or inert(chart.title)).strip(" ")
    if file is None or not words:
        return text
    only = text[0].block if len(text) == 1 else _rich(sections((Span(words),))[:1])
    block: Json = {"type": "image", "slack_file": {"id": ""}, "alt_text": words}
    return [_Unit(block, [only], file)]


def _buttons(actions: Sequence[Action]) -> list[Json]:
    """Return the buttons of a card that is bound."""
    made: list[JsonValue] = [
        {"type": "button", "text": _plain(inert(one.label, LABEL).strip(" ") or "…"), "action_id": f"{ACTION}{one.id}"}
        for one in actions
        if one.id is not None
    ]
    return [{"type": "actions", "elements": made[at : at + BUTTONS]} for at in range(0, len(made), BUTTONS)]


def _rich(parts: Sequence[Json]) -> Json:
    return {"type": "rich_text", "elements": [*parts]}


def _context(text: str) -> Json:
    return {"type": "context", "elements": [_plain(text)]}


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": False}
