"""What moved between two ledgers, as blocks of a card."""

from __future__ import annotations

from collections.abc import Sequence

from analyzers.diff import FactMoved, FindingMoved, Movement
from analyzers.metrics import fact_label
from model.card import Block, Heading, Table, Text, text_line
from model.language import Language, Message

MOST = 30  # figures


def moved_blocks(movements: Sequence[Movement], language: Language, people: bool) -> tuple[Block, ...]:
    """Return what moved; figures of single persons only where they may be named."""
    say = language.say
    facts = [m for m in movements if isinstance(m, FactMoved) and (people or "author" not in dict(m.labels))]
    findings = [m for m in movements if isinstance(m, FindingMoved)]
    if not facts and all(m.state == "still" for m in findings):
        return (Text((text_line(say(Message("Nothing moved."))),)),)
    blocks: list[Block] = []
    if facts:
        head = (Message("Figure"), Message("Then"), Message("Now"), Message("Change"))
        rows = tuple(tuple(map(text_line, _row(m, language))) for m in facts[:MOST])
        blocks.append(Table(tuple(map(say, head)), rows, frozenset({1, 2, 3})))
    if len(facts) > MOST:
        blocks.append(Text((text_line(say(Message("and {n} more", {"n": len(facts) - MOST}))),)))
    if findings:
        lines = tuple(text_line(_found(m, language)) for m in findings)
        blocks += [Heading(say(Message("Needs somebody"))), Text(lines, bullets=True)]
    return tuple(blocks)


def _row(m: FactMoved, language: Language) -> tuple[str, str, str, str]:
    unknown = language.say(Message("not known"))
    then, now = (unknown if v is None else language.figure(v, m.unit) for v in (m.then, m.now))
    change = "" if m.then is None or m.now is None else language.change(m.now, m.then, m.unit)
    return fact_label(m.metric, m.labels, language, m.title), then, now, change


def _found(m: FindingMoved, language: Language) -> str:
    values = {"title": m.finding.record.title}
    match m.state:
        case "new":
            return language.say(Message("{title}: new", values))
        case "gone":
            return language.say(Message("{title}: no longer on the list", values))
        case "still":
            return language.say(Message("{title}: still there", values))
