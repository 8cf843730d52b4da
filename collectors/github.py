"""GitHub: pull requests, reviews, issues, commits, releases, deployments and runs of workflows of many repositories."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel, JsonValue

from collectors.github_config import GitHubConfig
from model.errors import SourceError, SourceRefused
from model.language import Message
from model.outside import Allowance, Outside
from model.record import Page, Record, Repository
from model.source import Reach
from model.window import Window

if TYPE_CHECKING:
    from collectors.github_api import GitHub
    from collectors.github_cursor import Cursor
    from collectors.github_reading import Seen

_START = datetime(1970, 1, 1, tzinfo=UTC)  # a repository has no date: it overlaps every window
_SCARCE = 10  # less than one in so many is worth a word
_USUAL = timedelta(days=14)  # that are read where nobody names a window


class GitHubCollector:
    """Reads what happened since the window before the one that is asked for, and then only what is new."""

    kind: ClassVar[str] = "github"
    Config: ClassVar[type[BaseModel]] = GitHubConfig

    def __init__(self, config: BaseModel, reach: Reach) -> None:
        self._config = config if isinstance(config, GitHubConfig) else GitHubConfig.model_validate(config.model_dump())
        self._reach = reach

    def kept(self) -> Mapping[str, JsonValue]:
        """Return the configuration to keep."""
        return self._config.kept()

    async def check(self) -> Sequence[Message]:
        """Return what keeps it from being read, and exactly which rights lack; empty means well."""
        from collectors.github_check import lacking

        try:
            return await lacking(self._github(), self._config)
        except SourceError as error:
            return (error.message,) if error.hint is None else (error.message, error.hint)

    async def shown_by(self, login: str) -> Sequence[str]:
        """Return what somebody shows of himself under a login. Raises SourceError."""
        from collectors.github_person import shown_by

        return await shown_by(self._github(), login)

    async def collect(self, window: Window | None, cursor: str | None) -> AsyncGenerator[Page, None]:
        """Yield pages of what is new since `cursor`; raises SourceError."""
        from collectors.github_cursor import Cursor
        from collectors.github_newcomers import Newcomers
        from collectors.github_reading import Reading
        from collectors.github_repositories import repositories
        from collectors.github_runs import run_pages

        github, config = self._github(), self._config
        names = await repositories(github, config)
        state = Cursor.of(cursor, self._from(window))
        restart = state.lost(names)
        if restart:  # what was read of other repositories must not be counted
            state = Cursor.of(None, state.since)
        newcomers = Newcomers(github, state, self._reach.clock.now()) if config.newcomers else None
        reading = Reading(github, state, config.web, newcomers)
        async with aclosing(reading.pages(state.wants(names, config))) as pages:
            async for records in pages:
                yield Page(tuple(records), state.text(), restart=restart)
                restart = False
        if "workflow_runs" in config.read:
            there = [name for name in names if name not in reading.seen.missing]
            async with aclosing(run_pages(github, state, reading.seen, there, config.web)) as pages:
                async for records in pages:
                    yield Page(tuple(records), state.text())
        yield _last(names, reading.seen, state, config, github.allowance)

    def _github(self) -> GitHub:
        from collectors.github_api import GitHub  # what it is made of takes a moment to load

        outside: Outside | None = self._reach.outside
        if outside is None:
            raise SourceRefused("Nothing outside may be asked here.")
        return GitHub(self._config, outside, self._reach.clock)

    def _from(self, window: Window | None) -> datetime:
        usual = self._reach.clock.now() - _USUAL
        return usual if window is None else min(usual, window.previous().start)


def _last(names: Sequence[str], seen: Seen, state: Cursor, config: GitHubConfig, left: Allowance | None) -> Page:
    """Return the page that says what the repositories are and which of them could not be read."""
    records = tuple(_repository(name, seen, config) for name in names if name in seen.repos)
    lost = seen.missing | seen.unfinished
    return Page(
        records, state.text(), problem=_problem(seen, left), parts=(len(names) - len(lost), len(names)), allowance=left
    )


def _repository(name: str, seen: Seen, config: GitHubConfig) -> Record:
    from collectors.github_parts import held

    repo = seen.repos[name]
    closed = {part for one, part in seen.closed if one == name}
    body = Repository(repo.main, True, repo.name, repo.stars, held(config, closed))
    return Record(name, _START, None, repo.name, f"{config.web}/{repo.name}", body)


def _problem(seen: Seen, left: Allowance | None) -> Message | None:
    """Return what about the source is not known; the weightiest only."""
    if seen.missing:
        names = ", ".join(sorted(seen.missing)[:5])
        return Message(
            "{n} {n:repository is|repositories are} not there, or not for this token: {names}.",
            {"n": len(seen.missing), "names": names},
        )
    if seen.unfinished:
        return Message("There is more than one reading takes; the next one goes on.")
    if seen.closed:
        parts = ", ".join(sorted({part.removeprefix("open_").replace("_", " ") for _, part in seen.closed}))
        return Message("The token may not read everywhere: {parts}.", {"parts": parts})
    if seen.cut:
        return Message("{n} {n:thread is|threads are} longer than is read.", {"n": seen.cut})
    if seen.untold:
        return Message(
            "Of {n} {n:pull request|pull requests} nobody knows whether {n:it was|they were} the first of "
            "{n:its author's|their authors'} to be merged.",
            {"n": seen.untold},
        )
    if left is not None and left.left * _SCARCE < left.of:
        values = {"left": left.left, "of": left.of, "at": f"{left.again:%H:%M}"}
        return Message("{left} of {of} requests are left until {at} UTC.", values)
    return None
