"""The questions: several repositories in one GraphQL query, of each only the parts and fields that are wanted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

Part = Literal[
    "pulls", "issues", "commits", "releases", "deployments", "open_pulls", "open_issues", "seen_pulls", "seen_issues"
]

_WHO = "{__typename login}"
_MORE = "pageInfo{hasNextPage endCursor}"
_ITEM = f"number title url createdAt updatedAt closedAt author{_WHO} labels(first:20){{nodes{{name}}}}"
_REVIEWS = f"reviews(first:100){{nodes{{id url state submittedAt author{_WHO}}} pageInfo{{hasNextPage}}}}"
_PULL = f"{_ITEM} isDraft mergedAt {_REVIEWS}"
_ISSUE = f"{_ITEM} comments(first:20){{nodes{{createdAt author{_WHO}}} pageInfo{{hasNextPage}}}}"
_COMMIT = (
    "oid messageHeadline committedDate url additions deletions parents{totalCount} "
    "author{name email user{__typename login}}"
)
_RELEASE = "tagName name url createdAt publishedAt isPrerelease author{login}"
_DEPLOYMENT = (
    f"databaseId environment createdAt creator{_WHO} commit{{committedDate}} "
    "statuses(first:20){nodes{state createdAt}}"
)
_NEWEST = "orderBy:{field:UPDATED_AT,direction:DESC}"
_LATEST = "orderBy:{field:CREATED_AT,direction:DESC}"
_FIRST: Mapping[Part, int] = {"pulls": 25, "releases": 10, "deployments": 30}
_AGAIN: Mapping[Part, int] = {"pulls": 10, "releases": 3, "deployments": 10}
_FULL = 100
TOGETHER = 10  # repositories in one question
_LOOK = 20  # things that are compared with what was pushed
_SEEN = "number updatedAt"
_SEEN_PULL = f"{_SEEN} mergedAt author{_WHO}"


@dataclass(frozen=True, slots=True)
class Want:
    """One part of one repository, from an instant on; `after` is where an earlier answer ended."""

    repository: str  # in full
    part: Part
    since: datetime
    after: str | None = None
    again: bool = False  # it was read before: little will be new
    most: int = _FULL  # things in one answer

    @property
    def first(self) -> int:
        """Return how many to ask for."""
        if self.after is not None:
            return self.most
        return min(self.most, (_AGAIN if self.again else _FIRST).get(self.part, _FULL))


@dataclass(frozen=True, slots=True)
class Search:
    """Pull requests of one person that were merged in one repository up to an instant."""

    repository: str
    author: str
    until: datetime


def query_of(wants: Iterable[Want]) -> tuple[str, Mapping[str, Sequence[Want]]]:
    """Return the query for these, and which of them each alias answers."""
    by_name: dict[str, list[Want]] = {}
    for want in wants:
        by_name.setdefault(want.repository, []).append(want)
    aliases = {f"r{n}": found for n, found in enumerate(by_name.values())}
    parts = (f"{alias}:{_repository(found)}" for alias, found in aliases.items())
    return f"query{{{' '.join(parts)}}}", aliases


def repositories_query(owner: str, after: str | None) -> str:
    """Return the query for the repositories of an organization or user."""
    return (
        f"query{{owner:repositoryOwner(login:{_text(owner)}){{repositories(first:100{_after(after)}"
        "ownerAffiliations:OWNER orderBy:{field:NAME,direction:ASC})"
        f"{{nodes{{nameWithOwner isArchived repositoryTopics(first:50){{nodes{{topic{{name}}}}}}}} {_MORE}}}}}}}"
    )


def searches_query(searches: Sequence[Search]) -> str:
    """Return the query for how many pull requests each of these finds, s0 and on: at most TOGETHER."""
    parts = (f"s{n}:search(type:ISSUE,first:1,query:{_text(_words(s))}){{issueCount}}" for n, s in enumerate(searches))
    return f"query{{{' '.join(parts)}}}"


def _words(search: Search) -> str:
    return f"repo:{search.repository} author:{search.author} is:pr is:merged merged:<={_instant(search.until)}"


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _repository(wants: Sequence[Want]) -> str:
    owner, _, name = wants[0].repository.partition("/")
    parts = " ".join(_part(want) for want in wants)
    branch = "" if any(want.part == "commits" for want in wants) else "defaultBranchRef{name} "
    return f"repository(owner:{_text(owner)},name:{_text(name)}){{nameWithOwner stargazerCount {branch}{parts}}}"


def _part(want: Want) -> str:
    args = f"first:{want.first}{_after(want.after)}"
    since = _instant(want.since)
    match want.part:
        case "pulls":
            return f"pulls:pullRequests({args}{_NEWEST}){{nodes{{{_PULL}}} {_MORE}}}"
        case "issues":
            return f'issues({args}filterBy:{{since:"{since}"}},{_NEWEST}){{nodes{{{_ISSUE}}} {_MORE}}}'
        case "commits":
            history = f'history({args}since:"{since}"){{nodes{{{_COMMIT}}} {_MORE}}}'
            return f"defaultBranchRef{{name target{{...on Commit{{{history}}}}}}}"
        case "releases":
            return f"releases({args}{_LATEST}){{nodes{{{_RELEASE}}} {_MORE}}}"
        case "deployments":
            return f"deployments({args}{_LATEST}){{nodes{{{_DEPLOYMENT}}} {_MORE}}}"
        case "seen_pulls":
            return f"seen_pulls:pullRequests(first:{_LOOK},{_NEWEST}){{nodes{{{_SEEN_PULL}}} {_MORE}}}"
        case "seen_issues":
            return (
                f'seen_issues:issues(first:{_LOOK},filterBy:{{since:"{since}"}},{_NEWEST}){{nodes{{{_SEEN}}} {_MORE}}}'
            )
        case "open_pulls":
            return f"open_pulls:pullRequests({args}states:OPEN,{_LATEST}){{nodes{{{_PULL}}} {_MORE}}}"
        case "open_issues":
            return f"open_issues:issues({args}states:OPEN,{_LATEST}){{nodes{{{_ISSUE}}} {_MORE}}}"


def _after(cursor: str | None) -> str:
    return "," if cursor is None else f",after:{_text(cursor)},"


def _text(value: str) -> str:
    """Return a GraphQL string: JSON's escapes are the same."""
    return json.dumps(value)
