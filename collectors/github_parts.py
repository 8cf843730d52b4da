"""The parts of a repository: where each stands in an answer, and what its things become."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from collectors.github_answer import Repo
from collectors.github_config import GitHubConfig, Kind
from collectors.github_nodes import CommitNode, Connection, DeploymentNode, IssueNode, Pull, ReleaseNode, SeenNode
from collectors.github_query import Part
from collectors.github_records import commit_record, deployment_record, issue_record, pull_records, release_record
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


def instant_of(thing: Thing) -> datetime:
    """Return the instant that a part is in the order of."""
    match thing:
        case Pull() | IssueNode() | SeenNode():
            return thing.updated
        case CommitNode():
            return thing.committed
        case ReleaseNode() | DeploymentNode():
            return thing.created


def is_cut(thing: Thing) -> bool:
    """Tell whether a thing has more reviews or comments than stand in the answer, and these would count."""
    match thing:
        case Pull(reviews=Connection(cut=True)):
            return True
        case IssueNode(comments=Connection(cut=True) as comments):
            author = thing.author.login if thing.author else ""
            return not any(c.author and not c.author.bot and c.author.login != author for c in comments.here)
        case _:
            return False


def made_of(repo: Repo, thing: Thing, web: str) -> Iterator[Record]:
    """Yield the records of a thing."""
    match thing:
        case Pull():
            yield from pull_records(repo, thing, web)
        case IssueNode():
            yield issue_record(repo, thing, web)
        case CommitNode():
            yield commit_record(thing, web)
        case ReleaseNode():
            record = release_record(repo, thing, web)
            if record is not None:
                yield record
        case DeploymentNode():
            record = deployment_record(repo, thing, web)
            if record is not None:
                yield record


def held(config: GitHubConfig, closed: Collection[str]) -> tuple[str, ...]:
    """Return the kinds of record that are read of a repository, "backlog" where all that is open is, and "newcomer"."""
    taken = [kind for kind in config.read if kind not in closed and _SHORT.get(kind) not in closed]
    whole = config.backlog and not any(part.startswith("open_") for part in closed)
    told = config.newcomers and "pull_requests" in taken and NEWCOMERS not in closed
    more = {name for name, held in (("backlog", whole), ("newcomer", told)) if held}
    return tuple(sorted({name for kind in taken for name in HELD[kind]} | more))
