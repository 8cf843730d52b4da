"""Jobs: they wake who does the work, in this process or on another machine. The only file that knows the engine.

A job only wakes: rows say what there is to do, and the claim says who does it. So a job that is lost, late or doubled
does no harm; the loops look by themselves, only later. On SQLite this process wakes itself; on PostgreSQL the engine is
Procrastinate, whose job is written in the transaction of the row that it is about.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from model.clock import Clock
from model.errors import ConfigError
from model.language import Message
from storage.at_once import Here
from storage.trouble import broken

if TYPE_CHECKING:
    from procrastinate import App
    from psycopg import AsyncConnection as AsyncConnectionOf
    from psycopg_pool import AsyncConnectionPool

What = Literal["page", "run", "sync", "housekeeping"]
Wake = Callable[[str], object]  # is told the id that the job was given

_log = logging.getLogger(__name__)
_QUEUES: Mapping[What, str] = {
    "page": "pages",  # what somebody waits for or must be woken by: fetched before the others
    "run": "runs",
    "sync": "sync",
    "housekeeping": "housekeeping",
}
_FIRST = 10  # the priority of the queue of pages
_HEARTBEAT = 10.0  # seconds
_STALLED = 30.0  # seconds without a heartbeat after which a worker's jobs are given to others
_AT_ONCE = 4  # jobs that a worker fetches side by side; each ends as soon as it has rung
_OURS = "ARB: "  # begins the comment that says which schema the engine's tables have; it keeps no record itself
SCHEMA_COMMENT = text("SELECT obj_description(to_regclass('procrastinate_jobs'), 'pg_class')")
# How many jobs wait: where there are enough, one more would wake nobody sooner and cost more than what it is for. What
# is committed after the last of them has rung is found when the next run is over, or at the next look.
_WAITING = text("""
    SELECT count(*) FROM (
        SELECT 1 FROM procrastinate_jobs
        WHERE status = 'todo' AND queue_name = :queue AND scheduled_at IS NULL LIMIT :enough
    ) AS waiting
""")
_ENOUGH = 2 * _AT_ONCE
_LOOK = 2.0  # seconds between two looks for jobs that nobody told of
_AGAIN = 1.0  # seconds until a worker that lost the database tries again


@dataclass(frozen=True, slots=True)
class Job:
    """A wake-up."""

    what: What
    id: str
    priority: int = 0
    not_before: datetime | None = None


class Jobs(Protocol):
    """How work that was written down is begun soon."""

    async def submit(self, connection: AsyncConnection, job: Job) -> None:
        """Write a job down in an open transaction that has done something already."""
        ...

    def committed(self, jobs: Sequence[Job]) -> None:
        """Hear that the transaction of these jobs is committed."""
        ...

    async def serve(self, work: Mapping[What, Wake]) -> None:
        """Wake for these kinds of work, until cancelled."""
        ...


class InProcess:
    """Wakes this process alone: what another process on the same file submits is found by looking."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._work: Mapping[What, Wake] = {}

    async def submit(self, connection: AsyncConnection, job: Job) -> None:
        """Leave it to the commit."""

    def committed(self, jobs: Sequence[Job]) -> None:
        """Wake now, or when the time has come."""
        for job in jobs:
            wake = self._work.get(job.what)
            if wake is None:
                continue
            wait = 0.0 if job.not_before is None else (job.not_before - self._clock.now()).total_seconds()
            if wait <= 0:
                wake(job.id)
            else:
                asyncio.get_running_loop().call_later(wait, wake, job.id)

    async def serve(self, work: Mapping[What, Wake]) -> None:
        """Wake for these kinds of work, until cancelled."""
        self._work = work
        try:
            await asyncio.Event().wait()
        finally:
            self._work = {}


class Queued:
    """Wakes any worker on the same PostgreSQL database."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._submitting: App | None = None

    async def submit(self, connection: AsyncConnection, job: Job) -> None:
        """Write the job on the transaction's own connection, so that both are there or neither; not one too many."""
        if job.not_before is None and await self._enough(connection, _QUEUES[job.what]):
            return
        raw = await _driver_of(connection)
        self._submitting = self._submitting or self._app()
        priority = job.priority + (_FIRST if _QUEUES[job.what] == "pages" else 0)
        task = self._submitting.configure_task(
            job.what, queue=_QUEUES[job.what], priority=priority, schedule_at=job.not_before, connection=raw
        )
        try:
            if isinstance(connection, Here):
                task.defer(id=job.id)
            else:
                await task.defer_async(id=job.id)
        except _passing() as error:
            raise broken() from error

    @staticmethod
    async def _enough(connection: AsyncConnection, queue: str) -> bool:
        waiting: int | None = await connection.scalar(_WAITING, {"queue": queue, "enough": _ENOUGH})
        return waiting == _ENOUGH

    def committed(self, jobs: Sequence[Job]) -> None:
        """The database tells the workers."""

    async def serve(self, work: Mapping[What, Wake]) -> None:
        """Wake for these kinds of work, until cancelled; a database that goes away is waited for."""
        while True:
            try:
                await self._serve(work)
            except _passing() as error:
                _log.warning("the job queue is away: %s", type(error).__name__)
            await asyncio.sleep(_AGAIN)

    async def _serve(self, work: Mapping[What, Wake]) -> None:
        app = self._app()
        for what, wake in work.items():
            app.task(name=what, queue=_QUEUES[what])(_waking(wake))
        async with app.open_async():
            serving = app.run_worker_async(
                queues=sorted({_QUEUES[what] for what in work}),
                concurrency=_AT_ONCE,
                fetch_job_polling_interval=_LOOK,
                install_signal_handlers=False,
                delete_jobs="successful",
                update_heartbeat_interval=_HEARTBEAT,
                stalled_worker_timeout=_STALLED,
            )
            tasks = {asyncio.create_task(serving), asyncio.create_task(_mend(app))}
            try:
                over, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            for task in over:
                task.result()

    def _app(self) -> App:
        from procrastinate import App, PsycopgConnector

        logging.getLogger("procrastinate").setLevel(logging.WARNING)  # it has three lines to say of each job
        return App(
            connector=PsycopgConnector(
                conninfo=self._url, min_size=0, max_size=4, timeout=5.0, configure=_one_by_one, pool_factory=_pool
            )
        )


def newest_schema() -> str:
    """Return the name of the newest schema of the engine that is installed; nothing of it is imported."""
    return _migrations()[-1].stem


def schema_found(comment: str | None) -> str | None:
    """Return the schema that the comment on the engine's table names; None: nobody said."""
    return comment.removeprefix(_OURS) if comment is not None and comment.startswith(_OURS) else None


def apply_schema(connection: Connection) -> None:
    """Bring the engine's tables to its newest schema, inside an open transaction.

    Raises:
        ConfigError: its tables are there, and were made by somebody else or for a newer ARB.
    """
    known = [script.stem for script in _migrations()]
    found = schema_found(connection.scalar(SCHEMA_COMMENT))
    if not connection.scalar(text("SELECT to_regclass('procrastinate_jobs') IS NOT NULL")):
        scripts = [_folder() / "schema.sql"]
    elif found in known:
        scripts = _migrations()[known.index(found) + 1 :]
    else:
        raise ConfigError(
            "The database of ARB_DATABASE_URL has a job queue that this version of ARB does not know.",
            hint=Message("Start the version that made it, or give ARB a database of its own."),
        )
    cursor = connection.connection.cursor()  # a driver's own: without values psycopg takes several statements at once
    for script in scripts:
        cursor.execute(script.read_text("utf-8"))
    connection.exec_driver_sql(f"COMMENT ON TABLE procrastinate_jobs IS '{_OURS}{known[-1]}'")


def _migrations() -> list[Path]:
    return sorted((_folder() / "migrations").glob("*.sql"))


def _folder() -> Path:
    found = find_spec("procrastinate")
    if found is None or found.origin is None:
        raise ConfigError(
            "ARB_DATABASE_URL names a PostgreSQL server, and what ARB needs for it is not installed.",
            hint=Message("Run: pip install 'auto-report-builder[postgres]'"),
        )
    return Path(found.origin).parent / "sql"


def _pool(**options: Any) -> AsyncConnectionPool:
    from psycopg_pool import AsyncConnectionPool

    options["check"] = (
        None  # it would ask the server before each call whether it is there; `serve` bears that it is not
    )
    return AsyncConnectionPool(**options)


async def _driver_of(connection: AsyncConnection) -> object:
    if isinstance(connection, Here):
        return connection.driver
    return (await connection.get_raw_connection()).driver_connection


async def _one_by_one(connection: AsyncConnectionOf[object]) -> None:
    await connection.set_autocommit(True)  # each call of the engine is one statement: no BEGIN and COMMIT around it


def _waking(wake: Wake) -> Callable[[str], Awaitable[None]]:
    async def woken(id: str) -> None:
        wake(id)

    return woken


async def _mend(app: App) -> None:
    """Give the jobs of workers that are no more to others, again and again."""
    while True:
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED):
            with suppress(_passing()[0]):  # another worker was quicker
                await app.job_manager.retry_job(job)
        await asyncio.sleep(_HEARTBEAT)


def _passing() -> tuple[type[Exception], ...]:
    """Return the errors of a database that is away for a while."""
    from procrastinate.exceptions import ConnectorException
    from psycopg import OperationalError

    return ConnectorException, OperationalError
