"""Whether a scheduled run is posted: a schedule may be told to keep quiet where there is nothing to say."""

from __future__ import annotations

from analyzers.measure import DAY
from model.delivery import DeliveryState
from model.errors import UnknownName
from model.ids import ScheduleId
from model.language import Message
from model.ledger import LEDGER, Fact, Ledger
from model.report import Run, RunState
from storage.stores import Stores

# Figures that say how things stand, or how well: they have a value, too, where nothing happened.
STANDING = frozenset([
    "open_branches", "stale_branches", "open_pull_requests", "stale_pull_requests", "open_issues", "stars",
    "low_stock", "out_of_stock", "request_rate", "error_rate", "latency_p50", "latency_p95", "latency_p99",
    "availability", "response_time", "response_time_p95", "cpu", "memory", "disk", "network_in", "network_out",
    "performance_score", "accessibility_score", "best_practices_score", "seo_score",
    "lcp", "inp", "fcp", "tbt", "ttfb", "cls",
])  # fmt: skip


async def keeps_quiet(stores: Stores, run: Run, ledger: Ledger) -> bool:
    """Tell whether a run is not posted, and note at its slot why; what somebody asked for always is."""
    if run.schedule is None or run.slot is None:
        return False
    why = await _why(stores, run, run.schedule, ledger)
    if why is not None:
        await stores.schedules.skip(run.schedule, run.slot, why)
    return why is not None


async def _why(stores: Stores, run: Run, of: ScheduleId, ledger: Ledger) -> Message | None:
    try:
        schedule = await stores.schedules.of(of)
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
    if ledger.findings or not all(source.whole for source in ledger.coverage):
        return False
    counted = [fact for fact in ledger.facts if fact.metric not in STANDING]
    return bool(counted) and not any(map(_happened, counted))


def _happened(fact: Fact) -> bool:
    """Tell whether a figure is not nought. One that is not known may be; of nothing there is no median."""
    return fact.counted > 0 if fact.value is None else fact.value != 0


def same(now: Ledger, before: Ledger) -> bool:
    """Tell whether two ledgers say the same: each figure, what needs somebody, and what could not be read."""
    return _said(now) == _said(before)


def _said(ledger: Ledger) -> object:
    undated = [fact for fact in ledger.facts if DAY not in dict(fact.labels)]  # a day of its own never comes again
    figures = {(fact.metric, fact.labels): fact.value for fact in undated}
    findings = [(one.source, one.record.kind, one.record.key) for one in ledger.findings]
    return figures, findings, [(one.source, one.read, one.of) for one in ledger.coverage]


async def _last_posted(stores: Stores, run: Run) -> tuple[Run, bytes] | None:
    """Return the last run of the same schedule that was posted and not refused everywhere, with its figures."""
    if run.schedule is None or run.slot is None:
        return None
    for id in await stores.schedules.ran_before(run.schedule, run.slot):
        found, ledger = await stores.runs.of(id), await stores.runs.step(id, "measure")
        sent = await stores.deliveries.of_run(id)
        refused = bool(sent) and all(one.state is DeliveryState.REFUSED for one in sent)
        if found.state is RunState.DONE and ledger is not None and not refused:
            return found, ledger
    return None
