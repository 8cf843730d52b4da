"""Freeze all that figures will rest on: sync the sources, then take every record of the days into a snapshot."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from analyzers import versions
from model.clock import Clock
from model.language import Language
from model.record import Commit
from model.report import Run, Snapshot
from model.source import Reach
from model.window import Window
from reports.carry import carried, missing
from reports.days_off import holidays_of
from reports.hiding import Records, masked_texts
from reports.naming import chosen_names, renamed, renamed_firsts
from reports.progress import Tell
from reports.snapshot import ordered
from reports.templates import lookup
from sources.sync import sync_all
from storage.database import Database


async def frozen(
    db: Database, reach: Reach, clock: Clock, run: Run, tell: Tell, fresh: float, then: Snapshot | None = None
) -> Snapshot:
    """Sync a run's sources and return the snapshot of its days; `tell` hears how many of the sources are read.

    `fresh`: what was read so many seconds ago is used again.
    `then`: an earlier snapshot of the same run, whose template and announcements hold.

    Raises:
        UnknownName: its template is gone.
        StorageBusy: or StorageBroken.
    """
    template = None if then is None else then.template
    if template is None:
        async with db.read(run.workspace) as stores:
            template = await lookup(stores, run.template)
    coverage = await sync_all(db, run.workspace, run.sources, reach, clock, run.window, tell, fresh)
    whole = Window(run.window.previous().start, run.window.end, run.window.zone)
    async with db.read(run.workspace) as stores:
        announced = await carried(stores, run) if then is None else then.announced
        found = [pair async for pair in stores.records.overlapping(run.sources, whole)]
        records = ordered([*found, *await missing(stores, run, announced, found)])
        authors = {record.body.author for _, record in records if isinstance(record.body, Commit)}
        firsts = await stores.records.firsts(run.sources, authors)
        targets = await stores.targets.all()
        shown = await stores.people.names()
        logins = await stores.people.logins()
    language = Language(run.settings.language, run.window.zone)
    names, told = await asyncio.to_thread(_told, records, shown, logins, language)
    return Snapshot(
        run.window,
        run.settings,
        template,
        clock.now(),
        versions(),
        coverage,
        told,
        renamed_firsts(firsts, names),
        targets,
        announced,
        await holidays_of(run.settings.country, records, run.window),
    )


def _told(
    records: Records, shown: Mapping[str, str], logins: Mapping[str, str], language: Language
) -> tuple[Mapping[str, str], Records]:
    """Return the names to use, and the records as they are told: under these names, and without what is secret."""
    names = chosen_names(records, shown, logins, language)
    return names, masked_texts(renamed(records, names))
