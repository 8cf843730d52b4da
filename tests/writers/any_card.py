"""Cards with blocks of every kind, of any text; or each text a word of its own, so that one that is lost is missed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import Any, get_args

from hypothesis import strategies as st

from model.card import (
    Action,
    Attachment,
    Card,
    Chart,
    Fields,
    Figure,
    Footer,
    Heading,
    Instant,
    Item,
    Items,
    Line,
    Mention,
    Note,
    Remark,
    Series,
    Shape,
    Span,
    Style,
    Table,
    Text,
    Tone,
)
from model.ids import ActionId, BlobId, FactId, MemberId
from model.language import CODES
from model.unit import Unit
from tests.storage.world import MONDAY

PICTURE = "chart-1.png"
_VALUES = st.one_of(st.none(), st.integers(-5, 10_000).map(Decimal), st.just(Decimal("0.5")))
_SHAPES: st.SearchStrategy[Shape] = st.sampled_from(get_args(Shape))
KINDS = (Heading, Text, Fields, Items, Table, Chart, Remark, Footer)


class _Maker:
    """Makes the parts of one card."""

    def __init__(self, draw: st.DrawFn, texts: st.SearchStrategy[str] | None) -> None:
        self._draw = draw
        self._texts = texts
        self._numbers = itertools.count()

    def word(self) -> str:
        """Return any text; of a card whose words are counted the next one."""
        return f"w{next(self._numbers)}q" if self._texts is None else self._draw(self._texts)

    def many(self, most: int, least: int = 0) -> range:
        return range(self._draw(st.integers(least, most)))

    def line(self, least: int = 0) -> Line:
        return tuple(self._inline() for _ in self.many(3, least))

    def _inline(self) -> Any:
        kind = self._draw(st.integers(0, 5))
        if kind == 0:
            return Figure(self.word(), FactId("commits"))
        if kind == 1:
            return Mention(MemberId("m"), self.word())
        if kind == 2:
            return Instant(MONDAY, self.word())
        return Span(self.word(), self._draw(st.sampled_from(Style)), "https://a.example/b" if kind == 3 else None)

    def block(self, kind: type) -> Any:
        if kind is Heading:
            return Heading(self.word())
        if kind is Text:
            return Text(tuple(self.line() for _ in self.many(4)), bullets=self._draw(st.booleans()))
        if kind is Fields:
            return Fields(tuple((self.word(), self.line(1)) for _ in self.many(8)))
        if kind is Items:
            return Items(tuple(Item(self.line(1), self.line(), self.word()) for _ in self.many(5)))
        if kind is Table:
            return self._table()
        if kind is Chart:
            return self._chart()
        if kind is Remark:
            return Remark(self.word(), tuple(self.line() for _ in self.many(4)))
        return Footer(self.line())

    def _table(self) -> Table:
        head = tuple(self.word() for _ in self.many(6, 1))
        rows = tuple(tuple(self.line(1) for _ in head) for _ in self.many(5))
        return Table(head, rows, frozenset(self._draw(st.sets(st.integers(0, len(head) - 1)))))

    def _chart(self) -> Chart:
        labels = tuple(self.word() for _ in self.many(9))
        series = tuple(
            Series(self.word(), tuple(self._draw(st.lists(_VALUES, max_size=9)))) for _ in self.many(5)
        )  # some have fewer values than there are labels
        picture = self._draw(st.sampled_from([None, PICTURE, "gone.png"]))
        shape, unit = self._draw(_SHAPES), self._draw(st.sampled_from(Unit))
        return Chart(self.word(), labels, series, unit, self.word(), shape, picture=picture)


@st.composite
def cards(draw: st.DrawFn, texts: st.SearchStrategy[str] | None = None) -> Card:
    """Return a card with blocks of every kind in any order, which is bound; without `texts` each text is one word."""
    make = _Maker(draw, texts)
    blocks = tuple(make.block(kind) for kind in draw(st.lists(st.sampled_from(KINDS), max_size=9)))
    actions = tuple(Action(make.word(), "report why", id=ActionId(f"{n:022}")) for n in make.many(7))
    notes = tuple(Note(FactId("commits"), make.word(), (Span(make.word()),), 1) for _ in make.many(2))
    others = (Attachment(f"{make.word()}.csv", "text/csv", BlobId("b" * 64), 99) for _ in make.many(2))
    files = (Attachment(PICTURE, "image/png", BlobId("a" * 64), 40_000), *others)
    return Card(
        make.word(), blocks, draw(st.sampled_from(CODES)), actions, notes, files, draw(st.sampled_from(Tone)),
        draw(st.booleans()), make.word(), "7Q2F",
    )  # fmt: skip


def shown_words(card: Card, *, titles: bool = False) -> Iterator[str]:
    """Yield the words of a card that a chat has to show: all but footnotes, and what a chart's picture shows.

    `titles`: it writes the title of a picture too, and a wide table row by row under its first cell, without its name.
    """
    yield from (card.title, card.subtitle, *(one.label for one in card.actions))
    yield from (word for block in card.blocks for word in _words(block, titles=titles))


def _words(part: Any, *, titles: bool) -> Iterator[str]:
    if isinstance(part, Chart):
        drawn = part.picture == PICTURE
        yield from (part.alt, part.title) if titles or not drawn else (part.alt,)
        if not drawn:
            yield from (series.name for series in part.series if part.labels)
            yield from (part.labels[:1] + part.labels[-1:] if part.series else ())
    elif isinstance(part, Table):
        shown = part.head[1:] if titles else part.head
        yield from (word for one in (shown, *part.rows) for word in _words(one, titles=titles))
    elif isinstance(part, Instant):
        return  # shown in its reader's zone
    elif is_dataclass(part):
        for field in fields(part):
            if field.name not in ("fact", "member", "user", "url", "kind", "style", "numeric", "bullets"):
                yield from _words(getattr(part, field.name), titles=titles)
    elif isinstance(part, tuple):
        yield from (word for one in part for word in _words(one, titles=titles))
    elif isinstance(part, str):
        yield part
