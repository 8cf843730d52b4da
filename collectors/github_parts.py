"""The parts of a repository: where each stands in an answer, and what its things become."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any

from collectors.github_answer import Repo
from collectors.github_config import GitHubConfig, Kind
from collectors.github_nodes import CommitNode, Connection, DeploymentNode, IssueNode, Pull, ReleaseNode, SeenNode
from collectors.github_query import Part
from collectors.github_records import commit_record, deployment_records, issue_record, pull_records, release_records
from model.record import Record

Thing = Pull | IssueNode | CommitNode | ReleaseNode | DeploymentNode | SeenNode
AnyConnection = (
    Connection[Pull]
    | Connection[IssueNode]
    | Connection[CommitNode]
    | Connection[ReleaseNode]
    | Connection[DeploymentNode]
    | Connection[SeenNode]
)
NEWCOMERS = "newcomers"  # what may be closed beside the parts
_UPDATED = attrgetter("updated")
_INSTANT: Mapping[Part, Callable[[Any], datetime]] = {
    "commits": attrgetter("committed"),
    "releases": attrgetter("created"),
    "deployments": attrgetter("created"),
}
_SHORT: Mapping[Kind, Part] = {"pull_requests": "pulls"}  # where a kind and its part have two names
HELD: Mapping[Kind, tuple[str, ...]] = {  # the kinds of record of each kind that can be read
    "pull_requests": ("pull_request", "review"),
    "issues": ("issue",),
    "commits": ("commit",),
    "releases": ("release",),
    "deployments": ("deployment",),
    "workflow_runs": ("workflow_run",),
}


def key_of(part: Part) -> str:
    """Return the key under which an answer holds a part."""
    return "defaultBranchRef" if part == "commits" else part


def connection_of(repo: Repo, part: Part) -> AnyConnection | None:
    """Return what an answer holds of a part; None where there is nothing, as in an empty repository."""
    match part:
        case "pulls":
            return repo.pulls
        case "issues":
            return repo.issues
        case "commits":
            return repo.branch.target.history if repo.branch and repo.branch.target else None
        case "releases":
            return repo.releases
        case "deployments":
            return repo.deployments
        case "seen_pulls":
            return repo.seen_pulls
        case "seen_issues":
            return repo.seen_issues
        case "open_pulls":
            return repo.open_pulls
        case "open_issues":
            return repo.open_issues


def instants_of(part: Part, things: Iterable[Thing]) -> list[datetime]:
    """Return the instants that a part's things are in the order of."""
    return list(map(_INSTANT.get(part, _UPDATED), things))


def looked_at(things: Iterable[Thing]) -> dict[str, datetime]:
    """Return how new pull requests and issues are, by number."""
    return {str(thing.number): thing.updated for thing in things if isinstance(thing, Pull | IssueNode | SeenNode)}


def cut_of(things: Iterable[Thing]) -> int:
    """Return how many things have more reviews or comments than stand in the answer, where these would count."""
    return sum(map(_is_cut, things))


def _is_cut(thing: Thing) -> bool:
    if isinstance(thing, Pull):
        return thing.reviews is not None and thing.reviews.cut
    if not isinstance(thing, IssueNode) or thing.comments is None or not thing.comments.cut:
        return False
    author = thing.author.login if thing.author else ""
    return not any(c.author and not c.author.bot and c.author.login != author for c in thing.comments.here)


def records_of(repo: Repo, things: Iterable[Thing], web: str) -> Iterator[Record]:
    """Yield the records of things."""
    for thing in things:
        match thing:
            case CommitNode():
                yield commit_record(thing, web)
            case IssueNode():
                yield issue_record(repo, thing, web)
            case Pull():
                yield from pull_records(repo, thing, web)
            case ReleaseNode():
                yield from release_records(repo, thing, web)
            case DeploymentNode():
                yield from deployment_records(repo, thing, web)


def held(config: GitHubConfig, closed: Collection[str]) -> tuple[str, ...]:
    """Return the kinds of record that are read of a repository, "backlog" where all that is open is, and "newcomer"."""
    taken = [kind for kind in config.read if kind not in closed and _SHORT.get(kind) not in closed]
    whole = config.backlog and not any(part.startswith("open_") for part in closed)
    told = config.newcomers and "pull_requests" in taken and NEWCOMERS not in closed
    more = {name for name, held in (("backlog", whole), ("newcomer", told)) if held}
    return tuple(sorted({name for kind in taken for name in HELD[kind]} | more))
