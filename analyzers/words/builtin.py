"""The built-in words: always there, made from the facts by templates, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from analyzers.coverage import lacking
from analyzers.words.changed import changed
from analyzers.words.github import forged
from analyzers.words.happened import happened
from analyzers.words.measured import measured
from analyzers.words.missed import missed
from analyzers.words.saying import Clause, Known, clause, known, quoted, sentence, some, span_before
from model.language import Message
from model.ledger import Ledger
from model.record import Branch
from model.report import BUILT_IN
from model.words import Brief, Draft, Sentence


class BuiltIn:
    """The narrator that needs nobody."""

    name: ClassVar[str] = BUILT_IN

    async def narrate(self, brief: Brief) -> Draft:
        """Return a headline, what happened, what changed and who waits; one line where nothing happened."""
        return Draft(tuple(_sentences(brief)), self.name)


def _sentences(brief: Brief) -> Iterator[Sentence]:
    commits = known(brief.ledger.of("commits"))
    if commits is None:
        yield from _unread(brief)
        yield from forged(brief)
        yield from measured(brief)
    elif not commits.value:
        yield sentence(brief.language, "headline", *_empty(brief, commits))
        yield from forged(brief)
        yield from measured(brief)
    else:
        yield sentence(brief.language, "headline", _headline(brief.ledger, commits))
        yield from forged(brief)
        yield from measured(brief)
        yield from happened(brief)
        yield from changed(brief)
    yield from missed(brief)
    yield from _needs(brief)


def _unread(brief: Brief) -> Iterator[Sentence]:
    covered = brief.ledger.coverage
    names = [quoted(c.name) for c in covered if not c.whole]
    template = Message("What happened is not known: {names} could not be read.")
    if not names:
        late = lacking(covered, brief.ledger.window.start)
        names = [quoted(c.name) for c in covered if c.source in late]
        template = Message("What happened is not known: {names} does not hold all of these days.")
    if names:
        yield sentence(brief.language, "headline", clause(template, names=brief.language.listed(names)))


def _headline(ledger: Ledger, commits: Known) -> Clause:
    authors, days = some(ledger.of("authors")), some(ledger.of("active_days"))
    if authors is None:
        return clause(Message("{commits} {commits:commit was|commits were} made."), commits, commits=commits.now)
    if days is None or days.value == 1:
        template = Message("{commits} {commits:commit was|commits were} made by {authors} {authors:person|people}.")
        return clause(template, commits, authors, commits=commits.now, authors=authors.now)
    template = Message(
        "{commits} {commits:commit was|commits were} made by {authors} {authors:person|people} on {days}."
    )
    return clause(template, commits, authors, days, commits=commits.now, authors=authors.now, days=days.now)


def _empty(brief: Brief, commits: Known) -> Iterator[Clause]:
    """Say that nothing happened, and what is there all the same."""
    ledger = brief.ledger
    yield _no_commits(brief, commits, some(ledger.of("open_branches")))
    if commits.then:
        template = Message("There {before:was|were} {before} {span}.")
        yield clause(template, commits, before=commits.before, span=span_before(ledger.window))
    merges, bots = some(ledger.of("merges")), some(ledger.of("bot_commits"))
    if merges is not None:
        yield clause(Message("{n} {n:merge was|merges were} made."), merges, n=merges.now)
    if bots is not None:
        yield clause(Message("Bots made {n} {n:commit|commits}."), bots, n=bots.now)


def _no_commits(brief: Brief, commits: Known, branches: Known | None) -> Clause:
    days = brief.ledger.window.days()
    first, last = brief.language.day(days[0]), brief.language.day(days[-1])
    if branches is None:
        if len(days) == 1:
            return clause(Message("No commits on {day}."), commits, day=first)
        return clause(Message("No commits between {first} and {last}."), commits, first=first, last=last)
    if len(days) == 1:
        template = Message("No commits on {day}; {n} {n:branch is|branches are} open.")
        return clause(template, commits, branches, day=first, n=branches.now)
    template = Message("No commits between {first} and {last}; {n} {n:branch is|branches are} open.")
    return clause(template, commits, branches, first=first, last=last, n=branches.now)


def _needs(brief: Brief) -> Iterator[Sentence]:
    """Say how many branches wait, and which one longest."""
    branches = some(brief.ledger.of("open_branches"))
    waiting = [
        (f.record.body.tip_at, f.record.title) for f in brief.ledger.findings if isinstance(f.record.body, Branch)
    ]
    if branches is None or not waiting:
        return
    at, name = min(waiting)
    values = {"name": quoted(name), "day": brief.language.day(brief.ledger.window.day_of(at))}
    if len(waiting) == 1:
        template = Message("{name} waits for somebody: its last commit is from {day}.")
        yield sentence(brief.language, "needs", clause(template, branches, **values))
        return
    template = Message("{n} branches wait for somebody; {name} has waited longest, since {day}.")
    yield sentence(brief.language, "needs", clause(template, branches, n=len(waiting), **values))
