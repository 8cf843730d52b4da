"""The history of a git repository on this machine: commits, branches and the repository itself."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from collectors.git_branches import MOST_COMPARED, Branches, read_branches
from collectors.git_cursor import Cursor, pack, parse, unpack
from collectors.git_graph import MOST_COMMITS
from collectors.git_history import MOST_RECORDS, LostHistory, Names, gone, plan, read_goal
from collectors.git_log import LOG, NUMSTAT
from collectors.git_place import Place, find
from collectors.git_process import Git, program
from collectors.git_refs import Refs, known_from, read_refs
from model.errors import SourceError
from model.form import Option
from model.language import Message
from model.record import Page, Record, Repository
from model.source import Reach
from model.window import Window

_START = datetime(1970, 1, 1, tzinfo=UTC)  # a repository has no date: it overlaps every window
_MOST_GONE = 5_000  # in a page
_T = TypeVar("_T")


class GitConfig(BaseModel):
    """Where the repository lies, and which branch is the main one."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    path: Annotated[str, Field(min_length=1, max_length=4096), Option(Message("Path"), positional=True, example=".")]
    main: Annotated[str | None, Field(min_length=1, max_length=255), Option(Message("Main branch"), example="main")] = (
        None
    )


class GitCollector:
    """Reads all history once, whatever the window, and then only what is new."""

    kind: ClassVar[str] = "git"
    Config: ClassVar[type[BaseModel]] = GitConfig

    def __init__(self, config: BaseModel, reach: Reach, *, git: str | None = None, deadline: float = 3600.0) -> None:
        """Take `git`, the program (default: the one on the path), and `deadline`, seconds that one read may take."""
        self._config = GitConfig.model_validate(config.model_dump())
        self._reach, self._git, self._deadline = reach, git, deadline

    def kept(self) -> Mapping[str, JsonValue]:
        """Return the configuration to keep: the path means the same folder wherever ARB is started next."""
        return {**self._config.model_dump(exclude_none=True), "path": str(Path(self._config.path).absolute())}

    async def check(self) -> Sequence[Message]:
        """Return what keeps it from being read, in words; empty means well."""
        try:
            async with self._opened() as (git, place):
                refs = await read_refs(git, place)
                if refs.all:
                    feed = "".join(f"{tip}\n" for tip in refs.tips)
                    await git.run(*LOG, *NUMSTAT, "--max-count=1", feed=feed)
        except SourceError as error:
            return (error.message,) if error.hint is None else (error.message, error.hint)
        lost = self._lost_main(refs)
        return (lost,) if lost else ()

    async def collect(self, window: Window | None, cursor: str | None) -> AsyncGenerator[Page, None]:  # noqa: ARG002
        """Yield pages of what is new since `cursor`; raises SourceError. All history is read: the window is not."""
        async with self._opened() as (git, place):
            refs = await read_refs(git, place)
            before = parse(cursor)
            fresh = Cursor(mailmap=refs.mailmap, boundary=pack(refs.boundary))
            restart = before is None and cursor is not None
            seen = refs.fingerprint(self._config.main)
            since = await known_from(git, refs.boundary)
            reading = _Reading(git, refs, self._config.main, self._lost_main(refs), since)
            try:
                async with aclosing(reading.pages(await plan(git, refs, before or fresh, seen), restart)) as pages:
                    async for page in pages:
                        yield page
            except LostHistory:
                async with aclosing(reading.pages(fresh, restart=True)) as pages:
                    async for page in pages:
                        yield page

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[tuple[Git, Place]]:
        place = find(self._config.path, self._reach.git_roots)
        deadline = asyncio.get_running_loop().time() + self._deadline
        with tempfile.TemporaryDirectory(prefix="arb-git-") as shadow:
            git = Git(self._git or program(), place, Path(shadow), deadline)
            await git.prepare()
            yield git, place

    def _lost_main(self, refs: Refs) -> Message | None:
        wanted = self._config.main
        if wanted is None or not refs.all or refs.has_branch(wanted):
            return None
        return Message("There is no branch {branch}; another one is taken as the main branch.", {"branch": wanted})


class _Reading:
    """One read, from refs that stay as they were when it began."""

    def __init__(
        self, git: Git, refs: Refs, wanted: str | None, problem: Message | None, since: datetime | None
    ) -> None:
        self._git, self._refs, self._wanted, self._problem, self._since = git, refs, wanted, problem, since
        self._names = Names(git, refs.mailmap)
        self._cursor = Cursor()

    async def pages(self, cursor: Cursor, restart: bool) -> AsyncGenerator[Page, None]:
        """Yield what is new; the first page tells whether to forget what was stored. Raises LostHistory."""
        self._cursor = cursor
        async with aclosing(self._pages()) as pages:
            async for page in pages:
                yield Page(page.records, page.cursor, page.gone, restart, page.problem, since=self._since)
                restart = False

    async def _pages(self) -> AsyncGenerator[Page, None]:
        seen = self._refs.fingerprint(self._wanted)
        if self._cursor.seen == seen:
            problem = self._known_problem()
            if problem:
                yield Page((), self._cursor.text(), problem=problem)
            return
        if self._cursor.goal:  # an earlier read was interrupted, or the clone was deepened
            async with aclosing(self._towards(unpack(self._cursor.goal))) as pages:
                async for page in pages:
                    yield page
        if self._cursor.done != pack(self._refs.tips):
            self._cursor = self._cursor.model_copy(update={"goal": pack(self._refs.tips), "seen": ""})
            async with aclosing(self._towards(self._refs.tips)) as pages:
                async for page in pages:
                    yield page
        branches = await read_branches(self._git, self._refs, self._wanted, self._cursor)
        for page in self._last_pages(branches, seen):
            yield page

    async def _towards(self, goal: Sequence[str]) -> AsyncGenerator[Page, None]:
        """Yield the commits that lead to the goal, then those that are gone; the cursor ends there."""
        if goal:
            async with aclosing(read_goal(self._git, self._cursor, self._names, self._refs.boundary)) as reads:
                async for records, self._cursor in reads:
                    yield Page(records, self._cursor.text())
        reached = {"goal": "", "deepening": False, "read": 0, "last": ""}
        if not self._cursor.deepening:
            lost = await gone(self._git, unpack(self._cursor.done), goal)
            for some in _parts([("commit", key) for key in lost], _MOST_GONE):
                yield Page((), self._cursor.text(), gone=some)
            reached["done"] = pack(goal)
        self._cursor = self._cursor.model_copy(update=reached)

    def _last_pages(self, branches: Branches, seen: str) -> Iterable[Page]:
        """Yield the branches and the repository; only the last page says that all was read."""
        removed = tuple(("branch", name) for name in self._cursor.branches if name not in branches.judged)
        *parts, last = [*_parts(branches.records, MOST_RECORDS)] or [()]
        for part in parts:
            yield Page(part, self._cursor.text())
        self._cursor = self._cursor.model_copy(
            update={
                "seen": seen,
                "main": branches.tip,
                "branches": branches.judged,
                "partial": branches.partial,
            }
        )
        body = Repository(branches.main, bool(self._refs.boundary))
        repository = Record("repository", _START, None, self._git.name, None, body)
        yield Page((*last, repository), self._cursor.text(), removed, problem=self._known_problem())

    def _known_problem(self) -> Message | None:
        """Return what about the repository is not known; the weightiest only."""
        if self._problem:
            return self._problem
        if self._refs.boundary:
            return Message(
                "The clone is shallow: what came before {count} of its commits is not known.",
                {"count": len(self._refs.boundary)},
            )
        if self._cursor.partial:
            return Message(
                "Squashed or rebased work was looked for in the newest {branches} branches and {commits} commits.",
                {"branches": MOST_COMPARED, "commits": MOST_COMMITS},
            )
        return None


def _parts(things: Sequence[_T], size: int) -> Iterable[tuple[_T, ...]]:
    for start in range(0, len(things), size):
        yield tuple(things[start : start + size])
