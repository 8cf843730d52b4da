"""Tables of rows that a source holds, as they stood when it was read."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from model.card import Block, Heading, Line, Table, Text, text_line
from model.language import Language, Message
from model.measured import PERSON, Listing
from model.report import ListingSection, Snapshot
from model.unit import Unit


def listing_blocks(section: ListingSection, snapshot: Snapshot, language: Language) -> tuple[Block, ...]:
    """Return the tables that a section shows; none of a source that could not be read now."""
    read = {c.source for c in snapshot.coverage if c.read}
    blocks: list[Block] = []
    for source, record in snapshot.records:
        body = record.body
        if isinstance(body, Listing) and body.rows and source in read and section.name in (None, record.key):
            blocks.append(Heading(record.title or record.key))
            blocks += _table(body, section.most, snapshot.settings.people, language)
    return tuple(blocks)


def _table(body: Listing, most: int, people: bool, language: Language) -> Iterator[Block]:
    shown = [(at, name, unit) for at, (name, unit) in enumerate(body.columns) if people or name != PERSON]
    rows = tuple(tuple(_cell(row[at], unit, language) for at, _, unit in shown) for row in body.rows[:most])
    numbers = frozenset(n for n, (_, _, unit) in enumerate(shown) if unit is not None)
    yield Table(tuple(name for _, name, _ in shown), rows, numbers)
    if body.more or len(body.rows) > most:
        yield Text(
            (
                text_line(
                    language.say(Message("There are more rows.")),
                ),
            )
        )


def _cell(cell: str, unit: Unit | None, language: Language) -> Line:
    return text_line(cell if unit is None or not cell else language.figure(Decimal(cell), unit))
