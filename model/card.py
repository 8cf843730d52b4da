"""The neutral card: what ARB says, before any platform gives it a form. Text in a card is finished, in one language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Discriminator, Field, JsonValue, TypeAdapter

from model.ids import ActionId, BlobId, FactId, MemberId
from model.language import Code
from model.unit import Unit


def _is_none(value: object) -> bool:
    return value is None


class Style(StrEnum):
    """How a span stands out."""

    PLAIN = "plain"
    STRONG = "strong"
    EMPHASIS = "emphasis"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text; flat, so that every renderer is one loop."""

    text: str
    style: Style = Style.PLAIN
    url: str | None = None
    kind: Literal["span"] = "span"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that stands in the ledger; footnotes, Why? and "14/14" come from it."""

    text: str
    fact: FactId
    kind: Literal["figure"] = "figure"


@dataclass(frozen=True, slots=True)
class Mention:
    """A member who is meant to be told; made by our own code only.

    `user`: who he is where the card is on its way to; without it he is named and not told.
    """

    member: MemberId
    name: str
    user: Annotated[str | None, Field(exclude_if=_is_none)] = None
    kind: Literal["mention"] = "mention"


@dataclass(frozen=True, slots=True)
class Instant:
    """A point in time, shown in the reader's zone where the place can; `text` where it cannot."""

    at: datetime
    text: str
    kind: Literal["instant"] = "instant"


Inline = Annotated[Span | Figure | Mention | Instant, Discriminator("kind")]
Line = tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of what follows."""

    text: str
    kind: Literal["heading"] = "heading"


@dataclass(frozen=True, slots=True)
class Text:
    """Paragraphs, or bullets."""

    lines: tuple[Line, ...]
    bullets: bool = False
    kind: Literal["text"] = "text"


@dataclass(frozen=True, slots=True)
class Fields:
    """Named values: three to six figures with their change, or the properties of a thing."""

    fields: tuple[tuple[str, Line], ...]
    kind: Literal["fields"] = "fields"


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of work in a ranked list."""

    line: Line
    detail: Line = ()
    rank: str = ""  # its priority, "0.81"


@dataclass(frozen=True, slots=True)
class Items:
    """A ranked list of work."""

    items: tuple[Item, ...]
    kind: Literal["items"] = "items"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head; columns in `numeric` are set to the right."""

    head: tuple[str, ...]
    rows: tuple[tuple[Line, ...], ...]
    numeric: frozenset[int] = frozenset()
    kind: Literal["table"] = "table"


@dataclass(frozen=True, slots=True)
class Series:
    """One row of values of a chart; None where a value is not known."""

    name: str
    values: tuple[Decimal | None, ...]


# "stacked": the series of a label stand on each other. "heat": a row of cells for each series.
Shape = Literal["line", "bar", "stacked", "heat"]


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture as data; `alt` says what it shows.

    `picture` names the attachment that shows it, on a card that is on its way to a place where pictures can be seen. A
    run's own card has none: a picture follows from the data, and the run's hash does not cover it.
    """

    title: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    unit: Unit
    alt: str
    shape: Shape = "bar"
    kind: Literal["chart"] = "chart"
    picture: Annotated[str | None, Field(exclude_if=_is_none)] = None


@dataclass(frozen=True, slots=True)
class Remark:
    """A language model's words: one labelled block, and nothing else of a card is a model's."""

    label: str  # "Claude · 23 of 23 figures checked · $0.004"; where nothing is said, why
    lines: tuple[Line, ...]
    kind: Literal["remark"] = "remark"


@dataclass(frozen=True, slots=True)
class Footer:
    """The last line: coverage and run."""

    line: Line
    kind: Literal["footer"] = "footer"


Block = Annotated[Heading | Text | Fields | Items | Table | Chart | Remark | Footer, Discriminator("kind")]


@dataclass(frozen=True, slots=True)
class Action:
    """A button is a command that waits to be said: pressing it says it, in the presser's name, with his rights."""

    label: str
    command: str  # "report why"
    values: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    once: bool = False  # whether it has an effect: one press only
    id: ActionId | None = None  # given when the card is bound


class Tone(StrEnum):
    """How serious a card is; said by a word too, never by colour alone."""

    NEUTRAL = "neutral"
    GOOD = "good"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Note:
    """A footnote: HTML and Markdown print it, chats do not."""

    fact: FactId
    arithmetic: str
    links: tuple[Span, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file; its bytes lie in the blob store."""

    name: str
    media_type: str
    blob: BlobId
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class Card:
    """One message, whole."""

    title: str
    blocks: tuple[Block, ...]
    language: Code
    actions: tuple[Action, ...] = ()
    notes: tuple[Note, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    tone: Tone = Tone.NEUTRAL
    private: bool = False
    subtitle: str = ""  # where it is from: "acme/api, acme/web"
    run: str | None = None  # the name of the run it shows


CARD: TypeAdapter[Card] = TypeAdapter(Card)
CHART: TypeAdapter[Chart] = TypeAdapter(Chart)


def text_line(*pieces: Inline | str) -> Line:
    """Return a line in which strings stand as plain spans."""
    return tuple(Span(p) if isinstance(p, str) else p for p in pieces)


def plain(line: Sequence[Inline]) -> str:
    """Return the bare text of a line, as collected: each renderer makes it safe for its own place."""
    return "".join(node.name if isinstance(node, Mention) else node.text for node in line)


def lines_of(block: Text | Remark) -> Iterator[tuple[bool, Line]]:
    """Yield the lines of text and of a remark, each with whether it is a bullet."""
    yield from ((text.bullets, line) for text in unfolded(block) for line in text.lines)


def unfolded(block: Text | Remark) -> tuple[Text, ...]:
    """Return text as it is, and a remark as texts: its label, set apart, and its sentences."""
    if isinstance(block, Text):
        return (block,)
    label = Text(((Span(block.label, Style.EMPHASIS),),))
    return (label, Text(block.lines, bullets=True)) if block.lines else (label,)


def without_remark(card: Card) -> Card:
    """Return a card without a language model's words: what decides on room never depends on these."""
    return replace(card, blocks=tuple(block for block in card.blocks if not isinstance(block, Remark)))


def picture_of(card: Card, chart: Chart) -> Attachment | None:
    """Return the picture of a chart of this card; None: it has none, and is shown as text."""
    return next((file for file in card.attachments if file.name == chart.picture), None)


def files_of(card: Card) -> tuple[Attachment, ...]:
    """Return the attachments that are files to be had, not pictures of charts."""
    shown = {block.picture for block in card.blocks if isinstance(block, Chart)}
    return tuple(file for file in card.attachments if file.name not in shown)
