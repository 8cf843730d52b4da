"""Make a repository with a long history: `python -m benchmarks.history DIR [COMMITS]` (default 100,000).

The same on every machine: 1 to 6 files a commit, many authors, merges, branches (one merged, the others
open) and tags, spread over four years that end on 20 November 2026.
"""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_LAST = 1_795_132_800  # 2026-11-20T00:00:00Z
_SPAN = 4 * 365 * 86_400  # seconds
_SEED = 20_261_120
_AREAS = ("api", "web", "storage", "docs", "tests", "deploy", "mobile", "billing")
_NAMES = ("Mina", "김준", "Sora", "이현", "Alex", "Priya", "Jonas", "박서연", "Chen", "Maria")
_TOPICS = ("checkout", "search", "login", "prices", "결제", "reports", "cache", "알림", "export", "upload")
_FILES = 1_500
_LINES = 30  # in a new file


def make_history(path: Path, commits: int = 100_000) -> None:
    """Make a bare-bones repository with that many commits on its main branch and about 3% more on others."""
    path.mkdir(parents=True, exist_ok=True)
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(path)], check=True)
    importing = subprocess.Popen(
        ["git", "-C", str(path), "fast-import", "--quiet", "--done"], stdin=subprocess.PIPE, bufsize=1 << 20
    )
    assert importing.stdin
    with importing.stdin as stream:
        for piece in _History(commits).pieces():
            stream.write(piece)
        stream.write(b"done\n")
    if importing.wait():
        raise RuntimeError("git fast-import failed")


class _History:
    def __init__(self, commits: int) -> None:
        self._commits = commits
        self._random = random.Random(_SEED)
        self._files: dict[str, list[str]] = {}
        self._mark = 0

    def pieces(self) -> Iterator[bytes]:
        """Yield the stream for fast-import."""
        main = 0
        for number in range(self._commits):
            at = _LAST - _SPAN + _SPAN * (number + 1) // self._commits
            if number and number % 40 == 0:
                yield from self._side(number, at, main)
                main = self._mark
                continue
            yield self._commit("refs/heads/main", at, main)
            main = self._mark
            if number % 2_000 == 1_999:
                yield f"reset refs/tags/v{number // 2_000}\nfrom :{main}\n\n".encode()

    def _side(self, number: int, at: int, main: int) -> Iterator[bytes]:
        """Yield a commit beside the main branch, merged at once; of every tenth the branch stays, open."""
        yield self._commit("refs/heads/side", at - 60, main)
        side = self._mark
        yield self._commit("refs/heads/main", at, main, merge=side)
        if number % 400 == 0 and number > self._commits // 2:
            merged = self._mark
            kept, self._files = self._files, {name: list(lines) for name, lines in self._files.items()}
            yield self._commit(f"refs/heads/feature/{number}", at + 30, side)
            self._files, self._mark = kept, self._mark + 1
            yield f"reset refs/heads/main\nfrom :{merged}\n\n".encode()
            yield self._same(merged, at + 60)

    def _same(self, parent: int, at: int) -> bytes:
        """Return an empty commit on main, so that the newest mark is main's again."""
        return self._head("refs/heads/main", at, parent, 0)

    def _commit(self, ref: str, at: int, parent: int, merge: int = 0) -> bytes:
        self._mark += 1
        lines = [self._head(ref, at, parent, merge)]
        if not merge:
            lines += [self._file() for _ in range(self._random.choice((1, 1, 2, 2, 3, 4, 6)))]
        return b"".join(lines) + b"\n"

    def _head(self, ref: str, at: int, parent: int, merge: int) -> bytes:
        who = self._random.randrange(200)
        name = f"{_NAMES[who % len(_NAMES)]} {who // len(_NAMES)}"
        if who == 0:
            name = "dependencies[bot]"
        person = f"{name} <person{who}@acme.example> {at} +0000"
        message = f"Improve {self._random.choice(_TOPICS)} in {self._random.choice(_AREAS)}, step {self._mark}\n"
        if self._random.random() < 0.05:
            message += "\nCo-authored-by: Sora 3 <person32@acme.example>\n"
        body = message.encode()
        head = f"commit {ref}\nmark :{self._mark}\nauthor {person}\ncommitter {person}\ndata {len(body)}\n".encode()
        links = (f"from :{parent}\n" if parent else "") + (f"merge :{merge}\n" if merge else "")
        return head + body + links.encode()

    def _file(self) -> bytes:
        draw = self._random
        number = draw.randrange(_FILES)
        name = f"{_AREAS[number % len(_AREAS)]}/part{number % 40}/file{number}.py"
        lines = self._files.setdefault(name, [f"line {n} of {name}" for n in range(_LINES)])
        for _ in range(draw.randint(1, 5)):
            place = draw.randrange(len(lines))
            lines[place] = f"value_{draw.randrange(10**9)} = {draw.randrange(10**6)}"
        if draw.random() < 0.3 and len(lines) < 3 * _LINES:
            lines.insert(draw.randrange(len(lines)), f"more_{draw.randrange(10**9)}")
        text = ("\n".join(lines) + "\n").encode()
        return f"M 100644 inline {name}\ndata {len(text)}\n".encode() + text + b"\n"


if __name__ == "__main__":
    make_history(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 100_000)
