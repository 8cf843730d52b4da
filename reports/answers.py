"""What a question has found, as a card: sentences whose figures stand in the ledger, and the records behind them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from analyzers.metrics import fact_label, group_label, label_of
from analyzers.query import Found
from analyzers.words.saying import Known, clause, known, quoted, sentence, shortened, span_before
from analyzers.words.slots import filled
from model.card import Block, Footer, Inline, Line, Span, Table, Text, text_line
from model.language import Language, Message
from model.ledger import Fact
from model.record import Record
from model.report import Run, Snapshot
from model.words import Draft
from reports.compose import with_change
from reports.notes import record_line

_MOST_GROUPS, _MOST_MOVED, _MOST_RECORDS, _MOST_BEHIND = 10, 3, 10, 3
_NOT_WHY = Message("Figures show where something moved, not why.")


def answer_blocks(found: Found, language: Language) -> tuple[Block, ...]:
    """Return the answer; the same finding always gives the same."""
    match found.query.what:
        case "needs":
            return tuple(_needs(found, language))
        case "changes":
            return tuple(_changes(found, language))
        case "groups":
            return tuple(_groups(found, language))
        case "moved":
            return tuple(_moved(found, language))
        case "records":
            return (*_figure(found, language), *_records(found, language))
        case "figure":
            return (*_figure(found, language), *_behind(found, language))


def as_of(run: Run, snapshot: Snapshot, language: Language) -> Footer:
    """Return the last line: when what is said here was read, for which days, in which run."""
    parts = (
        language.say(Message("As of {at}", {"at": language.instant(snapshot.taken)})),
        snapshot.window.spoken(language),
        language.say(Message("run {name}", {"name": run.name})),
    )
    return Footer(text_line(" · ".join(parts)))


def called(found: Found, language: Language) -> str:
    """Return what the figure of a query is called: "Commits · Mina · src · 10 Nov 2026"."""
    label = fact_label(found.query.metric, found.query.only, language, _title(found))
    days = found.snapshot.window if found.query.days is not None else None
    return label if days is None else f"{label} · {days.spoken(language)}"


def _title(found: Found) -> str:
    """Return what the owner of a figure calls it; empty where it is ours."""
    return next((fact.title for fact in found.ledger.facts if fact.metric == found.query.metric), "")


def _figure(found: Found, language: Language) -> Iterator[Block]:
    total = known(found.total)
    if total is None:
        yield _text(_unknown(found, language))
        return
    what = quoted(called(found, language))
    if total.then is None:
        yield from _said(found, language, Message("{what}: {now}.", {"what": what, "now": total.now}), total)
        return
    template = Message("{what}: {now}; {before} {span} ({change}).", {"what": what, **_sides(found, total)})
    yield from _said(found, language, template, total)


def _sides(found: Found, total: Known) -> dict[str, object]:
    change = f"{{{total.id}.change}}"
    return {"now": total.now, "before": total.before, "span": span_before(found.ledger.window), "change": change}


def _said(found: Found, language: Language, message: Message, *facts: Known) -> Iterator[Block]:
    """Yield a sentence with its slots filled from the ledger."""
    said = sentence(language, "happened", clause(message, *facts, **message.values))
    lines = tuple(one.line for one in filled(Draft((said,), ""), found.ledger, language).said)
    if lines:
        yield Text(lines)


def _unknown(found: Found, language: Language) -> str:
    """Say that a figure is not known, and why as far as that is known."""
    unread = [c.name for c in found.ledger.coverage if c.read < c.of]
    what = called(found, language)
    if not unread:
        return language.say(Message("{what}: that is not known here.", {"what": what}))
    names = language.listed(unread)
    return language.say(
        Message("{what}: that is not known, {names} could not be read.", {"what": what, "names": names})
    )


def _groups(found: Found, language: Language) -> Iterator[Block]:
    by, facts = found.query.by or "day", found.groups
    what = f"{called(found, language)} · {label_of(by, language)}"
    if not facts:
        yield _text(_unknown(found, language) if known(found.total) is None else _nothing(what, language))
        return
    first = [fact for fact in facts if fact.value == facts[0].value]
    names = language.listed([_name(fact, language) for fact in first[:_MOST_MOVED]])
    least, most = Message("{what}, least: {names} with {n}."), Message("{what}, most: {names} with {n}.")
    template = least if found.query.least else most
    lead = known(facts[0])
    if lead is not None and len(first) <= _MOST_MOVED:
        values = {"what": quoted(what), "names": quoted(names), "n": lead.now}
        yield from _said(found, language, Message(template.text, values), lead)
    rows = tuple((text_line(_name(fact, language)), with_change(fact, language)) for fact in facts[:_MOST_GROUPS])
    yield Table((label_of(by, language), label_of(found.query.metric, language, _title(found))), rows, frozenset({1}))
    if len(facts) > _MOST_GROUPS:
        yield _text(language.say(Message("and {n} more", {"n": len(facts) - _MOST_GROUPS})))


def _nothing(what: str, language: Language) -> str:
    return language.say(Message("{what}: there is none.", {"what": what}))


def _name(fact: Fact, language: Language) -> str:
    return shortened(group_label(fact.labels[0][1], language))


def _moved(found: Found, language: Language) -> Iterator[Block]:
    total = known(found.total)
    if total is None or total.then is None:
        yield from _figure(found, language)
        return
    values = {"what": quoted(called(found, language)), **_sides(found, total)}
    if total.value == total.then:
        yield from _said(found, language, Message("{what}: {now}, as many as {span}.", values), total)
    elif total.value > total.then:
        yield from _said(found, language, Message("{what} rose from {before} to {now} ({change}).", values), total)
    else:
        yield from _said(found, language, Message("{what} fell from {before} to {now} ({change}).", values), total)
    by = groupby(found.groups, lambda fact: fact.labels[0][0])
    lines = [_dimension(name, tuple(facts), language) for name, facts in by]
    if lines:
        yield Text(tuple(lines), bullets=True)
    yield _text(language.say(_NOT_WHY))


def _dimension(name: str, facts: Sequence[Fact], language: Language) -> Line:
    """Return what moved most among the groups of one dimension: "Area: src 23 (+8), docs 4 (−2)"."""
    pieces: list[Inline] = [Span(f"{label_of(name, language)}: ")]
    for n, fact in enumerate(facts[:_MOST_MOVED]):
        pieces += [Span(f"{', ' if n else ''}{_name(fact, language)} "), *with_change(fact, language)]
    if len(facts) > _MOST_MOVED:
        pieces.append(Span(f", {language.say(Message('and {n} more', {'n': len(facts) - _MOST_MOVED}))}"))
    return tuple(pieces)


def _records(found: Found, language: Language) -> Iterator[Block]:
    shown = found.records[:_MOST_RECORDS]
    if shown:
        yield Text(tuple(_linked(record, found.snapshot) for record in shown), bullets=True)
    counted = len(found.records) if found.total is None else max(found.total.counted, len(found.records))
    if counted > len(shown) and shown:
        yield _text(language.say(Message("and {n} more", {"n": counted - len(shown)})))


def _linked(record: Record, snapshot: Snapshot) -> Line:
    return (Span(shortened(record_line(record, snapshot.settings.people)), url=record.url),)


def _behind(found: Found, language: Language) -> Iterator[Block]:
    """Yield the newest records behind a figure, with how many more there are."""
    if found.total is None or not found.total.evidence:
        return
    records = {(source, r.kind, r.key): r for source, r in found.snapshot.records}
    newest = (records.get((e.source, e.kind, e.key)) for e in found.total.evidence[:_MOST_BEHIND])
    shown = [record for record in newest if record is not None]
    pieces: list[Inline] = [Span(f"{language.say(Message('Behind it:'))} ")]
    for n, record in enumerate(shown):
        pieces += [*([Span(" · ")] if n else []), *_linked(record, found.snapshot)]
    if found.total.counted > len(shown):
        pieces.append(Span(f" · {language.say(Message('and {n} more', {'n': found.total.counted - len(shown)}))}"))
    yield Text((tuple(pieces),))


def _needs(found: Found, language: Language) -> Iterator[Block]:
    findings = found.ledger.findings
    if not findings:
        yield _text(language.say(Message("Nothing needs somebody in this report.")))
        return
    template = Message("{n} {n:thing needs|things need} somebody, the most pressing first:", {"n": len(findings)})
    yield _text(language.say(template))
    shown = findings[:_MOST_RECORDS]
    lines = (text_line(Span(shortened(f.record.title), url=f.record.url), f" · {f.priority:.2f}") for f in shown)
    yield Text(tuple(lines), bullets=True)
    if len(findings) > len(shown):
        yield _text(language.say(Message("and {n} more", {"n": len(findings) - len(shown)})))


def _changes(found: Found, language: Language) -> Iterator[Block]:
    """Yield the totals that are not what they were in the window before."""
    facts = [f for f in found.ledger.facts if not f.labels and f.before is not None and f.value not in (None, f.before)]
    if not facts:
        span = span_before(found.ledger.window)
        yield _text(language.say(Message("No figure differs from that of {span}.", {"span": span})))
        return
    rows = tuple((text_line(label_of(f.metric, language, f.title)), with_change(f, language)) for f in facts)
    head = (language.say(Message("Figure")), language.say(Message("Now")))
    yield Table(head, rows, frozenset({1}))


def _text(*lines: str) -> Text:
    return Text(tuple(text_line(line) for line in lines))
