"""What happened, in three to six sentences."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from analyzers.words.saying import Clause, Known, area, clause, known, quoted, sentence, some, span_before
from model.language import Language, Message
from model.ledger import Ledger
from model.words import Brief, Sentence

_MOST_AREAS = 3
_MOST_NAMES = 5
_WEEK = 7


def happened(brief: Brief) -> Iterator[Sentence]:
    """Yield sentences on commits, areas, days, lines, newcomers and bots; none on what is unknown or 0."""
    ledger, language = brief.ledger, brief.language
    found = (
        _commits(ledger),
        _areas(ledger, language),
        _busiest_day(ledger, language),
        _lines(ledger),
        _new_authors(brief),
        _bots(ledger),
    )
    for clauses in found:
        if clauses:
            yield sentence(language, "happened", *clauses)


def _commits(ledger: Ledger) -> tuple[Clause, ...]:
    commits = known(ledger.of("commits"))
    if commits is None or commits.then is None:
        return ()
    span = span_before(ledger.window)
    if not commits.then:
        return (clause(Message("There were no commits {span}."), commits, span=span),)
    if commits.value > commits.then:
        template = Message("There were more commits than {span}: {now}, up from {before}.")
    elif commits.value < commits.then:
        template = Message("There were fewer commits than {span}: {now}, down from {before}.")
    else:
        template = Message("There were as many commits as {span}: {now}.")
    return (
        clause(template, commits, span=span, now=commits.now, before=commits.before),
        *_people(known(ledger.of("authors"))),
    )


def _people(authors: Known | None) -> tuple[Clause, ...]:
    if authors is None or not authors.then or authors.then == authors.value:
        return ()
    if authors.value > authors.then:
        template = Message("{now} {now:person|people} took part, up from {before}.")
    else:
        template = Message("{now} {now:person|people} took part, down from {before}.")
    return (clause(template, authors, now=authors.now, before=authors.before),)


def _areas(ledger: Ledger, language: Language) -> tuple[Clause, ...]:
    facts = [some(fact) for fact in ledger.by("commits", "path")]
    areas = [fact for fact in facts if fact is not None]
    if not areas:
        return ()
    if len(areas) == 1:
        return (clause(Message("One area was touched: {name}."), areas[0], name=area(areas[0].label)),)
    shown = areas[:_MOST_AREAS]
    names = [language.say(Message("{name} ({count})", {"name": area(a.label), "count": a.now})) for a in shown]
    return (clause(Message("Most commits touched {names}."), *shown, names=language.listed(names)),)


def _busiest_day(ledger: Ledger, language: Language) -> tuple[Clause, ...]:
    facts = [known(fact) for fact in ledger.by("commits", "day")]
    days = [fact for fact in facts if fact is not None]
    if len(days) < max(len(facts), 2):
        return ()
    top, second = days[0], days[1]
    if top.value < 2 or top.value == second.value:  # nothing stands out
        return ()
    day = date.fromisoformat(top.label)
    name = language.weekday(day) if len(days) <= _WEEK else language.day(day)
    if not second.value:
        return (clause(Message("All commits were made on {day}."), top, day=name),)
    template = Message("The busiest day was {day}, with {n} {n:commit|commits}.")
    return (clause(template, top, day=name, n=top.now),)


def _lines(ledger: Ledger) -> tuple[Clause, ...]:
    added, removed = known(ledger.of("lines_added")), known(ledger.of("lines_removed"))
    files = some(ledger.of("files_changed"))
    if added is None or removed is None or files is None:
        return ()
    if added.value and removed.value:
        template = Message(
            "{added} {added:line was|lines were} added and {removed} removed in {files} {files:file|files}."
        )
        return (clause(template, added, removed, files, added=added.now, removed=removed.now, files=files.now),)
    if added.value:
        template = Message("{added} {added:line was|lines were} added in {files} {files:file|files}.")
        return (clause(template, added, files, added=added.now, files=files.now),)
    if removed.value:
        template = Message("{removed} {removed:line was|lines were} removed in {files} {files:file|files}.")
        return (clause(template, removed, files, removed=removed.now, files=files.now),)
    return ()


def _new_authors(brief: Brief) -> tuple[Clause, ...]:
    new = some(brief.ledger.of("new_authors"))
    if new is None:
        return ()
    found = [some(fact) for fact in brief.ledger.by("new_authors", "author")]
    people = [fact for fact in found if fact is not None]
    if brief.people and len(people) == new.value and len(people) <= _MOST_NAMES:
        names = brief.language.listed([quoted(person.label) for person in people])
        template = Message("{n} {n:person|people} committed for the first time: {names}.")
        return (clause(template, new, *people, n=new.now, names=names),)
    return (clause(Message("{n} {n:person|people} committed for the first time."), new, n=new.now),)


def _bots(ledger: Ledger) -> tuple[Clause, ...]:
    bots = some(ledger.of("bot_commits"))
    if bots is None:
        return ()
    return (clause(Message("Bots made {n} {n:commit|commits}, left out of the other figures."), bots, n=bots.now),)
