"""Branches as records: ahead, behind, age, and whether their work is in the main branch."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime

from collectors.git_cursor import Cursor
from collectors.git_graph import Graph, Standing, bits, walk
from collectors.git_log import LOG, LogParser, instant
from collectors.git_patches import Question, Whole, found_in_main, wholes
from collectors.git_process import Git
from collectors.git_refs import Ref, Refs
from model.record import Branch, Commit, Record

MOST_COMPARED = 200  # branches whose work is looked for by content: the newest
_AT_ONCE = 500  # branches in one walk over the graph
_MOST_STACKED = 20


@dataclass(slots=True)
class Branches:
    """What one look at all branches brought."""

    main: str | None = None  # its own name
    tip: str = ""
    records: list[Record] = field(default_factory=list)
    judged: dict[str, tuple[str, bool | None]] = field(default_factory=dict)  # for the cursor
    compared: int = 0
    partial: bool = False


@dataclass(frozen=True, slots=True)
class _Tip:
    ref: Ref
    at: datetime
    author: str


async def read_branches(git: Git, refs: Refs, wanted: str | None, before: Cursor) -> Branches:
    """Return the branches besides the main one; `wanted` names the main one. Raises SourceUnavailable."""
    name = refs.main_name(wanted)
    if name is None:
        return Branches()
    tips = await _tips(git, [*refs.main_candidates(name), *refs.branches(name)])
    candidates = [tips[ref.name] for ref in refs.main_candidates(name) if ref.name in tips]
    if not candidates:
        return Branches()
    main = max(candidates, key=lambda tip: tip.at).ref.tip  # a local main may lag behind its remote
    found = Branches(name, main)
    others = [tips[ref.name] for ref in refs.branches(name) if ref.name in tips]
    others.sort(key=lambda tip: (tip.at, tip.ref.name), reverse=True)
    for start in range(0, len(others), _AT_ONCE):
        await _Group(git, found, others[start : start + _AT_ONCE], before).read(MOST_COMPARED - found.compared)
    return found


async def _tips(git: Git, refs: Sequence[Ref]) -> dict[str, _Tip]:
    """Return date and author of each ref's tip, by the ref's name."""
    parser, records = LogParser(), dict[str, Record]()
    feed = "".join(f"{tip}\n" for tip in {ref.tip for ref in refs})
    async with aclosing(git.stream(*LOG, "--no-walk=unsorted", feed=feed)) as chunks:
        async for chunk in chunks:
            records.update((record.key, record) for record in parser.feed(chunk))
    records.update((record.key, record) for record in parser.end())
    return {
        ref.name: _Tip(ref, found.at, found.body.author)
        for ref in refs
        if (found := records.get(ref.tip)) and isinstance(found.body, Commit)
    }


class _Group:
    """Branches that are looked at in one walk."""

    def __init__(self, git: Git, found: Branches, tips: Sequence[_Tip], before: Cursor) -> None:
        self._git, self._found, self._tips, self._before = git, found, tips, before

    async def read(self, most: int) -> None:
        """Add the records; of the branches with work of their own, compare at most so many by content."""
        names = [tip.ref.tip for tip in self._tips]
        walked = [*names, self._before.main] if self._before.main else names
        graph = await walk(self._git, self._found.tip, walked)
        open_ = [bit for bit, _ in enumerate(self._tips, 1) if graph.standings[bit - 1].ahead]
        compared = [bit for bit in open_[:most] if graph.standings[bit - 1].base]
        whole = await self._wholes(graph, compared)
        merged = await self._merged(graph, compared, whole)
        self._found.partial |= len(open_) > most or graph.main_cut or graph.branches_cut
        unmerged = sum(1 << bit for bit in open_ if bit not in merged)
        for bit, tip in enumerate(self._tips, 1):
            standing = graph.standings[bit - 1]
            standing.stacked &= unmerged
            self._add(tip, standing, whole.get(bit, Whole()), bit in merged or not standing.ahead)

    async def _wholes(self, graph: Graph, compared: Sequence[int]) -> dict[int, Whole]:
        found = await wholes(self._git, {self._tip(bit): graph.standings[bit - 1].base or "" for bit in compared})
        return {bit: found.get(self._tip(bit), Whole()) for bit in compared}

    async def _merged(self, graph: Graph, compared: Sequence[int], whole: dict[int, Whole]) -> set[int]:
        """Return the branches whose work is in main by content, keeping what was found out before."""
        known = self._known(graph)
        merged, questions = set(), []
        for bit in compared:
            name, tip = self._tips[bit - 1].ref.name, self._tip(bit)
            before = self._before.branches.get(name) if known else None
            if before == (tip, True):
                merged.add(bit)
                continue
            base = graph.standings[bit - 1].base or ""
            questions.append(Question(bit, tip, base, whole[bit], known if before == (tip, False) else 0))
        merged |= await found_in_main(self._git, graph, questions)
        self._found.compared += len(compared)
        for bit, of in enumerate(self._tips, 1):
            self._found.judged[of.ref.name] = (of.ref.tip, bit in merged if bit in compared else None)
        return merged

    def _known(self, graph: Graph) -> int:
        """Return the mask of the former main tip, when the main branch has only grown since."""
        if not self._before.main or graph.standings[-1].ahead:
            return 0
        return 1 << len(graph.standings)

    def _tip(self, bit: int) -> str:
        return self._tips[bit - 1].ref.tip

    def _add(self, tip: _Tip, standing: Standing, whole: Whole, merged: bool) -> None:
        stacked = sorted(self._tips[bit - 1].ref.short for bit in bits(standing.stacked))
        at = tip.at if standing.oldest is None else min(instant(standing.oldest), tip.at)
        body = Branch(
            tip=tip.ref.tip,
            tip_at=tip.at,
            author=tip.author,
            ahead=standing.ahead,
            behind=standing.behind,
            merged=merged,
            files=whole.files,
            lines=whole.lines,
        )
        if not merged:
            body = replace(body, stacked=tuple(stacked[:_MOST_STACKED]))
        ended = tip.at if merged else None
        self._found.records.append(Record(tip.ref.name, at, ended, tip.ref.short[:300], None, body))
