"""Look at a template without a run: over what is stored already, or over a few made-up records."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from analyzers import ledger_of, versions
from model.card import Card
from model.errors import TemplateError
from model.ids import SourceId
from model.language import CODES, Language, Message
from model.member import Member
from model.record import Commit, Coverage, Record
from model.report import RunState, Settings, Snapshot, Template
from model.source import Source
from model.window import Window, parse_window
from reports.compose import compose
from reports.days_off import holidays_of
from reports.narrating import worded
from reports.sample import MADE_UP, WEEK, sample_for
from reports.snapshot import ordered
from reports.steps import Workshop
from storage.stores import Stores
from writers.process import RenderProcess

_DEADLINE = 1.9  # seconds that all of a template's texts may take together
_LOOKED_AT = 20  # runs, newest first, of which one may serve as what a preview stands on


@dataclass(frozen=True, slots=True)
class Asked:
    """What a preview is to show; without window and sources it shows the newest run's records."""

    template: Template
    settings: Settings
    zone: str
    window: str | None = None
    sources: tuple[Source, ...] = ()


async def check(template: Template, render: RenderProcess) -> None:
    """Draw a template over made-up records, with some and with none, in each language. Raises TemplateError."""
    covered, records = sample_for(template)
    shots = [
        _snapshot(template, Settings(code, people), WEEK, covered, found)
        for code in CODES
        for people, found in ((True, records), (False, ()))
    ]
    async with _trial(template, render):
        for shot in shots:
            await _drawn(shot, render)


async def preview(shop: Workshop, member: Member, asked: Asked) -> Card:
    """Return the card that a template makes of what is stored; no source is read anew. Raises TemplateError."""
    shot = None
    if asked.window is None and not asked.sources:
        shot = await _of_newest_run(shop, member, asked)
    shot = shot or await _of_stored(shop, member, asked)
    async with _trial(asked.template, shop.render):
        return await _drawn(shot, shop.render)


async def _of_newest_run(shop: Workshop, member: Member, asked: Asked) -> Snapshot | None:
    """Return what the newest finished run stands on that the reader sees."""
    async with shop.db.read(member.workspace) as stores:
        runs = [r for r in await stores.runs.list(_LOOKED_AT, by=member) if r.state is RunState.DONE]
    if not runs:
        return None
    found = await shop.snapshot(runs[0])
    settings = replace(found.settings, language=asked.settings.language, people=asked.settings.people)
    return replace(found, template=asked.template, settings=settings)


async def _of_stored(shop: Workshop, member: Member, asked: Asked) -> Snapshot:
    """Return what is stored of the sources; where nothing was read yet, something made up."""
    async with shop.db.read(member.workspace) as stores:
        sources = asked.sources or tuple(s for s in await stores.sources.all() if s.last_good is not None)
        if not sources:
            return _snapshot(asked.template, asked.settings, WEEK, *sample_for(asked.template))
        window = parse_window(asked.window or asked.template.window, shop.clock.now(), asked.zone)
        shot = _snapshot(asked.template, asked.settings, window, tuple(_coverage(s) for s in sources), ())
        return replace(await _filled(stores, shot), taken=shop.clock.now())


async def _filled(stores: Stores, shot: Snapshot) -> Snapshot:
    ids = [c.source for c in shot.coverage]
    whole = Window(shot.window.previous().start, shot.window.end, shot.window.zone)
    records = ordered([found async for found in stores.records.overlapping(ids, whole)])
    authors = {record.body.author for _, record in records if isinstance(record.body, Commit)}
    firsts = await stores.records.firsts(ids, authors)
    off = await holidays_of(shot.settings.country, records, shot.window)
    return replace(shot, records=records, firsts=firsts, holidays=off)


async def _drawn(shot: Snapshot, render: RenderProcess) -> Card:
    ledger = await asyncio.to_thread(ledger_of, shot)
    language = Language(shot.settings.language, shot.window.zone)
    card = await compose("", shot, ledger, await worded(shot, ledger), render)
    if shot.coverage[0].source in MADE_UP:
        title = Message("Preview with made-up records: {title}", {"title": card.title})
    else:
        title = Message("Preview: {title}", {"title": card.title})
    return replace(card, title=language.say(title), run=None, private=True)


@asynccontextmanager
async def _trial(template: Template, render: RenderProcess) -> AsyncIterator[None]:
    """Wait for the turn, then hold what is drawn of a template to its deadline; raises TemplateError."""
    await render.start()
    try:
        async with render.trials, asyncio.timeout(_DEADLINE):
            yield
    except TimeoutError as error:
        raise TemplateError(
            "Template {name} took too long and was stopped.",
            hint=Message("Shorten its loops: it may compute for one second."),
            name=template.name,
        ) from error


def _coverage(source: Source) -> Coverage:
    if source.last_good is None:
        return Coverage(source.id, source.name, source.kind, 0, 1, source.problem or Message("not read yet"))
    return Coverage(source.id, source.name, source.kind, 1, 1, source.problem, source.last_good)


def _snapshot(
    template: Template,
    settings: Settings,
    window: Window,
    coverage: tuple[Coverage, ...],
    records: tuple[tuple[SourceId, Record], ...],
) -> Snapshot:
    firsts = {r.body.author: (source, r.body.author, r.at) for source, r in records if isinstance(r.body, Commit)}
    return Snapshot(
        window, settings, template, window.end, versions(), coverage, records, tuple(sorted(firsts.values()))
    )
