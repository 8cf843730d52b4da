"""Branches: where they stand, whose work is nowhere else, and which one is the main one."""

from __future__ import annotations

from pathlib import Path

import pytest

from collectors.git_branches import MOST_COMPARED
from model.record import Branch
from tests.support.repositories import Builder, Stored, git, init, read

_BASE = {b"f": b"".join(b"%d\n" % n for n in range(40)), b"g": b"g\n"}
_ONE = {b"h": b"one\n"}
_TWO = {b"h": b"one\ntwo\n"}


def _forked(path: Path) -> tuple[Builder, int]:
    """Begin a repository: one commit on main, from which the test goes on."""
    builder = Builder(init(path))
    return builder, builder.commit("main", 1_000, _BASE)


async def _branch(builder: Builder, name: str = "topic") -> Branch:
    builder.write()
    return (await read(builder.path)).branches[name]


async def test_open_work_is_measured(tmp_path: Path) -> None:
    builder, base = _forked(tmp_path / "r")
    builder.commit("topic", 2_000, _ONE, parents=[base])
    tip = builder.commit("topic", 3_000, {b"g": b"new\n"}, author="김준 <j@x>".encode())
    builder.commit("main", 2_500, {b"z": b"z\n"})
    names = builder.write()
    stored = await read(tmp_path / "r")
    record = stored.records["branch", "refs/heads/topic"]
    branch = stored.branches["topic"]
    assert branch == Branch(names[tip], branch.tip_at, "김준", ahead=2, behind=1, merged=False, files=2, lines=3)
    assert (record.at.timestamp(), record.ended, record.title) == (2_000, None, "topic")
    assert list(stored.branches) == ["topic"]
    assert stored.repository.main == "main"


async def test_a_merged_branch(tmp_path: Path) -> None:
    builder, base = _forked(tmp_path / "r")
    side = builder.commit("topic", 2_000, _ONE, parents=[base])
    builder.commit("main", 3_000, parents=[base, side])
    branch = await _branch(builder)
    assert (branch.merged, branch.ahead, branch.behind) == (True, 0, 1)


async def test_rebased_work_is_found(tmp_path: Path) -> None:
    builder, base = _forked(tmp_path / "r")
    builder.commit("topic", 2_000, _ONE, parents=[base])
    builder.commit("topic", 2_100, _TWO)
    builder.commit("main", 3_000, {b"z": b"z\n"}, parents=[base])
    builder.commit("main", 3_100, _ONE)
    builder.commit("main", 3_200, _TWO)
    branch = await _branch(builder)
    assert (branch.merged, branch.ahead, branch.behind) == (True, 2, 3)


async def test_squashed_work_is_found(tmp_path: Path) -> None:
    builder, base = _forked(tmp_path / "r")
    builder.commit("topic", 2_000, _ONE, parents=[base])
    builder.commit("topic", 2_100, _TWO)
    builder.commit("main", 3_000, {b"z": b"z\n"}, parents=[base])
    builder.commit("main", 3_100, _TWO)
    assert (await _branch(builder)).merged


async def test_half_of_the_work_picked_is_not_merged(tmp_path: Path) -> None:
    builder, base = _forked(tmp_path / "r")
    builder.commit("topic", 2_000, _ONE, parents=[base])
    builder.commit("topic", 2_100, {b"k": b"k\n"})
    builder.commit("main", 3_100, _ONE, parents=[base])
    assert not (await _branch(builder)).merged


async def test_the_second_half_picked_after_a_sync_completes_it(tmp_path: Path) -> None:
    builder, base = _forked(tmp_path / "r")
    builder.commit("topic", 2_000, _ONE, parents=[base])
    builder.commit("topic", 2_100, {b"k": b"k\n"})
    builder.commit("main", 3_000, _ONE, parents=[base])
    builder.write()
    stored = await read(tmp_path / "r")
    assert not stored.branches["topic"].merged
    later = Builder(tmp_path / "r")
    later.stream.append(b"reset refs/heads/main\nfrom refs/heads/main^0\n\n")
    later.commit("main", 4_000, {b"k": b"k\n"})
    later.write()
    assert (await read(tmp_path / "r", stored)).branches["topic"].merged
    assert stored.same(await read(tmp_path / "r"))


async def test_work_that_main_had_before_the_fork_and_undid_is_open(tmp_path: Path) -> None:
    builder, _ = _forked(tmp_path / "r")
    builder.commit("main", 1_100, _ONE)
    undone = builder.commit("main", 1_200, {b"h": None})
    builder.commit("topic", 2_000, _ONE, parents=[undone])
    builder.commit("main", 2_100, {b"z": b"z\n"}, parents=[undone])
    assert not (await _branch(builder)).merged


async def test_different_binaries_of_one_name_are_different_work(tmp_path: Path) -> None:
    builder, base = _forked(tmp_path / "r")
    builder.commit("topic", 2_000, {b"logo": b"\0one"}, parents=[base])
    builder.commit("main", 3_000, {b"logo": b"\0two"}, parents=[base])
    assert not (await _branch(builder)).merged


async def test_a_branch_without_common_ancestor(tmp_path: Path) -> None:
    builder, _ = _forked(tmp_path / "r")
    builder.commit("pages", 2_000, _ONE, fresh=True)
    branch = await _branch(builder, "pages")
    assert (branch.ahead, branch.behind, branch.merged) == (1, 1, False)


async def test_stacked_branches_name_each_other(tmp_path: Path) -> None:
    builder, base = _forked(tmp_path / "r")
    low = builder.commit("low", 2_000, _ONE, parents=[base])
    builder.commit("high", 2_100, _TWO, parents=[low])
    builder.commit("main", 3_000, {b"z": b"z\n"}, parents=[base])
    builder.write()
    branches = (await read(tmp_path / "r")).branches
    assert (branches["low"].stacked, branches["high"].stacked) == (("high",), ())


async def test_standing_equals_what_git_counts(tmp_path: Path) -> None:
    builder, base = _forked(tmp_path / "r")
    tips = [base]
    for n in range(40):
        parents = [tips[n * 7 % len(tips)], tips[n * 5 % len(tips)]][: 1 + n % 2]
        branch = "main" if n % 3 == 0 else f"b{n % 6}"
        tips.append(builder.commit(branch, 9_000 - n * 37, {b"n%d" % n: b"n\n"}, parents=list(dict.fromkeys(parents))))
    builder.write()
    for name, found in (await read(tmp_path / "r")).branches.items():
        counted = git(tmp_path / "r", "rev-list", "--count", "--left-right", f"main...{name}").split()
        assert [found.behind, found.ahead] == [int(count) for count in counted], name


async def test_remote_branches_stand_beside_local_ones_that_differ(tmp_path: Path) -> None:
    builder, base = _forked(tmp_path / "r")
    same = builder.commit("same", 2_000, _ONE, parents=[base])
    builder.ref("refs/remotes/origin/same", same)
    builder.commit("moved", 2_100, _TWO, parents=[base])
    builder.ref("refs/remotes/origin/moved", same)
    builder.ref("refs/remotes/origin/main", base)
    builder.write()
    git(tmp_path / "r", "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    assert sorted((await read(tmp_path / "r")).branches) == ["moved", "origin/moved", "same"]


@pytest.mark.parametrize(
    ("names", "wanted", "remote", "main"),
    [
        (["main", "dev"], "dev", None, "dev"),
        (["trunk", "develop", "other"], None, None, "trunk"),
        (["master", "release"], None, "release", "release"),
        (["alpha", "beta"], None, None, "alpha"),
    ],
)
async def test_the_main_branch(
    tmp_path: Path, names: list[str], wanted: str | None, remote: str | None, main: str
) -> None:
    builder = Builder(init(tmp_path / "r"))
    for name in names:
        builder.commit(name, 1_000, _ONE, fresh=True)
    if remote:
        builder.ref(f"refs/remotes/origin/{remote}", builder.marks)
    builder.write()
    if remote:
        git(tmp_path / "r", "symbolic-ref", "refs/remotes/origin/HEAD", f"refs/remotes/origin/{remote}")
    stored = await read(tmp_path / "r", main=wanted)
    assert stored.repository.main == main
    assert main not in stored.branches


async def test_a_main_branch_that_is_not_there_is_said(tmp_path: Path) -> None:
    builder, _ = _forked(tmp_path / "r")
    builder.write()
    stored = await read(tmp_path / "r", main="lost")
    assert _problem(stored) == "There is no branch lost; another one is taken as the main branch."
    assert stored.repository.main == "main"


async def test_a_local_main_that_lags_does_not_hide_merged_work(tmp_path: Path) -> None:
    builder, base = _forked(tmp_path / "r")
    side = builder.commit("topic", 2_000, _ONE, parents=[base])
    builder.commit("refs/remotes/origin/main", 3_000, parents=[base, side])
    assert (await _branch(builder)).merged


def _problem(stored: Stored) -> str | None:
    problem = stored.pages[-1].problem
    return problem.plain() if problem else None


async def test_many_branches_are_compared_newest_first_and_that_is_said(tmp_path: Path) -> None:
    builder, base = _forked(tmp_path / "r")
    for n in range(MOST_COMPARED + 5):
        builder.commit(f"b{n:03}", 2_000 + n, {b"w%d" % n: b"w\n"}, parents=[base])
        builder.commit("main", 5_000 + n, {b"w%d" % n: b"w\n"}, parents=[base] if n == 0 else None)
    builder.write()
    stored = await read(tmp_path / "r")
    problem = "Squashed or rebased work was looked for in the newest 200 branches and 10,000 commits."
    assert _problem(stored) == problem
    assert sorted(name for name, branch in stored.branches.items() if not branch.merged) == [
        f"b{n:03}" for n in range(5)
    ]
