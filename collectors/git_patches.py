"""Whether the work of branches is in the main branch already, though under other commits: rebased, picked or squashed.

Two patches can only be the same when they touch the same paths. So paths are compared first, which needs no file to be
read, and patch ids are taken only of what is left.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace

from collectors.git_graph import Graph, bits
from collectors.git_process import Git, in_known_form

_PLAIN = ("--no-renames", "--no-ext-diff", "--no-textconv", "--no-color")
_PATCH = (*_PLAIN, "--patch", "--full-index", "--unified=3", "--src-prefix=a/", "--dst-prefix=b/")
_EACH = ("log", "--no-walk=unsorted", "--stdin", "--diff-merges=off")


@dataclass(frozen=True, slots=True)
class Whole:
    """All that a branch changes against its base."""

    files: int = 0
    lines: int = 0
    paths: bytes = b""  # digest


@dataclass(frozen=True, slots=True)
class Question:
    """One branch whose work is looked for in the main branch."""

    bit: int
    tip: str
    base: str
    whole: Whole
    known: int = 0  # mask: what of main one of these bits reaches was looked at before, in vain


async def wholes(git: Git, bases: Mapping[str, str]) -> dict[str, Whole]:
    """Return what each tip (tip → base) changes, where it changes anything; raises SourceUnavailable."""
    if not bases:
        return {}
    arguments = ("diff-tree", "--stdin", "-r", "-z", "--numstat", *_PLAIN)
    found: dict[str, list[bytes]] = {}
    rest, tip = b"", ""
    async with aclosing(git.stream(*arguments, feed=_pairs(bases))) as chunks:
        async for chunk in chunks:
            *entries, rest = (rest + chunk).split(b"\0")
            for entry in entries:
                if b"\t" in entry:
                    found[tip].append(entry)
                else:
                    tip = entry.decode("ascii", "replace")
                    found[tip] = []
    with in_known_form():
        return {tip: _whole(entries) for tip, entries in found.items()}


def _whole(entries: Iterable[bytes]) -> Whole:
    paths, lines = [], 0
    for entry in entries:
        added, removed, path = entry.split(b"\t", 2)
        lines += 0 if added == b"-" else int(added) + int(removed)
        paths.append(path)
    return Whole(len(paths), lines, _digest(paths))


async def found_in_main(git: Git, graph: Graph, questions: Collection[Question]) -> frozenset[int]:
    """Return the bits of the branches whose work the main branch has; raises SourceUnavailable."""
    search = _Search(git, graph)
    found, begun = await search.look(questions)
    # Some commits arrived since the last look: the others may have arrived before it, so look at everything.
    again = [replace(question, known=0) for question in questions if question.known and question.bit in begun - found]
    return found | (await search.look(again))[0]


class _Search:
    def __init__(self, git: Git, graph: Graph) -> None:
        self._git, self._graph = git, graph

    async def look(self, questions: Collection[Question]) -> tuple[frozenset[int], frozenset[int]]:
        """Return (branches whose work was found, branches of which at least one commit was)."""
        own = self._own(questions)
        main = {commit: mask for commit, mask in self._graph.only_main if _asked(mask, questions)}
        if not main:
            return frozenset(q.bit for q in questions if q.whole.files == 0), frozenset()
        paths = await _paths(self._git, [*{c for commits in own.values() for c in commits}, *main])
        in_main = {paths[commit] for commit in main if commit in paths}
        wanted = {paths[c] for commits in own.values() for c in commits if c in paths} | {
            q.whole.paths for q in questions
        }
        ids = await _ids(self._git, [commit for commit, digest in paths.items() if digest in in_main & wanted])
        squashes = await _whole_ids(self._git, {q.tip: q.base for q in questions if q.whole.paths in in_main})
        masks: dict[str, list[int]] = defaultdict(list)
        for commit in main.keys() & ids.keys():
            masks[ids[commit]].append(main[commit])
        found, begun = set(), set()
        for question in questions:
            commits = [c for c in own[question.bit] if c in paths]
            there = [_has(masks, ids.get(c), question) for c in commits]
            if any(there):
                begun.add(question.bit)
            rebased = bool(there) and all(there) and not self._graph.branches_cut
            if question.whole.files == 0 or rebased or _has(masks, squashes.get(question.tip), question):
                found.add(question.bit)
        return frozenset(found), frozenset(begun)

    def _own(self, questions: Collection[Question]) -> dict[int, list[str]]:
        """Return the commits that each branch has and main lacks."""
        asked = sum(1 << question.bit for question in questions)
        own: dict[int, list[str]] = {question.bit: [] for question in questions}
        for commit, mask in self._graph.only_branches:
            for bit in bits(mask & asked):
                own[bit].append(commit)
        return own


def _asked(mask: int, questions: Collection[Question]) -> bool:
    """Whether a commit of main may answer one of the questions."""
    return any(not mask >> question.bit & 1 and not mask & question.known for question in questions)


def _has(masks: Mapping[str, list[int]], patch: str | None, question: Question) -> bool:
    """Whether main has the patch in a commit that the branch lacks: one it had before it was made proves nothing."""
    return patch is not None and any(not mask >> question.bit & 1 for mask in masks.get(patch, ()))


async def _paths(git: Git, commits: Collection[str]) -> dict[str, bytes]:
    """Return a digest of the paths that each commit touches, where it touches any."""
    arguments = (*_EACH, "-z", "--name-only", "--format=%x00%H", *_PLAIN)
    found: dict[str, bytes] = {}
    rest = b""
    async with aclosing(git.stream(*arguments, feed=_lines(commits))) as chunks:
        async for chunk in chunks:
            *blocks, rest = (rest + chunk).split(b"\0\0")
            found.update(_touched(blocks))
    found.update(_touched([rest]))
    return found


def _touched(blocks: Iterable[bytes]) -> Iterable[tuple[str, bytes]]:
    for block in blocks:
        commit, *paths = block.strip(b"\0").split(b"\0")
        if paths:
            paths[0] = paths[0].removeprefix(b"\n")
            yield commit.decode("ascii", "replace"), _digest(paths)


async def _ids(git: Git, commits: Collection[str]) -> dict[str, str]:
    """Return the patch id of each commit that changes anything."""
    return await _patch_ids(git, (*_EACH, "--format=%H", *_PATCH), _lines(commits)) if commits else {}


async def _whole_ids(git: Git, bases: Mapping[str, str]) -> dict[str, str]:
    """Return the patch id of all that each tip (tip → base) changes."""
    return await _patch_ids(git, ("diff-tree", "--stdin", "-r", *_PATCH), _pairs(bases)) if bases else {}


async def _patch_ids(git: Git, arguments: tuple[str, ...], feed: str) -> dict[str, str]:
    out = b""
    async with aclosing(git.stream(*arguments, feed=feed, then=("patch-id", "--stable"))) as chunks:
        async for chunk in chunks:
            out += chunk
    with in_known_form():
        return {commit: patch for patch, commit in (line.split() for line in out.decode("ascii").splitlines())}


def _digest(paths: Iterable[bytes]) -> bytes:
    return hashlib.sha256(b"\0".join(sorted(paths))).digest()


def _lines(commits: Iterable[str]) -> str:
    return "".join(f"{commit}\n" for commit in commits)


def _pairs(bases: Mapping[str, str]) -> str:
    """Return lines for `git diff-tree --stdin`: a commit, and what is to be taken as its parent."""
    return "".join(f"{tip} {base}\n" for tip, base in bases.items())
