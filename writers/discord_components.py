"""A card as Discord's messages: one container of components each, within every limit. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, assert_never

from pydantic import JsonValue, TypeAdapter

from model.card import (
    Attachment,
    Block,
    Card,
    Chart,
    Fields,
    Figure,
    Footer,
    Heading,
    Items,
    Line,
    Remark,
    Table,
    Text,
    Tone,
    files_of,
    lines_of,
    picture_of,
)
from model.delivery import Payload
from model.language import Code as Language
from model.language import Message
from writers.bars import draw
from writers.discord_buttons import rows_of
from writers.discord_markdown import lines, opened, size, strong, told, word
from writers.discord_pages import (
    LINE,
    MOST_BYTES,
    MOST_PAGES,
    Code,
    Component,
    Piece,
    Solid,
    Words,
    components_of,
    opening,
    pages_of,
    text_display,
)
from writers.discord_remark import remark_words
from writers.labels import file_label, more_records, say, titled
from writers.layout import table_rows
from writers.rows import text_of
from writers.safe import MOST, MOST_PROSE, inert

# Every component may have a number of our own (https://discord.com/developers/docs/components/reference#anatomy-of-a-
# component), which nobody sees; those that Discord gives out by itself are small. A message that waits for no settling
# has these two; writers/discord.py gives the others two that say which delivery they are.
FIRST_MARK = 1 << 30
SETTLED = (FIRST_MARK - 2, FIRST_MARK - 1)

V2 = 1 << 15  # the flag of a message that is all components: no content, no embeds
_WIDTH = 60  # columns of a code block: more are broken on a narrow window
_MOST_ROWS = 100  # of a table
_MOST_ALT = 1024  # of a picture's description
_MOST_ROWS_OF_BUTTONS = 3  # on the first message; more than that stand on the last
_MOST_HEAD = 1000  # characters of a table's head that is repeated
_MOST_NAME = 100  # characters of a file's name
_MOST_TOLD = 100  # people
_MOST_TITLE = 100  # characters of the title that a later message repeats

_TONES = {Tone.GOOD: 0x2B8A4B, Tone.WARNING: 0xB7791F, Tone.CRITICAL: 0xC43232}  # as in html.css
_REPEAT = Message("Possible repeat: this may have been posted before.")
_TOO_LARGE = Message("{file} is too large to be posted here.")
_CUT = Message("This is too long for a chat: the rest is left out here. The whole can be exported.")

_CONTAINERS: TypeAdapter[list[dict[str, Any]]] = TypeAdapter(list[dict[str, Any]])
_UNSAFE_NAME = re.compile(r"[^A-Za-z0-9_.-]+")


def render(card: Card) -> tuple[Payload, ...]:
    """Return a card as messages, the first of which has the buttons."""
    page = _Page(card)
    rows = rows_of(card.actions)
    first, last = rows[:_MOST_ROWS_OF_BUTTONS], rows[_MOST_ROWS_OF_BUTTONS:]
    pages = pages_of([*page.pieces(), *last], sum(row.weight for row in first))
    if len(pages) > MOST_PAGES:
        page.degraded.add("text")
        del pages[MOST_PAGES:]
        pages[-1].append(Words(_small(say(_CUT, card.language)), fresh=True))
    above = [piece for piece in pages[0] if piece not in last]
    below = [*first, *pages[0][len(above) :]]
    if len(pages) == 1:
        return (page.payload([*above, *below]),)
    marked = [[_continued(card, n, len(pages)), *opening(pieces)] for n, pieces in enumerate(pages, 1)]
    marked[0] = [*above, Words(f"-# 1/{len(pages)}", fresh=True), *below]
    return tuple(page.payload(pieces) for pieces in marked)


def repeated(payload: Payload, code: Language) -> Payload:
    """Return a message marked as a possible repeat."""
    container = container_of(payload.body)
    marked = {**container, "components": [text_display(_small(say(_REPEAT, code))), *container["components"]]}
    return replace(payload, body={**payload.body, "components": [marked]})


def marked(body: Mapping[str, JsonValue], marks: tuple[int, int]) -> dict[str, JsonValue]:
    """Return a message whose container and first component have these numbers; the others' are Discord's affair."""
    container = container_of(body)
    first, *others = ({name: value for name, value in c.items() if name != "id"} for c in container["components"])
    return {**body, "components": [{**container, "id": marks[0], "components": [{**first, "id": marks[1]}, *others]}]}


def without_files(body: Mapping[str, JsonValue], gone: Collection[str]) -> dict[str, JsonValue]:
    """Return a message without the components that show these files; what says what they show stays."""
    container = container_of(body)
    urls = {f"attachment://{name}" for name in gone}
    kept = [c for c in container["components"] if not urls.intersection(_shown_by(c))] if urls else None
    return {**body, "components": [container if kept is None else {**container, "components": kept}]}


def container_of(body: Mapping[str, JsonValue]) -> dict[str, Any]:
    """Return the one component that all others of a message are in."""
    (container,) = _CONTAINERS.validate_python(body["components"])
    return container


def _shown_by(component: dict[str, Any]) -> Iterator[str]:
    """Yield the addresses of what a component shows."""
    match component:
        case {"type": 12, "items": [*items]}:
            yield from (item["media"]["url"] for item in items)
        case {"type": 13, "file": {"url": url}}:
            yield url


class _Page:
    """What the pieces of one card share: whom it tells, its files' names, and what could not be shown."""

    def __init__(self, card: Card) -> None:
        self._card = card
        self._users: dict[str, None] = {}
        self._names: set[str] = set()
        self.degraded: set[str] = set()

    def pieces(self) -> Iterator[Piece]:
        """Yield all that the card says."""
        card = self._card
        yield Words(f"## {_opened_word(titled(card)) or '…'}")
        if card.subtitle:
            yield from self._words(_small(word(card.subtitle)))
        fresh = True
        for block in card.blocks:
            for piece in self._block(block):
                yield replace(piece, fresh=True) if fresh and not isinstance(piece, Solid) else piece
                fresh = False
            fresh = not isinstance(block, Heading)
        for file in files_of(card):
            yield from self._file(file)

    def payload(self, pieces: Sequence[Piece]) -> Payload:
        """Return a message of these pieces."""
        container: Component = {"type": 17, "components": list(components_of(pieces))}
        if self._card.tone in _TONES:
            container["accent_color"] = _TONES[self._card.tone]
        told: list[JsonValue] = [*self._users]
        allowed: Component = {"parse": []} | ({"users": told[:_MOST_TOLD]} if told else {})
        body: Component = {"flags": V2, "components": [container], "allowed_mentions": allowed}
        files = tuple(p.file for p in pieces if isinstance(p, Solid) and p.file is not None)
        return Payload(marked(body, SETTLED), files, tuple(sorted(self.degraded)))

    def _block(self, block: Block) -> Iterator[Piece]:
        match block:
            case Heading(text=text):
                yield from self._words(f"### {_opened_word(text)}" if word(text) else "", onward=True)
            case Text():
                yield from self._text(block)
            case Remark():
                yield from remark_words(block)
            case Fields(fields=fields):
                for name, line in fields:
                    yield from self._field(name, line)
            case Items():
                yield from self._items(block)
            case Table():
                yield from self._table(block)
            case Chart():
                yield from self._chart(block)
            case Footer(line=line):
                yield Solid({"type": 14, "divider": True, "spacing": 1})
                yield from self._line(line, "-# ", MOST_PROSE)
            case _:
                assert_never(block)

    def _text(self, block: Text) -> Iterator[Piece]:
        for bullet, line in lines_of(block):
            yield from self._line(line, "- " if bullet else "", MOST if bullet else MOST_PROSE)

    def _line(self, line: Line, before: str = "", most: int = MOST) -> Iterator[Piece]:
        self._users.update(dict.fromkeys(told(line)))
        for text in lines(line, LINE, most):
            yield Words(before + text)

    def _field(self, name: str, line: Line) -> Iterator[Piece]:
        """Write a figure with its value in bold, a property with its name so."""
        figures = any(isinstance(node, Figure) for node in line)
        label = _opened_word(name) if figures else strong(name)
        self._users.update(dict.fromkeys(told(line)))
        first, *rest = lines(line, LINE, MOST_PROSE, value=figures) or [""]
        for text in (f"{label} {first}".strip(" "), *rest):
            yield from self._words(text)

    def _items(self, items: Items) -> Iterator[Piece]:
        """Write each piece of work with its number and its priority; what there is to know of it in small print."""
        for number, item in enumerate(items.items, 1):
            self._users.update(dict.fromkeys(told((*item.line, *item.detail))))
            title = lines(item.line, LINE)
            rank = f" · {word(item.rank)}" if word(item.rank) else ""
            shown = [f"**{number}** {title[0] if title else ''}".rstrip(" ") + ("" if title[1:] else rank), *title[1:]]
            shown[-1] += rank if title[1:] else ""
            small = [_small(text) for text in lines(item.detail, LINE)]
            yield from (Words(text, onward=bool(small)) for text in shown)
            yield from map(Words, small)

    def _table(self, table: Table) -> Iterator[Piece]:
        head, body = table_rows(replace(table, rows=table.rows[:_MOST_ROWS]), _WIDTH)
        yield from _code([text_of(row) for row in head], [text_of(row) for row in body])
        left_out = len(table.rows) - _MOST_ROWS
        if left_out > 0:
            self.degraded.add("rows")
            yield Words(_small(word(more_records(left_out, self._card.language))))

    def _chart(self, chart: Chart) -> Iterator[Piece]:
        """Show the picture of a chart, else its values in rows."""
        picture = picture_of(self._card, chart)
        yield from self._words(strong(chart.title), onward=True)
        if picture is not None and picture.size <= MOST_BYTES:
            file = self._named(picture)
            item: Component = {"media": {"url": f"attachment://{file.name}"}}
            alt = inert(chart.alt, _MOST_ALT // 2).strip()  # a letter may count twice
            yield Solid({"type": 12, "items": [{**item, "description": alt} if alt else item]}, file)
        else:
            self.degraded.add("chart")
            bare = replace(chart, title="", alt="")
            yield from _code([], [text_of(row) for row in draw(bare, self._card.language, _WIDTH)])
        yield from self._words(_small(word(chart.alt)))

    def _file(self, attachment: Attachment) -> Iterator[Piece]:
        label = file_label(attachment)
        if attachment.size > MOST_BYTES:
            self.degraded.add("files")
            missing = Message(_TOO_LARGE.text, {"file": label})
            yield Words(_small(word(say(missing, self._card.language))), fresh=True)
            return
        file = self._named(attachment)
        if file.name != attachment.name:  # Discord keeps ASCII of a name only
            yield Words(_small(word(label)), fresh=True, onward=True)
        yield Solid({"type": 13, "file": {"url": f"attachment://{file.name}"}}, file)

    def _named(self, attachment: Attachment) -> Attachment:
        """Return an attachment under a name that can be referred to, no other file's."""
        stem, dot, ending = _UNSAFE_NAME.sub("_", attachment.name)[-_MOST_NAME:].strip("._").rpartition(".")
        stem, ending = (stem or "file", ending) if dot else (ending or "file", "")
        name, number = f"{stem}{dot}{ending}", 1
        while name in self._names:
            number += 1
            name = f"{stem}-{number}{dot}{ending}"
        self._names.add(name)
        return replace(attachment, name=name)

    def _words(self, text: str, *, onward: bool = False) -> Iterator[Piece]:
        if text:
            yield Words(text, onward=onward)


def _code(head: Sequence[str], rows: Sequence[str]) -> Iterator[Piece]:
    """Yield rows as a code block; a head that takes too much room stands there once."""
    inert_head, inert_rows = [[row.replace("```", "ˋˋˋ") for row in part] for part in (head, rows)]
    if sum(map(size, inert_head)) > _MOST_HEAD:
        inert_head, inert_rows = [], inert_head + inert_rows
    if inert_head or inert_rows:
        yield Code(tuple(inert_head), tuple(inert_rows))


def _continued(card: Card, number: int, of: int) -> Words:
    """Return what stands above a later message."""
    title = word(inert(titled(card), _MOST_TITLE))
    return Words(_small(f"{title} · {number}/{of}" if title else f"{number}/{of}"), fresh=True)


def _small(text: str) -> str:
    """Return Markdown in small print."""
    return f"-# {text}" if text else ""


def _opened_word(text: str) -> str:
    return opened(word(text))
