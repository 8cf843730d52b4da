"""Backups while others write, and restores that are killed: real processes on both databases."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Table, func, select, text

from model.clock import SystemClock
from storage.backup import Made
from storage.database import Database
from storage.quarantine import Stage
from storage.restore import restore
from storage.sealing import Keyring
from storage.tables import RECORDS, SOURCES
from tests.storage.backup.writer import RECORDS as PAGE
from tests.storage.world import MONDAY, Room, commit
from tests.support.databases import Place, Server
from tests.support.digests import digests
from tests.support.nursery import Child, Nursery

_ROOT = Path(__file__).parents[3]
_WRITERS = ("left", "right")
_CHANGED = ("runs", "inbox", "duties")


Start = Callable[..., Child]


@pytest.fixture
def start(beds: Nursery) -> Start:
    """Return what starts a module with these arguments."""
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(_ROOT)}
    return lambda module, *arguments: beds.start(module, *arguments, env=env, cwd=_ROOT)


@contextmanager
def writing(start: Start, place: Place) -> Iterator[None]:
    """Have two processes write for the length of a block."""
    url = () if place.url is None else (place.url,)
    writers = [start("tests.storage.backup.writer", place.home, name, *url) for name in _WRITERS]
    try:
        for writer in writers:
            assert writer.line() == "writing"
        yield
        assert [writer.poll() for writer in writers] == [None, None], "a writer ended while it was backed up"
    finally:
        for writer in writers:
            writer.kill()


async def pages(db: Database) -> Mapping[str, int]:
    """Return how many pages each writer has committed."""
    async with db._transactions.reading() as connection:
        rows = await connection.execute(select(SOURCES.c.name, SOURCES.c.cursor).where(SOURCES.c.name.in_(_WRITERS)))
        return {row.name: int(row.cursor) for row in rows}


async def first_pages(db: Database, upto: Mapping[str, int]) -> list[tuple[object, ...]]:
    """Return the rows of the first pages of each writer."""
    found: list[tuple[object, ...]] = []
    async with db._transactions.reading() as connection:
        for name, count in sorted(upto.items()):
            number = select(SOURCES.c.number).where(SOURCES.c.name == name).scalar_subquery()
            theirs = RECORDS.c.source == number, RECORDS.c.key < f"{count + 1:08}"
            rows = await connection.execute(select(RECORDS).where(*theirs).order_by(RECORDS.c.key))
            found += [tuple(row) for row in rows]
    return found


async def rows(db: Database, table: Table) -> int:
    async with db._transactions.reading() as connection:
        return int(await connection.scalar(select(func.count()).select_from(table)) or 0)


@contextmanager
def elsewhere(place: Place, folder: Path, server: Callable[[], Server]) -> Iterator[Place]:
    """An empty place with the same keys."""
    folder.mkdir()
    shutil.copy(place.home / "keys", folder / "keys")
    if place.kind == "sqlite":
        yield replace(place, home=folder)
        return
    with server().fresh() as name:
        yield Place("postgres", server().database(name), folder)


async def test_backups_under_load_hold_whole_transactions(
    start: Start,
    here: Room,
    place: Place,
    tmp_path: Path,
    scaled: Callable[[int], int],
    request: pytest.FixtureRequest,
) -> None:
    """Restored elsewhere: of each writer exactly its first pages, row by row; all else is equal."""
    made: list[Made] = []
    with writing(start, place):
        for n in range(scaled(20)):
            before = await pages(here.db)
            made.append(await here.db.backups.make(tmp_path / f"{n}.backup"))
            for _ in range(3000):  # on a busy machine a backup may be quicker than a page
                if await pages(here.db) != before:
                    break
                await asyncio.sleep(0.01)
    live_pages = await pages(here.db)
    still = {"workspaces", "members", "identities"}
    equal = {name: digest for name, digest in (await digests(here.db)).items() if name in still}
    seen: list[Mapping[str, int]] = []
    for n, one in enumerate(made):
        with elsewhere(place, tmp_path / f"home{n}", lambda: request.getfixturevalue("postgres_server")) as fresh:
            await restore(one.file, fresh.url, fresh.home, Keyring.open(fresh.home, None), SystemClock())
            db = await fresh.open()
            held = await pages(db)
            assert await rows(db, RECORDS) == PAGE * sum(held.values())
            assert await first_pages(db, held) == await first_pages(here.db, held)
            assert {name: digest for name, digest in (await digests(db)).items() if name in still} == equal
            await db.close()
            seen.append(held)
    assert all(0 < held[name] <= live_pages[name] for held in seen for name in _WRITERS)
    assert seen[0] != seen[-1], "nobody wrote between two backups: that is no load"


@pytest.mark.some(of=lambda case: case["place"] == "sqlite" or case["stage"] in (Stage.SETTLED, Stage.DONE))
@pytest.mark.parametrize("stage", Stage)
async def test_killed_at_each_stage(start: Start, here: Room, place: Place, stage: Stage) -> None:
    """Until the very end the old database is there, whole, and starts; after it the new one is."""
    if place.kind == "postgres" and stage is Stage.KEPT:
        pytest.skip("the old schema is renamed in the transaction")
    old, new, file = await _two_states(here, place)
    await _killed(start, place, file, stage)
    assert await _found(place) == (new if stage is Stage.DONE else old)
    await restore(file, place.url, place.home, Keyring.open(place.home, None), SystemClock())
    assert await _found(place) == new


async def test_killed_at_random_times(start: Start, here: Room, place: Place, scaled: Callable[[int], int]) -> None:
    """However it falls: the old one or the new one, never a mixture."""
    old, new, file = await _two_states(here, place)
    draw = random.Random(24)
    url = () if place.url is None else (place.url,)
    began = time.monotonic()
    start("tests.storage.backup.victim", file, place.home, "never", *url).wait()  # how long a restore takes here
    usual = time.monotonic() - began
    assert await _found(place) == new
    await _changed_again(here, place)
    fates = []
    for _ in range(scaled(20)):
        victim = start("tests.storage.backup.victim", file, place.home, "never", *url)
        await asyncio.sleep(usual * draw.uniform(0.0, 1.2))
        victim.kill()
        fates.append(await _found(place))
        assert fates[-1] in (old, new)
        if fates[-1] == new:
            await _changed_again(here, place)
            assert await _found(place) == old


async def _two_states(here: Room, place: Place) -> tuple[Mapping[str, str], Mapping[str, str], Path]:
    """Return the digests of the live database and of the backup that is older, and the backup."""
    new = await digests(here.db, _CHANGED)
    made = await here.db.backups.keep()
    await here.put(commit("f" * 40, MONDAY))
    old = await digests(here.db, _CHANGED)
    await here.db.close()
    assert old != new
    return old, new, made.file


async def _changed_again(here: Room, place: Place) -> None:
    db = await place.open()
    await replace(here, db=db).put(commit("f" * 40, MONDAY))
    await db.close()


async def _killed(start: Start, place: Place, file: Path, stage: Stage) -> None:
    url = () if place.url is None else (place.url,)
    victim = start("tests.storage.backup.victim", file, place.home, stage.value, *url)
    done = victim.wait()
    assert done.returncode == -9, done.stderr


async def _found(place: Place) -> Mapping[str, str]:
    db = await place.open()
    try:
        while place.kind == "postgres" and await _others(db):  # the server sees soon that the victim is gone
            await SystemClock().sleep(0.02)
        return await digests(db, _CHANGED)
    finally:
        await db.close()


async def _others(db: Database) -> int:
    others = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    async with db._transactions.reading() as connection:
        return int(await connection.scalar(others) or 0)


async def test_the_log_that_a_killed_process_leaves(start: Start, here: Room, place: Place, tmp_path: Path) -> None:
    """It goes into the old database, which is kept, and never into the new one."""
    if place.kind != "sqlite":
        pytest.skip("PostgreSQL keeps its own log")
    new = await digests(here.db, _CHANGED)
    made = await here.db.backups.keep()
    await here.db.close()
    with writing(start, place):
        pass
    assert (place.home / "arb.db-wal").stat().st_size > 0
    shutil.copytree(place.home, tmp_path / "killed")
    killed = await _pages_of(replace(place, home=tmp_path / "killed"))
    done = await restore(made.file, None, place.home, Keyring.open(place.home, None), SystemClock())
    assert await _found(place) == new
    with elsewhere(place, tmp_path / "old", lambda: pytest.fail("no server")) as old:
        shutil.copy(place.home / done.before, old.home / "arb.db")
        assert await _pages_of(old) == killed
    assert all(count > 0 for count in killed.values())


async def _pages_of(place: Place) -> Mapping[str, int]:
    db = await place.open()
    try:
        return await pages(db)
    finally:
        await db.close()


async def test_a_damaged_database_is_replaced(here: Room, place: Place) -> None:
    """That is why somebody restores: its bytes are kept as they are, its log beside them."""
    if place.kind != "sqlite":
        pytest.skip("a damaged PostgreSQL is its server's business")
    new = await digests(here.db, _CHANGED)
    made = await here.db.backups.keep()
    await here.db.close()
    rubbish = b"no database any more" * 5000
    (place.home / "arb.db").write_bytes(rubbish)
    (place.home / "arb.db-wal").write_bytes(b"nor is this a log")
    done = await restore(made.file, None, place.home, Keyring.open(place.home, None), SystemClock())
    assert await _found(place) == new
    assert (place.home / done.before).read_bytes() == rubbish
    assert (place.home / f"{done.before}-wal").read_bytes() == b"nor is this a log"
