"""Refs: what a repository holds at one moment, which branch is the main one, and which others there are."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from collectors.git_log import instant
from collectors.git_place import Place, unreadable
from collectors.git_process import Git, GitFailed, in_known_form

HEADS, REMOTES = "refs/heads/", "refs/remotes/"
_ROOTS = (HEADS, REMOTES, "refs/tags/")
_USUAL = ("main", "master", "trunk", "develop")
_MOST_MAILMAP = 16 << 20  # bytes that are compared


@dataclass(frozen=True, slots=True)
class Ref:
    """A branch or tag."""

    name: str  # full: refs/heads/main
    tip: str  # an object name; of an annotated tag the tag's

    @property
    def short(self) -> str:
        """Return the name as people say it: "main", "origin/main", "v1.0"."""
        return self.name.split("/", 2)[2]

    @property
    def branch(self) -> str:
        """Return the branch's own name, without its remote's."""
        return self.short.partition("/")[2] if self.name.startswith(REMOTES) else self.short

    @property
    def is_branch(self) -> bool:
        """Whether it is a local or remote-tracking branch."""
        return self.name.startswith((HEADS, REMOTES))


@dataclass(frozen=True, slots=True)
class Refs:
    """All refs at one moment; nothing read later depends on them again."""

    all: tuple[Ref, ...]
    remote_head: str | None  # what refs/remotes/origin/HEAD names
    head: str | None  # what HEAD names
    boundary: frozenset[str]  # commits at which a shallow clone is cut off
    mailmap: str  # fingerprint

    @property
    def tips(self) -> tuple[str, ...]:
        """Return the objects from which everything is reached."""
        return tuple(sorted({ref.tip for ref in self.all}))

    def fingerprint(self, wanted: str | None) -> str:
        """Return a value that differs when the refs, or which branch is the main one, may differ."""
        lines = [f"{ref.tip} {ref.name}" for ref in self.all]
        text = "\n".join([*lines, str(self.remote_head), str(self.head), str(wanted)])
        return hashlib.sha256(text.encode()).hexdigest()

    def has_branch(self, name: str) -> bool:
        """Whether there is a local or remote-tracking branch of that name."""
        return any(ref.is_branch and name in (ref.branch, ref.short) for ref in self.all)

    def main_name(self, wanted: str | None) -> str | None:
        """Return the main branch's own name: as wanted, as the remote says, as is usual, or what HEAD names."""
        local = self.head.removeprefix(HEADS) if self.head else None
        remote = Ref(self.remote_head, "").branch if self.remote_head else None
        names = (wanted, remote, *_USUAL, local)
        found = next((name for name in names if name and self.has_branch(name)), None)
        if found:
            return found
        branches = sorted(ref.branch for ref in self.all if ref.is_branch)
        return branches[0] if branches else None

    def main_candidates(self, name: str) -> tuple[Ref, ...]:
        """Return the local and remote-tracking refs of the main branch; one may lag behind the other."""
        return tuple(ref for ref in self.all if ref.is_branch and name in (ref.branch, ref.short))

    def branches(self, main: str) -> tuple[Ref, ...]:
        """Return the branches besides the main one; a remote's only where no local one is the same."""
        local = {(ref.branch, ref.tip) for ref in self.all if ref.name.startswith(HEADS)}
        skipped = {ref.name for ref in self.main_candidates(main)}
        return tuple(
            ref
            for ref in self.all
            if ref.is_branch
            and ref.name not in skipped
            and (ref.branch != "HEAD" or ref.name.startswith(HEADS))
            and not (ref.name.startswith(REMOTES) and (ref.branch, ref.tip) in local)
        )


async def read_refs(git: Git, place: Place) -> Refs:
    """Return the refs as they are now; one cheap call. Raises SourceUnavailable."""
    # Read before the refs: a fetch that deepens lengthens history first and moves refs after.
    boundary = _boundary(place)
    git.cut_at(boundary)
    out = await git.run("for-each-ref", "--format=%(objectname) %(refname) %(symref)", *_ROOTS)
    found, remote_head = [], None
    for line in out.decode("utf-8", "backslashreplace").split("\n")[:-1]:  # names may hold Unicode's line ends
        with in_known_form():
            tip, name, target = line.split(" ", 2)
        if not target:
            found.append(Ref(name, tip))
        elif name == f"{REMOTES}origin/HEAD":
            remote_head = target
    return Refs(tuple(found), remote_head, git.head(), boundary, await _mailmap(git, place))


async def known_from(git: Git, boundary: Collection[str]) -> datetime | None:
    """Return from when on history is whole; None: it is not cut off. Raises SourceUnavailable."""
    if not boundary:
        return None
    feed = "".join(f"{commit}\n" for commit in sorted(boundary))
    out = await git.run("rev-list", "--no-walk", "--timestamp", "--ignore-missing", "--stdin", feed=feed)
    with in_known_form():
        latest = max((int(line.split(b" ", 1)[0]) for line in out.splitlines()), default=0)
        return instant(latest)


def _boundary(place: Place) -> frozenset[str]:
    try:
        text = (place.common_dir / "shallow").read_text("ascii", "replace")
    except FileNotFoundError:
        return frozenset()
    except OSError as error:
        raise unreadable(str(place.top)) from error
    return frozenset(_object_names(text.split()))


def _object_names(words: Iterable[str]) -> Iterable[str]:
    return (word for word in words if len(word) in (40, 64) and set(word) <= set("0123456789abcdef"))


async def _mailmap(git: Git, place: Place) -> str:
    """Return a fingerprint of the .mailmap that git applies: the worktree's, or in a bare repository HEAD's."""
    if place.worktree is None:
        try:
            return (await git.run("rev-parse", "--verify", "--quiet", "HEAD:.mailmap")).decode("ascii").strip()
        except GitFailed as error:
            if error.code == 1:
                return ""
            raise
    file = place.worktree / ".mailmap"
    if file.is_symlink() or not file.is_file():  # git does not follow a link either
        return ""
    try:
        with file.open("rb") as opened:
            return hashlib.sha256(opened.read(_MOST_MAILMAP)).hexdigest()
    except OSError:
        return ""
