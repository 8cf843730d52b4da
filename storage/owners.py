"""Processes as owners of work: who is alive is asked of the kernel, so a killed one is known at once."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from model.ids import row_id
from storage.home import make_home, open_lock


class Owner:
    """This process: an id, and a file that it holds locked for as long as it lives.

    The lock belongs to the open file: a child made by fork without exec would keep it held after its parent's death.
    """

    def __init__(self, folder: Path, *, local: bool) -> None:
        self.id = row_id()
        self._folder = folder
        self._local = local
        self._dead: set[str] = set()  # whose file we have removed: without it nobody is known to be dead elsewhere
        self._descriptor: int | None = os.open(folder / self.id, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    @classmethod
    def enter(cls, home: Path, *, local: bool = True) -> Owner:
        """Become an owner; `local` says that every process on this database uses this home (SQLite)."""
        folder = make_home(home) / "owners"
        folder.mkdir(mode=0o700, exist_ok=True)
        return cls(folder, local=local)

    def is_alive(self, id: str) -> bool:
        """Tell whether an owner still runs; one on another machine counts as alive until its lease ends."""
        if id in self._dead:
            return False
        path = self._folder / id
        if not id or not path.is_file():
            return not self._local
        with open_lock(path) as descriptor:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            path.unlink(missing_ok=True)
        self._dead.add(id)
        return False

    def leave(self) -> None:
        """Stop being an owner; what this process still holds is free at once."""
        if self._descriptor is None:
            return
        (self._folder / self.id).unlink(missing_ok=True)
        os.close(self._descriptor)
        self._descriptor = None
