"""What the workers of one run of the tests share: a folder, and a lock on each thing in it."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Commons:
    """A folder of one run of the tests."""

    folder: Path

    @contextmanager
    def alone(self, thing: str) -> Iterator[Path]:
        """Hold a thing that no other worker has in hand meanwhile; give the path to note its address at."""
        with (self.folder / f"{thing}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield self.folder / thing

    @contextmanager
    def used(self, thing: str, make: Callable[[], str], end: Callable[[str], None]) -> Iterator[str]:
        """Use a thing that who comes first makes, and who goes last ends; give its address."""
        with (self.folder / f"{thing}.users").open("w") as users:
            with self.alone(thing) as note:
                if not note.exists():
                    note.write_text(make(), "utf-8")
                fcntl.flock(users, fcntl.LOCK_SH)  # the lock of a worker that died is gone
                address = note.read_text("utf-8")
            try:
                yield address
            finally:
                with self.alone(thing) as note, suppress(BlockingIOError):
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    note.unlink()
                    end(address)


@pytest.fixture(scope="session")
def commons(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Commons:
    """What this worker shares with the others, if there are any."""
    own = tmp_path_factory.getbasetemp()
    return Commons(own.parent if hasattr(request.config, "workerinput") else own)
