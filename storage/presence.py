"""Presence: every process that has the database open holds a shared lock in the home; a restore wants it alone.

The kernel keeps the lock, so a killed process is gone at once, and nobody can come in while somebody restores.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from model.errors import BackupError, ConfigError
from model.language import Message
from storage.home import DATABASE_FILE, make_home, open_lock

_LOCK = f"{DATABASE_FILE}.used"
_SERVED = "outbox.served"


class Presence:
    """This process's word that it uses the database of a home, until it leaves."""

    def __init__(self, home: Path) -> None:
        self._descriptor: int | None = os.open(make_home(home) / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            self.leave()
            raise ConfigError(
                "The database is being restored from a backup.", hint=Message("Start again when that has ended.")
            ) from None

    def leave(self) -> None:
        """Use it no longer."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Have the database of a home to oneself for a block; raises BackupError while others use it."""
    with open_lock(make_home(home) / _LOCK) as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError(
                "Another process of ARB uses this database.",
                hint=Message("Stop arb run, arb worker and every arb chat of this data folder, then try again."),
            ) from None
        yield


@contextmanager
def serving(home: Path) -> Iterator[None]:
    """Give the word, for a block, that this process sends what waits in the outbox of a home."""
    with open_lock(make_home(home) / _SERVED) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_SH)  # whoever looks holds it for an instant
        yield


def is_served(home: Path) -> bool:
    """Tell whether a process on this machine sends what waits in the outbox of a home."""
    with open_lock(make_home(home) / _SERVED) as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
