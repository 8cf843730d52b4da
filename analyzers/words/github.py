"""What happened on GitHub, in up to four sentences; none on what is unknown or 0."""

from __future__ import annotations

from collections.abc import Iterator

from analyzers.words.saying import Clause, Known, clause, known, sentence, some, span_before
from model.language import Message
from model.ledger import Ledger
from model.words import Brief, Sentence


def forged(brief: Brief) -> Iterator[Sentence]:
    """Yield sentences on pull requests, reviews, issues and deployments."""
    ledger = brief.ledger
    for clauses in (_pulls(ledger), _reviews(ledger), _issues(ledger), _deployments(ledger)):
        if clauses:
            yield sentence(brief.language, "happened", *clauses)


def _pulls(ledger: Ledger) -> tuple[Clause, ...]:
    merged, opened = known(ledger.of("merged_pull_requests")), known(ledger.of("opened_pull_requests"))
    if merged is None or opened is None or not (merged.value or opened.value):
        return ()
    values = {"merged": merged.now, "opened": opened.now}
    if merged.then is None:
        template = Message("{merged} {merged:pull request was|pull requests were} merged and {opened} opened.")
        first = clause(template, merged, opened, **values)
    else:
        template = Message(
            "{merged} {merged:pull request was|pull requests were} merged ({before} {span}) and {opened} opened."
        )
        more = {"before": merged.before, "span": span_before(ledger.window)}
        first = clause(template, merged, opened, **values, **more)
    return (first, *_hours(some(ledger.of("time_to_merge")), Message("The median took {hours} of working time.")))


def _reviews(ledger: Ledger) -> tuple[Clause, ...]:
    reviews, waiting = some(ledger.of("review_count")), some(ledger.of("time_to_first_review"))
    if reviews is None:
        return ()
    given = clause(Message("{n} {n:review was|reviews were} given."), reviews, n=reviews.now)
    return (given, *_hours(waiting, Message("The median first review came after {hours} of working time.")))


def _issues(ledger: Ledger) -> tuple[Clause, ...]:
    opened, closed = known(ledger.of("opened_issues")), known(ledger.of("closed_issues"))
    if opened is None or closed is None or not (opened.value or closed.value):
        return ()
    template = Message("{opened} {opened:issue was|issues were} opened and {closed} closed.")
    return (clause(template, opened, closed, opened=opened.now, closed=closed.now),)


def _deployments(ledger: Ledger) -> tuple[Clause, ...]:
    deployed, failed = some(ledger.of("deployments")), known(ledger.of("change_failure_rate"))
    if deployed is None:
        return ()
    said = clause(Message("{n} {n:deployment|deployments} succeeded."), deployed, n=deployed.now)
    if failed is None or not failed.value:
        return (said,)
    return said, clause(Message("Of those that ended, {share} failed."), failed, share=failed.now)


def _hours(fact: Known | None, template: Message) -> tuple[Clause, ...]:
    return () if fact is None else (clause(template, fact, hours=fact.now),)
