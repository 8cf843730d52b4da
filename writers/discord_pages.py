"""A card's pieces shared out among messages, each within all that Discord allows in one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue

from model.card import Attachment
from writers.discord_markdown import size

Component = dict[str, JsonValue]

# https://discord.com/developers/docs/components/reference and …/resources/message; the schema of the API says the same.
MOST_COMPONENTS = 40  # in a message, those inside others too
MOST_TEXT = 4000  # characters over all texts of a message
MOST_FILES = 10  # of a message
MOST_BYTES = 10 << 20  # of a file where the server has no boosts
MOST_BYTES_TOGETHER = 24 << 20  # of a message's files: a request has 25 MiB
MOST_PAGES = 10  # that one card becomes: a channel is no place for a book

ROOM = 3600  # characters for a page's pieces; the rest is for "2/3", the title above it and the mark of a repeat
LINE = ROOM // 3  # characters of one line of Markdown; a longer one is broken
_COMPONENTS = MOST_COMPONENTS - 4  # the container, those two texts, and the line that says what is missing
_FENCE = 8  # characters of ```, a line break and both again
_FEWEST_ROWS = 3  # of a table that are left at the end of a page


@dataclass(frozen=True, slots=True)
class Words:
    """One line of Markdown. `fresh`: it begins a text of its own; `onward`: it must not be the last of a page."""

    text: str
    fresh: bool = False
    onward: bool = False
    room: int = 0  # characters that are kept for it, whatever it needs of them


@dataclass(frozen=True, slots=True)
class Code:
    """Rows in equal columns; the first ones stand on each page again."""

    head: tuple[str, ...]
    rows: tuple[str, ...]
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Solid:
    """A component that is no text, with the file it shows and with how many components it counts."""

    component: Component
    file: Attachment | None = None
    weight: int = 1


Piece = Words | Code | Solid


@dataclass(slots=True)
class _Room:
    """What a page has left."""

    text: int
    components: int
    files: int
    bytes: int
    in_text: bool = False  # whether the last piece was text, which the next may go on

    def takes(self, piece: Piece) -> bool:
        """Tell whether a piece fits, and take the room if it does."""
        match piece:
            case Solid(file=file, weight=weight):
                needs = (0, weight, 0 if file is None else 1, 0 if file is None else file.size)
            case _:
                alone = piece.fresh or not self.in_text
                needs = (written_size(piece) + 1, 1 if alone else 0, 0, 0)
        left = (self.text, self.components, self.files, self.bytes)
        if any(need > have for need, have in zip(needs, left, strict=True)):
            return False
        self.text, self.components, self.files, self.bytes = (h - n for h, n in zip(left, needs, strict=True))
        self.in_text = not isinstance(piece, Solid)
        return True


def written(piece: Words | Code) -> str:
    """Return a piece of text as it is sent."""
    if isinstance(piece, Words):
        return piece.text
    return "\n".join(("```", *piece.head, *piece.rows, "```"))


def written_size(piece: Words | Code) -> int:
    """Return how many characters a piece of text takes."""
    if isinstance(piece, Words) and piece.room:
        return piece.room
    return size(written(piece))


def pages_of(pieces: Sequence[Piece], first: int) -> list[list[Piece]]:
    """Share pieces out; the first page keeps room for so many components more."""
    pages: list[list[Piece]] = [[]]
    room = _fresh_room(first)
    waiting = list(reversed(pieces))
    while waiting:
        piece = waiting.pop()
        if room.takes(piece):
            pages[-1].append(piece)
            continue
        parts = _parted(piece, room) if isinstance(piece, Code) else None
        if parts is not None:
            pages[-1].append(parts[0])
            waiting.append(parts[1])
        elif pages[-1]:
            waiting += [piece, *_onward(pages[-1])]
        else:
            raise AssertionError("a piece is made to fit a page")
        pages.append([])
        room = _fresh_room(0)
    return pages


def opening(pieces: Sequence[Piece]) -> list[Piece]:
    """Return pieces of which the first begins a text of its own."""
    first, *others = pieces
    return [first if isinstance(first, Solid) else replace(first, fresh=True), *others]


def components_of(pieces: Sequence[Piece]) -> Iterator[Component]:
    """Yield the components of a page's pieces; lines that follow one another are one text."""
    texts: list[str] = []
    for piece in pieces:
        if texts and (isinstance(piece, Solid) or piece.fresh):
            yield text_display("\n".join(texts))
            texts = []
        if isinstance(piece, Solid):
            yield piece.component
        else:
            texts.append(written(piece))
    if texts:
        yield text_display("\n".join(texts))


def text_display(content: str) -> Component:
    """Return a text."""
    return {"type": 10, "content": content}


def count(components: Sequence[JsonValue]) -> int:
    """Return how many components there are, those inside others too."""
    inner = [c.get("components") for c in components if isinstance(c, Mapping)]
    return len(components) + sum(count(c) for c in inner if isinstance(c, list))


def _fresh_room(kept: int) -> _Room:
    return _Room(ROOM, _COMPONENTS - kept, MOST_FILES, MOST_BYTES_TOGETHER)


def _onward(page: list[Piece]) -> list[Piece]:
    """Take from the end of a page what must not stand there; return it last first, as a stack wants it."""
    taken: list[Piece] = []
    while len(page) > 1 and isinstance(last := page[-1], Words) and last.onward:
        taken.append(page.pop())
    return taken


def _parted(piece: Code, room: _Room) -> tuple[Code, Code] | None:
    """Return the rows that fit, and the others under the same head; None where too few fit."""
    if (piece.fresh or not room.in_text) and not room.components:
        return None
    fitting = 0
    left = room.text - _FENCE - sum(size(row) + 1 for row in piece.head)
    for row in piece.rows:
        left -= size(row) + 1
        if left < 0:
            break
        fitting += 1
    if fitting < min(_FEWEST_ROWS, len(piece.rows)) or fitting == len(piece.rows):
        return None
    return replace(piece, rows=piece.rows[:fitting]), replace(piece, rows=piece.rows[fitting:], fresh=True)
