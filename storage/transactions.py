"""Transactions on either database: snapshots to read from, and one writer at a time on SQLite."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from model.errors import ConfigError
from model.language import Message
from storage import sqlite_driver
from storage.at_once import Here, done
from storage.home import DATABASE_FILE
from storage.queue import Urgency, Writer
from storage.trouble import told_busy
from storage.write_ahead import LONGEST, WriteAheadLog

BUSY_TIMEOUT = 5.0  # seconds that another process may hold the write lock before people are told
_WRITES = "arb_writes"
_T = TypeVar("_T")
_KEPT, _MORE = 20, 5  # connections of a process: one beyond those kept costs the server a process, each time
_WRITERS = 2  # PostgreSQL: while it works on one transaction, this process prepares another
_IDLE = 10  # seconds after which PostgreSQL ends a transaction whose process was stopped in it: its locks are others'


@dataclass(frozen=True, slots=True)
class Pool:
    """The connections of this process."""

    active: int
    idle: int
    waiting: int  # transactions that have none yet


class Transactions:
    """Opens transactions; knows what either database wants for them."""

    def __init__(
        self, engine: AsyncEngine, quick: Engine, writer: Writer | None = None, log: WriteAheadLog | None = None
    ) -> None:
        self.engine = engine
        self._quick = quick
        self._writer = writer
        self._log = log
        self._threads = ThreadPoolExecutor(self.writers, "quick")  # where there is no such writer
        self._asked = 0  # transactions that wait for a connection or hold one

    @property
    def on_sqlite(self) -> bool:
        """Whether this is SQLite."""
        return self.engine.dialect.name == "sqlite"

    def pool(self) -> Pool:
        """Return how the connections of this process are used now."""
        pools = [self.engine.pool, self._quick.pool]
        known = [pool for pool in pools if isinstance(pool, QueuePool)]
        active = sum(pool.checkedout() for pool in known)
        return Pool(active, sum(pool.checkedin() for pool in known), max(0, self._asked - active))

    def on_thread(self, urgency: Urgency) -> bool:
        """Return whether what is done at once is done on a thread of its own."""
        return self.on_sqlite or urgency is not Urgency.ACK

    def _turn(self, urgency: Urgency) -> AbstractAsyncContextManager[None]:
        return self._writer.turn(urgency) if self._writer else nullcontext()

    def _grown(self) -> None:
        if self._log is not None:
            self._log.grown()

    @property
    def writers(self) -> int:
        """Return how many transactions of this process do well to write at the same time."""
        return _WRITERS if self._writer is None else 1

    @property
    def share(self) -> int | None:
        """Return how many records one transaction is to write now; None: nobody waits for it to end."""
        return self._writer.share if self._writer else None

    def wrote(self, records: int, seconds: float) -> None:
        """Note how long one transaction took for so many records."""
        if self._writer:
            self._writer.wrote(records, seconds)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self._asked += 1
        try:
            yield
        finally:
            self._asked -= 1

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Open a snapshot: what is read in it belongs together; nothing is written."""
        with self._counted(), told_busy():
            async with self.engine.connect() as connection:
                if not self.on_sqlite:
                    await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
                yield connection

    @asynccontextmanager
    async def writing(self, urgency: Urgency) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that is committed at the end of the block and rolled back by any error.

        Raises:
            StorageBusy: another process held the lock for too long; nothing was written.
        """
        with self._counted(), told_busy():
            async with self._turn(urgency), self.engine.connect() as connection:
                await connection.execution_options(**{_WRITES: True})
                async with connection.begin():
                    yield connection
        self._grown()

    async def at_once(self, urgency: Urgency, work: Callable[[Connection], _T]) -> _T:
        """Do something short in a transaction of its own; rolled back by any error.

        On SQLite an asynchronous connection changes threads for each statement. Here it is done in one go. On
        PostgreSQL it need not, so what somebody waits for does not wait for a thread.

        Raises:
            StorageBusy: another process held the lock for too long; nothing was written.
        """
        with self._counted(), told_busy():
            if self._writer:
                found = await self._writer.do(urgency, partial(self._done, work))
            elif self.on_thread(urgency):
                found = await asyncio.get_running_loop().run_in_executor(self._threads, self._done, work)
            else:
                async with self.engine.connect() as connection, connection.begin():
                    found = await connection.run_sync(work)
        self._grown()
        return found

    async def briefly(self, urgency: Urgency, work: Callable[[AsyncConnection], Coroutine[Any, Any, _T]]) -> _T:
        """Write what waits for nothing but the database: on SQLite others wait less long for the one writer.

        Raises:
            StorageBusy: another process held the lock for too long; nothing was written.
        """
        if self.on_sqlite:
            return await self.at_once(urgency, lambda connection: done(work(Here(self.engine, connection))))
        async with self.writing(urgency) as connection:
            return await work(connection)

    def _done(self, work: Callable[[Connection], _T]) -> _T:
        with self._quick.begin() as connection:
            return work(connection)

    async def vacuum(self, urgency: Urgency) -> None:
        """Give free pages back; SQLite writes its file anew and empties its log. Raises StorageBusy."""
        with self._counted(), told_busy():
            async with self._turn(urgency), self.engine.connect() as connection:
                if self.on_sqlite:  # at the driver: neither statement may stand in a transaction
                    raw = await connection.get_raw_connection()
                    for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                        await raw.driver_connection.execute(statement)  # type: ignore[union-attr]  # aiosqlite's
                else:
                    await connection.execution_options(isolation_level="AUTOCOMMIT")
                    await connection.exec_driver_sql("VACUUM")

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()
        self._threads.shutdown()
        if self._writer is not None:
            await self._writer.close()
        self._quick.dispose()
        if self._log is not None:
            self._log.close()


def sqlite_transactions(home: Path, busy_timeout: float) -> Transactions:
    """Return transactions on the SQLite file in `home`; `busy_timeout` in seconds."""
    file = home / DATABASE_FILE
    url, connect = f"sqlite+aiosqlite:///{file}", partial(sqlite_driver.Connection, file)
    engine = create_async_engine(url, async_creator=connect, hide_parameters=True, max_overflow=20)
    writing = {_WRITES: True}
    quick = create_engine(f"sqlite:///{file}", hide_parameters=True, pool_size=1, execution_options=writing)
    for one in (engine.sync_engine, quick):
        _prepare(one, busy_timeout)
    return Transactions(engine, quick, Writer(), WriteAheadLog(file))


def _prepare(engine: Engine, busy_timeout: float) -> None:
    """Have each connection to a SQLite file behave."""
    pragmas = (
        f"busy_timeout={int(busy_timeout * 1000)}",  # first: the others may have to wait already
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",  # what is deleted is overwritten
        "cache_size=-16000",  # KiB
        f"wal_autocheckpoint={LONGEST}",
    )

    @event.listens_for(engine, "connect")
    def set_up(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself: `begin` below does
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES, False)
        statement = "BEGIN IMMEDIATE" if writes else "BEGIN DEFERRED"
        if connection.dialect.is_async:  # SQLAlchemy gives a connection up whose statement is cancelled
            connection.exec_driver_sql(statement)
        else:  # at the driver, which takes a third of the time
            cursor = connection.connection.cursor()
            cursor.execute(statement)
            cursor.close()

    @event.listens_for(engine, "invalidate")
    def let_go(connection: DBAPIConnection, _: ConnectionPoolEntry, error: BaseException | None) -> None:
        if isinstance(error, asyncio.CancelledError):
            connection.rollback()  # closed with a cursor left it would keep the lock for as long as that one lives


def postgres_transactions(url: str, busy_timeout: float) -> Transactions:
    """Return transactions on PostgreSQL; locks are waited for `busy_timeout` seconds."""
    address = make_url(psycopg_url(url))
    given = " ".join(address.normalized_query.get("options", ()))  # a search_path, say: pg_dump and the queue heed it
    options = f"-c lock_timeout={int(busy_timeout * 1000)} -c idle_in_transaction_session_timeout={_IDLE * 1000}"
    alike = {"hide_parameters": True, "pool_pre_ping": True, "connect_args": {"options": f"{given} {options}"}}
    engine = create_async_engine(address, pool_size=_KEPT, max_overflow=_MORE, pool_use_lifo=True, **alike)
    return Transactions(engine, create_engine(address, pool_size=_WRITERS, **alike))


def psycopg_url(url: str) -> str:
    """Return the address with SQLAlchemy's driver; raises ConfigError for anything but PostgreSQL, not showing it."""
    return libpq_url(url).replace("postgresql:", "postgresql+psycopg:", 1)


def libpq_url(url: str) -> str:
    """Return the address as PostgreSQL's own tools read it; raises ConfigError for any other, not showing it."""
    scheme, found, rest = url.partition("://")
    if not found or scheme not in ("postgresql", "postgres", "postgresql+psycopg"):
        raise ConfigError(
            "ARB_DATABASE_URL is not the address of a PostgreSQL database.",
            hint=Message("Write postgresql://user:password@host/database, or leave it out to use a file in ARB_HOME."),
        )
    return f"postgresql://{rest}"
