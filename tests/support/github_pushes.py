"""What GitHub pushes of the things in the stand-in: the states that each went through, as REST has them, signed."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.github import Repo, StandIn


@dataclass(frozen=True)
class Delivery:
    """One delivery before it is signed."""

    event: str
    payload: Mapping[str, Any]
    id: str

    @property
    def body(self) -> bytes:
        return json.dumps(self.payload).encode()

    def headers(self, secret: str) -> dict[str, str]:
        made = hmac.new(secret.encode(), self.body, hashlib.sha256).hexdigest()
        return {
            "content-type": "application/json",
            "x-github-event": self.event,
            "x-github-delivery": self.id,
            "x-hub-signature-256": f"sha256={made}",
        }


def deliveries(there: StandIn, name: str) -> list[Delivery]:
    """Return what was delivered of all that happened in a repository, in its order."""
    repo = there.repos[name]
    found = [(event, json.loads(json.dumps(p).replace("WEB/", f"{there.url}/"))) for event, p in _happened(repo)]
    whose = {"full_name": name, "default_branch": "main", "topics": list(repo.topics), "stargazers_count": repo.stars}
    return [
        Delivery(event, {**payload, "repository": whose}, f"{n:08d}-{hashlib.md5(name.encode()).hexdigest()}")
        for n, (event, payload) in enumerate(found)
    ]


def _happened(repo: Repo) -> Iterator[tuple[str, dict[str, Any]]]:
    for pull in repo.pulls:
        opened = {**item(pull), "updated_at": pull["createdAt"], "closed_at": None, "merged_at": None}
        yield "pull_request", {"action": "opened", "pull_request": opened}
        for review in pull["reviews"]:
            given = {"node_id": review["id"], "html_url": None, "state": review["state"].lower()}
            given |= {"submitted_at": review["submittedAt"], "user": user(review["author"])}
            seen = {**opened, "updated_at": review["submittedAt"]}
            yield "pull_request_review", {"action": "submitted", "review": given, "pull_request": seen}
        yield "pull_request", {"action": "closed" if pull["closedAt"] else "labeled", "pull_request": item(pull)}
    for issue in repo.issues:
        opened = {**item(issue), "updated_at": issue["createdAt"], "closed_at": None}
        yield "issues", {"action": "opened", "issue": opened}
        for comment in issue["comments"]:
            said = {"created_at": comment["createdAt"], "user": user(comment["author"])}
            seen = {**opened, "updated_at": comment["createdAt"]}
            yield "issue_comment", {"action": "created", "issue": seen, "comment": said}
        yield "issues", {"action": "closed" if issue["closedAt"] else "edited", "issue": item(issue)}
    for commit in repo.commits:
        author = {"name": commit["author"]["name"], "email": commit["author"]["email"]}
        author["username"] = commit["author"]["user"]["login"]
        pushed = {"id": commit["oid"], "message": f"{commit['messageHeadline']}\n\nMore.", "author": author}
        pushed["timestamp"] = commit["committedDate"]
        yield "push", {"ref": "refs/heads/main", "commits": [pushed]}
    for one in repo.deployments:
        made = {"id": one["databaseId"], "environment": one["environment"], "created_at": one["createdAt"]}
        made["creator"] = user(one["creator"])
        yield "deployment", {"action": "created", "deployment": made}
        for status in one["statuses"]:
            state = {"state": status["state"].lower(), "created_at": status["createdAt"]}
            yield "deployment_status", {"action": "created", "deployment": made, "deployment_status": state}
    for run in repo.runs:
        yield "workflow_run", {"action": "requested", "workflow_run": {**run, "conclusion": None}}
        yield "workflow_run", {"action": "completed", "workflow_run": run}


def item(thing: Mapping[str, Any]) -> dict[str, Any]:
    """Return a pull request or an issue as REST has it."""
    made = {"number": thing["number"], "title": thing["title"], "html_url": thing["url"], "labels": thing["labels"]}
    made |= {"created_at": thing["createdAt"], "updated_at": thing["updatedAt"], "closed_at": thing["closedAt"]}
    made |= {"merged_at": thing.get("mergedAt"), "draft": thing.get("isDraft", False)}
    return made | {"user": user(thing["author"])}


def user(account: Mapping[str, Any]) -> dict[str, Any]:
    """Return an account as REST has it."""
    return {"login": account["login"], "type": account["__typename"]}
