"""The things that GitHub tells of: only the fields that are kept.

https://docs.github.com/graphql/reference
"""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from pydantic import AwareDatetime, ConfigDict, FailFast, Field, StringConstraints
from pydantic.dataclasses import dataclass

_N = TypeVar("_N")
Short = Annotated[str, StringConstraints(max_length=1024)]
Title = Annotated[str, StringConstraints(max_length=100_000)]
GHOST = "ghost"  # what GitHub calls an account that is no more


# What is not kept is not looked at. An answer holds thousands of things: as models they would take twice the time.
ANSWERED = ConfigDict(extra="ignore", hide_input_in_errors=True, populate_by_name=True)


@dataclass(config=ANSWERED, slots=True, kw_only=True)
class Account:
    """Who did it."""

    login: Short
    kind: Short | None = Field(default=None, validation_alias="__typename")

    @property
    def bot(self) -> bool:
        """Whether it is no person."""
        return self.kind == "Bot" or self.login.endswith("[bot]")


@dataclass(config=ANSWERED, slots=True, kw_only=True)
class PageInfo:
    """Whether there is more."""

    more: bool = Field(validation_alias="hasNextPage")
    end: Short | None = Field(default=None, validation_alias="endCursor")


@dataclass(config=ANSWERED, slots=True, kw_only=True)
class Connection(Generic[_N]):
    """Some of many."""

    nodes: Annotated[list[_N | None], FailFast()] = Field(default_factory=list)
    page: PageInfo | None = Field(default=None, validation_alias="pageInfo")

    @property
    def here(self) -> list[_N]:
        """Return those that may be seen."""
        return [node for node in self.nodes if node is not None]

    @property
    def cut(self) -> bool:
        """Whether there are more than these."""
        return self.page is not None and self.page.more


@dataclass(config=ANSWERED, slots=True, kw_only=True)
class Label:
    """A label."""

    name: Short


@dataclass(config=ANSWERED, slots=True, kw_only=True)
class ReviewNode:
    """A review; one that is not submitted yet has no time."""

    id: Short | None = None
    url: Short | None = None
    state: Short
    submitted: AwareDatetime | None = Field(default=None, validation_alias="submittedAt")
    author: Account | None = None


@dataclass(config=ANSWERED, slots=True, kw_only=True)
class Comment:
    """A comment under an issue."""

    created: AwareDatetime = Field(validation_alias="createdAt")
    author: Account | None = None


@dataclass(config=ANSWERED, slots=True, kw_only=True)
class SeenNode:
    """How new a pull request or an issue is, and whose merge."""

    number: int
    updated: AwareDatetime = Field(validation_alias="updatedAt")
    merged: AwareDatetime | None = Field(default=None, validation_alias="mergedAt")
    author: Account | None = None


@dataclass(config=ANSWERED, slots=True, kw_only=True)
class Item:
    """What a pull request and an issue have in common."""

    number: int
    title: Title
    url: Short
    created: AwareDatetime = Field(validation_alias="createdAt")
    updated: AwareDatetime = Field(validation_alias="updatedAt")
    closed: AwareDatetime | None = Field(default=None, validation_alias="closedAt")
    author: Account | None = None
    labels: Connection[Label] | None = None


@dataclass(config=ANSWERED, slots=True, kw_only=True)
class Pull(Item):
    """A pull request."""

    draft: bool = Field(default=False, validation_alias="isDraft")
    merged: AwareDatetime | None = Field(default=None, validation_alias="mergedAt")
    reviews: Connection[ReviewNode] | None = None


@dataclass(config=ANSWERED, slots=True, kw_only=True)
class IssueNode(Item):
    """An issue."""

    comments: Connection[Comment] | None = None


@dataclass(config=ANSWERED, slots=True, kw_only=True)
class Parents:
    """How many commits a commit builds on."""

    total: int = Field(validation_alias="totalCount")


@dataclass(config=ANSWERED, slots=True, kw_only=True)
class Writer:
    """Who wrote a commit, as git has it, and the account where GitHub knows it."""

    name: Title | None = None
    email: Short | None = None
    user: Account | None = None


@dataclass(config=ANSWERED, slots=True, kw_only=True)
class CommitNode:
    """A commit of the default branch."""

    oid: Short
    headline: Title = Field(validation_alias="messageHeadline")
    committed: AwareDatetime = Field(validation_alias="committedDate")
    url: Short | None = None
    added: int = Field(default=0, validation_alias="additions")
    removed: int = Field(default=0, validation_alias="deletions")
    parents: Parents | None = None
    author: Writer | None = None

    @property
    def is_merge(self) -> bool:
        """Whether it joins branches."""
        return self.parents is not None and self.parents.total > 1


@dataclass(config=ANSWERED, slots=True, kw_only=True)
class ReleaseNode:
    """A release; a draft has no time at which it was published."""

    tag: Short = Field(validation_alias="tagName")
    name: Title | None = None
    url: Short | None = None
    created: AwareDatetime = Field(validation_alias="createdAt")
    published: AwareDatetime | None = Field(default=None, validation_alias="publishedAt")
    prerelease: bool = Field(default=False, validation_alias="isPrerelease")
    author: Account | None = None


@dataclass(config=ANSWERED, slots=True, kw_only=True)
class Status:
    """One state of a deployment."""

    state: Short
    created: AwareDatetime = Field(validation_alias="createdAt")


@dataclass(config=ANSWERED, slots=True, kw_only=True)
class Committed:
    """The commit that was deployed."""

    at: AwareDatetime = Field(validation_alias="committedDate")


@dataclass(config=ANSWERED, slots=True, kw_only=True)
class DeploymentNode:
    """A deployment with its newest states."""

    id: int | None = Field(default=None, validation_alias="databaseId")
    environment: Short | None = None
    created: AwareDatetime = Field(validation_alias="createdAt")
    creator: Account | None = None
    commit: Committed | None = None
    statuses: Connection[Status] | None = None
