"""Real repositories, built fast with `git fast-import`, and a store in memory that takes a collector's pages."""

from __future__ import annotations

import os
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path

from collectors.git import GitCollector, GitConfig
from model.record import Branch, Commit, Page, Record, Repository
from model.source import Reach

_ENV = {
    "PATH": os.defpath + ":/usr/local/bin",
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "LC_ALL": "C",
    "GIT_AUTHOR_NAME": "Mina",
    "GIT_AUTHOR_EMAIL": "mina@acme.example",
    "GIT_COMMITTER_NAME": "Mina",
    "GIT_COMMITTER_EMAIL": "mina@acme.example",
    "GIT_COMMITTER_DATE": "1790000000 +0000",
    "GIT_AUTHOR_DATE": "1790000000 +0000",
}
MINA = b"Mina <mina@acme.example>"


def git_bytes(path: Path, *arguments: str, feed: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
    """Run git in `path`, untouched by the machine's settings; return what it prints."""
    done = subprocess.run(
        ["git", "-C", str(path), *arguments], input=feed, env={**_ENV, **(env or {})}, capture_output=True, check=True
    )
    return done.stdout


def git(path: Path, *arguments: str, feed: str = "", env: Mapping[str, str] | None = None) -> str:
    """Run git and return the text that it prints, without the line's end."""
    return git_bytes(path, *arguments, feed=feed.encode(), env=env).decode("utf-8", "surrogateescape").strip("\n")


def init(path: Path, *options: str) -> Path:
    """Make an empty repository whose first branch is main."""
    path.mkdir(parents=True, exist_ok=True)
    git(path, "init", "--quiet", "--initial-branch=main", *options)
    return path


@dataclass
class Builder:
    """Collects commits for one run of fast-import; a commit is named by its mark, 1 and up."""

    path: Path
    marks: int = 0
    loose: int = 100  # fewer objects than these are a file each, as git has it; else they are one pack
    stream: list[bytes] = field(default_factory=list)

    def commit(
        self,
        branch: str,
        at: int,
        files: Mapping[bytes, bytes | None] | None = None,
        *,
        parents: Sequence[int] | None = None,
        subject: bytes = b"work",
        author: bytes = MINA,
        committer: bytes | None = None,
        fresh: bool = False,
    ) -> int:
        """Add a commit (parents default to the branch's last) in which `files` change; None deletes one."""
        self.marks += 1
        ref = branch if branch.startswith("refs/") else f"refs/heads/{branch}"
        lines = [f"commit {ref}\nmark :{self.marks}\n".encode()]
        lines.append(b"author %s %d +0000\n" % (author, at))
        lines.append(b"committer %s %d +0000\n" % (committer or author, at))
        lines.append(b"data %d\n%s\n" % (len(subject), subject))
        for place, mark in enumerate(parents or ()):
            lines.append(b"%s :%d\n" % (b"merge" if place else b"from", mark))
        if fresh:
            lines.insert(0, f"reset {ref}\n\n".encode())
        for name, data in (files or {}).items():
            lines.append(_change(name, data))
        self.stream += [*lines, b"\n"]
        return self.marks

    def ref(self, name: str, mark: int) -> None:
        """Let a full ref name point at a commit."""
        self.stream.append(f"reset {name}\nfrom :{mark}\n\n".encode())

    def tag(self, name: str, mark: int) -> None:
        """Add an annotated tag."""
        self.stream.append(
            f"tag {name}\nfrom :{mark}\ntagger Mina <m@a.example> 1790000000 +0000\ndata 1\nt\n".encode()
        )

    def write(self) -> dict[int, str]:
        """Import all of it; return the object names by mark."""
        marks = self.path / "marks"
        feed = b"".join(self.stream) + b"done\n"
        command = ("-c", f"fastImport.unpackLimit={self.loose}", "fast-import", "--quiet", "--force", "--done")
        git_bytes(self.path, *command, f"--export-marks={marks}", feed=feed)
        pairs = (line.split() for line in marks.read_text().splitlines())
        marks.unlink()
        return {int(mark[1:]): name for mark, name in pairs}


def _change(name: bytes, data: bytes | None) -> bytes:
    quoted = b'"%s"' % b"".join(b"\\%03o" % byte for byte in name)
    if data is None:
        return b"D %s\n" % quoted
    return b"M 100644 inline %s\ndata %d\n%s\n" % (quoted, len(data), data)


@dataclass
class Stored:
    """What a store would hold after the pages so far."""

    records: dict[tuple[str, str], Record] = field(default_factory=dict)
    cursor: str | None = None
    pages: list[Page] = field(default_factory=list)  # of the last read

    def put(self, page: Page) -> None:
        """Take a page as the store does."""
        if page.restart:
            self.records.clear()
        self.records.update({(record.kind, record.key): record for record in page.records})
        for gone in page.gone:
            self.records.pop(gone, None)
        self.cursor = page.cursor
        self.pages.append(page)

    @property
    def commits(self) -> dict[str, Commit]:
        """Return commits by their names."""
        return {record.key: record.body for record in self.records.values() if isinstance(record.body, Commit)}

    @property
    def branches(self) -> dict[str, Branch]:
        """Return branches by their short names."""
        return {record.title: record.body for record in self.records.values() if isinstance(record.body, Branch)}

    @property
    def repository(self) -> Repository:
        """Return the repository's own record."""
        body = self.records["repository", "repository"].body
        assert isinstance(body, Repository)
        return body

    @property
    def brought(self) -> set[str]:
        """Return the commits that the last read brought."""
        return {record.key for page in self.pages for record in page.records if record.kind == "commit"}

    def same(self, other: Stored) -> bool:
        """Whether both hold the same."""
        return self.records == other.records


def git_collector(path: Path, main: str | None = None, *, git: str | None = None, deadline: float = 60) -> GitCollector:
    """Return a collector that may read everything beside the repository."""
    return GitCollector(GitConfig(path=str(path), main=main), Reach((path.parent,)), git=git, deadline=deadline)


async def read(path: Path, stored: Stored | None = None, main: str | None = None) -> Stored:
    """Read what is new into the store; return it."""
    stored = stored or Stored()
    stored.pages = []
    async for page in pages(git_collector(path, main), stored.cursor):
        stored.put(page)
    return stored


async def pages(collector: GitCollector, cursor: str | None) -> AsyncIterator[Page]:
    """Yield a collector's pages and close it, however the reader leaves."""
    async with aclosing(collector.collect(None, cursor)) as found:
        async for page in found:
            yield page
