"""Clear states: what is not there, too old, damaged, stopped or said in another form; and nothing left running."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from collectors import COLLECTORS, collector
from model.errors import SourceChanged, SourceError, SourceRefused, SourceUnavailable, UnknownName, UsageError
from model.record import Repository
from model.source import Reach
from tests.support.repositories import Builder, git, git_collector, init, pages, read

_GIT = shutil.which("git") or "git"


def _small(path: Path, *options: str) -> Path:
    builder = Builder(init(path, *options))
    builder.commit("main", 1_000, {b"f": b"1\n"})
    builder.write()
    return path


def _script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


async def _failure(path: Path, git: str | None = None, deadline: float = 60) -> SourceError:
    with pytest.raises(SourceError) as caught:
        async for _ in pages(git_collector(path, git=git, deadline=deadline), None):
            pass
    return caught.value


async def _said(path: Path, git: str | None = None) -> str:
    """Return what a check says, which is what a read says."""
    said, *_ = await git_collector(path, git=git).check()
    assert said == (await _failure(path, git)).message
    return said.plain()


async def test_a_well_repository_has_nothing_missing(tmp_path: Path) -> None:
    assert await git_collector(_small(tmp_path / "r")).check() == ()
    (said,) = await git_collector(tmp_path / "r", "lost").check()
    assert said.plain() == "There is no branch lost; another one is taken as the main branch."


async def test_an_empty_repository(tmp_path: Path) -> None:
    stored = await read(init(tmp_path / "r"))
    assert [record.body for record in stored.records.values()] == [Repository(None, False)]
    assert await git_collector(tmp_path / "r", "main").check() == ()
    await read(tmp_path / "r", stored)
    assert stored.pages == []


async def test_no_such_path_and_no_repository(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    assert isinstance(await _failure(tmp_path / "lost"), SourceRefused)
    assert isinstance(await _failure(tmp_path / "plain"), SourceRefused)
    assert "There is no directory" in await _said(tmp_path / "lost")
    assert "is not a git repository" in await _said(tmp_path / "plain")


@pytest.mark.parametrize("path", ["../outside", "/etc", "/no/such/path", "a\0b", "link", "../outside/lost"])
async def test_a_path_outside_the_roots_is_refused_alike(tmp_path: Path, path: str) -> None:
    _small(tmp_path / "outside")
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(tmp_path / "outside")
    said, *_ = await collector("git", {"path": str(root / path)}, Reach((root,))).check()
    assert said.text == "The path {path} is not under a directory that ARB may read."
    with pytest.raises(SourceRefused) as caught:
        await anext(collector("git", {"path": str(root / path)}, Reach((root,))).collect(None, None))
    assert caught.value.hint
    assert "ARB_GIT_ROOTS" in caught.value.hint.text


@pytest.mark.parametrize("how", ["gitfile", "worktree", "alternates", "quoted", "objects", "pack", "refs"])
async def test_a_repository_that_reaches_outside_the_roots_is_refused(tmp_path: Path, how: str) -> None:
    outside, root = _small(tmp_path / "outside"), tmp_path / "root"
    inside = _small(root / "r")
    objects = outside / ".git" / "objects"
    match how:
        case "gitfile":
            shutil.rmtree(inside / ".git")
            (inside / ".git").write_text(f"gitdir: {outside}/.git\n")
        case "worktree":
            (inside / ".git" / "commondir").write_text(f"{outside}/.git\n")
        case "alternates":
            (inside / ".git" / "objects" / "info" / "alternates").write_text(f"# none\n{objects}\n")
        case "quoted":
            (inside / ".git" / "objects" / "info" / "alternates").write_text(f'"{objects}"\n')
        case "objects":
            shutil.rmtree(inside / ".git" / "objects")
            (inside / ".git" / "objects").symlink_to(objects)
        case "pack":
            (inside / ".git" / "objects" / "pack" / "pack-1.pack").symlink_to(objects)
        case _:
            shutil.rmtree(inside / ".git" / "refs")
            (inside / ".git" / "refs").symlink_to(outside / ".git" / "refs")
    said, *_ = await collector("git", {"path": str(inside)}, Reach((root,))).check()
    assert said.text == "The path {path} is not under a directory that ARB may read."


async def test_worktrees_alternates_and_bare_repositories_inside_are_read(tmp_path: Path) -> None:
    _small(tmp_path / "r")
    git(tmp_path / "r", "worktree", "add", "--quiet", str(tmp_path / "tree"), "-b", "topic", "main")
    git(tmp_path, "clone", "--quiet", "--shared", str(tmp_path / "r"), str(tmp_path / "shared"))
    git(tmp_path, "clone", "--quiet", "--bare", str(tmp_path / "r"), str(tmp_path / "bare.git"))
    expected = set((await read(tmp_path / "r")).commits)
    for name in ("tree", "shared", "bare.git"):
        assert set((await read(tmp_path / name)).commits) == expected, name


async def test_sha256_repositories_are_read(tmp_path: Path) -> None:
    stored = await read(_small(tmp_path / "r", "--object-format=sha256"))
    assert [len(name) for name in stored.commits] == [64]
    await read(tmp_path / "r", stored)
    assert stored.pages == []


async def test_no_git_and_an_old_git(tmp_path: Path) -> None:
    path = _small(tmp_path / "r")
    missing = await _failure(path, git=str(tmp_path / "nothing"))
    old = await _said(path, git=_script(tmp_path / "old", "echo git version 2.20.1"))
    assert isinstance(missing, SourceUnavailable)
    assert missing.hint
    assert "Install the package git" in missing.hint.text
    assert old == "The git installed here is too old: git version 2.20.1."


@pytest.mark.parametrize("what", ["main", "main^{tree}", "main:f"])
async def test_a_damaged_repository(tmp_path: Path, what: str) -> None:
    path = _small(tmp_path / "r")
    name = git(path, "rev-parse", what)
    loose = path / ".git" / "objects" / name[:2] / name[2:]
    loose.chmod(0o644)
    loose.write_bytes(b"damaged")
    assert (await _said(path)).startswith("Git could not read the repository")
    loose.unlink()
    assert isinstance(await _failure(path), SourceUnavailable)


async def test_a_head_that_makes_no_sense(tmp_path: Path) -> None:
    path = _small(tmp_path / "r")
    (path / ".git" / "HEAD").write_bytes(b"\xff\0")
    assert (await _said(path)).startswith("Git could not read the repository")


async def test_a_git_directory_that_lacks_its_parts(tmp_path: Path) -> None:
    (tmp_path / "r" / ".git").mkdir(parents=True)
    assert "is not a git repository" in await _said(tmp_path / "r")
    (tmp_path / "r" / ".git" / "HEAD").mkdir()
    assert "cannot be read" in await _said(tmp_path / "r")
    path = _small(tmp_path / "s")
    (path / ".git" / "shallow").mkdir()
    assert "cannot be read" in await _said(path)


async def test_git_killed_in_between(tmp_path: Path) -> None:
    path = _small(tmp_path / "r")
    kill = f'case "$*" in *numstat*) {_GIT} "$@" | head -c 30; kill -9 $$;; *) exec {_GIT} "$@";; esac'
    error = await _failure(path, git=_script(tmp_path / "killed", kill))
    assert str(error).startswith("Git was stopped while it read")


async def test_an_answer_in_another_form(tmp_path: Path) -> None:
    path = _small(tmp_path / "r")
    for call in ("numstat", "for-each-ref"):
        odd = f'case "$*" in *{call}*) echo nonsense;; *) exec {_GIT} "$@";; esac'
        assert isinstance(await _failure(path, git=_script(tmp_path / "odd", odd)), SourceChanged)


async def test_the_deadline_holds_for_the_whole_read(tmp_path: Path) -> None:
    path = _small(tmp_path / "r")
    hang = f'case "$*" in *numstat*) exec tail -f /dev/null;; *) exec {_GIT} "$@";; esac'
    error = await _failure(path, git=_script(tmp_path / "hang", hang), deadline=0.5)
    assert str(error).startswith("Git took too long to read")


async def test_leaving_early_kills_git(tmp_path: Path) -> None:
    builder = Builder(init(tmp_path / "r"))
    for n in range(30_000):
        builder.commit("main", 1_000 + n, subject=b"s" * 300)
    builder.write()
    noted = tmp_path / "pid"
    note = f'case "$*" in *numstat*) echo $$ > {noted};; esac; exec {_GIT} "$@"'
    found = pages(git_collector(tmp_path / "r", git=_script(tmp_path / "noting", note)), None)
    page = await anext(found)
    os.kill(int(noted.read_text()), 0)
    assert len(page.records) == 150
    task = asyncio.ensure_future(_forever(found))
    await asyncio.wait([task], timeout=0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(ProcessLookupError):
        os.kill(int(noted.read_text()), 0)


async def _forever(found: object) -> None:
    assert hasattr(found, "aclose")
    try:
        await asyncio.Event().wait()
    finally:
        await found.aclose()


def test_kinds_and_settings_are_checked() -> None:
    reach = Reach((Path("/"),))
    assert COLLECTORS[0].kind == "git"
    with pytest.raises(UnknownName) as unknown:
        collector("gti", {}, reach)
    assert "git" in unknown.value.close
    for config in ({}, {"path": ""}, {"path": ".", "token": "secret"}, {"path": 3}):
        with pytest.raises(UsageError) as wrong:
            collector("git", config, reach)
        assert "secret" not in str(wrong.value)
        assert "setting" in wrong.value.message.text
