"""Results of quality checks: taken with an API key, once for each id, and told again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from collectors.qc import CHECKS, REPORTS, SKIPPED, QcReport
from model.errors import UnknownName, UsageError
from model.ids import row_id
from model.language import Message
from model.measured import Entry
from model.record import Record
from model.source import Source
from storage.stores import Stores

Taken = Literal["new", "known", "other"]
_KIND = "qc"


@dataclass(frozen=True, slots=True)
class Shown:
    """A report as it is told."""

    id: str
    at: datetime
    name: str
    url: str | None
    decision: str
    counts: Mapping[str, int]  # passed, warned, failed, skipped


@dataclass(frozen=True, slots=True)
class Day:
    """What was reported of one day."""

    day: date
    reports: int
    failed: int  # of the reports
    counts: Mapping[str, int]  # of checks


async def qc_source(stores: Stores, name: str | None) -> Source:
    """Return the source that is meant: of this name, else the only one. Raises UnknownName, UsageError."""
    if name is not None:
        found = await stores.sources.named(name)
        if found.kind == _KIND:
            return found
        raise UsageError("The source {name} takes no results of checks.", name=name)
    sources = [source for source in await stores.sources.all() if source.kind == _KIND]
    if not sources:
        raise UnknownName(
            "There is no source here that takes results of checks.",
            hint=Message("Add one in chat: /source add qc name=quality"),
        )
    if len(sources) > 1:
        names = ", ".join(source.name for source in sources)
        raise UsageError("Several sources take results: {names}.", hint=Message("Say which: ?source=…"), names=names)
    return sources[0]


async def put(stores: Stores, source: Source, report: QcReport) -> tuple[Shown, Taken]:
    """Store a report once; "other": something else came under its id before."""
    known = None if report.id is None else await stores.records.one(source.id, "entry", f"{REPORTS} {report.id}")
    id = report.id or row_id()
    at = report.at or (known.at if known is not None else stores.clock.now())
    records = report.records(id, at)
    if known is not None:
        there = {known, *await stores.results.beneath(source.id, (CHECKS, SKIPPED), id)}
        return _shown(known), "known" if there == set(records) else "other"
    await stores.records.push(source.id, records, None)
    return _shown(records[0]), "new"


async def listed(
    stores: Stores, source: Source, most: int, before: tuple[datetime, str] | None
) -> tuple[Sequence[Shown], bool]:
    """Return the newest reports, and whether there are older ones."""
    found = await stores.results.newest(source.id, REPORTS, most + 1, before)
    return [_shown(record) for record in found[:most]], len(found) > most


async def one(stores: Stores, source: Source, id: str) -> tuple[Shown, Mapping[str, str]] | None:
    """Return a report and how each of its checks went; None where there is none."""
    found = await stores.records.one(source.id, "entry", f"{REPORTS} {id}")
    if found is None:
        return None
    results = {}
    for record in await stores.results.beneath(source.id, (CHECKS, SKIPPED), id):
        if isinstance(record.body, Entry):
            results[record.key.partition("/")[2]] = dict(record.body.labels)["result"]
    return _shown(found), dict(sorted(results.items()))


async def timeline(stores: Stores, source: Source, days: int, zone: ZoneInfo) -> Sequence[Day]:
    """Return what was reported day by day, oldest first, also of days without a report."""
    today = stores.clock.now().astimezone(zone).date()
    wanted = [today - timedelta(days=back) for back in range(days - 1, -1, -1)]
    since = datetime.combine(wanted[0], datetime.min.time(), zone)
    by_day: dict[date, list[Shown]] = defaultdict(list)
    for record in await stores.results.since(source.id, REPORTS, since):
        by_day[record.at.astimezone(zone).date()].append(_shown(record))
    return [_day(day, by_day[day]) for day in wanted]


def _day(day: date, reports: Sequence[Shown]) -> Day:
    counts: dict[str, int] = defaultdict(int)
    for report in reports:
        for name, n in report.counts.items():
            counts[name] += n
    return Day(day, len(reports), sum(report.decision == "fail" for report in reports), dict(counts))


def _shown(record: Record) -> Shown:
    body = record.body
    if not isinstance(body, Entry):
        raise TypeError("a report is an entry")
    counts = {name: int(value) for name, value in body.numbers}
    id = record.key.removeprefix(f"{REPORTS} ")
    return Shown(id, record.at, record.title, record.url, dict(body.labels)["decision"], counts)
