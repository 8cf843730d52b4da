"""Records out of what GitHub answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal

from collectors.github_answer import Repo
from collectors.github_nodes import (
    GHOST,
    Account,
    CommitNode,
    Connection,
    DeploymentNode,
    IssueNode,
    Item,
    Label,
    Pull,
    ReleaseNode,
    ReviewNode,
)
from model.record import Commit, Deployment, Issue, PullRequest, Record, Release, Review

_LONGEST = 500  # characters of a title
_SETTLED = {"SUCCESS": "success", "FAILURE": "failure", "ERROR": "failure"}


def pull_records(repo: Repo, pull: Pull, web: str) -> Iterator[Record]:
    """Yield a pull request and its reviews."""
    author, bot = _who(pull.author)
    labels = _labels(pull.labels)
    given = [(n, r, r.submitted) for n, r in enumerate(pull.reviews.here if pull.reviews else ()) if r.submitted]
    firsts = (at for _, r, at in given if _by_another_person(r.author, author))
    body = PullRequest(author, bot, repo.name, labels, pull.draft, pull.updated, pull.merged, min(firsts, default=None))
    key = f"{repo.name}#{pull.number}"
    yield Record(key, pull.created, pull.closed, _title(pull.number, pull.title), _link(pull, web), body)
    for number, review, submitted in given:
        yield _review(f"{key}/{review.id or number}", review, submitted, pull, repo, labels, web)


def _review(
    key: str, review: ReviewNode, at: datetime, pull: Pull, repo: Repo, labels: tuple[str, ...], web: str
) -> Record:
    author, bot = _who(review.author)
    body = Review(author, bot, repo.name, labels, review.state.lower())
    url = review.url if review.url and review.url.startswith(f"{web}/") else _link(pull, web)
    return Record(key, at, at, _title(pull.number, pull.title), url, body)


def issue_record(repo: Repo, issue: IssueNode, web: str) -> Record:
    """Return an issue."""
    author, bot = _who(issue.author)
    comments = issue.comments.here if issue.comments else ()
    answers = (comment.created for comment in comments if _by_another_person(comment.author, author))
    labels = _labels(issue.labels)
    body = Issue(author, bot, repo.name, labels, issue.updated, min(answers, default=None))
    key = f"{repo.name}#{issue.number}"
    return Record(key, issue.created, issue.closed, _title(issue.number, issue.title), _link(issue, web), body)


def commit_record(commit: CommitNode, web: str) -> Record:
    """Return a commit; its paths are not known, the sums of its lines are."""
    writer = commit.author
    user = writer.user if writer else None
    name = (user.login if user else writer.name if writer else None) or GHOST
    address = (writer.email if writer else None) or ""
    bot = bool(user and user.bot) or "[bot]" in name or "[bot]" in address
    lines = (commit.added, commit.removed)
    body = Commit(name, address.lower(), bot, commit.parents.total if commit.parents else 1, None, lines=lines)
    return Record(
        commit.oid, commit.committed, commit.committed, commit.headline[:_LONGEST], safe(commit.url, web), body
    )


def release_records(repo: Repo, release: ReleaseNode, web: str) -> Iterator[Record]:
    """Yield a release; nothing while it is a draft."""
    if release.published is None:
        return
    author, bot = _who(release.author)
    body = Release(author, bot, repo.name, release.tag, release.prerelease)
    at, title = release.published, f"{repo.name} {release.name or release.tag}"[:_LONGEST]
    yield Record(f"{repo.name}@{release.tag}", at, at, title, safe(release.url, web), body)


def deployment_records(repo: Repo, deployment: DeploymentNode, web: str) -> Iterator[Record]:
    """Yield a deployment with the newest state that settled it; nothing where it has no number."""
    if deployment.id is None:
        return
    author, bot = _who(deployment.creator)
    statuses = deployment.statuses.here if deployment.statuses else ()
    settled = [s for s in statuses if s.state in _SETTLED]
    last = max(settled, key=lambda s: s.created, default=None)
    state: Literal["success", "failure", "pending"] = "pending"
    if last is not None:
        state = "success" if last.state == "SUCCESS" else "failure"
    environment = deployment.environment or "production"
    committed = deployment.commit.at if deployment.commit else None
    body = Deployment(author, bot, repo.name, environment, state, committed)
    title = f"{repo.name} → {environment}"[:_LONGEST]
    url = f"{web}/{repo.name}/deployments"
    yield Record(str(deployment.id), deployment.created, last.created if last else None, title, url, body)


def safe(url: str | None, web: str) -> str | None:
    """Return a link to a page for people, if it leads to the server that was asked."""
    return url if url is not None and url.startswith(f"{web}/") else None


def _link(item: Item, web: str) -> str | None:
    return safe(item.url, web)


def _title(number: int, title: str) -> str:
    return f"#{number} {title}"[:_LONGEST]


def _who(account: Account | None) -> tuple[str, bool]:
    return (account.login, account.bot) if account else (GHOST, False)


def _by_another_person(account: Account | None, author: str) -> bool:
    return account is not None and not account.bot and account.login != author


def _labels(labels: Connection[Label] | None) -> tuple[str, ...]:
    found: Iterable[Label] = labels.here if labels else ()
    return tuple(sorted({label.name for label in found}))
