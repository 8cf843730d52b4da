"""Answers of GitHub's GraphQL: repositories with the parts that were asked for, and what could not be answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import FailFast, Field, TypeAdapter
from pydantic.dataclasses import dataclass

from collectors.github_nodes import (
    ANSWERED,
    CommitNode,
    Connection,
    DeploymentNode,
    IssueNode,
    Label,
    Pull,
    ReleaseNode,
    SeenNode,
    Short,
    Title,
)


@dataclass(config=ANSWERED, slots=True, kw_only=True)
class Target:
    """Where a branch leads."""

    history: Connection[CommitNode] | None = None


@dataclass(config=ANSWERED, slots=True, kw_only=True)
class Ref:
    """The default branch; an empty repository has none."""

    name: Short
    target: Target | None = None


@dataclass(config=ANSWERED, slots=True, kw_only=True)
class Repo:
    """A repository with the parts that were asked for."""

    name: Short = Field(validation_alias="nameWithOwner")
    stars: int | None = Field(default=None, validation_alias="stargazerCount")
    branch: Ref | None = Field(default=None, validation_alias="defaultBranchRef")
    pulls: Connection[Pull] | None = None
    open_pulls: Connection[Pull] | None = None
    issues: Connection[IssueNode] | None = None
    open_issues: Connection[IssueNode] | None = None
    seen_pulls: Connection[SeenNode] | None = None
    seen_issues: Connection[SeenNode] | None = None
    releases: Connection[ReleaseNode] | None = None
    deployments: Connection[DeploymentNode] | None = None


CLOSED = ("FORBIDDEN", "INSUFFICIENT_SCOPES")  # what GitHub says where the token may not look


@dataclass(config=ANSWERED, slots=True, kw_only=True)
class Topic:
    """What a repository is about."""

    topic: Label


@dataclass(config=ANSWERED, slots=True, kw_only=True)
class Listed:
    """A repository in the list of its owner's."""

    name: Short = Field(validation_alias="nameWithOwner")
    archived: bool = Field(default=False, validation_alias="isArchived")
    topics: Connection[Topic] | None = Field(default=None, validation_alias="repositoryTopics")


@dataclass(config=ANSWERED, slots=True, kw_only=True)
class Owner:
    """An organization or user."""

    repositories: Connection[Listed]


@dataclass(config=ANSWERED, slots=True, kw_only=True)
class Problem:
    """What GitHub says about a part that it did not answer."""

    message: Title = ""
    type: Short | None = None
    path: tuple[str | int, ...] = ()


@dataclass(config=ANSWERED, slots=True, kw_only=True)
class Found:
    """How many things a search finds."""

    count: int = Field(validation_alias="issueCount", ge=0)


@dataclass(config=ANSWERED, slots=True, kw_only=True)
class Data:
    """The repositories or searches by their alias, or the list of an owner's.

    Each alias is a field: of names that nobody asked for a stranger's server could send millions.
    """

    owner: Owner | None = None
    r0: Repo | None = None
    r1: Repo | None = None
    r2: Repo | None = None
    r3: Repo | None = None
    r4: Repo | None = None
    r5: Repo | None = None
    r6: Repo | None = None
    r7: Repo | None = None
    r8: Repo | None = None
    r9: Repo | None = None
    s0: Found | None = None
    s1: Found | None = None
    s2: Found | None = None
    s3: Found | None = None
    s4: Found | None = None
    s5: Found | None = None
    s6: Found | None = None
    s7: Found | None = None
    s8: Found | None = None
    s9: Found | None = None

    def repo(self, alias: str) -> Repo | None:
        """Return the repository of an alias, where there is one."""
        found: Repo | None = getattr(self, alias, None)
        return found


@dataclass(config=ANSWERED, slots=True, kw_only=True)
class Answer:
    """A whole answer: data, problems, or both."""

    data: Data | None = None
    errors: Annotated[list[Problem], FailFast()] = Field(default_factory=list)

    def repo(self, alias: str) -> Repo | None:
        """Return the repository of an alias, where there is one."""
        return self.data.repo(alias) if self.data else None

    def count(self, alias: str) -> int | None:
        """Return what the search of an alias counts, where it was answered."""
        found: Found | None = getattr(self.data, alias, None)
        return None if found is None else found.count

    def failed(self, alias: str) -> Mapping[str, str]:
        """Return the kind of each problem by the key of the part that has it; "" is the repository itself."""
        own = [problem for problem in self.errors if problem.path[:1] == (alias,)]
        return {str(problem.path[1]) if len(problem.path) > 1 else "": problem.type or "" for problem in own}


ANSWER: TypeAdapter[Answer] = TypeAdapter(Answer)
