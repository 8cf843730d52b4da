"""Backups: the whole database as one sealed file, kept in the data folder and, as the operator wishes, outside."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, timedelta
from pathlib import Path
from typing import BinaryIO, TypeVar

from model.clock import Clock
from model.errors import BackupError
from model.ids import row_id
from model.language import Message
from storage.archive import Header, Written, write_archive
from storage.erased import ERASED_FILE, Gone, gather, note
from storage.home import DATABASE_FILE, fresh, make_home, open_lock, sync_folder
from storage.outside import PART, PIECE, STAMP, Outside, copy_to, drop_old, give, sweep
from storage.postgres_dump import dump, server_of
from storage.schema import HEAD
from storage.sealing import Keyring
from storage.transactions import Transactions

FOLDER = "backups"  # in the data folder
_PAGES = 256  # of SQLite's in one step, 2 MB: so soon a stop is seen
_PAUSE = 0.1  # seconds between two looks whether it is one's turn
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made."""

    file: Path
    size: int  # bytes
    digest: str  # SHA-256 of the file, in hex


class Backups:
    """Makes backups of one installation."""

    def __init__(
        self, transactions: Transactions, url: str | None, home: Path, keyring: Keyring, clock: Clock, outside: Outside
    ) -> None:
        self._transactions = transactions
        self._url = url
        self._home = home
        self._keyring = keyring
        self._clock = clock
        self.outside = outside

    async def make(self, file: Path) -> Made:
        """Make a backup at a path where nothing is yet; raises BackupError, ConfigError."""
        return await _in_thread(lambda stop: self._make(file, stop))

    async def keep(self) -> Made:
        """Make a backup in the data folder, take it outside, and drop those that have had their time.

        Raises:
            BackupError: it was not made, or it lies in the data folder only.
            ConfigError: PostgreSQL's own tools are missing.
        """
        gone = await gather(self._transactions)
        await asyncio.to_thread(note, self._home, self._keyring, gone)
        return await _in_thread(lambda stop: self._keep(gone, stop))

    async def note_erased(self) -> None:
        """Note who was erased in the data folder and outside, for whoever restores a backup from before that."""
        gone = await gather(self._transactions)
        await asyncio.to_thread(note, self._home, self._keyring, gone)
        if self.outside.folder is not None and self.outside.folder.is_dir():
            await asyncio.to_thread(note, self.outside.folder, self._keyring, gone)

    def _keep(self, gone: Sequence[Gone], stop: threading.Event) -> Made:
        folder = self._folder()
        with _turn(folder / ".lock", stop):  # two processes of one machine: one after the other
            made = self._make(self._free(folder), stop)
            drop_old(folder, self.outside.zone)  # also where it cannot be taken outside for weeks
            self._take_outside(made.file, gone, stop)
        return made

    def _folder(self) -> Path:
        folder = make_home(self._home) / FOLDER
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def _free(self, folder: Path) -> Path:
        """Return a name of this second, or of the next one that is free."""
        at = self._clock.now().astimezone(UTC)
        while (file := folder / at.strftime(STAMP)).exists():
            at += timedelta(seconds=1)
        return file

    def _take_outside(self, file: Path, gone: Sequence[Gone], stop: threading.Event) -> None:
        if self.outside.folder is not None:
            copy_to(file, self.outside.folder)
            note(self.outside.folder, self._keyring, gone)
            drop_old(self.outside.folder, self.outside.zone)
        if self.outside.command:
            for one in (file, self._home / ERASED_FILE):
                if one.exists():
                    give(self.outside.command, one, stop)

    def _make(self, file: Path, stop: threading.Event) -> Made:
        part = file.with_name(f".{file.name}.{row_id()}{PART}")  # its own: others may write to the same file
        try:
            if file.exists():
                raise _taken(file)
            folder = self._folder()
            with _turn(folder / ".making", stop):
                sweep(folder)
                with fresh(part) as writing:
                    written = self._write(writing, folder, stop)
                _place(part, file)
        except OSError as error:
            raise _not_written(error) from None
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
        return Made(file, written.size, written.digest)

    def _write(self, file: BinaryIO, folder: Path, stop: threading.Event) -> Written:
        made, key = self._clock.now().astimezone(UTC).replace(microsecond=0), self._keyring.first
        mark = self._keyring.mark(key) or ""
        if self._url is not None:
            server = server_of(self._url)
            header = Header(
                engine="postgresql", head=HEAD, made=made, key=key, mark=mark,
                schema_name=server.schema, server=server.version,
            )  # fmt: skip
            return write_archive(file, header, self._keyring, dump(server, stop))
        copy = folder / f".copy{PART}"  # in the clear, so it never leaves the data folder
        try:
            copy_sqlite(self._home / DATABASE_FILE, copy, stop)
            header = Header(engine="sqlite", head=HEAD, made=made, key=key, mark=mark)
            return write_archive(file, header, self._keyring, _read(copy, stop))
        finally:
            for left in (copy, copy.with_name(copy.name + "-wal"), copy.with_name(copy.name + "-shm")):
                left.unlink(missing_ok=True)


def copy_sqlite(source: Path, to: Path, stop: threading.Event) -> None:
    """Copy a database while others write it; raises BackupError where it is damaged.

    One snapshot is held from the first page to the last: without it, SQLite begins anew at every foreign write.
    """

    def stop_here(*_: int) -> None:
        if stop.is_set():
            raise BackupError("The backup was stopped.")

    fresh(to).close()
    try:
        with closing(sqlite3.connect(source, isolation_level=None, timeout=60)) as live, closing(_unsafe(to)) as copy:
            live.execute("BEGIN")
            live.execute("SELECT 1 FROM sqlite_schema").fetchone()
            live.backup(copy, pages=_PAGES, progress=stop_here)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
            complaint = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL:  # the copy's disk: ours is only read
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from None
        complaint = "?"
    if complaint != "ok":
        raise BackupError(
            "The database cannot be read to its end, so there is no backup of it.", hint=Message("Run: arb doctor")
        )


def _unsafe(path: Path) -> sqlite3.Connection:
    """Open a database that nobody misses if the machine stops now."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous=OFF")
    return connection


@contextmanager
def _turn(path: Path, stop: threading.Event) -> Iterator[None]:
    """Wait until no other process of this machine is at it; raises BackupError when told to stop."""
    with open_lock(path) as descriptor:
        while not _got(descriptor):
            if stop.wait(_PAUSE):
                raise BackupError("The backup was stopped.")
        yield


def _got(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _place(part: Path, file: Path) -> None:
    """Give a whole backup its name, which nobody else's loses by it. Raises OSError, BackupError."""
    try:
        file.hardlink_to(part)
    except FileExistsError:
        raise _taken(file) from None
    except OSError:  # a disk that knows no second names; where there is another reason, this fails as well
        part.rename(file)
    sync_folder(file.parent)


def _taken(file: Path) -> BackupError:
    hint = Message("Name another file.")
    return BackupError("{file} is there already and is not overwritten.", hint=hint, file=file.name)


def _read(path: Path, stop: threading.Event) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            if stop.is_set():
                raise BackupError("The backup was stopped.")
            yield piece


def _not_written(error: OSError) -> BackupError:
    return BackupError(
        "The backup could not be written: {reason}.",
        hint=Message("See that the folder is there, can be written and has room."),
        reason=error.strerror or "?",
    )


async def _in_thread(work: Callable[[threading.Event], _T]) -> _T:
    """Do something in a thread; where the caller is cancelled it is told to stop, and waited for."""
    stop = threading.Event()
    task = asyncio.create_task(asyncio.to_thread(work, stop))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.gather(task, return_exceptions=True)
        raise
