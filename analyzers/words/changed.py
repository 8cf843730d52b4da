"""What moved most against the window before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from analyzers.words.saying import Known, area, clause, known, sentence
from model.language import Message
from model.words import Brief, Sentence

_MOST = 3
_LEAST_SHARE = Decimal("0.25")  # a smaller change is not worth a sentence
_LEAST = 2

# (rose, fell); commits and authors are compared under what happened.
_TOTALS: Mapping[str, tuple[Message, Message]] = {
    "lines_added": (
        Message("Lines added rose from {before} to {now}."),
        Message("Lines added fell from {before} to {now}."),
    ),
    "lines_removed": (
        Message("Lines removed rose from {before} to {now}."),
        Message("Lines removed fell from {before} to {now}."),
    ),
    "files_changed": (
        Message("Files changed rose from {before} to {now}."),
        Message("Files changed fell from {before} to {now}."),
    ),
    "active_days": (
        Message("Days with commits rose from {before} to {now}."),
        Message("Days with commits fell from {before} to {now}."),
    ),
    "bot_commits": (
        Message("Commits by bots rose from {before} to {now}."),
        Message("Commits by bots fell from {before} to {now}."),
    ),
}


def changed(brief: Brief) -> Iterator[Sentence]:
    """Yield the totals that moved most, and the area that did; nothing where either window was empty."""
    commits = known(brief.ledger.of("commits"))
    if commits is None or not commits.value or not commits.then:
        return
    totals = ((metric, known(brief.ledger.of(metric))) for metric in _TOTALS)
    moved = [(metric, fact) for metric, fact in totals if fact is not None and _share(fact) >= _LEAST_SHARE]
    for metric, fact in sorted(moved, key=lambda pair: -_share(pair[1]))[:_MOST]:
        rose, fell = _TOTALS[metric]
        template = rose if _by(fact) > 0 else fell
        yield sentence(brief.language, "changed", clause(template, fact, now=fact.now, before=fact.before))
    yield from _area(brief)


def _area(brief: Brief) -> Iterator[Sentence]:
    facts = [known(fact) for fact in brief.ledger.by("commits", "path")]
    areas = [fact for fact in facts if fact is not None]
    if len(facts) < 2 or not areas:
        return
    most = max(areas, key=lambda fact: abs(_by(fact)))  # the first of them, by value and name, where several did
    if _share(most) < _LEAST_SHARE:
        return
    if _by(most) > 0:
        template = Message("The area that moved most is {name}: {now} {now:commit|commits}, up from {before}.")
    else:
        template = Message("The area that moved most is {name}: {now} {now:commit|commits}, down from {before}.")
    values = {"name": area(most.label), "now": most.now, "before": most.before}
    yield sentence(brief.language, "changed", clause(template, most, **values))


def _by(fact: Known) -> Decimal:
    return Decimal(0) if fact.then is None else fact.value - fact.then


def _share(fact: Known) -> Decimal:
    """Return how much a figure moved, 0…1 of the larger of its two values; 0 where it hardly did."""
    if fact.then is None or abs(_by(fact)) < _LEAST:
        return Decimal(0)
    return abs(_by(fact)) / max(fact.value, fact.then)
