"""Restore: a backup takes the place of the database, all of it or nothing, whenever the plug is pulled.

The whole archive is authenticated first. Then a new database is made beside the live one: checked, migrated, put into
quarantine and cleared of the erased. One rename, on PostgreSQL one commit, puts it in the place of the old one, which
stays as a copy.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from model.clock import Clock
from model.errors import BackupError, StorageBroken, StorageBusy
from model.language import Message
from storage.archive import Archive, Header, damaged
from storage.erased import Gone, gather, joined, note, read_erased
from storage.home import BEFORE, DATABASE_FILE, make_home, sync_folder
from storage.presence import alone
from storage.quarantine import Settled, Stage, settle
from storage.queue import Urgency
from storage.schema import HEAD, migrate_sqlite, sqlite_version
from storage.sealing import Keyring
from storage.transactions import BUSY_TIMEOUT, Transactions, postgres_transactions, sqlite_transactions
from storage.trouble import broken

_BESIDE = ".restoring"  # the folder of the new one
_BEGINS = b"SQLite format 3\0"
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


@dataclass(frozen=True, slots=True)
class Restored:
    """A database that was restored."""

    header: Header
    settled: Settled
    before: str  # the name of the file or schema that the old database has now; empty: there was none


def _quiet(_: Stage) -> None:
    """Tell nobody."""


async def restore(
    file: Path, url: str | None, home: Path, keyring: Keyring, clock: Clock, reached: Callable[[Stage], None] = _quiet
) -> Restored:
    """Put a backup in the place of the database.

    Raises:
        BackupError: the archive is not whole or not for this installation, or others use the database; nothing was
            changed.
        ConfigError: PostgreSQL does not let us in.
    """
    archive = await asyncio.to_thread(Archive.open, file, keyring)
    _refuse_unfit(archive, "sqlite" if url is None else "postgresql")
    with alone(home):
        await asyncio.to_thread(archive.verify)
        reached(Stage.GENUINE)
        gone = await _gone(file.parent, url, home, keyring)
        stamp = f"{clock.now():%Y%m%dT%H%M%S%fZ}"  # to the microsecond: somebody may restore again at once
        if url is not None:
            from storage.postgres_restore import restore_postgres  # needs the extra “postgres”

            settled, before = await restore_postgres(archive, url, keyring, clock, gone, stamp, reached)
        else:
            settled, before = await _restore_sqlite(archive, home, keyring, clock, gone, stamp, reached)
        reached(Stage.DONE)
    return Restored(archive.header, settled, before)


def _refuse_unfit(archive: Archive, engine: str) -> None:
    names = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
    if archive.header.engine != engine:
        raise BackupError(
            "{file} is a backup of {its}, and the database here is {ours}.",
            hint=Message("Set ARB_DATABASE_URL for PostgreSQL, leave it out for SQLite."),
            file=archive.path.name,
            its=names[archive.header.engine],
            ours=names[engine],
        )
    if archive.header.head > HEAD:
        raise BackupError(
            "{file} was made by a newer version of ARB (tables {its}, here {ours}).",
            hint=Message("Restore it with that version."),
            file=archive.path.name,
            its=archive.header.head,
            ours=HEAD,
        )


async def _gone(beside: Path, url: str | None, home: Path, keyring: Keyring) -> Sequence[Gone]:
    """Return who must not come back: of the lists here and beside the backup, and of the database that goes."""
    lists = [read_erased(home, keyring), read_erased(beside, keyring)]
    if url is not None or _is_database(home / DATABASE_FILE):
        live = sqlite_transactions(home, BUSY_TIMEOUT) if url is None else postgres_transactions(url, BUSY_TIMEOUT)
        lists.append(await _gone_in(live))
    gone = joined(*lists)
    await asyncio.to_thread(note, home, keyring, gone)
    return gone


async def _gone_in(live: Transactions) -> Sequence[Gone]:
    try:
        return await gather(live)
    except (DBAPIError, StorageBusy, StorageBroken, sqlite3.Error):
        return ()  # damaged, or of another version: that may be why somebody restores
    finally:
        await live.close()


async def _restore_sqlite(
    archive: Archive,
    home: Path,
    keyring: Keyring,
    clock: Clock,
    gone: Sequence[Gone],
    stamp: str,
    reached: Callable[[Stage], None],
) -> tuple[Settled, str]:
    beside = home / _BESIDE
    await asyncio.to_thread(shutil.rmtree, beside, ignore_errors=True)  # what a killed restore left
    drop_second_names(home)
    make_home(beside)
    try:
        await asyncio.to_thread(_unpack, archive, beside / DATABASE_FILE)
        reached(Stage.UNPACKED)
        if await asyncio.to_thread(sqlite_version, beside) != HEAD:
            await asyncio.to_thread(migrate_sqlite, beside)
        settled = await _settled(beside, keyring, clock, archive.header.made, gone)
        reached(Stage.SETTLED)
        before = await asyncio.to_thread(_swap, home, beside / DATABASE_FILE, home / f"{BEFORE}{stamp}", reached)
    except OSError as error:
        raise _not_unpacked(error) from None
    except (sqlite3.Error, DBAPIError) as error:
        raise broken() from error
    finally:
        await asyncio.to_thread(shutil.rmtree, beside, ignore_errors=True)
    return settled, before


def _unpack(archive: Archive, to: Path) -> None:
    with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        for piece in archive.plain():
            file.write(piece)
    try:
        with closing(sqlite3.connect(to)) as connection:
            complaint = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.Error:
        complaint = "?"
    if complaint != "ok":
        raise damaged(archive.path)


def _not_unpacked(error: OSError) -> BackupError:
    return BackupError(
        "The backup could not be unpacked in the data folder: {reason}.",
        hint=Message("See that its disk has room and can be written. The database is as it was."),
        reason=error.strerror or "?",
    )


async def _settled(beside: Path, keyring: Keyring, clock: Clock, made: datetime, gone: Sequence[Gone]) -> Settled:
    """Put the new database into quarantine, and leave it as one file."""
    new = sqlite_transactions(beside, BUSY_TIMEOUT)
    try:
        async with new.writing(Urgency.NORMAL) as connection:
            settled = await settle(connection, keyring, clock, made, gone)
        if settled.erased:
            await new.vacuum(Urgency.NORMAL)  # what was erased again leaves the file too
    finally:
        await new.close()
    with closing(sqlite3.connect(beside / DATABASE_FILE, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
    return settled


def _swap(home: Path, new: Path, before: Path, reached: Callable[[Stage], None]) -> str:
    """Put a database in the place of the live one with one rename; return the old one's name.

    The old one's log must be gone before: SQLite would read it into the new one.
    """
    live = home / DATABASE_FILE
    there = live.exists()
    if there:
        whole = _emptied_log(live)
        before.hardlink_to(live)
        if not whole:
            _move_log(live, before)
        sync_folder(home)
        reached(Stage.KEPT)
    descriptor = os.open(new, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    new.rename(live)
    sync_folder(home)
    return before.name if there else ""


def _emptied_log(live: Path) -> bool:
    """Write the live database's log into it; tells whether it could be, for a damaged one cannot."""
    if not _is_database(live):
        return False
    try:
        with closing(sqlite3.connect(live, isolation_level=None, timeout=BUSY_TIMEOUT)) as connection:
            busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _BUSY:
            return False
        busy = 1
    if busy or _log(live, "-wal").exists():  # the last one to leave takes the log along
        raise BackupError(
            "Another program has the database file open.",
            hint=Message("Close it; nothing was changed."),
        )
    return True


def _is_database(path: Path) -> bool:
    """Tell whether a file begins like SQLite's; to open another one would throw its log away."""
    try:
        with path.open("rb") as file:
            return file.read(len(_BEGINS)) == _BEGINS
    except OSError:
        return False


def _move_log(live: Path, before: Path) -> None:
    _log(live, "-shm").unlink(missing_ok=True)
    if _log(live, "-wal").exists():
        _log(live, "-wal").rename(_log(before, "-wal"))


def _log(database: Path, end: str) -> Path:
    return database.with_name(database.name + end)


def drop_second_names(home: Path) -> None:
    """Take off the live database a second name that a killed restore gave it."""
    live = home / DATABASE_FILE
    for before in home.glob(f"{BEFORE}*"):
        if live.exists() and before.samefile(live):
            before.unlink()
