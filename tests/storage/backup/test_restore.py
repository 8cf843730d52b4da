"""Backup and restore on both databases: equal rows, nothing sent twice, nobody brought back, refusals in time."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from alembic import command
from sqlalchemy import create_engine, insert, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from model.delivery import RECEIPT, Address, Platform, Receipt
from model.errors import BackupError
from model.ids import EventId, row_id
from model.member import ERASED, GIT, Identity
from model.record import Commit, Page
from model.report import Run
from storage.archive import Archive, Header, write_archive
from storage.backup import Made
from storage.claims_deliveries import Wanted
from storage.erased import read_erased
from storage.outside import Outside
from storage.owners import Owner
from storage.postgres_dump import dump, server_of
from storage.quarantine import Stage
from storage.queue import Urgency
from storage.restore import Restored, restore
from storage.schema import HEAD, configuration
from storage.sealing import Keyring
from storage.tables import DELIVERIES, INBOX, METADATA, SCHEDULES, WORKSPACES
from storage.transactions import psycopg_url
from tests.storage.backup.test_under_fire import elsewhere
from tests.storage.world import MONDAY, HandClock, Room, commit, room
from tests.support.databases import Place
from tests.support.digests import digests

_CHANGED = ("runs", "deliveries", "schedules", "inbox", "duties")  # by a restore, on purpose


async def again(place: Place, made: Made, clock: HandClock) -> Restored:
    return await restore(made.file, place.url, place.home, Keyring.open(place.home, None), clock)


def live_bytes(place: Place) -> bytes:
    return (place.home / "arb.db").read_bytes() if place.kind == "sqlite" else b""


@pytest_asyncio.fixture
async def full(here: Room) -> AsyncIterator[Room]:
    """A workspace in which something stands in many tables."""
    await here.put(commit("a" * 40, MONDAY, title="tab\tback\\slash \\. 한글 \u2028"), commit("b" * 40, MONDAY, "Jun"))
    async with here.db.write(here.workspace) as stores:
        member = await stores.members.of(here.member)
        await stores.people.tie(member, Identity(GIT, "mina@example.org"))
        await stores.blobs.put(bytes(range(256)) * 20)
    yield here


async def test_a_restored_backup_is_equal(full: Room, place: Place, clock: HandClock) -> None:
    """Every row; what came after the backup is gone, and the old database is kept whole."""
    before = await digests(full.db, _CHANGED)
    made = await full.db.backups.keep()
    assert made.size == made.file.stat().st_size
    await full.put(commit("c" * 40, MONDAY, "Later"))
    assert await digests(full.db, _CHANGED) != before
    await full.db.close()
    done = await again(place, made, clock)
    assert done.before
    db = await place.open(clock)
    assert await digests(db, _CHANGED) == before
    async with db.read(full.workspace) as stores:
        assert await stores.records.one(full.source, "commit", "c" * 40) is None
    await db.close()
    if place.kind == "sqlite":
        kept_home = place.home / "old"
        kept_home.mkdir()
        shutil.copy(place.home / "keys", kept_home / "keys")
        shutil.copy(place.home / done.before, kept_home / "arb.db")
        old = await replace(place, home=kept_home).open(clock)
        async with old.read(full.workspace) as stores:
            assert await stores.records.one(full.source, "commit", "c" * 40) is not None
        await old.close()


async def test_it_goes_into_an_empty_place(
    full: Room, place: Place, clock: HandClock, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """A new machine: the key file and the backup are all there is."""
    made = await full.db.backups.keep()
    before = await digests(full.db, _CHANGED)
    with elsewhere(place, tmp_path / "new", lambda: request.getfixturevalue("postgres_server")) as fresh:
        done = await again(fresh, made, clock)
        assert done.before == "" or place.kind == "postgres"  # whose schema is there, though nothing is in it
        db = await fresh.open(clock)
        assert await digests(db, _CHANGED) == before
        await db.close()


async def test_nothing_that_was_under_way_goes_on(full: Room, place: Place, clock: HandClock) -> None:
    """Messages are unknown, runs failed, schedules without a next time, events done; people read why."""
    run = await full.run("asked")
    async with full.db.write(full.workspace) as stores:
        await stores.inbox.put(EventId("terminal:1"), full.member, {"line": "/arb me"}, "dead")
    schedule = await _under_way(full, run)
    made = await full.db.backups.keep()
    await full.db.close()
    clock.turn(3600)
    done = await again(place, made, clock)
    assert (done.settled.unsent, done.settled.unfinished) == (2, 1)
    db = await place.open(clock)
    async with db._transactions.reading() as connection:
        messages = (await connection.execute(select(DELIVERIES).order_by("number"))).all()
        wound = (await connection.execute(select(SCHEDULES).where(SCHEDULES.c.id == schedule))).one()
        events = (await connection.execute(select(INBOX.c.done, INBOX.c.said))).all()
    assert [row.state for row in messages] == ["unknown", "unknown", "sent", "sent"]
    assert all("backup was restored" in row.failure and row.fence == 8 for row in messages[:2])
    assert all(row.shown == row.wanted and row.owner is None for row in messages[2:])
    assert (wound.next_due, wound.next_slot, wound.state) == (None, None, "active")
    assert wound.restored == MONDAY
    assert [tuple(row) for row in events] == [(True, None)]
    everything = Wanted(tuple(Platform), (Address(Platform.TERMINAL, "here", "mina"),), {})
    assert await db.outgoing.claim(Owner.enter(place.home), everything, 9, 60) == ()
    assert await db.entrances.unfinished_events(lambda _: False) == []
    async with db.write(full.workspace) as stores:
        ended = await stores.runs.of(run.id)
        assert ended.failure is not None
        assert (ended.state, "backup was restored" in ended.failure.plain()) == ("failed", True)
        assert await stores.schedules.claim(9) == ()
        assert await stores.deliveries.again(run.id) == 2  # by hand they go out, and say what they may be
        assert [one.repeated for one in await stores.deliveries.of_run(run.id)] == [True, True, False, False]
    await db.close()


async def _under_way(here: Room, run: Run) -> str:
    """Put a waiting, a half sent, a changing and a sent message there, and a schedule; return its id."""
    common = {
        "workspace_id": here.workspace, "run_id": run.id, "part": 0, "platform": "terminal", "account": "here",
        "target": "mina", "payload": '{"body": {}}', "language": "en", "wanted": 3, "priority": 0, "created": MONDAY,
        "not_before": MONDAY, "fence": 7, "repeated": False, "doubt": False,
    }  # fmt: skip
    receipt = RECEIPT.dump_json(Receipt("here", "1", MONDAY)).decode()
    stand = {"attempts": 1, "receipt": receipt, "settled": MONDAY}
    states: tuple[dict[str, object], ...] = (
        {"state": "waiting", "shown": 0, "attempts": 0},
        {"state": "sending", "shown": 0, "attempts": 1, "owner": "dead", "lease_until": MONDAY, "doubt": True},
        {"state": "waiting", "shown": 1, **stand},
        {"state": "sent", "shown": 3, **stand},
    )
    schedule, report = row_id(), row_id()
    async with here.db._transactions.writing(Urgency.NORMAL) as connection:
        for state in states:
            await connection.execute(insert(DELIVERIES).values(id=row_id(), **{**common, **state}))
        owned = {"workspace_id": here.workspace, "member_id": here.member, "created": MONDAY, "state": "active"}
        reports = METADATA.tables["reports"]
        await connection.execute(insert(reports).values(id=report, name="x", definition="{}", changed=MONDAY, **owned))
        await connection.execute(
            insert(SCHEDULES).values(
                id=schedule, number=1, report_id=report, said="daily", rule="{}", zone="UTC", country="",
                on_holiday="post", wishes="{}", destinations="[]", next_slot="x", next_due=MONDAY, **owned,
            )
        )  # fmt: skip
    return schedule


async def test_whoever_was_erased_stays_erased(full: Room, place: Place, clock: HandClock) -> None:
    """By an id that the backup knows, and by fingerprints where it knew only the commits."""
    async with full.db.write(full.workspace) as stores:
        known = await stores.members.meet(Platform.TERMINAL, "jun", "Jun")
    written = commit("d" * 40, MONDAY, "Hana")
    assert isinstance(written.body, Commit)
    await full.put(replace(written, body=replace(written.body, address="hana@example.org", co_authors=("Jun",))))
    made = await full.db.backups.keep()
    async with full.db.write(full.workspace) as stores:
        later = await stores.members.meet(Platform.TERMINAL, "hana", "Hana")
        await stores.people.tie(later, Identity(GIT, "hana@example.org"))
        await stores.people.erasing.erase(known)
        await stores.people.erasing.erase(later)
    await full.db.scrub()
    await full.db.close()
    done = await again(place, made, clock)
    assert done.settled.erased == 2
    db = await place.open(clock)
    async with db.read(full.workspace) as stores:
        assert [member.name for member in await stores.members.all()] == ["Mina"]
        one = await stores.records.one(full.source, "commit", "d" * 40)
        assert one is not None
        assert isinstance(one.body, Commit)
        assert (one.body.author, one.body.co_authors) == (ERASED, (ERASED,))
        assert "hana" not in one.body.address
    if place.kind == "sqlite":
        raw = live_bytes(place) + b"".join(f.read_bytes() for f in place.home.glob("arb.db-wal"))
        assert b"Hana" not in raw
        assert b"hana@" not in raw
    async with db.write(full.workspace) as stores:  # and what is read again stays without them
        await stores.records.put(full.source, Page((replace(written, key="e" * 40),), "9"))
        again_read = await stores.records.one(full.source, "commit", "e" * 40)
    assert again_read is not None
    assert isinstance(again_read.body, Commit)
    assert again_read.body.author == ERASED
    await db.close()


async def test_the_list_of_the_erased_comes_from_beside_the_backup(
    full: Room, place: Place, clock: HandClock, tmp_path: Path
) -> None:
    """The folder that backups were copied to has it; a list that was tampered with stops everything."""
    full.db.backups.outside = Outside(folder=tmp_path / "outside")
    (tmp_path / "outside").mkdir()
    async with full.db.write(full.workspace) as stores:
        jun = await stores.members.meet(Platform.TERMINAL, "jun", "Jun")
    made = await full.db.backups.keep()
    async with full.db.write(full.workspace) as stores:
        await stores.people.erasing.erase(jun)
    await full.db.scrub()
    keyring = Keyring.open(place.home, None)
    assert [gone.member for gone in read_erased(tmp_path / "outside", keyring)] == [jun.id]
    assert jun.id.encode() not in (tmp_path / "outside" / "erased").read_bytes()
    await full.db.close()
    (place.home / "erased").unlink()
    if place.kind == "sqlite":
        (place.home / "arb.db").unlink()
        copy = tmp_path / "outside" / made.file.name
        listed = (tmp_path / "outside" / "erased").read_bytes()
        (tmp_path / "outside" / "erased").write_bytes(listed[:-9] + b"AAAAAAA=\n")
        with pytest.raises(BackupError, match="list of erased people"):
            await again(place, replace(made, file=copy), clock)
        (tmp_path / "outside" / "erased").write_bytes(listed)
        assert (await again(place, replace(made, file=copy), clock)).settled.erased == 1
    else:
        assert (await again(place, made, clock)).settled.erased == 1  # the database that goes still knows


async def test_refused_while_others_use_it(full: Room, place: Place, clock: HandClock) -> None:
    """And whoever wants to start while it is restored is told so."""
    made = await full.db.backups.keep()
    with pytest.raises(BackupError, match="Another process"):
        await again(place, made, clock)
    await full.db.close()
    refused: list[str] = []

    def starting(_: object) -> None:
        script = (
            "import sys; from pathlib import Path; from storage.presence import Presence; Presence(Path(sys.argv[1]))"
        )
        tried = subprocess.run(
            [sys.executable, "-c", script, str(place.home)], capture_output=True, text=True, check=False
        )
        refused.append(tried.stderr)

    await restore(made.file, place.url, place.home, Keyring.open(place.home, None), clock, starting)
    assert len(refused) >= 3
    assert all("being restored" in told for told in refused)


async def test_another_connection_to_postgres_is_counted(full: Room, place: Place, clock: HandClock) -> None:
    if place.kind != "postgres" or place.url is None:
        pytest.skip("it is about PostgreSQL")
    made = await full.db.backups.keep()
    await full.db.close()
    engine = create_engine(psycopg_url(place.url), poolclass=NullPool)
    with engine.connect(), pytest.raises(BackupError, match="1 other connection is open"):
        await again(place, made, clock)
    engine.dispose()


async def test_nobody_writes_postgres_meanwhile(full: Room, place: Place, clock: HandClock) -> None:
    """Whoever comes while the new tables are made has to wait, and would find them."""
    if place.kind != "postgres" or place.url is None:
        pytest.skip("on SQLite nobody else can open it")
    made = await full.db.backups.keep()
    await full.db.close()
    engine = create_engine(psycopg_url(place.url), poolclass=NullPool, connect_args={"options": "-c lock_timeout=100"})
    refused: list[Stage] = []

    def reached(stage: Stage) -> None:
        if stage in (Stage.UNPACKED, Stage.SETTLED):
            with engine.connect() as other, pytest.raises(OperationalError, match="lock timeout"):
                other.execute(update(WORKSPACES).values(account="theirs"))
            refused.append(stage)

    await restore(made.file, place.url, place.home, Keyring.open(place.home, None), clock, reached)
    engine.dispose()
    assert refused == [Stage.UNPACKED, Stage.SETTLED]


async def test_a_foreign_program_has_the_file_open(full: Room, place: Place, clock: HandClock) -> None:
    """It would go on writing the old file, so nothing is replaced."""
    if place.kind != "sqlite":
        pytest.skip("it is about the file")
    made = await full.db.backups.keep()
    await full.db.close()
    with closing(sqlite3.connect(place.home / "arb.db")) as foreign:
        foreign.execute("SELECT count(*) FROM runs").fetchone()
        with pytest.raises(BackupError, match="Another program"):
            await again(place, made, clock)
    assert not list(place.home.glob("arb.db.before*"))
    await again(place, made, clock)


async def test_what_does_not_fit_is_refused(full: Room, place: Place, clock: HandClock) -> None:
    """Another engine, newer tables; and the database is as it was."""
    made = await full.db.backups.keep()
    before = await digests(full.db)
    await full.db.close()
    data = live_bytes(place)
    keyring = Keyring.open(place.home, None)
    header = Archive.open(made.file, keyring).header
    other = {"sqlite": "postgresql", "postgresql": "sqlite"}[header.engine]
    wrong = {
        "is a backup of": header.model_copy(update={"engine": other}),
        "newer version": header.model_copy(update={"head": "9999"}),
        "damaged|does not take": header,  # genuine, and yet no database
    }
    for told, lie in wrong.items():
        file = place.home / "wrong"
        with file.open("wb") as writing:
            write_archive(writing, lie, keyring, [b"no database at all;"])
        with pytest.raises(BackupError, match=told):
            await again(place, replace(made, file=file), clock)
        assert live_bytes(place) == data
    whole = made.file.read_bytes()
    for at in (*range(0, len(whole), len(whole) // 20), len(whole) - 1):
        file.write_bytes(whole[:at] + bytes((whole[at] ^ 1,)) + whole[at + 1 :] if at % 2 else whole[:at])
        with pytest.raises(BackupError):
            await again(place, replace(made, file=file), clock)
        assert live_bytes(place) == data
    db = await place.open(clock)
    assert await digests(db) == before
    await db.close()


async def test_older_tables_are_migrated(
    place: Place, clock: HandClock, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """A backup of an early migration comes up with today's tables."""
    place.home.mkdir(exist_ok=True)
    keyring = Keyring.open(place.home, None)
    with elsewhere(place, tmp_path / "old", lambda: request.getfixturevalue("postgres_server")) as old:
        tables, told = _early(old)
    header = Header(head="0002", made=MONDAY, key="1", mark=keyring.mark("1") or "", **told)
    with (place.home / "a").open("wb") as file:
        write_archive(file, header, keyring, tables)
    await restore(place.home / "a", place.url, place.home, keyring, clock)
    db = await place.open(clock)
    assert (await db.checks())[0].means.values["head"] == HEAD
    await room(db)
    await db.close()


def _early(place: Place) -> tuple[Sequence[bytes], Mapping[str, Any]]:
    """Make the tables of an early migration; return them as a backup has them, and what it says of them."""
    file = place.home / "old.db"
    engine = create_engine(psycopg_url(place.url) if place.url else f"sqlite:///{file}", poolclass=NullPool)
    config = configuration()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
    if place.url is None:
        return [file.read_bytes()], {"engine": "sqlite"}
    server = server_of(place.url)
    told = {"engine": "postgresql", "schema_name": server.schema, "server": server.version}
    return list(dump(server, threading.Event())), told
