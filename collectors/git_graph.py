"""How branches lie to the main branch: one walk over the graph for many branches at once.

Each commit gets a mask of the tips that reach it, one bit per branch and one for the main branch; the masks flow from
children to parents. The walk ends where every tip reaches everything that is left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from collectors.git_process import Git, in_known_form

MOST_COMMITS = 10_000  # that are kept by name: the newest of those that only some tips reach


@dataclass(slots=True)
class Standing:
    """How one branch lies to the main one."""

    ahead: int = 0
    behind: int = 0
    base: str | None = None  # a best common ancestor with the main branch
    oldest: int | None = None  # seconds since 1970: its oldest commit that the main branch lacks
    stacked: int = 0  # mask of the branches that hold its tip


@dataclass(slots=True)
class Graph:
    """What one walk found; bit 0 stands for the main branch, bit n for the nth branch."""

    standings: tuple[Standing, ...]
    only_branches: list[tuple[str, int]] = field(default_factory=list)  # (commit, mask): not in main; no merges
    only_main: list[tuple[str, int]] = field(default_factory=list)  # in main, missing from some; no merges
    main_cut: bool = False  # more commits of main than are kept by name
    branches_cut: bool = False  # the same of branches


async def walk(git: Git, main: str, tips: Sequence[str]) -> Graph:
    """Return how each branch tip lies to the main tip; raises SourceUnavailable."""
    walker = _Walker(main, tips)
    feed = "".join(f"{tip}\n" for tip in dict.fromkeys((main, *tips)))
    arguments = ("rev-list", "--topo-order", "--parents", "--timestamp", "--stdin")
    async with aclosing(git.stream(*arguments, feed=feed)) as chunks:
        await walker.follow(chunks)
    return walker.graph()


def bits(mask: int) -> Iterator[int]:
    """Yield the positions of the bits that are set."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


class _Walker:
    def __init__(self, main: str, tips: Sequence[str]) -> None:
        self._all = (1 << (len(tips) + 1)) - 1
        self._masks: dict[str, int] = {}  # of commits that are still to come
        self._tips: dict[str, int] = {}
        for bit, tip in enumerate((main, *tips)):
            self._tips[tip] = self._tips.get(tip, 0) | 1 << bit
        self._masks.update(self._tips)
        self._open = sum(mask != self._all for mask in self._masks.values())
        self._counts: Counter[int] = Counter()  # mask → commits
        self._oldest: dict[int, int] = {}  # mask → seconds
        self._baseless = self._all & ~1
        self._graph = Graph(tuple(Standing() for _ in tips))

    async def follow(self, chunks: AsyncIterable[bytes]) -> None:
        """Take the commits, children before parents, until all that is left is everyone's and has been met."""
        rest = b""
        async for chunk in chunks:
            *lines, rest = (rest + chunk).split(b"\n")
            with in_known_form():
                for line in lines:
                    seconds, commit, *parents = line.decode("ascii").split(" ")
                    self._commit(int(seconds), commit, parents)
                    if not self._open and not self._baseless:
                        return

    def _commit(self, seconds: int, commit: str, parents: list[str]) -> None:
        mask = self._masks.pop(commit)
        if mask == self._all:
            self._find_bases(mask, commit)
        else:
            self._open -= 1
            self._count(seconds, commit, mask, merge=len(parents) > 1)
        if commit in self._tips:
            for bit in bits(self._tips[commit] & ~1):
                self._graph.standings[bit - 1].stacked = mask & ~self._tips[commit] & ~1
        for parent in parents:
            self._reach(parent, mask)

    def _reach(self, parent: str, mask: int) -> None:
        """Pass a child's mask on, counting the commits to come that some tip does not reach."""
        before = self._masks.get(parent)
        after = (before or 0) | mask
        self._masks[parent] = after
        was_open = before is not None and before != self._all
        self._open += (after != self._all) - was_open

    def _count(self, seconds: int, commit: str, mask: int, merge: bool) -> None:
        self._counts[mask] += 1
        if mask & 1:
            self._find_bases(mask, commit)
            if not merge:
                self._graph.main_cut |= not _keep(self._graph.only_main, commit, mask)
        else:
            self._oldest[mask] = min(seconds, self._oldest.get(mask, seconds))
            if not merge:
                self._graph.branches_cut |= not _keep(self._graph.only_branches, commit, mask)

    def _find_bases(self, mask: int, commit: str) -> None:
        """Note a common ancestor: the first that comes by has none below it that is one too."""
        found = mask & self._baseless
        for bit in bits(found):
            self._graph.standings[bit - 1].base = commit
        self._baseless &= ~found

    def graph(self) -> Graph:
        """Return what was found."""
        in_main = sum(count for mask, count in self._counts.items() if mask & 1)
        for standing in self._graph.standings:
            standing.behind = in_main
        for mask, count in self._counts.items():
            for bit in bits(mask & ~1):
                standing = self._graph.standings[bit - 1]
                if mask & 1:
                    standing.behind -= count
                else:
                    standing.ahead += count
                    standing.oldest = min(self._oldest[mask], standing.oldest or self._oldest[mask])
        return self._graph


def _keep(kept: list[tuple[str, int]], commit: str, mask: int) -> bool:
    if len(kept) == MOST_COMMITS:
        return False
    kept.append((commit, mask))
    return True
