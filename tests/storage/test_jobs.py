"""Jobs: woken at once, also elsewhere, and only when the transaction was committed; one that is lost does no harm."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from model.delivery import Address, Payload, Platform
from model.errors import ConfigError
from storage.database import Database
from storage.duties import SCRUB
from storage.jobs import Job, What
from storage.schema import migrate_postgres
from tests.storage.world import HandClock, Room, room
from tests.support.databases import Place, Server, with_tables

_RUNS = "WHERE queue_name <> 'sync'"
_SEAT = Address(Platform.TERMINAL, "here", "mina")


@asynccontextmanager
async def _listening(db: Database, *kinds: What) -> AsyncIterator[asyncio.Queue[tuple[What, str]]]:
    """Hear what somebody who serves is woken for."""
    heard: asyncio.Queue[tuple[What, str]] = asyncio.Queue()

    def waking(what: What) -> Callable[[str], None]:
        return lambda told: heard.put_nowait((what, told))

    serving = asyncio.create_task(db.jobs.serve({what: waking(what) for what in kinds}))
    await asyncio.sleep(0)
    try:
        yield heard
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


async def _left(db: Database) -> list[tuple[str, str]]:
    """Return (queue, state) of the jobs in the tables of the engine, but for that of the source that a room has."""
    async with db._transactions.reading() as connection:
        found = text(f"SELECT queue_name, status::text FROM procrastinate_jobs {_RUNS} ORDER BY id")
        rows = await connection.execute(found)
        return [(row.queue_name, row.status) for row in rows]


async def _soon(heard: asyncio.Queue[tuple[What, str]]) -> tuple[What, str]:
    async with asyncio.timeout(10):
        return await heard.get()


async def test_what_else_somebody_waits_for_wakes_who_serves(here: Room, place: Place) -> None:
    """A message to somebody, a source to be looked at, somebody to be erased; not the messages of a run."""
    elsewhere = here.db if place.kind == "sqlite" else await place.open()
    async with _listening(elsewhere, "page", "sync", "housekeeping") as heard:
        run = await here.run("1")
        if place.kind == "postgres":
            assert (await _soon(heard))[0] == "sync"  # the source that a room has
        async with here.db.write(here.workspace) as stores:
            await stores.deliveries.put(_SEAT, [Payload({"text": "its report"})], run=run.id)
        assert await _soon_or_nothing(heard) is None
        async with here.db.write(here.workspace) as stores:
            told = await stores.deliveries.put(_SEAT, [Payload({"text": "1/2"}), Payload({"text": "2/2"})])
        assert await _soon(heard) == ("page", told)
        async with here.db.write(here.workspace) as stores:
            added = await stores.sources.add("site", "probe", {"url": "https://example.org"})
        assert await _soon(heard) == ("sync", added)
        async with here.db.write(here.workspace) as stores:
            await stores.people.erasing.erase(await stores.members.of(here.member))
        assert await _soon(heard) == ("housekeeping", SCRUB)
        assert await _soon_or_nothing(heard) is None
    if place.kind == "postgres":
        await elsewhere.close()


async def test_a_run_wakes_who_serves_here_or_elsewhere(here: Room, place: Place) -> None:
    elsewhere = here.db if place.kind == "sqlite" else await place.open()
    async with _listening(elsewhere, "run") as heard:
        run = await here.run("1")
        assert await _soon(heard) == ("run", run.id)
        assert (await here.run("1")).id == run.id  # the same cause: nothing new, nobody is woken
        assert await _soon_or_nothing(heard) is None
    if place.kind == "postgres":
        assert await _left(here.db) == []
        await elsewhere.close()


async def _soon_or_nothing(heard: asyncio.Queue[tuple[What, str]]) -> tuple[What, str] | None:
    try:
        async with asyncio.timeout(0.3):
            return await heard.get()
    except TimeoutError:
        return None


async def test_a_transaction_that_is_rolled_back_wakes_nobody(here: Room) -> None:
    async with _listening(here.db, "run", "housekeeping") as heard:
        with pytest.raises(ZeroDivisionError):
            await _fail_after(here, Job("housekeeping", "never"))
        run = await here.run("1")
        assert await _soon(heard) == ("run", run.id)
        assert heard.empty()


async def _fail_after(here: Room, job: Job) -> None:
    async with here.db.write(here.workspace) as stores:
        await stores.runs._in.submit(job)
        raise ZeroDivisionError


async def test_jobs_of_a_kind_in_one_transaction_are_one(here: Room) -> None:
    async with _listening(here.db, "run", "page") as heard:
        async with here.db.write(here.workspace) as stores:
            for number in range(5):
                await stores.runs._in.submit(Job("run", str(number)))
            await stores.runs._in.submit(Job("page", "p"))
        assert {await _soon(heard), await _soon(heard)} == {("run", "0"), ("page", "p")}
        assert await _soon_or_nothing(heard) is None


async def test_a_job_for_later_waits(here: Room, clock: HandClock) -> None:
    async with _listening(here.db, "housekeeping") as heard:
        async with here.db.write(here.workspace) as stores:
            await stores.runs._in.submit(Job("housekeeping", "later", not_before=clock.now() + timedelta(days=36500)))
            await stores.runs._in.submit(Job("housekeeping", "now"))
        assert await _soon(heard) == ("housekeeping", "now")
        assert await _soon_or_nothing(heard) is None


@pytest.fixture
def postgres(postgres_server: Server, postgres_template: str, tmp_path: Path) -> Iterator[Place]:
    """A database of a test's own, whose schema it may change."""
    with postgres_server.fresh(postgres_template) as name:
        yield Place("postgres", postgres_server.database(name), with_tables(tmp_path / "home"))


async def test_pages_are_fetched_first(postgres: Place) -> None:
    db = await postgres.open()
    here = await room(db)
    for number in range(20):
        await here.run(str(number))
    async with db.write(here.workspace) as stores:
        await stores.runs._in.submit(Job("page", "urgent"))
    waiting = len(await _left(db))
    assert waiting < 10  # twenty runs, and a page: more jobs would wake nobody sooner
    async with _listening(db, "run", "page") as heard:
        first = [await _soon(heard) for _ in range(4)]  # so many are fetched before one is over
        assert ("page", "urgent") in first
        for _ in range(waiting - 4):
            await _soon(heard)
    await db.close()


async def test_a_dead_workers_job_is_given_to_another(postgres: Place) -> None:
    """A worker that died between the fetch and the end of a job leaves it `doing`, with a heartbeat that grows old."""
    db = await postgres.open()
    here = await room(db)
    run = await here.run("1")
    async with db._transactions.engine.begin() as connection:
        dead = await connection.scalar(
            text("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour') RETURNING id")
        )
        taken = text(f"UPDATE procrastinate_jobs SET status = 'doing', worker_id = :id {_RUNS}")
        await connection.execute(taken, {"id": dead})
    async with _listening(db, "run") as heard:
        assert await _soon(heard) == ("run", run.id)
    assert await _left(db) == []
    await db.close()


async def test_tables_of_somebody_elses_queue_are_left_alone(postgres: Place) -> None:
    db = await postgres.open()
    async with db._transactions.engine.begin() as connection:
        await connection.execute(text("COMMENT ON TABLE procrastinate_jobs IS NULL"))
    await db.close()
    assert postgres.url is not None
    with pytest.raises(ConfigError, match="job queue"):
        migrate_postgres(postgres.url)
    with pytest.raises(ConfigError) as caught:
        await postgres.open()
    assert caught.value.hint is not None
    assert "arb migrate" in caught.value.hint.plain()


async def test_an_older_queue_is_brought_up(postgres: Place) -> None:
    trigger = "procrastinate_trigger_function_status_events_update_v1"  # what the newest schema made anew
    comment, there = "SELECT obj_description('procrastinate_jobs'::regclass)", f"SELECT to_regproc('{trigger}')::text"
    db = await postgres.open()
    async with db._transactions.engine.begin() as connection:
        newest = await connection.scalar(text(comment))
        await connection.execute(text(f"DROP FUNCTION {trigger} CASCADE"))
        older = "ARB: 03.04.00_01_pre_add_retry_failed_job_procedure"
        await connection.execute(text(f"COMMENT ON TABLE procrastinate_jobs IS '{older}'"))
    await db.close()
    assert postgres.url is not None
    migrate_postgres(postgres.url)
    db = await postgres.open()
    async with db._transactions.reading() as connection:
        assert (await connection.scalar(text(comment)), await connection.scalar(text(there))) == (newest, trigger)
    await db.close()
