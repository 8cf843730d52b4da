"""The installation's own directory: database, keys, owners."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from model.errors import ConfigError
from model.language import Message

DATABASE_FILE = "arb.db"
BEFORE = f"{DATABASE_FILE}.before-restore-"  # what a database is called that a restore has replaced
EXPORTS = "exports"  # the folder of files made for people at the terminal


def make_home(home: Path) -> Path:
    """Make the directory if it is not there, readable by its owner only; one that is there keeps its mode.

    Raises:
        ConfigError: it cannot be made or written.
    """
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        usable = os.access(home, os.W_OK | os.X_OK)
    except OSError:
        usable = False
    if not usable:
        raise ConfigError(
            "The data folder {folder} cannot be used.",
            hint=Message("Set ARB_HOME to a folder that this user can make and write."),
            folder=str(home),
        )
    return home


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file for the length of a block; blocks the thread until it is free."""
    with open_lock(path) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


@contextmanager
def open_lock(path: Path) -> Iterator[int]:
    """Open a lock file, made when it is not there, and yield its descriptor."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def fresh(path: Path) -> BinaryIO:
    """Open a new file for its owner alone; what is there goes, and no link is followed. Raises OSError."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb")


def sync_folder(folder: Path) -> None:
    """Have what was made, renamed or removed in a folder on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
