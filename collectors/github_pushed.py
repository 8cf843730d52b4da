"""Records out of what GitHub pushes, made by way of the things that its GraphQL tells of: so they are the same ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from collectors import github_nodes as nodes
from collectors.github_payloads import Item, Payload, Repository, User
from collectors.github_records import commit_record, deployment_records, issue_record, pull_records, release_records
from collectors.github_runs import run_record
from model.record import Commit, Record

_Made = Callable[[Repository, Payload, str], Iterator[Record]]


def records_of(kind: str, payload: Payload, web: str) -> Iterable[Record]:
    """Return the records that an event of this kind brings."""
    return _RECORDS[kind](payload.repository, payload, web) if payload.repository else ()


def _pull(repository: Repository, payload: Payload, web: str) -> Iterator[Record]:
    if payload.pull_request:
        review = payload.review
        given = [] if review is None else [
            nodes.ReviewNode(id=review.node_id, url=review.html_url, state=review.state, submitted=review.submitted_at,
                             author=_account(review.user))
        ]  # fmt: skip
        yield from pull_records(repository.repo, _as_pull(payload.pull_request, given), web)


def _issue(repository: Repository, payload: Payload, web: str) -> Iterator[Record]:
    issue, comment = payload.issue, payload.comment
    if issue is None:
        return
    if issue.pull_request is not None:  # a comment under a pull request changes when it was last worked on
        yield from pull_records(repository.repo, _as_pull(issue, ()), web)
        return
    answers: list[nodes.Comment | None] = []
    if comment and payload.action == "created":
        answers = [nodes.Comment(created=comment.created_at, author=_account(comment.user))]
    found = nodes.IssueNode(**_item(issue), comments=nodes.Connection[nodes.Comment](nodes=answers))
    yield issue_record(repository.repo, found, web)


def _commits(repository: Repository, payload: Payload, web: str) -> Iterator[Record]:
    if payload.ref != f"refs/heads/{repository.default_branch}":
        return
    for commit in payload.commits:
        author = commit.author
        user = nodes.Account(login=author.username, kind="User") if author and author.username else None
        found = nodes.CommitNode(
            oid=commit.id,
            headline=commit.message.partition("\n")[0],
            committed=commit.timestamp,
            url=commit.url,
            author=nodes.Writer(name=author.name, email=author.email, user=user) if author else None,
        )
        record = commit_record(found, web)
        if isinstance(record.body, Commit):  # how many lines it changes is read later
            yield replace(record, body=replace(record.body, lines=None))


def _release(repository: Repository, payload: Payload, web: str) -> Iterator[Record]:
    release = payload.release
    if release and not release.draft and payload.action in ("published", "released"):
        author = _account(release.author)
        found = nodes.ReleaseNode(
            tag=release.tag_name, name=release.name, url=release.html_url, created=release.created_at,
            published=release.published_at, prerelease=release.prerelease,
            author=nodes.Account(login=author.login) if author else None,  # GraphQL does not say of what kind it is
        )  # fmt: skip
        yield from release_records(repository.repo, found, web)


def _deployment(repository: Repository, payload: Payload, web: str) -> Iterator[Record]:
    deployment, status = payload.deployment, payload.deployment_status
    if deployment:
        states: list[nodes.Status | None] = []
        if status:
            states = [nodes.Status(state=status.state.upper(), created=status.created_at)]
        found = nodes.DeploymentNode(
            id=deployment.id, environment=deployment.environment, created=deployment.created_at,
            creator=_account(deployment.creator), statuses=nodes.Connection[nodes.Status](nodes=states),
        )  # fmt: skip
        yield from deployment_records(repository.repo, found, web)


def _run(repository: Repository, payload: Payload, web: str) -> Iterator[Record]:
    if payload.workflow_run:
        yield run_record(repository.full_name, payload.workflow_run, web)


def _as_pull(item: Item, reviews: Sequence[nodes.ReviewNode]) -> nodes.Pull:
    merged = item.merged_at or (item.pull_request.merged_at if item.pull_request else None)
    given = nodes.Connection[nodes.ReviewNode](nodes=list(reviews))
    return nodes.Pull(**_item(item), draft=item.draft, merged=merged, reviews=given)


def _item(item: Item) -> dict[str, Any]:
    labels = nodes.Connection[nodes.Label](nodes=[nodes.Label(name=one.name) for one in item.labels])
    return {
        "number": item.number, "title": item.title, "url": item.html_url, "created": item.created_at,
        "updated": item.updated_at, "closed": item.closed_at, "author": _account(item.user), "labels": labels,
    }  # fmt: skip


def _account(user: User | None) -> nodes.Account | None:
    return user.account if user else None


_RECORDS: Mapping[str, _Made] = {
    "pull_request": _pull,
    "pull_request_review": _pull,
    "pull_request_review_comment": _pull,
    "issues": _issue,
    "issue_comment": _issue,
    "push": _commits,
    "release": _release,
    "deployment": _deployment,
    "deployment_status": _deployment,
    "workflow_run": _run,
}
