"""Backups: the whole database as one sealed file, kept in the data folder and, as the operator wishes, outside."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, TypeVar
from zoneinfo import ZoneInfo

from model.clock import Clock
from model.errors import BackupError
from model.language import Message
from storage.archive import Header, Written, write_archive
from storage.erased import ERASED_FILE, gather, note
from storage.home import DATABASE_FILE, locked, make_home, sync_folder
from storage.postgres_dump import dump, server_of
from storage.schema import HEAD
from storage.sealing import Keyring
from storage.transactions import Transactions

FOLDER = "backups"  # in the data folder
_STAMP = "arb-%Y%m%dT%H%M%SZ.backup"
_NAME = re.compile(r"arb-\d{8}T\d{6}Z\.backup")
_PART = ".part"  # what is still being written
_PAGES = 256  # of SQLite's in one step, 2 MB: so soon a stop is seen
_PIECE = 1 << 20  # bytes
_PATIENCE = 3600.0  # seconds that the operator's command may take
_KEPT = ((30, "%Y-%m-%d"), (7, "%G-%V"), (3, "%Y-%m"))  # newest ones of so many days, weeks, months
_FRESH = timedelta(days=1)  # before the newest one: all of these stay
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Outside:
    """Where backups go besides the data folder, and the zone in which days end."""

    folder: Path | None = None
    command: tuple[str, ...] = ()  # is given the file
    zone: str = "UTC"


HERE = Outside()  # nowhere but in the data folder


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
        await self.note_erased()
        return await _in_thread(self._keep)

    async def note_erased(self) -> None:
        """Note who was erased in the data folder and outside, for whoever restores a backup from before that."""
        lines = await gather(self._transactions)
        await asyncio.to_thread(note, self._home, self._keyring, lines)
        if self.outside.folder is not None and self.outside.folder.is_dir():
            await asyncio.to_thread(note, self.outside.folder, self._keyring, lines)

    def _keep(self, stop: threading.Event) -> Made:
        folder = make_home(self._home) / FOLDER
        folder.mkdir(mode=0o700, exist_ok=True)
        with locked(folder / ".lock"):  # two processes of one machine: one after the other
            for left in folder.glob(f".*{_PART}"):  # what a killed one left
                left.unlink()
            made = self._make(self._free(folder), stop)
            self._take_outside(made.file, stop)
            drop_old(folder, self.outside.zone)
        return made

    def _free(self, folder: Path) -> Path:
        """Return a name of this second, or of the next one that is free."""
        at = self._clock.now().astimezone(UTC)
        while (file := folder / at.strftime(_STAMP)).exists():
            at += timedelta(seconds=1)
        return file

    def _take_outside(self, file: Path, stop: threading.Event) -> None:
        if self.outside.folder is not None:
            _copy_to(file, self.outside.folder)
            drop_old(self.outside.folder, self.outside.zone)
        if self.outside.command:
            for one in (file, self._home / ERASED_FILE):
                if one.exists():
                    _give(self.outside.command, one, stop)

    def _make(self, file: Path, stop: threading.Event) -> Made:
        if file.exists():
            raise BackupError(
                "{file} is there already and is not overwritten.", hint=Message("Name another file."), file=file.name
            )
        part = file.with_name(f".{file.name}{_PART}")
        try:
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as writing:
                written = self._write(writing, part, stop)
            part.rename(file)
            sync_folder(file.parent)
        except OSError as error:
            raise _not_written(error) from None
        finally:
            part.unlink(missing_ok=True)
        return Made(file, written.size, written.digest)

    def _write(self, file: BinaryIO, part: Path, stop: threading.Event) -> Written:
        made, key = self._clock.now().astimezone(UTC).replace(microsecond=0), self._keyring.first
        mark = self._keyring.mark(key) or ""
        if self._url is not None:
            server = server_of(self._url)
            header = Header(
                engine="postgresql", head=HEAD, made=made, key=key, mark=mark,
                schema_name=server.schema, server=server.version,
            )  # fmt: skip
            return write_archive(file, header, self._keyring, dump(server, stop))
        copy = part.with_suffix(".copy" + _PART)
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

    os.close(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    try:
        with closing(sqlite3.connect(source, isolation_level=None, timeout=60)) as live, closing(_unsafe(to)) as copy:
            live.execute("BEGIN")
            live.execute("SELECT 1 FROM sqlite_schema").fetchone()
            live.backup(copy, pages=_PAGES, progress=stop_here)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
            complaint = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error:
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


def kept(times: Iterable[datetime], zone: str) -> set[datetime]:
    """Return which backups stay: all of the last day, the newest of each of the last 30 days, 7 weeks and 3 months."""
    newest_first = sorted(times, reverse=True)
    stay = {time for time in newest_first if newest_first[0] - time < _FRESH}
    for count, period in _KEPT:
        found: dict[str, datetime] = {}
        for time in newest_first:
            found.setdefault(time.astimezone(ZoneInfo(zone)).strftime(period), time)
        stay |= set(list(found.values())[:count])
    return stay


def drop_old(folder: Path, zone: str) -> None:
    """Delete the backups of a folder that have had their time; other files stay."""
    files = {_made_at(file.name): file for file in folder.iterdir() if _NAME.fullmatch(file.name)}
    for time in files.keys() - kept(files, zone):
        files[time].unlink(missing_ok=True)


def _made_at(name: str) -> datetime:
    return datetime.strptime(name, _STAMP).replace(tzinfo=UTC)


def _read(path: Path, stop: threading.Event) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            if stop.is_set():
                raise BackupError("The backup was stopped.")
            yield piece


def _copy_to(file: Path, folder: Path) -> None:
    part = folder / f".{file.name}{_PART}"
    try:
        with file.open("rb") as source, part.open("wb") as copy:
            part.chmod(0o600)
            shutil.copyfileobj(source, copy, _PIECE)
            copy.flush()
            os.fsync(copy.fileno())
        part.rename(folder / file.name)
        sync_folder(folder)
    except OSError as error:
        raise BackupError(
            "The backup lies in the data folder only: it could not be copied to ARB_BACKUP_TO ({reason}).",
            hint=Message("See that this folder is there, can be written and is not full."),
            reason=error.strerror or "?",
        ) from None


def _give(command: tuple[str, ...], file: Path, stop: threading.Event) -> None:
    """Call the operator's command with the file; it inherits the environment, and the error output."""
    try:
        process = subprocess.Popen((*command, str(file.resolve())), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    except OSError as error:
        raise _not_given(Message("{reason}", {"reason": error.strerror or "?"})) from None
    waited = 0.0
    while process.poll() is None:
        if stop.wait(0.1) or waited > _PATIENCE:
            process.kill()
            process.wait()
            raise _not_given(Message("it took too long or was stopped"))
        waited += 0.1
    if process.returncode != 0:
        raise _not_given(Message("exit code {code}", {"code": process.returncode}))


def _not_given(reason: Message) -> BackupError:
    return BackupError(
        "The backup lies in the data folder, but ARB_BACKUP_COMMAND failed: {reason}.",
        hint=Message("Call the command with a file by hand to see why."),
        reason=reason,
    )


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
