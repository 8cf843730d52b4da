"""Whether a scheduled run is posted: a schedule may be told to keep quiet where there is nothing to say."""

from __future__ import annotations

from analyzers.measure import DAY
from model.errors import UnknownName
from model.language import Message
from model.ledger import LEDGER, Ledger
from model.report import Run, RunState
from storage.stores import Stores

_EVENTS = ("commits", "merges", "bot_commits")  # figures that count what happened; others say how things stand


async def why_skipped(stores: Stores, run: Run, ledger: Ledger) -> Message | None:
    """Return why a run is not posted; None: it is, as is every run that somebody asked for."""
    if run.schedule is None or run.slot is None:
        return None
    try:
        schedule = await stores.schedules.of(run.schedule)
    except UnknownName:  # removed since
        return None
    if schedule.wishes.skip_empty and is_empty(ledger):
        return Message("Nothing happened in these days, and nothing needs somebody.")
    if schedule.wishes.skip_unchanged:
        before = await _last_posted(stores, run)
        if before is not None and same(ledger, LEDGER.validate_json(before[1])):
            return Message("Nothing changed since run {name}.", {"name": before[0].name})
    return None


def is_empty(ledger: Ledger) -> bool:
    """Tell whether nothing happened and nothing needs somebody. What was not read is not empty: it has to be told."""
    happened = [fact.value for fact in ledger.facts if fact.metric in _EVENTS and not fact.labels]
    return bool(happened) and not any(value is None or value for value in happened) and not ledger.findings


def same(now: Ledger, before: Ledger) -> bool:
    """Tell whether two ledgers say the same: each figure, what needs somebody, and what could not be read."""
    return _said(now) == _said(before)


def _said(ledger: Ledger) -> object:
    undated = [fact for fact in ledger.facts if DAY not in dict(fact.labels)]  # a day of its own never comes again
    figures = {(fact.metric, fact.labels): fact.value for fact in undated}
    findings = [(one.source, one.record.kind, one.record.key) for one in ledger.findings]
    return figures, findings, [(one.source, one.read, one.of) for one in ledger.coverage]


async def _last_posted(stores: Stores, run: Run) -> tuple[Run, bytes] | None:
    """Return the last run of the same schedule that was posted, with its figures."""
    if run.schedule is None or run.slot is None:
        return None
    for id in await stores.schedules.ran_before(run.schedule, run.slot):
        found, ledger = await stores.runs.of(id), await stores.runs.step(id, "measure")
        if found.state is RunState.DONE and ledger is not None:
            return found, ledger
    return None
