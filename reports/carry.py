"""Carry-over: what the run before announced as needing somebody is followed until it is done or gone."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from pydantic import ValidationError

from analyzers.branches import REST_DAYS, as_of
from analyzers.coverage import unread
from analyzers.filters import by_path, filtered
from model.errors import ArbError
from model.ids import SourceId
from model.language import Language, Message
from model.ledger import LEDGER, Finding, Ledger
from model.record import Branch, Record
from model.report import Announced, ItemsSection, Run, Snapshot
from reports.snapshot import unpack_head
from reports.views import sections_of
from storage.stores import Stores

_log = logging.getLogger(__name__)
_Key = tuple[SourceId, str, str]


async def carried(stores: Stores, run: Run) -> tuple[Announced, ...]:
    """Return what the run that this one follows has announced; nothing where it cannot be read any more."""
    earlier = await stores.runs.announced(run)
    if earlier is None:
        return ()
    collected = await stores.runs.step(earlier.id, "collect")
    measured = await stores.runs.step(earlier.id, "measure")
    if collected is None or measured is None:
        return ()
    try:
        return announcing(unpack_head(collected), LEDGER.validate_json(measured))
    except (ArbError, ValidationError):
        _log.warning("run %s cannot be read: what it announced is not followed", earlier.id)
        return ()


async def missing(
    stores: Stores, run: Run, announced: Sequence[Announced], held: Sequence[tuple[SourceId, Record]]
) -> tuple[tuple[SourceId, Record], ...]:
    """Return the records of what was announced that the window does not touch: a branch merged long before it."""
    known = {(source, record.kind, record.key) for source, record in held}
    wanted = [a for a in announced if a.source in run.sources and _key(a) not in known]
    found = [(a.source, await stores.records.one(a.source, a.kind, a.key)) for a in wanted]
    return tuple((source, record) for source, record in found if record is not None)


def announcing(snapshot: Snapshot, ledger: Ledger) -> tuple[Announced, ...]:
    """Return what a run announces: the findings that its card shows, each with how long that goes on.

    What it could not read stays announced.
    """
    sections = sections_of(snapshot.template, snapshot.settings.view)
    most = max((s.most for s in sections if isinstance(s, ItemsSection)), default=0)
    earlier = {_key(a): a for a in snapshot.announced}
    lost = unread(snapshot.coverage)
    made = [a for a in snapshot.announced if a.source in lost]  # nobody knows what became of it
    for finding in ledger.findings[:most]:
        record = finding.record
        fresh = Announced(finding.source, record.kind, record.key, record.title, snapshot.window.end, 0)
        known = earlier.get(_key(fresh), fresh)
        made.append(replace(fresh, since=known.since, times=known.times + 1))
    return tuple(made)


def open_for(snapshot: Snapshot, finding: Finding, language: Language) -> str | None:
    """Return how long a finding has been announced already; None where it is new."""
    key = (finding.source, finding.record.kind, finding.record.key)
    known = next((a for a in snapshot.announced if _key(a) == key), None)
    if known is None:
        return None
    weeks = (snapshot.window.end - known.since).days // 7
    if weeks:
        return language.say(Message("still open for {n} {n:week|weeks}", {"n": weeks}))
    return language.say(Message("still open for {n} {n:run|runs}", {"n": known.times}))


def followed(snapshot: Snapshot, ledger: Ledger, language: Language) -> tuple[str, ...]:
    """Return one line for each thing announced that needs nobody any more, and why.

    Where a filter or an unread source hides it, nothing is known and nothing is said.
    """
    narrowed = filtered(snapshot)
    read = {c.source for c in narrowed.coverage if c.whole}
    needing = {(f.source, f.record.kind, f.record.key) for f in ledger.findings}
    whole, passing = _records(snapshot), _records(narrowed)
    if by_path(snapshot.settings.filters):
        return ()
    lines = []
    for announced in snapshot.announced:
        key = _key(announced)
        hidden = key in whole and key not in passing
        if announced.source in read and key not in needing and not hidden:
            outcome = _outcome(snapshot, whole.get(key), announced)
            lines += [] if outcome is None else [language.say(outcome)]
    return tuple(lines)


def _outcome(snapshot: Snapshot, record: Record | None, announced: Announced) -> Message | None:
    values = {"title": announced.title}
    if record is None:
        return Message("{title}: gone, it is no longer there.", values)
    match record.body:
        case Branch(merged=True):
            return Message("{title}: done, merged.", values)
        case Branch(ahead=0):
            return Message("{title}: gone, nothing is left on it.", values)
        case Branch(tip_at=tip) if as_of(snapshot) - tip < timedelta(days=REST_DAYS):
            return Message("{title}: somebody works on it again.", values)
        case _:
            return None


def _records(snapshot: Snapshot) -> dict[_Key, Record]:
    return dict(_keyed(snapshot))


def _keyed(snapshot: Snapshot) -> Iterator[tuple[_Key, Record]]:
    for source, record in snapshot.records:
        if isinstance(record.body, Branch):
            yield (source, record.kind, record.key), record


def _key(announced: Announced) -> _Key:
    return announced.source, announced.kind, announced.key
