"""A repository that tries to run something, or to be taken for something else: the canary stays in its cage."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from collectors.git_log import LOG, NUMSTAT
from tests.support.repositories import Builder, git, init, read

_CONFIG = """
[core]
    fsmonitor = {canary}
    hooksPath = {hooks}
    pager = {canary}
    editor = {canary}
    sshCommand = {canary}
    gitProxy = {canary}
    askPass = {canary}
    attributesFile = {folder}/attributes
    alternateRefsCommand = {canary}
    worktree = /
[diff]
    external = {canary}
    renames = copies
    noprefix = true
    orderFile = {folder}/lost
[diff "evil"]
    textconv = {canary}
    command = {canary}
    binary = false
[filter "evil"]
    clean = {canary}
    smudge = {canary}
    process = {canary}
    required = true
[log]
    showSignature = true
    diffMerges = on
    date = relative
    follow = true
    showRoot = false
    mailmap = false
[format]
    pretty = %x00%x00hostile
[mailmap]
    file = {folder}/mailmap
[gpg]
    program = {canary}
[gpg "ssh"]
    program = {canary}
[pager]
    log = {canary}
    for-each-ref = {canary}
[alias]
    log = !{canary}
    rev-list = !{canary}
[trailer "Co-authored-by"]
    command = {canary}
    cmd = {canary}
[credential]
    helper = !{canary}
[protocol]
    allow = always
[uploadpack]
    packObjectsHook = {canary}
[remote "origin"]
    url = ext::{canary}
    promisor = true
    partialCloneFilter = blob:none
    uploadpack = {canary}
[extensions]
    partialClone = origin
[include]
    path = {folder}/more
[includeIf "gitdir:/"]
    path = {folder}/more
"""
_HOOKS = ("post-index-change", "reference-transaction", "fsmonitor-watchman", "pre-auto-gc", "post-checkout")


def _cage(folder: Path) -> tuple[Path, Path]:
    """Return a program that leaves a mark when anybody runs it, and the mark."""
    mark, canary = folder / "canary-ran", folder / "canary"
    canary.write_text(f"#!/bin/sh\ntouch {mark}\n")
    canary.chmod(0o755)
    return canary, mark


def _hostile(folder: Path) -> Path:
    """Make a repository that sets every key by which git might run the canary or say something else."""
    canary, _ = _cage(folder)
    path = init(folder / "r")
    builder = Builder(path)
    base = builder.commit("main", 1_000, {b"f": b"1\n", b".gitattributes": b"* diff=evil filter=evil\n"})
    builder.commit("topic", 1_100, {b"f": b"2\n"}, subject=b"x\n\nCo-authored-by: Sora <s@x>\n", parents=[base])
    builder.commit("main", 1_200, {b"g": b"1\n"}, parents=[base])
    builder.write()
    (path / ".gitattributes").write_text("* diff=evil filter=evil\n")
    (path / ".git" / "info" / "attributes").write_text("* diff=evil\n")
    (folder / "mailmap").write_text("Nobody <mina@acme.example>\n")
    (folder / "more").write_text(f"[core]\n    pager = {canary}\n[diff]\n    external = {canary}\n")
    hooks = path / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in _HOOKS:
        (hooks / name).write_bytes(canary.read_bytes())
        (hooks / name).chmod(0o755)
    values = {"canary": canary, "folder": folder, "hooks": hooks}
    (path / ".git" / "config").write_text(_CONFIG.format_map(values))
    return path


async def test_no_setting_of_the_repository_is_obeyed(tmp_path: Path) -> None:
    path = _hostile(tmp_path)
    stored = await read(path)
    assert not (tmp_path / "canary-ran").exists()
    assert {body.author for body in stored.commits.values()} == {"Mina"}
    assert sorted(len(body.changes or ()) for body in stored.commits.values()) == [1, 1, 2]
    assert not stored.branches["topic"].merged


def test_the_same_settings_do_run_the_canary_of_a_careless_git(tmp_path: Path) -> None:
    path = _hostile(tmp_path)
    careless = ("-c", "core.worktree=.", "-c", "diff.orderFile=/dev/null", "log", "-p", "--ext-diff", "--no-follow")
    with suppress(subprocess.CalledProcessError):  # the canary is no good as a filter
        git(path, *careless, "topic")
    assert (tmp_path / "canary-ran").exists()


async def test_objects_that_a_promisor_holds_are_not_fetched(tmp_path: Path) -> None:
    path = _hostile(tmp_path)
    name = git(path, "-c", "core.worktree=.", "rev-parse", "topic:f")
    (path / ".git" / "objects" / name[:2] / name[2:]).unlink()
    with pytest.raises(Exception, match="Git could not read the repository"):
        await read(path)
    assert not (tmp_path / "canary-ran").exists()


async def test_a_repository_of_another_user_is_read(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    path = _hostile(tmp_path)
    for found in (path, *path.rglob("*")):
        os.chown(found, 65_534, 65_534)
    assert len((await read(path)).commits) == 3
    assert not (tmp_path / "canary-ran").exists()


@pytest.mark.parametrize(
    "name", ["-x", "--upload-pack=touch", "--output=canary", "--exec", "a;touch${IFS}canary", "$(x)"]
)
async def test_names_that_look_like_options_are_names(tmp_path: Path, name: str) -> None:
    path = init(tmp_path / "r")
    builder = Builder(path)
    base = builder.commit("main", 1_000, {b"f": b"1\n"})
    tip = builder.commit("topic", 1_100, {name.encode(): b"2\n"}, parents=[base])
    names = builder.write()
    (path / ".git" / "refs" / "heads" / name).write_text(names[tip] + "\n")
    before = sorted(path.iterdir())
    stored = await read(path)
    assert stored.branches[name].ahead == 1
    assert stored.commits[names[tip]].changes
    assert sorted(path.iterdir()) == before
    assert (await read(path, main=name)).repository.main == name


async def test_a_path_that_looks_like_an_option(tmp_path: Path) -> None:
    builder = Builder(init(tmp_path / "--help"))
    builder.commit("main", 1_000, {b"f": b"1\n"})
    builder.write()
    assert len((await read(tmp_path / "--help")).commits) == 1


async def test_a_mailmap_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("Nobody <mina@acme.example>\n")
    builder = Builder(init(tmp_path / "r"))
    builder.commit("main", 1_000, {b"f": b"1\n"})
    builder.write()
    (tmp_path / "r" / ".mailmap").symlink_to(tmp_path / "secret")
    assert {body.author for body in (await read(tmp_path / "r")).commits.values()} == {"Mina"}


def test_nothing_that_varies_stands_among_the_arguments() -> None:
    assert all(argument.startswith("-") or argument == "log" for argument in (*LOG, *NUMSTAT))
