"""Backups on their way out of the data folder, and which of them stay, here and there."""

from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from model.errors import BackupError
from model.language import Message
from storage.home import fresh, sync_folder

_log = logging.getLogger(__name__)
STAMP = "arb-%Y%m%dT%H%M%SZ.backup"
PART = ".part"  # what is still being written
PIECE = 1 << 20  # bytes
_NAME = re.compile(r"arb-\d{8}T\d{6}Z\.backup")
_PATIENCE = 3600.0  # seconds that the operator's command may take
_KEPT = ((30, "%Y-%m-%d"), (7, "%G-%V"), (3, "%Y-%m"))  # newest ones of so many days, weeks, months
_FRESH = timedelta(days=1)  # before the newest one: all of these stay


@dataclass(frozen=True, slots=True)
class Outside:
    """Where backups go besides the data folder, and the zone in which days end."""

    folder: Path | None = None
    command: tuple[str, ...] = ()  # is given the file
    zone: str = "UTC"


HERE = Outside()  # nowhere but in the data folder


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
    """Delete the backups of a folder that have had their time; other files stay.

    What cannot be deleted is logged: a place that only ever takes files is a good one for backups.
    """
    try:
        files = {_made_at(file.name): file for file in folder.iterdir() if _NAME.fullmatch(file.name)}
        for time in files.keys() - kept(files, zone):
            files[time].unlink(missing_ok=True)
    except OSError as error:
        _log.warning("an old backup cannot be deleted: %s", error)


def _made_at(name: str) -> datetime:
    return datetime.strptime(name, STAMP).replace(tzinfo=UTC)


def copy_to(file: Path, folder: Path) -> None:
    """Copy a backup into a folder, whole or not at all; raises BackupError."""
    part = folder / f".{file.name}{PART}"
    try:
        sweep(folder)
        with file.open("rb") as source, fresh(part) as copy:
            shutil.copyfileobj(source, copy, PIECE)
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
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Remove what a killed backup left of itself. Raises OSError."""
    for left in folder.glob(f".*{PART}*"):
        left.unlink(missing_ok=True)


def give(command: tuple[str, ...], file: Path, stop: threading.Event) -> None:
    """Call the operator's command with a file; it inherits environment and error output. Raises BackupError."""
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
