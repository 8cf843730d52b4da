"""Sync a source: page by page into the store, each with its cursor."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from collectors import collector, receiver
from model.clock import Clock
from model.errors import ArbError, SourceError, SourceUnavailable, StorageBroken, StorageBusy
from model.ids import MemberId, SourceId, WorkspaceId
from model.language import Message
from model.outside import Allowance
from model.record import Coverage, Page
from model.source import Reach, Reading, Source
from model.window import Window
from sources.telling import tell_broken, tell_mended
from storage.database import Database
from storage.record_rows import Rows
from storage.stores import Stores

_log = logging.getLogger(__name__)


async def sync_all(
    db: Database,
    workspace: WorkspaceId,
    sources: Sequence[SourceId],
    reach: Reach,
    clock: Clock,
    window: Window,
    tell: Callable[[int, int], None],
    fresh: float = 0.0,
) -> tuple[Coverage, ...]:
    """Sync all sources side by side; one that fails stops no other. Returns what was read, in the order asked.

    `tell` is called as they end: so many of so many. What was read for the same window less than `fresh` seconds ago
    is used again.

    Raises:
        StorageBusy: or StorageBroken, once no sync is under way any more.
    """
    left = len(sources)

    async def one(id: SourceId) -> Coverage:
        nonlocal left
        known = await _still_good(db, workspace, id, clock.now(), window, fresh) if fresh else None
        coverage = known or await sync(db, workspace, id, reach, clock, window)
        left -= 1
        tell(len(sources) - left, len(sources))
        return coverage

    tell(0, left)
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(id)) for id in sources]
    except ExceptionGroup as failed:  # not except*, which would put what is raised here into another group
        storage, others = failed.split((StorageBusy, StorageBroken))
        if storage is None or others is not None:
            raise
        raise storage.exceptions[0] from None
    return tuple(task.result() for task in tasks)


async def _still_good(
    db: Database, workspace: WorkspaceId, id: SourceId, now: datetime, window: Window, fresh: float
) -> Coverage | None:
    """Return what is known of a source that was read just now; None: it has to be read.

    It has to be when the window has ended since then, for its end was not seen, or with another configuration: a sync
    that was under way when it was changed knows nothing of it.
    """
    async with db.read(workspace) as stores:
        source = await stores.sources.of(id)
    last = source.reading
    if last is None or source.failing is not None or (last.window, last.mark) != (window, source.mark):
        return None
    if not timedelta(0) <= now - last.began < timedelta(seconds=fresh) or last.began < window.end <= now:
        return None
    return Coverage(
        id, source.name, source.kind, last.parts, last.parts, source.problem, source.last_good, last.since, last.began
    )


async def sync(
    db: Database,
    workspace: WorkspaceId,
    id: SourceId,
    reach: Reach,
    clock: Clock,
    window: Window | None = None,
    by: MemberId | None = None,
) -> Coverage:
    """Read what is new in a source and store it; its failure is told in the coverage and at the source, not raised.

    Its owner is told that it cannot be read, and that it can again, unless it is he (`by`) who asks.

    Raises:
        StorageBusy: or StorageBroken; what was read until then is kept.
    """
    async with db.read(workspace) as stores:
        source = await stores.sources.of(id)
    begun = _Begun(db, workspace, source, clock, window, clock.now(), told=by is not None and by == source.owner)
    try:
        async with asyncio.timeout(reach.deadline):
            outcome = await _read(db, workspace, source, reach.within(workspace), window)
    except SourceError as error:
        return await begun.failed(error.message, error.hint, lasting=not isinstance(error, SourceUnavailable))
    except (StorageBusy, StorageBroken):  # not the source's fault: whoever asked tries again
        raise
    except ArbError as error:  # its configuration does not open
        return await begun.failed(error.message, error.hint)
    except TimeoutError:
        return await begun.failed(
            Message("took longer than {seconds} s", {"seconds": int(reach.deadline)}), lasting=False
        )
    except Exception:  # one source: whatever breaks here must not stop the others
        _log.exception("source %s broke", source.id)
        return await begun.failed(Message("reading it broke; the log has the details"))
    read, of = outcome.parts
    if read < of:
        why = outcome.problem or Message("{read} of {of} parts of it could be read", {"read": read, "of": of})
        return await begun.failed(why, lasting=False, parts=outcome.parts)
    return await begun.ended(outcome)


@dataclass(slots=True)
class _Outcome:
    """What the pages of a source have shown."""

    problem: Message | None = None  # what is not known
    parts: tuple[int, int] = (1, 1)  # so many of so many were read
    since: datetime | None = None  # things from before that instant may be missing
    allowance: Allowance | None = None  # what is left of the requests that the service allows

    def add(self, page: Page) -> None:
        """Take in another page; what it does not say stays as it was."""
        self.problem, self.parts = page.problem or self.problem, page.parts or self.parts
        self.since = page.since or self.since
        self.allowance = page.allowance or self.allowance


@dataclass(frozen=True, slots=True)
class _Begun:
    """A sync under way: how it ends is written down together with what its owner is told."""

    db: Database
    workspace: WorkspaceId
    source: Source
    clock: Clock
    window: Window | None
    at: datetime
    told: bool  # the owner sees by himself how it ends

    async def ended(self, outcome: _Outcome) -> Coverage:
        """The source was read whole."""
        source, now, of = self.source, self.clock.now(), outcome.parts[1]
        reading = Reading(self.window, self.at, of, outcome.since, outcome.allowance, source.mark)

        async def ended(stores: Stores) -> None:
            failing = await stores.sources.read_well(source.id, now, outcome.problem, reading)
            if failing is not None and not self.told:
                await tell_mended(stores, source, failing, now)

        await self.db.briefly(self.workspace, ended)
        return Coverage(source.id, source.name, source.kind, of, of, outcome.problem, now, outcome.since)

    async def failed(
        self, problem: Message, hint: Message | None = None, *, lasting: bool = True, parts: tuple[int, int] = (0, 1)
    ) -> Coverage:
        """The source was not read, or not whole; what is not `lasting` may be over at the next try."""
        source = self.source

        async def failed(stores: Stores) -> None:
            if await stores.sources.failed(source.id, self.clock.now(), problem, lasting=lasting) and not self.told:
                await tell_broken(stores, source, problem, hint)

        await self.db.briefly(self.workspace, failed)
        return Coverage(source.id, source.name, source.kind, *parts, problem, source.last_good)


async def _read(db: Database, workspace: WorkspaceId, source: Source, reach: Reach, window: Window | None) -> _Outcome:
    async with db.read(workspace) as stores:
        config = await stores.sources.config(source.id)
        cursor = await stores.records.cursor(source.id)
    pushed = receiver(source.kind, config)
    store = _Pages(db, workspace, source.id, cursor, pushed.joined if pushed else None)
    async with aclosing(collector(source.kind, config, reach).collect(window, cursor)) as pages:
        return await _store(store, pages)


@dataclass(slots=True)
class _Pages:
    """Stores the pages of one reading."""

    db: Database
    workspace: WorkspaceId
    source: SourceId
    cursor: str | None  # where the source stands for all that this reading has stored
    joined: Callable[[str, str], str] | None  # of a source that others push to

    async def put(self, page: Page, rows: Rows) -> None:
        """Store a page; what was pushed since the one before stays known."""
        await self.db.store(self.workspace, self.source, page, partial(self._cursor, page), rows)
        self.cursor = page.cursor

    def _cursor(self, page: Page, stands: str | None) -> str:
        if self.joined is None or page.restart or stands is None or stands == self.cursor:
            return page.cursor
        return self.joined(page.cursor, stands)


async def _store(store: _Pages, pages: AsyncIterator[Page]) -> _Outcome:
    """Store each page while the next one is being read; return what they have shown."""
    outcome = _Outcome()
    putting: asyncio.Task[None] | None = None
    try:
        async for page in pages:
            outcome.add(page)
            rows = await store.db.rows(page)
            if putting is not None:
                await putting
            putting = asyncio.create_task(store.put(page, rows))
        if putting is not None:
            await putting
    finally:
        if putting is not None and not putting.done():
            putting.cancel()
            await asyncio.gather(putting, return_exceptions=True)
    return outcome
