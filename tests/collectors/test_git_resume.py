"""Reading on: at every page, after pushes of every kind, in shallow clones, and when nothing happened."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.repositories import Builder, Stored, git, git_collector, init, pages, read


def _line(path: Path, commits: int) -> dict[int, str]:
    """Make a straight history with a branch; return the names by number."""
    builder = Builder(init(path))
    for n in range(1, commits + 1):
        builder.commit("main", 1_000 + n, {b"f%d" % (n % 7): b"%d\n" % n})
    builder.commit("topic", 5_000, {b"t": b"t\n"}, parents=[1])
    return builder.write()


def _more(path: Path, branch: str = "main", start: str | None = None, count: int = 1) -> list[str]:
    """Push further commits to a branch, from its tip or another start; return their names."""
    builder = Builder(path)
    builder.stream.append(f"reset refs/heads/{branch}\nfrom {start or f'refs/heads/{branch}'}^0\n\n".encode())
    for n in range(count):
        builder.commit(branch, 6_000 + n, {b"more%d" % n: b"more\n"})
    return list(builder.write().values())


async def _first_pages(path: Path, stored: Stored, count: int) -> None:
    """Take only so many pages, as if the process had then been killed."""
    taken = 0
    async for page in pages(git_collector(path), stored.cursor):
        if taken == count:
            return
        stored.put(page)
        taken += 1


async def test_the_second_read_of_the_same_brings_no_page(tmp_path: Path) -> None:
    _line(tmp_path / "r", 3)
    stored = await read(tmp_path / "r")
    assert len(stored.commits) == 4
    await read(tmp_path / "r", stored)
    assert stored.pages == []


async def test_reading_goes_on_at_every_page(tmp_path: Path) -> None:
    _line(tmp_path / "r", 500)
    whole = await read(tmp_path / "r")
    assert [len(page.records) for page in whole.pages] == [150, 150, 150, 51, 2]
    for stop in range(len(whole.pages)):
        stored = Stored()
        await _first_pages(tmp_path / "r", stored, stop)
        had = set(stored.commits)
        await read(tmp_path / "r", stored)
        assert stored.same(whole)
        assert not stored.brought & had


async def test_an_interrupted_read_goes_on_after_a_push(tmp_path: Path) -> None:
    _line(tmp_path / "r", 1_200)
    stored = Stored()
    await _first_pages(tmp_path / "r", stored, 1)
    had = set(stored.commits)
    _more(tmp_path / "r", count=3)
    await read(tmp_path / "r", stored)
    assert stored.same(await read(tmp_path / "r"))
    assert not stored.brought & had


async def test_a_push_while_reading_waits_for_the_next_read(tmp_path: Path) -> None:
    _line(tmp_path / "r", 1_200)
    stored, pushed = Stored(), list[str]()
    async for page in pages(git_collector(tmp_path / "r"), None):
        stored.put(page)
        pushed = pushed or _more(tmp_path / "r", "topic")
    assert not set(pushed) & set(stored.commits)
    await read(tmp_path / "r", stored)
    assert stored.brought == set(pushed)
    assert stored.same(await read(tmp_path / "r"))


async def test_only_what_is_new_is_read(tmp_path: Path) -> None:
    _line(tmp_path / "r", 20)
    stored = await read(tmp_path / "r")
    new = _more(tmp_path / "r", count=2) + _more(tmp_path / "r", "fresh", "main", 1)
    await read(tmp_path / "r", stored)
    assert stored.brought == set(new)
    assert stored.same(await read(tmp_path / "r"))


async def test_a_force_push_takes_commits_away(tmp_path: Path) -> None:
    names = _line(tmp_path / "r", 20)
    stored = await read(tmp_path / "r")
    _more(tmp_path / "r", "main", names[15])
    await read(tmp_path / "r", stored)
    assert not {names[n] for n in range(16, 21)} & set(stored.commits)
    assert not any(page.restart for page in stored.pages)
    assert stored.same(await read(tmp_path / "r"))


async def test_a_removed_branch_takes_its_commits_away(tmp_path: Path) -> None:
    names = _line(tmp_path / "r", 5)
    stored = await read(tmp_path / "r")
    git(tmp_path / "r", "branch", "-D", "topic")
    await read(tmp_path / "r", stored)
    assert names[6] not in stored.commits
    assert not stored.branches
    assert stored.same(await read(tmp_path / "r"))


async def test_a_commit_that_a_tag_still_holds_stays(tmp_path: Path) -> None:
    names = _line(tmp_path / "r", 5)
    git(tmp_path / "r", "tag", "keep", "topic")
    stored = await read(tmp_path / "r")
    git(tmp_path / "r", "branch", "-D", "topic")
    await read(tmp_path / "r", stored)
    assert names[6] in stored.commits
    assert not stored.branches


async def test_all_branches_removed(tmp_path: Path) -> None:
    _line(tmp_path / "r", 5)
    stored = await read(tmp_path / "r")
    for name in ("main", "topic"):
        git(tmp_path / "r", "update-ref", "-d", f"refs/heads/{name}")
    await read(tmp_path / "r", stored)
    assert not stored.commits
    assert stored.repository.main is None


@pytest.mark.parametrize("stop", [1, 99])
async def test_tips_that_were_collected_as_garbage_restart(tmp_path: Path, stop: int) -> None:
    names = _line(tmp_path / "r", 1_200)
    stored = Stored()
    await _first_pages(tmp_path / "r", stored, stop)
    git(tmp_path / "r", "update-ref", "refs/heads/main", names[3])
    git(tmp_path / "r", "reflog", "expire", "--expire=now", "--all")
    git(tmp_path / "r", "gc", "--quiet", "--prune=now")
    await read(tmp_path / "r", stored)
    assert [page.restart for page in stored.pages] == [True, False]
    assert stored.same(await read(tmp_path / "r"))
    assert len(stored.commits) == 4


async def test_another_mailmap_restarts(tmp_path: Path) -> None:
    _line(tmp_path / "r", 3)
    stored = await read(tmp_path / "r")
    (tmp_path / "r" / ".mailmap").write_text("Mina Lee <mina@acme.example>\n")
    await read(tmp_path / "r", stored)
    assert stored.pages[0].restart
    assert {body.author for body in stored.commits.values()} == {"Mina Lee"}


@pytest.mark.parametrize("cursor", ["", "{}garbage", '{"version": 9}', '{"version": 1, "done": "40:?"}'])
async def test_a_cursor_of_another_make_restarts(tmp_path: Path, cursor: str) -> None:
    _line(tmp_path / "r", 3)
    stored = await read(tmp_path / "r", Stored(cursor=cursor))
    assert stored.pages[0].restart
    assert stored.same(await read(tmp_path / "r"))


async def test_a_shallow_clone_does_not_know_its_boundary(tmp_path: Path) -> None:
    names = _line(tmp_path / "r", 9)
    clone = _clone(tmp_path, 3)
    stored = await read(clone)
    cut = {name for name, body in stored.commits.items() if body.changes is None}
    assert cut == set((clone / ".git" / "shallow").read_text().split())
    assert names[7] in cut
    assert stored.repository.shallow
    problem = stored.pages[-1].problem
    assert problem
    assert problem.plain() == "The clone is shallow: what came before 1 of its commits is not known."
    await read(clone, stored)
    assert [(page.records, page.problem) for page in stored.pages] == [((), problem)]


@pytest.mark.parametrize("by", ["--deepen=2", "--unshallow"])
async def test_a_deepened_clone_is_read_from_its_boundary_on(tmp_path: Path, by: str) -> None:
    names = _line(tmp_path / "r", 9)
    clone = _clone(tmp_path, 3)
    stored = await read(clone)
    git(clone, "fetch", "--quiet", by)
    await read(clone, stored)
    assert names[9] not in stored.brought
    assert names[7] in stored.brought
    assert not stored.pages[0].restart
    assert stored.same(await read(clone))


async def test_a_clone_deepened_with_new_commits_is_read_whole(tmp_path: Path) -> None:
    _line(tmp_path / "r", 9)
    clone = _clone(tmp_path, 3)
    stored = await read(clone)
    _more(tmp_path / "r", count=2)
    git(clone, "fetch", "--quiet", "--deepen=2")
    await read(clone, stored)
    assert stored.same(await read(clone))


async def test_a_clone_made_shallower_restarts(tmp_path: Path) -> None:
    _line(tmp_path / "r", 9)
    clone = _clone(tmp_path, 6)
    stored = await read(clone)
    git(clone, "fetch", "--quiet", "--depth=2")
    await read(clone, stored)
    assert stored.pages[0].restart
    assert stored.same(await read(clone))


async def test_a_shallow_clone_that_fetches_new_commits_reads_only_those(tmp_path: Path) -> None:
    _line(tmp_path / "r", 9)
    clone = _clone(tmp_path, 3)
    stored = await read(clone)
    new = _more(tmp_path / "r", count=2)
    git(clone, "fetch", "--quiet")
    await read(clone, stored)
    assert stored.brought == set(new)
    assert stored.same(await read(clone))


def _clone(folder: Path, depth: int) -> Path:
    url = (folder / "r").as_uri()
    git(folder, "clone", "--quiet", "--no-single-branch", f"--depth={depth}", url, str(folder / "clone"))
    return folder / "clone"
