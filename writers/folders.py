"""Folders of the operator's: opened link by link, so that nothing is ever written outside them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FRESH = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def under(roots: Sequence[Path], folder: str) -> tuple[Path, PurePosixPath] | None:
    """Return the root that a folder lies under, and its way from there; None: under none of them.

    A folder without a leading slash lies under the first root.
    """
    if "\0" in folder or ".." in PurePosixPath(folder).parts:
        return None
    wanted = PurePosixPath(folder)
    if not wanted.is_absolute():
        return roots[0], wanted
    for root in roots:
        if wanted.is_relative_to(root):
            return root, wanted.relative_to(root)
    return None


@contextmanager
def opened(root: Path, way: PurePosixPath, *, make: bool) -> Iterator[int]:
    """Open a folder without following a link below its root; `make` makes what is missing of it. Raises OSError."""
    here = os.open(root, _FOLDER & ~os.O_NOFOLLOW)
    try:
        for part in way.parts:
            if make:
                with suppress(FileExistsError):
                    os.mkdir(part, 0o700, dir_fd=here)
            further = os.open(part, _FOLDER, dir_fd=here)
            os.close(here)
            here = further
        yield here
    finally:
        os.close(here)


def put(folder: int, name: str, draft: str, data: bytes) -> bool:
    """Write a file whole, in place of one of that name; only the owner may read it. Raises OSError.

    Returns whether it is certain to outlive a loss of power; where this raises, the file is not there.
    """
    descriptor, placed = os.open(draft, _FRESH, 0o600, dir_fd=folder), False
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
        placed = True
    finally:
        if not placed:
            with suppress(OSError):
                os.unlink(draft, dir_fd=folder)
    try:
        os.fsync(folder)
    except OSError:
        return False
    return True


def there(folder: int, name: str) -> bool:
    """Tell whether a file of that name is in the folder; a link is none. Raises OSError."""
    try:
        return stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return False


def sweep(folder: int, prefix: str) -> None:
    """Remove drafts that a killed process left of one message. Raises OSError."""
    for name in os.listdir(folder):
        if name.startswith(prefix):
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=folder)
