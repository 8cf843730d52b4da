"""What a language model may be shown of a run, and so what its words may rest on and name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from analyzers.git import ROOT
from analyzers.words.saying import shortened
from model.ids import FactId, SourceId
from model.language import Language, Message
from model.ledger import Fact, Finding, Ledger
from model.record import Branch, Record
from model.window import Window
from model.words import Fields, Kind, Named

MOST_THINGS = 30  # findings that are shown
MOST_NAMES = 60  # persons and areas
_PERSON = "author"
_DAY = "day"


def fields_of(ledger: Ledger, language: Language, people: bool, closed: Collection[SourceId] = ()) -> Fields:
    """Return the known facts and the names of a run; nothing that rests on a source in `closed`."""
    facts = [fact for fact in ledger.facts if _shown(fact, people) and not set(closed).intersection(fact.sources)]
    open_sources = [c.name for c in ledger.coverage if c.source not in closed]
    found = [
        *(Named("", shortened(name), "source", label=name) for name in dict.fromkeys(open_sources)),
        *(thing(f, ledger.window, language) for f in ledger.findings[:MOST_THINGS] if f.source not in closed),
        *_labels(facts, language),
    ]
    once = {(named.text, named.kind): named for named in reversed(found)}
    kept = reversed(tuple(once.values()))
    numbered = tuple(replace(named, id=f"n{n}") for n, named in enumerate(kept, 1))
    return Fields(frozenset(fact.id for fact in facts), numbered)


def thing(finding: Finding, window: Window, language: Language) -> Named:
    """Return what needs somebody as something that words may name."""
    record = finding.record
    about = Message("priority {priority}", {"priority": finding.priority})
    days = tuple(_days(record, window))
    return Named("", shortened(record.title), "thing", record.url, days, about=language.say(about), label=record.title)


def since(record: Record) -> datetime:
    """Return since when something waits: the last commit of a branch, the beginning of anything else."""
    return record.body.tip_at if isinstance(record.body, Branch) else record.at


def _shown(fact: Fact, people: bool) -> bool:
    return fact.value is not None and (people or _PERSON not in dict(fact.labels))


def _days(record: Record, window: Window) -> Iterator[date]:
    """Yield the days that a record itself says something of: since when it waits, and when it ended."""
    moments = [since(record), record.ended]
    yield from dict.fromkeys(window.day_of(moment) for moment in moments if moment is not None)


def _labels(facts: Iterable[Fact], language: Language) -> Iterator[Named]:
    """Yield the persons and groups that facts are broken down by, those with the largest figures first."""
    found: dict[tuple[str, str], list[FactId]] = {}
    for fact in sorted(facts, key=lambda f: -abs(f.value or Decimal(0))):
        for name, value in fact.labels:
            if name != _DAY:
                found.setdefault((name, value), []).append(fact.id)
    for (name, value), ids in list(found.items())[:MOST_NAMES]:
        kind: Kind = "person" if name == _PERSON else "group"
        text = language.say(Message("the top folder")) if (name, value) == ("path", ROOT) else shortened(value)
        yield Named("", text, kind, facts=tuple(ids), label=value)
