"""What a card says of what was read: its last line, and a word where a list is not whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from analyzers.coverage import lacking
from analyzers.metrics import label_of
from model.card import Block, Footer, Inline, Instant, Line, Span, Text, text_line
from model.language import Language, Message
from model.ledger import Ledger
from model.record import Coverage
from model.report import ChartSection, FiguresSection, Section, Snapshot, TableSection

_NAMED = 3  # figures that are named; of more there is the number


def coverage_footer(
    snapshot: Snapshot, ledger: Ledger, sections: Sequence[Section], run: str, language: Language
) -> Footer:
    """Say what was read, what was not and what is left out for it.

    "Read: GitHub 20/20 · Sentry 0/1 (it answered 403), last good Fri 09:02 · left out: Errors · run 7Q2F". `run`: its
    name; "" for a preview.
    """
    start = ledger.window.previous().start
    parts = [_part(c, start, snapshot.taken, language) for c in ledger.coverage]
    missing = _left_out(ledger, sections, language)
    if missing:
        parts.append(text_line(language.say(Message("left out: {what}", {"what": missing}))))
    parts.append(text_line(language.say(Message("run {name}", {"name": run}) if run else Message("preview"))))
    return Footer(text_line(language.say(Message("Read:")) + " ", *_joined(parts)))


def not_read(ledger: Ledger, language: Language) -> tuple[Block, ...]:
    """Return the line under a list that says of which sources nothing is in it."""
    names = [c.name for c in ledger.coverage if not c.whole]
    if not names:
        return ()
    lacks = Message("Nothing of {names} is in this list: it could not be read.", {"names": language.listed(names)})
    return (Text((text_line(language.say(lacks)),)),)


def _part(c: Coverage, start: datetime, taken: datetime, language: Language) -> Line:
    """Return one source: "shop 1/1, read 3 minutes ago". `start`: when the window before began."""
    text = f"{c.name} {c.read}/{c.of}"
    if c.problem is not None:
        text += f" ({language.say(c.problem)})"
    line: list[Inline] = [Span(text)]
    if not c.whole and c.last_good is not None:
        line += _timed(Message("last good {at}"), c.last_good, taken, language)
    if c.whole and c.since is not None and c.since > start:
        line += _timed(Message("whole since {at}"), c.since, taken, language)
    if c.used is not None:
        line.append(Span(", " + language.say(_ago(taken - c.used, language))))
    return tuple(line)


def _ago(span: timedelta, language: Language) -> Message:
    if span < timedelta(minutes=1):
        return Message("read just now")
    return Message("read {ago} ago", {"ago": language.ago(span)})


def _timed(words: Message, at: datetime, taken: datetime, language: Language) -> Iterator[Inline]:
    """Yield words around an instant, which a place may show in its reader's own zone."""
    mark = "\0"
    before, _, after = language.say(Message(words.text, {"at": mark})).partition(mark)
    yield Span(", " + before)
    yield Instant(at, language.lately(at, taken))
    if after:
        yield Span(after)


def _left_out(ledger: Ledger, sections: Sequence[Section], language: Language) -> str:
    """Return the figures that the report would show and that rest on what was not read."""
    lost = lacking(ledger.coverage, ledger.window.start)
    facts = {fact.metric: fact for fact in ledger.facts if not fact.labels and fact.value is None}
    names = [
        label_of(metric, language, facts[metric].title)
        for metric in dict.fromkeys(_shown(sections))
        if metric in facts and lost.intersection(facts[metric].sources)
    ]
    if len(names) <= _NAMED + 1:
        return language.listed(names)
    values = {"names": ", ".join(names[:_NAMED]), "n": len(names) - _NAMED}
    return language.say(Message("{names} and {n} more figures", values))


def _shown(sections: Sequence[Section]) -> Iterator[str]:
    for section in sections:
        if isinstance(section, FiguresSection | TableSection):
            yield from section.metrics
        elif isinstance(section, ChartSection):
            yield section.metric


def _joined(parts: Sequence[Line]) -> Iterator[Inline]:
    for n, part in enumerate(parts):
        if n:
            yield Span(" · ")
        yield from part
