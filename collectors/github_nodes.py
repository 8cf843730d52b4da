"""The things that GitHub tells of: only the fields that are kept.

https://docs.github.com/graphql/reference
"""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, FailFast, Field, StringConstraints

_N = TypeVar("_N")
Short = Annotated[str, StringConstraints(max_length=1024)]
Title = Annotated[str, StringConstraints(max_length=100_000)]
GHOST = "ghost"  # what GitHub calls an account that is no more


class Node(BaseModel):
    """What is not kept is not looked at."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True, populate_by_name=True)


class Account(Node):
    """Who did it."""

    login: Short
    kind: Short | None = Field(default=None, alias="__typename")

    @property
    def bot(self) -> bool:
        """Whether it is no person."""
        return self.kind == "Bot" or self.login.endswith("[bot]")


class PageInfo(Node):
    """Whether there is more."""

    more: bool = Field(alias="hasNextPage")
    end: Short | None = Field(default=None, alias="endCursor")


class Connection(Node, Generic[_N]):
    """Some of many."""

    nodes: Annotated[list[_N | None], FailFast()] = []
    page: PageInfo | None = Field(default=None, alias="pageInfo")

    @property
    def here(self) -> list[_N]:
        """Return those that may be seen."""
        return [node for node in self.nodes if node is not None]

    @property
    def cut(self) -> bool:
        """Whether there are more than these."""
        return self.page is not None and self.page.more


class Label(Node):
    """A label."""

    name: Short


class ReviewNode(Node):
    """A review; one that is not submitted yet has no time."""

    id: Short | None = None
    url: Short | None = None
    state: Short
    submitted: AwareDatetime | None = Field(default=None, alias="submittedAt")
    author: Account | None = None


class Comment(Node):
    """A comment under an issue."""

    created: AwareDatetime = Field(alias="createdAt")
    author: Account | None = None


class SeenNode(Node):
    """How new a pull request or an issue is, and whose merge."""

    number: int
    updated: AwareDatetime = Field(alias="updatedAt")
    merged: AwareDatetime | None = Field(default=None, alias="mergedAt")
    author: Account | None = None


class Item(Node):
    """What a pull request and an issue have in common."""

    number: int
    title: Title
    url: Short
    created: AwareDatetime = Field(alias="createdAt")
    updated: AwareDatetime = Field(alias="updatedAt")
    closed: AwareDatetime | None = Field(default=None, alias="closedAt")
    author: Account | None = None
    labels: Connection[Label] | None = None


class Pull(Item):
    """A pull request."""

    draft: bool = Field(default=False, alias="isDraft")
    merged: AwareDatetime | None = Field(default=None, alias="mergedAt")
    reviews: Connection[ReviewNode] | None = None


class IssueNode(Item):
    """An issue."""

    comments: Connection[Comment] | None = None


class Parents(Node):
    """How many commits a commit builds on."""

    total: int = Field(alias="totalCount")


class Writer(Node):
    """Who wrote a commit, as git has it, and the account where GitHub knows it."""

    name: Title | None = None
    email: Short | None = None
    user: Account | None = None


class CommitNode(Node):
    """A commit of the default branch."""

    oid: Short
    headline: Title = Field(alias="messageHeadline")
    committed: AwareDatetime = Field(alias="committedDate")
    url: Short | None = None
    added: int = Field(default=0, alias="additions")
    removed: int = Field(default=0, alias="deletions")
    parents: Parents | None = None
    author: Writer | None = None

    @property
    def is_merge(self) -> bool:
        """Whether it joins branches."""
        return self.parents is not None and self.parents.total > 1


class ReleaseNode(Node):
    """A release; a draft has no time at which it was published."""

    tag: Short = Field(alias="tagName")
    name: Title | None = None
    url: Short | None = None
    created: AwareDatetime = Field(alias="createdAt")
    published: AwareDatetime | None = Field(default=None, alias="publishedAt")
    prerelease: bool = Field(default=False, alias="isPrerelease")
    author: Account | None = None


class Status(Node):
    """One state of a deployment."""

    state: Short
    created: AwareDatetime = Field(alias="createdAt")


class Committed(Node):
    """The commit that was deployed."""

    at: AwareDatetime = Field(alias="committedDate")


class DeploymentNode(Node):
    """A deployment with its newest states."""

    id: int | None = Field(default=None, alias="databaseId")
    environment: Short | None = None
    created: AwareDatetime = Field(alias="createdAt")
    creator: Account | None = None
    commit: Committed | None = None
    statuses: Connection[Status] | None = None
