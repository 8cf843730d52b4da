"""Records: what a source holds, one thing each, and the pages in which a collector brings them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar, Literal, Protocol

from pydantic import BaseModel, Discriminator, JsonValue, TypeAdapter

from model.ids import SourceId
from model.language import Message
from model.measured import Measured
from model.outside import Allowance
from model.probed import Watched
from model.source import Reach
from model.window import Window


@dataclass(frozen=True, slots=True)
class Change:
    """One path that a commit touched; a binary file counts no lines."""

    path: str
    added: int
    removed: int


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit; its record's `at` is the committer's date, its key the full object name."""

    author: str  # the name after .mailmap
    address: str  # the e-mail address after .mailmap, in lower case
    bot: bool  # name or address marked [bot]
    parents: int
    changes: tuple[Change, ...] | None  # None at a shallow boundary: git would count the whole tree as added
    co_authors: tuple[str, ...] = ()  # names of Co-authored-by trailers, after .mailmap
    lines: tuple[int, int] | None = None  # added and removed, where the paths are not known but the sums are
    kind: Literal["commit"] = "commit"


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch as it stood when it was read; its record's `at` is its oldest commit that main lacks (else its tip)."""

    tip: str
    tip_at: datetime
    author: str  # of the tip, after .mailmap
    ahead: int
    behind: int
    merged: bool  # its work is in the main branch: merged, rebased, cherry-picked or squashed
    files: int  # distinct paths it changes against the main branch
    lines: int  # lines added and removed against the main branch
    stacked: tuple[str, ...] = ()  # names of unmerged branches that build on it
    kind: Literal["branch"] = "branch"


@dataclass(frozen=True, slots=True)
class Repository:
    """The repository itself; one record with the key "repository", or its full name where a source has many."""

    main: str | None  # the main branch; None while there is no commit
    shallow: bool  # history is cut off: earlier commits are unknown
    name: str = ""  # in full, where a source has many
    stars: int | None = None  # when it was read
    holds: tuple[str, ...] = ()  # kinds of record that were read of it on a forge, and "backlog": all that is open
    kind: Literal["repository"] = "repository"


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request; its record ends when it is merged or closed, and its key is "owner/name#12"."""

    author: str  # the account's name
    bot: bool
    repository: str
    labels: tuple[str, ...]
    draft: bool
    updated: datetime
    merged_at: datetime | None = None
    first_review_at: datetime | None = None  # by a person who is not its author
    kind: Literal["pull_request"] = "pull_request"


@dataclass(frozen=True, slots=True)
class Review:
    """A review of a pull request; its record's key starts with that of the pull request."""

    author: str
    bot: bool
    repository: str
    labels: tuple[str, ...]  # of the pull request
    verdict: str  # "approved", "changes_requested", "commented", "dismissed"
    kind: Literal["review"] = "review"


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue; its record ends when it is closed."""

    author: str
    bot: bool
    repository: str
    labels: tuple[str, ...]
    updated: datetime
    responded_at: datetime | None = None  # the first comment by a person who is not its author
    kind: Literal["issue"] = "issue"


@dataclass(frozen=True, slots=True)
class Release:
    """A release that was published."""

    author: str
    bot: bool
    repository: str
    tag: str
    prerelease: bool
    kind: Literal["release"] = "release"


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployment; its record ends when its state was settled."""

    author: str
    bot: bool
    repository: str
    environment: str
    state: Literal["success", "failure", "pending"]
    committed_at: datetime | None = None  # when the commit that it brought was made
    kind: Literal["deployment"] = "deployment"


@dataclass(frozen=True, slots=True)
class WorkflowRun:
    """A run of a workflow; its record ends when it did."""

    author: str
    bot: bool
    repository: str
    workflow: str
    state: Literal["success", "failure", "cancelled", "pending"]
    kind: Literal["workflow_run"] = "workflow_run"


@dataclass(frozen=True, slots=True)
class FirstMerge:
    """Whether a merged pull request, whose key this is too, is the first of its author's in its repository.

    It is found out after the pull request itself, so it stands apart: no newer state of that takes its place.
    """

    repository: str
    first: bool
    kind: Literal["first_merge"] = "first_merge"


Forged = PullRequest | Review | Issue | Release | Deployment | WorkflowRun  # what a forge knows beyond git
AnyBody = Commit | Branch | Repository | FirstMerge | Forged | Measured | Watched
Body = Annotated[AnyBody, Discriminator("kind")]
_NOBODYS = Repository | FirstMerge | Measured | Watched
BODY: TypeAdapter[AnyBody] = TypeAdapter(Body)


@dataclass(frozen=True, slots=True)
class Record:
    """One thing in a source. An event ends where it begins; something still open has no end.

    `ended` is what makes merged, closed and open countable for a window in the past: ask for overlap, never for
    "updated". `url` is the only field that a link may ever be made from.
    """

    key: str  # stable in its source; upserts go by (source, kind, key)
    at: datetime
    ended: datetime | None
    title: str
    url: str | None
    body: Body

    @property
    def kind(self) -> str:
        """Return the kind of the body."""
        return self.body.kind

    @property
    def actor(self) -> str | None:
        """Return the person whose doing this is, where it has one."""
        return None if isinstance(self.body, _NOBODYS) else self.body.author


@dataclass(frozen=True, slots=True)
class Page:
    """What one read brought; stored together with its cursor in one transaction."""

    records: tuple[Record, ...]
    cursor: str  # opaque to all but its collector
    gone: tuple[tuple[str, str], ...] = ()  # (kind, key) that the source no longer has
    restart: bool = False  # forget all earlier records of the source first: its history was rewritten beyond reading on
    problem: Message | None = None  # read, but something about it is not known (a shallow clone)
    parts: tuple[int, int] | None = None  # so many of so many parts of the source could be read; None: it is one
    since: datetime | None = None  # things from before that instant may be missing; None: none are known to be
    allowance: Allowance | None = None  # how many requests are left after it, where the service says so


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was read of one source for one run."""

    source: SourceId
    name: str
    kind: str
    read: int
    of: int  # "GitHub 19/20"
    problem: Message | None = None
    last_good: datetime | None = None  # when it was last read whole
    since: datetime | None = None  # things from before that instant may be missing
    used: datetime | None = None  # when it was read, where that was before this run; None: it was read for it

    @property
    def whole(self) -> bool:
        """Whether all of it was read."""
        return self.read >= self.of


class Collector(Protocol):
    """One kind of source; made as cls(config, reach): its validated configuration and a Reach."""

    kind: ClassVar[str]
    Config: ClassVar[type[BaseModel]]  # the form, the seal and the validation all come from it

    def __init__(self, config: BaseModel, reach: Reach) -> None: ...

    def kept(self) -> Mapping[str, JsonValue]:
        """Return the configuration as it should be kept, whatever folder it was typed in."""
        ...

    async def check(self) -> Sequence[Message]:
        """Return what is missing, in words; empty means well."""
        ...

    def collect(self, window: Window | None, cursor: str | None) -> AsyncGenerator[Page, None]:
        """Yield pages of what is new since `cursor`; raises SourceError."""
        ...
