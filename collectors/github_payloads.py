"""What GitHub pushes: the REST shapes of its payloads, made into the things that its GraphQL tells of.

https://docs.github.com/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from collectors.github_answer import Repo
from collectors.github_nodes import Account, Short, Title
from collectors.github_runs import Node, Run

_BOT = "[bot]"


class User(Node):
    """Who did it; REST writes the name of a bot with a mark that GraphQL leaves out."""

    login: Short
    type: Short | None = None

    @property
    def account(self) -> Account:
        """Return the account as GraphQL has it."""
        login = self.login.removesuffix(_BOT) if self.type == "Bot" else self.login
        return Account(login=login, kind=self.type)


class Label(Node):
    """A label."""

    name: Short


class Repository(Node):
    """The repository that it happened in."""

    full_name: Short
    default_branch: Short | None = None
    stars: int | None = Field(default=None, alias="stargazers_count")
    topics: tuple[Short, ...] = ()

    @property
    def repo(self) -> Repo:
        """Return the repository as GraphQL has it."""
        return Repo(name=self.full_name)


class Merged(Node):
    """What an issue says that is a pull request."""

    merged_at: AwareDatetime | None = None


class Item(Node):
    """A pull request or an issue."""

    number: int
    title: Title
    html_url: Short
    created_at: AwareDatetime
    updated_at: AwareDatetime
    closed_at: AwareDatetime | None = None
    user: User | None = None
    labels: tuple[Label, ...] = ()
    draft: bool = False
    merged_at: AwareDatetime | None = None
    pull_request: Merged | None = None  # an issue that is a pull request


class Review(Node):
    """A review."""

    node_id: Short
    html_url: Short | None = None
    state: Short
    submitted_at: AwareDatetime | None = None
    user: User | None = None


class Comment(Node):
    """A comment under an issue."""

    created_at: AwareDatetime
    user: User | None = None


class Person(Node):
    """Who wrote a commit."""

    name: Title | None = None
    email: Short | None = None
    username: Short | None = None


class PushedCommit(Node):
    """A commit of a push: neither its lines nor its parents are told."""

    id: Short
    message: Title
    timestamp: AwareDatetime
    url: Short | None = None
    author: Person | None = None


class Release(Node):
    """A release."""

    tag_name: Short
    name: Title | None = None
    html_url: Short | None = None
    created_at: AwareDatetime
    published_at: AwareDatetime | None = None
    prerelease: bool = False
    draft: bool = False
    author: User | None = None


class Deployment(Node):
    """A deployment."""

    id: int
    environment: Short | None = None
    created_at: AwareDatetime
    creator: User | None = None


class DeploymentStatus(Node):
    """A state of a deployment."""

    state: Short
    created_at: AwareDatetime


class Payload(Node):
    """Whatever is pushed: each kind of event has some of this."""

    action: Short = ""
    repository: Repository | None = None
    pull_request: Item | None = None
    issue: Item | None = None
    review: Review | None = None
    comment: Comment | None = None
    release: Release | None = None
    deployment: Deployment | None = None
    deployment_status: DeploymentStatus | None = None
    workflow_run: Run | None = None
    ref: Short | None = None
    commits: tuple[PushedCommit, ...] = ()
