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
from model.pushed import Note

_SETTLING = timedelta(days=2)  # what was begun within this may not have been settled when it was read
_PARTS: Mapping[Kind, Part] = {
    "pull_requests": "pulls",
    "issues": "issues",
    "commits": "commits",
    "releases": "releases",
    "deployments": "deployments",
}
_BACKLOG: Mapping[Kind, Part] = {"pull_requests": "open_pulls", "issues": "open_issues"}

_LOOKED: Mapping[str, Part] = {"pulls": "seen_pulls", "issues": "seen_issues"}  # what is looked at before it is read
_WHOLE: Mapping[str, Part] = {"seen_pulls": "pulls", "seen_issues": "issues"}
_MOST_KNOWN = 500  # things of a part


class Mark(BaseModel):
    """One part of a repository: all up to `done` is stored; `after` is where an unfinished reading goes on."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    done: AwareDatetime | None = None
    after: str | None = None
    top: AwareDatetime | None = None  # the newest that the unfinished reading has seen
    etag: str = ""
    back: AwareDatetime | None = None  # something older than `done` was pushed: all from there on is read once more
    told: tuple[str, ...] = ()  # of the newest, which are read again: those known to be newcomers' or not
    known: dict[str, AwareDatetime] = {}  # how new the things are that were pushed, or read last, by number


class Cursor(BaseModel):
    """What is stored already, by repository and part."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    version: Literal[2] = 2
    since: AwareDatetime  # what happened before it was not read, but for what is open
    marks: dict[str, dict[str, Mark]] = {}
    hooked: bool = False  # GitHub pushes what happens: what is known already need not be read

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
        marks = self.marks.setdefault(repository, {})
        if part not in marks:
            marks[part] = Mark()
        return marks[part]

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
        mark = self.mark(repository, part)
        done = mark.done
        if done is None:
            return self.since
        if mark.back is not None:
            return max(self.since, min(done, mark.back))
        return max(self.since, done - _SETTLING) if part in ("deployments", "workflow_runs") else done

    def _want(self, repository: str, part: Part) -> Want:
        mark = self.mark(repository, part)
        known = self.hooked and part in _LOOKED and mark.done is not None and mark.after is None
        of = _LOOKED[part] if known else part
        return Want(repository, of, self.since_of(repository, part), mark.after, again=mark.done is not None)

    def read(self, want: Want, newest: datetime | None, end: str | None) -> Want | None:
        """Note what an answer brought; return what is still to be read, if its part goes on after `end`."""
        mark = self.mark(want.repository, want.part)
        mark.top = max(filter(None, (mark.top, newest)), default=None)
        if end is not None:
            mark.after = end
            return Want(want.repository, want.part, want.since, end, want.again)
        mark.done, mark.after, mark.top, mark.back = mark.top or want.since, None, None, None
        return None

    def known(self, want: Want, things: Mapping[str, datetime], *, more: bool) -> Want | None:
        """Compare what changed in a part with what is known; return what is to be read of it, if anything."""
        part = _WHOLE[want.part]
        mark = self.mark(want.repository, part)
        changed = {number: at for number, at in things.items() if at >= want.since}
        if (more and len(changed) == len(things)) or any(mark.known.get(n) != at for n, at in changed.items()):
            return Want(want.repository, part, want.since, again=True)
        mark.done = max(changed.values(), default=want.since)
        mark.known = {number: at for number, at in changed.items() if at == mark.done}
        mark.back = None
        return None

    def met(self, want: Want, things: Mapping[str, datetime]) -> None:
        """Note how new the things of an answer are: where GitHub pushes what happens to them."""
        if want.part in _LOOKED:
            mark = self.mark(want.repository, want.part)
            both = {**mark.known, **things}
            top = max(both.values(), default=None)
            mark.known = {number: at for number, at in both.items() if at == top}

    def is_told(self, want: Want, number: str) -> bool:
        """Tell whether it is known of a pull request if it is a newcomer's."""
        return number in self.mark(want.repository, "pulls").told

    def tell(self, want: Want, numbers: Mapping[str, datetime], again: datetime | None) -> None:
        """Note of which pull requests that is known after an answer, and from when on one has to look again."""
        mark = self.mark(want.repository, "pulls")
        newest = mark.top or mark.done
        kept = () if want.after is None else mark.told
        mark.told = (*kept, *(number for number, at in numbers.items() if at == newest))
        mark.back = again if again is not None else mark.back

    def text(self) -> str:
        """Return what is stored."""
        return self.model_dump_json(exclude_defaults=True)


def noted(text: str, notes: Sequence[Note]) -> str:
    """Return a cursor that knows what was pushed."""
    try:
        cursor = Cursor.model_validate_json(text)
    except ValidationError:  # the next reading begins anew
        return text
    cursor.hooked = True
    for note in notes:
        name, part = note.part
        mark = cursor.mark(_called(cursor, name), part)
        if not note.thing:
            mark.back = min(filter(None, (mark.back, note.at)))
        elif note.thing in mark.known or len(mark.known) < _MOST_KNOWN:
            mark.known[note.thing] = max(note.at, mark.known.get(note.thing, note.at))
    return cursor.text()


def joined(text: str, pushed: str) -> str:
    """Return a reading's cursor with what was pushed while it was under way."""
    try:
        cursor, other = Cursor.model_validate_json(text), Cursor.model_validate_json(pushed)
    except ValidationError:
        return text
    cursor.hooked = cursor.hooked or other.hooked
    for name, marks in other.marks.items():
        for part, mark in marks.items():
            mine = cursor.mark(name, part)
            mine.back = min(filter(None, (mine.back, mark.back)), default=None)
            for thing, at in mark.known.items():
                mine.known[thing] = max(at, mine.known.get(thing, at))
    return cursor.text()


def _called(cursor: Cursor, name: str) -> str:
    """Return what the cursor calls a repository: names are the same in any case of letters."""
    return next((known for known in cursor.marks if known.lower() == name.lower()), name)
