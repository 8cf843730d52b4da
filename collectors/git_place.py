"""Where a repository lies, and whether all that git would read of it stays under the allowed roots."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from model.errors import SourceRefused, SourceUnavailable
from model.language import Message

_MOST_TEXT = 64 * 1024  # bytes of a file that only holds paths
_MOST_ALTERNATES = 50
_READ_BY_GIT = ("HEAD", "refs", "packed-refs", "shallow", "info", "config", "reftable")


@dataclass(frozen=True, slots=True)
class Place:
    """The real directories of one repository."""

    top: Path  # what the source names, symbolic links resolved
    worktree: Path | None  # None when it is bare
    git_dir: Path  # of this worktree: its HEAD
    common_dir: Path  # shared by all worktrees: refs, objects, config


def find(path: str, roots: Sequence[Path]) -> Place:
    """Return where the repository at `path` lies.

    Raises:
        SourceRefused: it is no repository, or it, or something that git would read of it, lies outside `roots`.
        SourceUnavailable: it may not be read.
    """
    fence = _Fence(path, roots)
    top = fence.resolve(Path(path))
    try:
        return _find(fence, top)
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL in one of git's files
        raise unreadable(path) from error


def unreadable(path: str) -> SourceUnavailable:
    """Return the error for a repository whose files the system does not let us read."""
    return SourceUnavailable(
        "The repository {path} cannot be read.",
        hint=Message("Let the user that ARB runs as read the directory and everything in it."),
        path=path,
    )


class _Fence:
    """The roots, and how to refuse what lies outside: never saying whether it exists."""

    def __init__(self, path: str, roots: Sequence[Path]) -> None:
        self.path = path
        self._roots = tuple(root.resolve() for root in roots)

    def resolve(self, path: Path) -> Path:
        """Return the real path; raises SourceRefused when it lies outside."""
        try:
            real = path.resolve()
        except (OSError, ValueError, RuntimeError):  # a loop of links, a NUL, a name too long
            raise self.refusal() from None
        if not any(real.is_relative_to(root) for root in self._roots):
            raise self.refusal()
        return real

    def refusal(self) -> SourceRefused:
        """Return the error for something outside."""
        return SourceRefused(
            "The path {path} is not under a directory that ARB may read.",
            hint=Message(
                "Name a repository that lies, with all it refers to, under a directory in the setting ARB_GIT_ROOTS."
            ),
            path=self.path,
        )


def _find(fence: _Fence, top: Path) -> Place:
    if not top.is_dir():
        raise SourceRefused(
            "There is no directory {path}.", hint=Message("Name the top directory of a repository."), path=fence.path
        )
    git_dir, worktree = _git_dir(fence, top)
    if git_dir is None:
        raise SourceRefused(
            "The directory {path} is not a git repository.",
            hint=Message("Name the directory in which .git lies, or run git init there."),
            path=fence.path,
        )
    common = git_dir / "commondir"
    common_dir = fence.resolve(git_dir / _line(common)) if common.is_file() else git_dir
    for name in _READ_BY_GIT:
        fence.resolve(common_dir / name)
    fence.resolve(git_dir / "HEAD")
    _vet_objects(fence, common_dir / "objects")
    return Place(top, worktree, git_dir, common_dir)


def _git_dir(fence: _Fence, top: Path) -> tuple[Path | None, Path | None]:
    """Return the git directory and the worktree."""
    dot = top / ".git"
    real = fence.resolve(dot)
    if real.is_dir() and os.path.lexists(real / "HEAD"):
        return real, top
    if real.is_file():
        text = _line(real)
        return (fence.resolve(top / text.removeprefix("gitdir: ")), top) if text.startswith("gitdir: ") else (None, top)
    bare = all((top / name).exists() for name in ("HEAD", "objects", "refs"))
    return (top if bare else None), None


def _line(path: Path) -> str:
    """Return the text of a file that holds one path."""
    with path.open("rb") as file:
        return os.fsdecode(file.read(_MOST_TEXT)).rstrip("\r\n")


def _vet_objects(fence: _Fence, objects: Path) -> None:
    """Refuse object directories that borrow, by links or alternates, from outside the roots."""
    waiting, seen = [objects], set[Path]()
    while waiting:
        real = fence.resolve(waiting.pop())
        if real in seen:
            continue
        seen.add(real)
        if len(seen) > _MOST_ALTERNATES:
            raise fence.refusal()
        for entry in (*_entries(real), *_entries(real / "pack"), *_entries(real / "info")):
            if entry.is_symlink():
                fence.resolve(Path(entry.path))
        waiting += _alternates(fence, real)


def _entries(directory: Path) -> Iterator[os.DirEntry[str]]:
    if directory.is_dir():
        with os.scandir(directory) as found:
            yield from found


def _alternates(fence: _Fence, objects: Path) -> Iterator[Path]:
    file = objects / "info" / "alternates"
    if not file.is_file():
        return
    if file.stat().st_size > _MOST_TEXT:
        raise fence.refusal()
    for line in os.fsdecode(file.read_bytes()).split("\n"):
        if line.startswith('"'):  # git would unquote it; nothing writes it so, except to hide a path
            raise fence.refusal()
        if line and not line.startswith("#"):
            yield objects / line
