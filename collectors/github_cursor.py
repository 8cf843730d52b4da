"""How far the repositories were read: the opaque cursor of the GitHub collector.

It holds the validators of conditional requests too: so they belong to one source, its workspace and its token, and go
when its configuration changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from collectors.github_config import GitHubConfig, Kind
from collectors.github_query import Part, Want

_SETTLING = timedelta(days=2)  # what was begun within this may not have been settled when it was read
_PARTS: Mapping[Kind, Part] = {
    "pull_requests": "pulls",
    "issues": "issues",
    "commits": "commits",
    "releases": "releases",
    "deployments": "deployments",
}
_BACKLOG: Mapping[Kind, Part] = {"pull_requests": "open_pulls", "issues": "open_issues"}


class Mark(BaseModel):
    """One part of a repository: all up to `done` is stored; `after` is where an unfinished reading goes on."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    done: AwareDatetime | None = None
    after: str | None = None
    top: AwareDatetime | None = None  # the newest that the unfinished reading has seen
    etag: str = ""


class Cursor(BaseModel):
    """What is stored already, by repository and part."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    version: Literal[1] = 1
    since: AwareDatetime  # what happened before it was not read, but for what is open
    marks: dict[str, dict[str, Mark]] = {}

    @classmethod
    def of(cls, text: str | None, since: datetime) -> Self:
        """Return what is stored; where more of the past is wanted than was read, the past is read again."""
        found: Self | None = None
        if text is not None:
            try:
                found = cls.model_validate_json(text)
            except ValidationError:
                found = None
        if found is None:
            return cls(since=since.astimezone(UTC).replace(microsecond=0))
        if since < found.since:
            found.since = since.astimezone(UTC).replace(microsecond=0)
            for marks in found.marks.values():
                for name in [name for name in marks if not name.startswith("open_")]:
                    del marks[name]
        return found

    def mark(self, repository: str, part: str) -> Mark:
        """Return the mark of a part."""
        return self.marks.setdefault(repository, {}).setdefault(part, Mark())

    def lost(self, repositories: Iterable[str]) -> bool:
        """Tell whether something was read of repositories that are no longer wanted."""
        return not self.marks.keys() <= set(repositories)

    def wants(self, repositories: Sequence[str], config: GitHubConfig) -> list[list[Want]]:
        """Return what is to be read of each repository."""
        parts = [_PARTS[kind] for kind in config.read if kind in _PARTS]
        backlog = [_BACKLOG[kind] for kind in config.read if config.backlog and kind in _BACKLOG]
        found = []
        for name in repositories:
            wants = [self._want(name, part) for part in parts]
            found.append(wants + [self._want(name, part) for part in backlog if self.mark(name, part).done is None])
        return found

    def since_of(self, repository: str, part: str) -> datetime:
        """Return from when on a part is to be read."""
        done = self.mark(repository, part).done
        if done is None:
            return self.since
        return max(self.since, done - _SETTLING) if part in ("deployments", "workflow_runs") else done

    def _want(self, repository: str, part: Part) -> Want:
        mark = self.mark(repository, part)
        return Want(repository, part, self.since_of(repository, part), mark.after, again=mark.done is not None)

    def read(self, want: Want, newest: datetime | None, end: str | None) -> Want | None:
        """Note what an answer brought; return what is still to be read, if its part goes on after `end`."""
        mark = self.mark(want.repository, want.part)
        mark.top = max(filter(None, (mark.top, newest)), default=None)
        if end is not None:
            mark.after = end
            return Want(want.repository, want.part, want.since, end, want.again)
        mark.done, mark.after, mark.top = mark.top or want.since, None, None
        return None

    def text(self) -> str:
        """Return what is stored."""
        return self.model_dump_json(exclude_defaults=True)
