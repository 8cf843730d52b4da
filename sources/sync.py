"""Sync a source: page by page into the store, each with its cursor."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial

from collectors import collector, receiver
from model.clock import Clock
from model.errors import ArbError, SourceError, StorageBroken, StorageBusy
from model.ids import SourceId, WorkspaceId
from model.language import Message
from model.record import Coverage, Page
from model.source import Reach, Source
from model.window import Window
from storage.database import Database

_log = logging.getLogger(__name__)
_DEADLINE = 900.0  # seconds that one source may take
_Outcome = tuple[Message | None, tuple[int, int]]  # what is not known; so many of so many parts were read


async def sync_all(
    db: Database,
    workspace: WorkspaceId,
    sources: Sequence[SourceId],
    reach: Reach,
    clock: Clock,
    window: Window,
    tell: Callable[[int, int], None],
) -> tuple[Coverage, ...]:
    """Sync all sources side by side; one that fails stops no other. Returns what was read, in the order asked.

    `tell` is called as they end: so many of so many.

    Raises:
        StorageBusy: or StorageBroken, once no sync is under way any more.
    """
    left = len(sources)

    async def one(id: SourceId) -> Coverage:
        nonlocal left
        coverage = await sync(db, workspace, id, reach, clock, window)
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


async def sync(
    db: Database, workspace: WorkspaceId, id: SourceId, reach: Reach, clock: Clock, window: Window | None = None
) -> Coverage:
    """Read what is new in a source and store it; its failure is told in the coverage and at the source, not raised.

    Raises:
        StorageBusy: or StorageBroken; what was read until then is kept.
    """
    async with db.read(workspace) as stores:
        source = await stores.sources.of(id)
    try:
        async with asyncio.timeout(_DEADLINE):
            problem, (read, of) = await _read(db, workspace, source, reach.within(workspace), window)
    except SourceError as error:
        return await _failed(db, workspace, source, clock, error.message)
    except (StorageBusy, StorageBroken):  # not the source's fault: whoever asked tries again
        raise
    except ArbError as error:  # its configuration does not open
        return await _failed(db, workspace, source, clock, error.message)
    except TimeoutError:
        return await _failed(
            db, workspace, source, clock, Message("took longer than {seconds} s", {"seconds": int(_DEADLINE)})
        )
    except Exception:  # one source: whatever breaks here must not stop the others
        _log.exception("source %s broke", source.id)
        return await _failed(db, workspace, source, clock, Message("reading it broke; the log has the details"))
    now = clock.now()
    async with db.write(workspace) as stores:
        if read < of and problem is not None:
            await stores.sources.failed(id, now, problem)
        else:
            await stores.sources.read_well(id, now, problem)
    return Coverage(id, source.name, source.kind, read, of, problem, now if read == of else source.last_good)


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

    async def put(self, page: Page) -> None:
        """Store a page; what was pushed since the one before stays known."""
        await self.db.store(self.workspace, self.source, page, partial(self._cursor, page))
        self.cursor = page.cursor

    def _cursor(self, page: Page, stands: str | None) -> str:
        if self.joined is None or page.restart or stands is None or stands == self.cursor:
            return page.cursor
        return self.joined(page.cursor, stands)


async def _store(store: _Pages, pages: AsyncIterator[Page]) -> _Outcome:
    """Store each page while the next one is being read; return the last problem and parts that a page named."""
    problem: Message | None = None
    parts = (1, 1)
    putting: asyncio.Task[None] | None = None
    try:
        async for page in pages:
            problem, parts = page.problem or problem, page.parts or parts
            if putting is not None:
                await putting
            putting = asyncio.create_task(store.put(page))
        if putting is not None:
            await putting
    finally:
        if putting is not None and not putting.done():
            putting.cancel()
            await asyncio.gather(putting, return_exceptions=True)
    return problem, parts


async def _failed(db: Database, workspace: WorkspaceId, source: Source, clock: Clock, problem: Message) -> Coverage:
    async with db.write(workspace) as stores:
        await stores.sources.failed(source.id, clock.now(), problem)
    return Coverage(source.id, source.name, source.kind, 0, 1, problem, source.last_good)
