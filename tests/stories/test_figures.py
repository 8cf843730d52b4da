"""The figures of an exported run equal what git itself counts, for any repository."""

from __future__ import annotations

import json
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.support.repositories import Builder, git_bytes, init
from tests.support.repository import seconds
from tests.support.talk import content, talking

_START, _END = seconds("2026-11-09T00:00+00:00"), seconds("2026-11-16T00:00+00:00")
_PEOPLE = [
    b"Mina <mina@acme.example>",
    b"mina k <MINA@home.example>",  # the same person, by .mailmap
    "김준 <jun@acme.example>".encode(),
    "Zoë  Ångström <zoe@acme.example>".encode(),
    b"dep[bot] <dep@acme.example>",
    b"Relay <12+relay[bot]@acme.example>",
]
_MAILMAP = b"Mina <mina@acme.example> <mina@home.example>\n"
_PATHS = [b"README.md", b"api/cart.py", b"api/deep/er.py", "웹/결제.html".encode(), b"web/a b.txt", b"bin\xff/raw"]
_BODIES = [b"", b"a\n", b"a\nb\n", b"b\na\n", b"c", b"\x00\x01binary", b"a\nb\nc\nd\n"]
_BRANCHES = ["main", "topic/x", "refs/remotes/origin/y"]
_WEEK = 7 * 86400
_EVER = 100_000_000  # the smallest number that git takes for an instant


@dataclass(frozen=True)
class Work:
    """One commit to be made."""

    branch: str
    author: bytes
    at: int
    files: dict[bytes, bytes | None]
    merges: int


_EDGES = st.sampled_from([_START - _WEEK - 1, _START - _WEEK, _START - 1, _START, _END - 1, _END])
_WORK = st.builds(
    Work,
    st.sampled_from(_BRANCHES),
    st.sampled_from(_PEOPLE),
    st.one_of(_EDGES, st.integers(_START - 2 * _WEEK, _END + 86400)),
    st.dictionaries(st.sampled_from(_PATHS), st.sampled_from([*_BODIES, None]), max_size=3),
    st.integers(0, 4),
)


def build(path: Path, history: list[Work]) -> None:
    """Make a repository of this history; some commits merge an earlier one."""
    made = Builder(init(path))
    root = made.commit("main", _START - 3 * _WEEK, {b".mailmap": _MAILMAP})
    for branch in _BRANCHES[1:]:
        made.ref(branch if branch.startswith("refs/") else f"refs/heads/{branch}", root)
    tips = dict.fromkeys(_BRANCHES, root)
    for n, work in enumerate(history):
        others = [tip for tip in tips.values() if tip != tips[work.branch]]
        merged = [others[0]] if work.merges == 4 and others else []
        tips[work.branch] = made.commit(
            work.branch, work.at, work.files, parents=[tips[work.branch], *merged], author=work.author,
            subject=b"work %d" % n,
        )  # fmt: skip
    made.write()
    git_bytes(path, "reset", "--hard", "--quiet", "main")  # .mailmap is read from the files


def log(path: Path, start: int, end: int, *flags: str) -> Iterator[list[str]]:
    """Yield what git says of each commit of a window: hash, name, address, then its numstat lines."""
    window = (f"--since-as-filter=@{start}", f"--until=@{end - 1}", "--branches", "--remotes", "--tags")
    out = git_bytes(path, "log", *window, "--no-renames", "-z", "--format=%x01%H%x02%aN%x02%aE%x02", *flags)
    for entry in out.split(b"\x01")[1:]:
        yield [piece.decode("utf-8", "backslashreplace") for piece in entry.split(b"\x02")]


def top(path: str) -> str:
    return path.split("/", maxsplit=1)[0] if "/" in path else "."


def count(path: Path, start: int, end: int) -> dict[tuple[str, str, str], int]:
    """Count a window by git's own word; keyed by metric, label name, label value."""
    seen: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    lines: dict[tuple[str, str, str], int] = defaultdict(int)
    dates = {e[0]: e[1] for e in _dates(path, start, end)}
    for hash_, name, address, _ in log(path, start, end, "--merges"):
        seen["merges", "", ""].add(hash_)
        if "[bot]" in name + address:
            seen["bot_commits", "", ""].add(hash_)
    for hash_, name, address, stat in log(path, start, end, "--no-merges", "--numstat"):
        if "[bot]" in name + address:
            seen["bot_commits", "", ""].add(hash_)
            continue
        changes = [row.lstrip("\n").split("\t", 2) for row in stat.split("\0") if row.strip("\n")]
        areas = {top(p) for _, _, p in changes}
        for label, value in [("", ""), ("author", name), *(("path", area) for area in areas)]:
            seen["commits", label, value].add(hash_)
            seen["active_days", label, value].add(dates[hash_])
            seen["authors", label, value].add(name)
        for added, removed, p in changes:
            for label, value in [("", ""), ("author", name), ("path", top(p))]:
                seen["files_changed", label, value].add(p)
                lines["lines_added", label, value] += int(added.replace("-", "0"))
                lines["lines_removed", label, value] += int(removed.replace("-", "0"))
    return {key: len(found) for key, found in seen.items()} | dict(lines)


def _dates(path: Path, start: int, end: int) -> list[list[str]]:
    window = (f"--since-as-filter=@{start}", f"--until=@{end - 1}", "--branches", "--remotes", "--tags")
    out = git_bytes(path, "log", *window, "--date=format:%Y-%m-%d", "--format=%H %cd", env={"TZ": "UTC"})
    return [line.split() for line in out.decode().splitlines()]


def newcomers(path: Path, start: int, end: int) -> int:
    """Count the people of a window of whom git knows no commit from before it."""
    people = {n for _, n, a, *_ in log(path, start, end, "--no-merges") if "[bot]" not in n + a}
    return len(people - {n for _, n, *_ in log(path, _EVER, start)})


_CHECKED = (
    "commits",
    "merges",
    "authors",
    "lines_added",
    "lines_removed",
    "files_changed",
    "active_days",
    "bot_commits",
)


_EXAMPLES = settings().max_examples if settings().max_examples > 25 else 8  # each starts a bot


@settings(max_examples=_EXAMPLES, phases=(Phase.explicit, Phase.reuse, Phase.generate))  # shrinking takes too long
@given(st.lists(_WORK, min_size=1, max_size=14))
async def test_exported_facts_equal_gits_own_count(history: list[Work]) -> None:
    """Totals and groups, this window and the one before."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "any"
        build(path, history)
        async with talking(Path(folder) / "home", Path(folder)) as talk:
            await talk.say(f"/source add git name=any path={path}")
            await talk.say("/report run weekly window=2026-11-09..2026-11-16")
            document = json.loads(content(await talk.say("/report export last json")))
        now, before = count(path, _START, _END), count(path, _START - _WEEK, _START)
        facts = {}
        for fact in document["facts"]:
            label, value = next(iter(fact["labels"].items()), ("", ""))
            facts[fact["metric"], label, value] = (fact["value"], fact["before"])
        for key in {k for k in [*now, *before] if k[0] in _CHECKED} | {(m, "", "") for m in _CHECKED}:
            assert facts.get(key, (0, 0)) == (now.get(key, 0), before.get(key, 0)), key
        for key, (value, earlier) in facts.items():
            if key[0] in _CHECKED and key[1] in ("", "path") and not (key[0] in ("merges", "bot_commits") and key[1]):
                assert (value, earlier) == (now.get(key, 0), before.get(key, 0)), key
        assert facts["new_authors", "", ""] == (
            newcomers(path, _START, _END),
            newcomers(path, _START - _WEEK, _START),
        )
