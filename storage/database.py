"""The database: one door for reading, one for writing, each into one workspace."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import ExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError, OperationalError

from model.clock import Clock
from model.errors import ConfigError, StorageBroken
from model.health import Check
from model.ids import SourceId, WorkspaceId
from model.record import Page
from storage.at_once import Here, done
from storage.backlog import Backlogs
from storage.backup import Backups
from storage.claims import Claims
from storage.claims_deliveries import DeliveryClaims
from storage.claims_questions import QuestionClaims
from storage.duties import SCRUB, Duties
from storage.entrances import Entrances
from storage.health import storage_checks
from storage.hearing import Hearing
from storage.home import make_home
from storage.installations import Installations
from storage.jobs import InProcess, Job, Jobs, Queued
from storage.living import Living
from storage.outside import HERE, Outside
from storage.presence import Presence
from storage.probes import ProbeClaims
from storage.queue import Urgency
from storage.receiving import Receiving
from storage.record_rows import Rows, rows_of
from storage.records import Moved
from storage.schema import (
    HEAD,
    migrate_postgres,
    migrate_sqlite,
    not_migrated,
    postgres_is_migrated,
    sqlite_version,
    unreachable,
)
from storage.scrub import scrub
from storage.sealing import Keyring
from storage.standings import Standings
from storage.stores import Stores
from storage.transaction import Transaction
from storage.transactions import (
    BUSY_TIMEOUT,
    Pool,
    Transactions,
    libpq_url,
    postgres_transactions,
    sqlite_transactions,
)
from storage.trouble import broken

__all__ = ["Database", "Urgency"]

_CRUMB = 4  # of a page what is left and less than such a part of a turn goes along: a turn costs as much as 100 records
_T = TypeVar("_T")


class Database:
    """All rows of an installation, on SQLite or PostgreSQL."""

    def __init__(
        self,
        transactions: Transactions,
        keyring: Keyring,
        clock: Clock,
        home: Path,
        jobs: Jobs,
        presence: Presence,
        backups: Backups,
    ) -> None:
        self._transactions = transactions
        self._keyring = keyring
        self._clock = clock
        self._home = home
        self._presence = presence
        self.jobs = jobs
        self.entrances = Entrances(transactions, clock)
        self.hearing = Hearing(transactions, keyring, clock)
        self.receiving = Receiving(transactions, keyring, clock)
        self.claims = Claims(transactions, clock)
        self.asked = QuestionClaims(transactions, clock)
        self.duties = Duties(transactions, clock)
        self.living = Living(transactions, clock)
        self.probes = ProbeClaims(transactions, clock)
        self.standings = Standings(transactions, clock)
        self.installations = Installations(transactions, keyring, clock)
        self.backups = backups
        self.outgoing = DeliveryClaims(transactions, clock)
        self.backlogs = Backlogs(transactions, clock, self.outgoing)

    @classmethod
    async def open(
        cls,
        url: str | None,
        home: Path,
        keyring: Keyring,
        clock: Clock,
        *,
        busy_timeout: float = BUSY_TIMEOUT,
        outside: Outside = HERE,
    ) -> Database:
        """Open the database at `url`, or the SQLite file in `home`, which is migrated where it has to be.

        `busy_timeout` is in seconds: so long may another process hold a lock before StorageBusy is raised. `outside`:
        where its backups go besides the home.

        Raises:
            ConfigError: PostgreSQL cannot be reached or is not migrated, or another version wrote the database, or it
                is being restored just now.
        """
        with ExitStack() as failing:
            presence = Presence(home)
            failing.callback(presence.leave)
            transactions = await _opened(url, home, busy_timeout)
            failing.pop_all()
        backups = Backups(transactions, url, home, keyring, clock, outside)
        jobs = InProcess(clock) if url is None else Queued(libpq_url(url))
        return cls(transactions, keyring, clock, home, jobs, presence, backups)

    @staticmethod
    async def migrate(url: str | None, home: Path) -> None:
        """Bring the schema to the last migration; two processes may do it at once. Raises ConfigError."""
        presence = Presence(home)
        try:
            if url is None:
                await asyncio.to_thread(migrate_sqlite, home)
            else:
                await asyncio.to_thread(migrate_postgres, url)
        finally:
            presence.leave()

    @asynccontextmanager
    async def read(self, workspace: WorkspaceId) -> AsyncIterator[Stores]:
        """Open a snapshot of a workspace."""
        async with self._transactions.reading() as connection:
            yield Stores(Transaction(connection, workspace, self._keyring, self._clock, self.jobs))

    @asynccontextmanager
    async def write(self, workspace: WorkspaceId, urgency: Urgency = Urgency.NORMAL) -> AsyncIterator[Stores]:
        """Open a transaction: committed at the end of the block, rolled back by any error. Raises StorageBusy."""
        async with self._transactions.writing(urgency) as connection:
            inside = Transaction(connection, workspace, self._keyring, self._clock, self.jobs)
            yield Stores(inside)
        self.jobs.committed(inside.submitted)

    async def at_once(
        self,
        workspace: WorkspaceId,
        work: Callable[[Stores], Coroutine[Any, Any, _T]],
        urgency: Urgency = Urgency.NORMAL,
    ) -> _T:
        """Write what waits for nothing but the database: others wait less long for that. Raises StorageBusy."""
        if not self._transactions.on_thread(urgency):
            async with self.write(workspace, urgency) as stores:
                return await work(stores)
        submitted: list[Job] = []

        def inside(connection: Connection) -> _T:
            here = Here(self._transactions.engine, connection)
            return done(work(Stores(Transaction(here, workspace, self._keyring, self._clock, self.jobs, submitted))))

        found = await self._transactions.at_once(urgency, inside)
        self.jobs.committed(submitted)
        return found

    async def briefly(self, workspace: WorkspaceId, work: Callable[[Stores], Coroutine[Any, Any, _T]]) -> _T:
        """Write what waits for nothing but the database: on SQLite it is done at once. Raises StorageBusy."""
        if self._transactions.on_sqlite:
            return await self.at_once(workspace, work)
        async with self.write(workspace) as stores:
            return await work(stores)

    @property
    def writers(self) -> int:
        """Return how many transactions of this process do well to write at the same time."""
        return self._transactions.writers

    async def rows(self, page: Page) -> Rows:
        """Make the rows of a page, on a thread; it may well be done while the page before is being stored."""
        return await asyncio.to_thread(rows_of, page.records, self._transactions.engine.dialect)

    async def store(
        self,
        workspace: WorkspaceId,
        source: SourceId,
        page: Page,
        moved: Moved | None = None,
        rows: Rows | None = None,
    ) -> None:
        """Store a page, and its cursor with the last of it; on SQLite in turns that let urgent ones in between.

        `moved`: makes the cursor to store out of the one that stands there. `rows`: those of the page, where they are
        made already.

        Raises:
            UnknownName: the source is not here (any more).
            StorageBusy: what was stored of the page until then stays: it is read again.
        """
        last = False
        start = 0
        began = 0.0

        async def put(part: slice, stores: Stores) -> None:
            nonlocal began
            began = self._clock.monotonic()
            await stores.records.put(source, page, part, moved, rows)

        while not last:
            share = self._transactions.share or len(page.records)
            end = start + share
            last = end + share // _CRUMB >= len(page.records)
            await self.at_once(workspace, partial(put, slice(start, None if last else end)), Urgency.BULK)
            self._transactions.wrote(len(page.records[start : None if last else end]), self._clock.monotonic() - began)
            start = end

    async def checks(self) -> tuple[Check, ...]:
        """Return how database, keys, disk and clock are; nothing that fails is raised."""
        return await storage_checks(self._home, self._transactions, self._keyring, self._clock)

    def pool(self) -> Pool:
        """Return how the connections of this process are used now."""
        return self._transactions.pool()

    async def scrub(self) -> None:
        """Take what was erased out of the files, too, and note who it was for later restores. Raises StorageBusy."""
        asked = await self.duties.asked(SCRUB)
        await self.backups.note_erased()
        await scrub(self._transactions, self._home)
        if asked is not None:
            await self.duties.done(asked)

    async def close(self) -> None:
        """Close every connection."""
        await self._transactions.close()
        self._presence.leave()


async def _opened(url: str | None, home: Path, busy_timeout: float) -> Transactions:
    if url is None:
        make_home(home)
        try:
            if await asyncio.to_thread(sqlite_version, home) != HEAD:
                await asyncio.to_thread(migrate_sqlite, home)
        except (sqlite3.DatabaseError, DatabaseError) as error:
            raise broken() from error
        return sqlite_transactions(home, busy_timeout)
    transactions = postgres_transactions(url, busy_timeout)
    try:
        await _check_postgres(transactions)
    except ConfigError:
        await transactions.close()
        raise
    return transactions


async def _check_postgres(transactions: Transactions) -> None:
    try:
        async with transactions.reading() as connection:
            migrated = await postgres_is_migrated(connection)
    except (OperationalError, StorageBroken) as error:
        raise unreachable() from error
    if not migrated:
        raise not_migrated()
