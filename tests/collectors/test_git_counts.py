"""What the collector brings equals what git itself counts, for any repository."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from model.record import Change, Commit, Record
from tests.support.repositories import MINA, Builder, Stored, git_bytes, init, read

_PEOPLE = (
    MINA,
    "김준 <Jun@acme.example>".encode(),
    b"J. Kim <jun@old.example>",
    b"helper[bot] <1+helper[bot]@users.example>",
    b"\xff\xfe bytes <b@acme.example>",
    b"{{7*7}} \x1b[31m <x@acme.example>",
)
_MAILMAP = "Kim Jun <jun@acme.example> <jun@old.example>\n이미나 <mina@acme.example>\n".encode()
_PATHS = (
    b"a",
    "웹/결제.html".encode(),
    b"-x",
    b"--output=canary",
    b"\xff\xfe",
    b"tab\there",
    b"line\nend",
    b"d/e/f",
    b"|",
)
_SUBJECTS = (
    b"plain",
    b"\x1b[2J\x01 controls \x1e\x1f",
    b"1\t1\tf",
    "결제 (#12)\n\nCo-authored-by: J. Kim <jun@old.example>\nCo-authored-by: nobody\n".encode(),
    b"p" * 400,
    b"\xff\xfe bytes",
    b"",
    b"pair\n\nCo-Authored-By: Sora <s@x>\n",
)
_step = st.fixed_dictionaries(
    {
        "branch": st.sampled_from(("main", "side", "refs/remotes/origin/old", "refs/heads/--upload-pack=x")),
        "at": st.integers(0, 2_000_000_000),
        "files": st.dictionaries(
            st.sampled_from(_PATHS),
            st.sampled_from((None, b"a\nb\n", b"c\n", b"", b"a\nb\nc\nd\n", b"\0\1\2")),
            max_size=3,
        ),
        "author": st.sampled_from(_PEOPLE),
        "subject": st.sampled_from(_SUBJECTS),
        "merge": st.integers(0, 5),
    }
)


def _build(path: Path, steps: Sequence[dict[str, Any]], mailmap: bool) -> None:
    init(path)
    builder, tips = Builder(path), dict[str, int]()
    for step in steps:
        branch, merge = step.pop("branch"), step.pop("merge")
        first = tips.get(branch) or max(tips.values(), default=0)
        parents = [mark for mark in (first, merge) if 0 < mark <= builder.marks]
        files = {name: data for name, data in step["files"].items() if data is not None or parents}
        tips[branch] = builder.commit(branch, **{**step, "files": files}, parents=list(dict.fromkeys(parents)))
    if tips:
        builder.tag("v1", 1)
    builder.write()
    if mailmap:
        (path / ".mailmap").write_bytes(_MAILMAP)


def _by_git(path: Path) -> dict[str, tuple[object, ...]]:
    """Ask git commit by commit, in other words than the collector's."""
    since = ("--since-as-filter=1970-01-01T00:00:00Z", "--until=2050-12-31T23:59:59Z")  # git misreads years after 2099
    listed = git_bytes(path, "log", *since, "--branches", "--remotes", "--tags", "--format=%H").decode().split()
    return {name: _one_by_git(path, name) for name in listed}


def _one_by_git(path: Path, name: str) -> tuple[object, ...]:
    head = git_bytes(path, "log", "-1", "--no-patch", "--format=%at%n%ct%n%p%n%aN%n%aE%n%s", name)
    _, seconds, parents, author, address, subject = head.decode("utf-8", "backslashreplace").split("\n", 5)
    merge = len(parents.split()) > 1
    shown = b"" if merge else git_bytes(path, "show", "--raw", "--numstat", "--no-renames", "-z", "--format=", name)
    entries = shown.split(b"\0")
    changes = [entry.lstrip(b"\n") for entry in entries if entry.count(b"\t") >= 2]
    return (
        int(seconds),
        len(parents.split()),
        author or address.lower(),
        address.lower(),
        subject.removesuffix("\n")[:300],
        sorted(_change(entry) for entry in changes),
    )


def _change(entry: bytes) -> tuple[str, int, int]:
    added, removed, path = entry.split(b"\t", 2)
    lines = (0, 0) if added == b"-" else (int(added), int(removed))
    return path.decode("utf-8", "backslashreplace"), *lines


def _by_us(stored: Stored) -> dict[str, tuple[object, ...]]:
    return {
        record.key: _flat(record, record.body) for record in stored.records.values() if isinstance(record.body, Commit)
    }


def _flat(record: Record, body: Commit) -> tuple[object, ...]:
    assert body.changes is not None
    changes = sorted((change.path, change.added, change.removed) for change in body.changes)
    assert record.ended == record.at
    return int(record.at.timestamp()), body.parents, body.author, body.address, record.title, changes


@given(st.lists(_step, min_size=1, max_size=6), st.booleans())
async def test_records_equal_what_git_counts(steps: list[dict[str, Any]], mailmap: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "r"
        _build(path, steps, mailmap)
        stored = await read(path)
        assert _by_us(stored) == _by_git(path)
        for body in stored.commits.values():
            assert body.bot == ("[bot]" in body.author)


async def test_co_authors_come_after_mailmap(tmp_path: Path) -> None:
    builder = Builder(init(tmp_path / "r"))
    builder.commit("main", 10, {b"f": b"1\n"}, subject=_SUBJECTS[3])
    builder.write()
    (tmp_path / "r" / ".mailmap").write_bytes(_MAILMAP)
    (body,) = (await read(tmp_path / "r")).commits.values()
    assert body.co_authors == ("Kim Jun", "nobody")
    assert body.author == "이미나"


async def test_a_bare_repository_takes_its_mailmap_from_head(tmp_path: Path) -> None:
    builder = Builder(init(tmp_path / "r.git", "--bare"))
    builder.commit("main", 10, {b".mailmap": _MAILMAP})
    builder.write()
    (body,) = (await read(tmp_path / "r.git")).commits.values()
    assert body.author == "이미나"


async def test_attributes_of_the_worktree_count_as_git_counts(tmp_path: Path) -> None:
    builder = Builder(init(tmp_path / "r"))
    builder.commit("main", 10, {b"lock": b"1\n2\n", b"f": b"1\n"})
    builder.write()
    (tmp_path / "r" / ".gitattributes").write_text("lock -diff\n")
    (body,) = (await read(tmp_path / "r")).commits.values()
    assert body.changes == (Change("f", 1, 0), Change("lock", 0, 0))


async def test_ten_thousand_files_in_one_commit(tmp_path: Path) -> None:
    builder = Builder(init(tmp_path / "r"))
    builder.commit("main", 10, {b"d%d/f%d" % (n % 50, n): b"1\n" for n in range(10_000)})
    builder.commit("main", 20, {b"f": b"1\n"})
    builder.write()
    stored = await read(tmp_path / "r")
    assert sorted(len(body.changes or ()) for body in stored.commits.values()) == [1, 10_000]


async def test_distinct_bytes_stay_distinct_paths(tmp_path: Path) -> None:
    builder = Builder(init(tmp_path / "r"))
    builder.commit("main", 10, {b"\xfe": b"1\n", b"\xff": b"1\n"})
    builder.write()
    (body,) = (await read(tmp_path / "r")).commits.values()
    assert [change.path for change in body.changes or ()] == ["\\xfe", "\\xff"]


async def test_dates_beyond_the_calendar_are_moved_into_it(tmp_path: Path) -> None:
    builder = Builder(init(tmp_path / "r"))
    builder.commit("main", 253_402_300_800, {b"f": b"1\n"})
    builder.write()
    records = (await read(tmp_path / "r")).records.values()
    assert {record.at.year for record in records if record.kind == "commit"} == {2999}


async def test_tags_of_no_commit_are_left_out(tmp_path: Path) -> None:
    path = init(tmp_path / "r")
    builder = Builder(path)
    builder.commit("main", 10, {b"f": b"1\n"})
    (name,) = builder.write().values()
    git_bytes(path, "update-ref", "refs/tags/blob", git_bytes(path, "rev-parse", f"{name}:f").decode().strip())
    git_bytes(path, "update-ref", "refs/tags/tree", git_bytes(path, "rev-parse", f"{name}^{{tree}}").decode().strip())
    assert set((await read(path)).commits) == {name}
