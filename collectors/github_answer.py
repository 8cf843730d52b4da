"""Answers of GitHub's GraphQL: repositories with the parts that were asked for, and what could not be answered."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

from collectors.github_nodes import (
    CommitNode,
    Connection,
    DeploymentNode,
    IssueNode,
    Label,
    Node,
    Pull,
    ReleaseNode,
    SeenNode,
    Short,
    Title,
)


class Target(Node):
    """Where a branch leads."""

    history: Connection[CommitNode] | None = None


class Ref(Node):
    """The default branch; an empty repository has none."""

    name: Short
    target: Target | None = None


class Repo(Node):
    """A repository with the parts that were asked for."""

    name: Short = Field(alias="nameWithOwner")
    stars: int | None = Field(default=None, alias="stargazerCount")
    branch: Ref | None = Field(default=None, alias="defaultBranchRef")
    pulls: Connection[Pull] | None = None
    open_pulls: Connection[Pull] | None = None
    issues: Connection[IssueNode] | None = None
    open_issues: Connection[IssueNode] | None = None
    seen_pulls: Connection[SeenNode] | None = None
    seen_issues: Connection[SeenNode] | None = None
    releases: Connection[ReleaseNode] | None = None
    deployments: Connection[DeploymentNode] | None = None


CLOSED = ("FORBIDDEN", "INSUFFICIENT_SCOPES")  # what GitHub says where the token may not look


class Topic(Node):
    """What a repository is about."""

    topic: Label


class Listed(Node):
    """A repository in the list of its owner's."""

    name: Short = Field(alias="nameWithOwner")
    archived: bool = Field(default=False, alias="isArchived")
    topics: Connection[Topic] | None = Field(default=None, alias="repositoryTopics")


class Owner(Node):
    """An organization or user."""

    repositories: Connection[Listed]


class Problem(Node):
    """What GitHub says about a part that it did not answer."""

    message: Title = ""
    type: Short | None = None
    path: tuple[str | int, ...] = ()


class Data(BaseModel):
    """The repositories by their alias, or the list of an owner's."""

    model_config = ConfigDict(extra="allow", hide_input_in_errors=True)
    __pydantic_extra__: dict[str, Repo | None] = Field(init=False)
    owner: Owner | None = None

    @property
    def repos(self) -> dict[str, Repo | None]:
        """Return them."""
        return self.__pydantic_extra__


class Answer(Node):
    """A whole answer: data, problems, or both."""

    data: Data | None = None
    errors: tuple[Problem, ...] = ()

    def repo(self, alias: str) -> Repo | None:
        """Return the repository of an alias, where there is one."""
        return self.data.repos.get(alias) if self.data else None

    def failed(self, alias: str) -> Mapping[str, str]:
        """Return the kind of each problem by the key of the part that has it; "" is the repository itself."""
        own = [problem for problem in self.errors if problem.path[:1] == (alias,)]
        return {str(problem.path[1]) if len(problem.path) > 1 else "": problem.type or "" for problem in own}
