"""Checks of what the storage stands on: database, keys, disk, clock."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from model.clock import Clock
from model.errors import SealBroken, StorageBroken, StorageBusy
from model.health import Check, Health
from model.language import Message
from storage.duties import BACKUP, LastTime, standing
from storage.queue import Urgency
from storage.schema import HEAD
from storage.sealing import KEY_FILE, Keyring
from storage.tables import WORKSPACES
from storage.transactions import Transactions

_MB = 1_000_000
_SCARCE, _TOO_LITTLE = 1000 * _MB, 100 * _MB  # bytes
_DRIFT = timedelta(seconds=5)
_DATABASE, _KEYS, _DISK, _CLOCK = Message("Database"), Message("Keys"), Message("Disk"), Message("Clock")
_BACKUP = Message("Backup")
OVERDUE = timedelta(hours=26)  # since the last backup
_UNTOUCHED = text("UPDATE alembic_version SET version_num = version_num")  # one row, written as it is


async def storage_checks(home: Path, transactions: Transactions, keyring: Keyring, clock: Clock) -> tuple[Check, ...]:
    """Return how database, keys, disk and clock are; nothing that fails is raised."""
    return (
        await database_check(transactions),
        keys_check(home, keyring),
        await asyncio.to_thread(disk_check, home),
        await asyncio.to_thread(clock_check, home, clock.now()),
        await _backup(transactions, clock.now()),
    )


async def database_check(transactions: Transactions) -> Check:
    """Tell whether the database can be written and, on SQLite, whether its pages are whole."""
    try:
        async with transactions.writing(Urgency.NORMAL) as connection:
            await connection.execute(_UNTOUCHED)
        async with transactions.reading() as connection:
            complaint = await _complaint(connection) if transactions.on_sqlite else None
            size = await _size(connection, transactions.on_sqlite)
    except StorageBusy:
        means = Message("Another process holds the database; it could not be written just now.")
        return Check(_DATABASE, Health.ATTENTION, means, Message("Try again in a minute."))
    except DBAPIError:
        means = Message("The database cannot be read or written.")
        do = Message("See that its disk is neither full nor read-only and that its files belong to this user.")
        return Check(_DATABASE, Health.CRITICAL, means, do)
    if complaint is not None:
        do = Message("Stop ARB, keep a copy of the file, and go back to the last backup.")
        return Check(_DATABASE, Health.CRITICAL, Message("The database file is damaged."), do)
    kind = "SQLite" if transactions.on_sqlite else "PostgreSQL"
    values = {"kind": kind, "head": HEAD, "size": size}
    return Check(_DATABASE, Health.OK, Message("{kind} can be written; tables {head}, {size} MB.", values))


def keys_check(home: Path, keyring: Keyring) -> Check:
    """Tell whether what is sealed opens again, and whether the key file is this user's alone."""
    path = home / KEY_FILE
    try:
        sealed = keyring.seal(b"probe", workspace="", table="probe", row="")
        keyring.open_sealed(sealed, workspace="", table="probe", row="")
    except SealBroken as error:
        return Check(_KEYS, Health.CRITICAL, error.message, error.hint)
    if path.exists() and path.stat().st_mode & 0o077:
        means = Message("The key file in the data folder can be read by others on this machine.")
        return Check(_KEYS, Health.CRITICAL, means, Message("Run chmod 600 on the file “keys” in ARB_HOME."))
    return Check(_KEYS, Health.OK, Message("What is sealed opens again; only this user reads the key file."))


def disk_check(home: Path) -> Check:
    """Tell how much is free where the data folder lies."""
    return disk_of(shutil.disk_usage(home).free)


def disk_of(free: int) -> Check:
    """Tell what so many free bytes mean."""
    means = Message("{n} MB are free in the data folder.", {"n": free // _MB})
    if free >= _SCARCE:
        return Check(_DISK, Health.OK, means)
    health = Health.CRITICAL if free < _TOO_LITTLE else Health.ATTENTION
    return Check(_DISK, health, means, Message("Free some space, or move ARB_HOME to a larger disk."))


def clock_check(home: Path, now: datetime) -> Check:
    """Compare the clock with the one that stamps the files of the data folder."""
    try:
        with tempfile.TemporaryFile(dir=home) as file:
            stamped = datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)
    except OSError:
        means = Message("No file can be made in the data folder.")
        return Check(_CLOCK, Health.CRITICAL, means, Message("Give this user the right to write there."))
    apart = abs(stamped - now)
    if apart <= _DRIFT:
        return Check(_CLOCK, Health.OK, Message("The clock and the file system agree."))
    means = Message("The clock and the file system are {n} s apart.", {"n": int(apart.total_seconds())})
    return Check(_CLOCK, Health.ATTENTION, means, Message("Set the clock with NTP on every machine that takes part."))


async def _backup(transactions: Transactions, now: datetime) -> Check:
    try:
        async with transactions.reading() as connection:
            last = await standing(connection, BACKUP)
            began = await connection.scalar(select(func.min(WORKSPACES.c.created)))
    except (DBAPIError, StorageBusy, StorageBroken):
        return Check(_BACKUP, Health.ATTENTION, Message("The database does not say when it was backed up last."))
    return backup_check(last, began, now)


def backup_check(last: LastTime, began: datetime | None, now: datetime) -> Check:
    """Tell when the last backup was made, and what is wrong where that is long ago; `began`: the first workspace."""
    make = Message("Keep arb run going: it makes one every night at 02:00. One now: /arb backup")
    if last.problem is not None:
        means = Message("The last backup failed: {reason}", {"reason": last.problem})
        return Check(_BACKUP, Health.ATTENTION, means, Message("Mend that; it is tried again within the hour."))
    if last.done is None:
        if began is None or now - began <= OVERDUE:
            means = Message("None yet; arb run makes one every night at 02:00.")
            return Check(_BACKUP, Health.OK, means)
        return Check(_BACKUP, Health.ATTENTION, Message("There has never been a backup."), make)
    means = Message(
        "The last one was made {n} {n:hour|hours} ago.", {"n": int((now - last.done).total_seconds() // 3600)}
    )
    late = now - last.done > OVERDUE
    return Check(_BACKUP, Health.ATTENTION if late else Health.OK, means, make if late else None)


async def _complaint(connection: AsyncConnection) -> str | None:
    found = str(await connection.scalar(text("PRAGMA quick_check(1)")))
    return None if found == "ok" else found


async def _size(connection: AsyncConnection, on_sqlite: bool) -> int:
    """Return the size in megabytes, rounded up."""
    if on_sqlite:
        pages = await connection.scalar(text("PRAGMA page_count"))
        each = await connection.scalar(text("PRAGMA page_size"))
        size = int(pages or 0) * int(each or 0)
    else:
        size = int(await connection.scalar(text("SELECT pg_database_size(current_database())")) or 0)
    return -(-size // _MB)
