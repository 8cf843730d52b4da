"""Footnotes of a card: for each figure that stands in it, the arithmetic and the records behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from analyzers.why import arithmetic
from model.card import Block, Fields, Figure, Inline, Items, Note, Remark, Span, Table, Text
from model.ids import FactId, SourceId
from model.language import Language
from model.ledger import Fact, Ledger
from model.record import Commit, Issue, PullRequest, Record, Review
from model.report import Snapshot

_MOST_LINKS = 5
_Records = Mapping[tuple[SourceId, str, str], Record]


def notes_of(blocks: Iterable[Block], snapshot: Snapshot, ledger: Ledger, language: Language) -> tuple[Note, ...]:
    """Return one note per figure, in the order in which the figures first stand in the card."""
    records: _Records = {(source, r.kind, r.key): r for source, r in snapshot.records}
    seen: dict[FactId, Note] = {}
    for figure in figures_of(blocks):
        if figure.fact not in seen:
            seen[figure.fact] = _note(ledger[figure.fact], records, snapshot.settings.people, language)
    return tuple(seen.values())


def figures_of(blocks: Iterable[Block]) -> Iterator[Figure]:
    """Yield every figure in the blocks, in reading order."""
    for block in blocks:
        for line in _lines(block):
            yield from (node for node in line if isinstance(node, Figure))


def record_line(record: Record, people: bool) -> str:
    """Return one record for people: "3f2a1bc9 Fix the checkout (Mina)", "#12 Fix the checkout (mina)"."""
    match record.body:
        case Commit(author=author):
            title = f"{record.key[:8]} {record.title}"
        case PullRequest(author=author) | Review(author=author) | Issue(author=author):
            title = record.title
        case _:
            return record.title
    return f"{title} ({author})" if people else title


def _lines(block: Block) -> Iterator[Sequence[Inline]]:
    match block:
        case Text() | Remark():
            yield from block.lines
        case Fields():
            yield from (line for _, line in block.fields)
        case Items():
            for item in block.items:
                yield from (item.line, item.detail)
        case Table():
            for row in block.rows:
                yield from row
        case _:
            return


def _note(fact: Fact, records: _Records, people: bool, language: Language) -> Note:
    shown = [r for e in fact.evidence[:_MOST_LINKS] if (r := records.get((e.source, e.kind, e.key))) is not None]
    links = tuple(Span(record_line(r, people), url=r.url) for r in shown)
    return Note(fact.id, arithmetic(fact, language), links, max(0, fact.counted - len(links)))
