"""A stand-in for GitHub on loopback: GraphQL, runs of workflows, tokens with rights, installations, faults."""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.graphql import Answering, Refused, parse

TOKEN = "ghp_ofTheStandInForTests00000000000000"
Fault = Callable[[BaseHTTPRequestHandler], bool]  # answers in its own way; False: nothing happened


def iso(at: datetime | None) -> str | None:
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%SZ")


def person(login: str) -> dict[str, Any]:
    return {"__typename": "Bot" if login.endswith("[bot]") else "User", "login": login}


@dataclass
class Repo:
    """One repository; what is added to it stands in its lists."""

    name: str
    stars: int = 3
    archived: bool = False
    topics: tuple[str, ...] = ()
    pulls: list[dict[str, Any]] = field(default_factory=list)
    issues: list[dict[str, Any]] = field(default_factory=list)
    commits: list[dict[str, Any]] = field(default_factory=list)
    releases: list[dict[str, Any]] = field(default_factory=list)
    deployments: list[dict[str, Any]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)

    def pull(
        self,
        opened: datetime,
        author: str = "mina",
        merged: datetime | None = None,
        reviews: tuple[tuple[str, datetime], ...] = (),
        labels: tuple[str, ...] = (),
        updated: datetime | None = None,
    ) -> dict[str, Any]:
        """Add a pull request."""
        given = [
            {"id": f"PRR_{len(self.pulls)}_{n}", "url": None, "state": "APPROVED", "submittedAt": iso(at)}
            | {"author": person(who)}
            for n, (who, at) in enumerate(reviews)
        ]
        last = updated or max([opened, *([merged] if merged else []), *(at for _, at in reviews)])
        made = self._item("pull", opened, author, merged, labels, last)
        made |= {"isDraft": False, "mergedAt": iso(merged), "reviews": given, "state": "MERGED" if merged else "OPEN"}
        self.pulls.append(made)
        return made

    def issue(
        self,
        opened: datetime,
        author: str = "jun",
        closed: datetime | None = None,
        comments: tuple[tuple[str, datetime], ...] = (),
        labels: tuple[str, ...] = (),
    ) -> None:
        """Add an issue."""
        last = max([opened, *([closed] if closed else []), *(at for _, at in comments)])
        made = self._item("issues", opened, author, closed, labels, last)
        made["comments"] = [{"createdAt": iso(at), "author": person(who)} for who, at in comments]
        self.issues.append(made | {"state": "CLOSED" if closed else "OPEN"})

    def commit(self, at: datetime, author: str = "mina", parents: int = 1) -> None:
        """Add a commit to the default branch."""
        oid = hashlib.sha1(f"{self.name}{len(self.commits)}".encode()).hexdigest()
        writer = {"name": author.title(), "email": f"{author}@example.org", "user": person(author)}
        made: dict[str, Any] = {
            "oid": oid,
            "messageHeadline": f"Change {len(self.commits)}",
            "committedDate": iso(at),
            "additions": 5,
        }
        made |= {"deletions": 2, "parents": ["p"] * parents, "author": writer, "url": None}
        self.commits.append(made)

    def deploy(self, at: datetime, state: str = "SUCCESS", committed: datetime | None = None) -> None:
        """Add a deployment to production that was settled at once."""
        made: dict[str, Any] = {
            "databaseId": 1000 + len(self.deployments),
            "environment": "production",
            "createdAt": iso(at),
        }
        made |= {"creator": person("mina"), "commit": {"committedDate": iso(committed or at)}}
        made["statuses"] = [{"state": state, "createdAt": iso(at)}]
        self.deployments.append(made)

    def run(self, at: datetime, conclusion: str = "success") -> None:
        """Add a run of a workflow."""
        made = {"id": 9000 + len(self.runs), "name": "tests", "run_number": len(self.runs) + 1, "html_url": None}
        made |= {"created_at": iso(at), "updated_at": iso(at + timedelta(minutes=5)), "conclusion": conclusion}
        self.runs.append(made | {"actor": {"login": "mina", "type": "User"}})

    def _item(
        self, page: str, opened: datetime, author: str, closed: datetime | None, labels: tuple[str, ...], last: datetime
    ) -> dict[str, Any]:
        number = len(self.pulls) + len(self.issues) + 1
        made = {"number": number, "title": f"Do {number}", "url": f"WEB/{self.name}/{page}/{number}"}
        made |= {"createdAt": iso(opened), "updatedAt": iso(last), "closedAt": iso(closed), "author": person(author)}
        return made | {"labels": [{"name": label} for label in labels]}


@dataclass
class StandIn:
    """What there is, who may see it, and what was asked."""

    repos: dict[str, Repo] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)  # fields that the token may not read: "deployments", "runs"
    faults: list[Fault] = field(default_factory=list)  # one for each request, from the first on
    asked: list[str] = field(default_factory=list)  # method and path
    queries: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=lambda: {TOKEN})
    people: dict[str, tuple[str, list[str]]] = field(default_factory=dict)  # login → bio, descriptions of gists
    searched: list[str] = field(default_factory=list)  # authors whose merged pull requests were searched for
    unindexed: set[int] = field(default_factory=set)  # numbers of pull requests that the search does not find yet
    port: int = 0
    left: int | None = None  # requests, which it then says and counts down
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def repo(self, name: str, **more: Any) -> Repo:
        """Add a repository."""
        return self.repos.setdefault(name, Repo(name, **more))

    def answer(self, query: str) -> dict[str, Any]:
        """Return the answer to a query."""
        self.queries.append(query)
        root = {"repository": self._repository, "repositoryOwner": self._owner, "search": self._search}
        answering = Answering()
        data = answering.walk(root, parse(query))
        found = json.loads(json.dumps(data).replace("WEB/", f"{self.url}/"))
        return {"data": found, "errors": answering.errors} if answering.errors else {"data": found}

    def _repository(self, arguments: dict[str, Any]) -> dict[str, Any]:
        repo = self.repos.get(f"{arguments['owner']}/{arguments['name']}")
        if repo is None:
            raise Refused("NOT_FOUND", "Could not resolve to a Repository")
        history = {"history": _since(repo.commits, "committedDate")}
        return {
            "nameWithOwner": repo.name,
            "stargazerCount": repo.stars,
            "defaultBranchRef": {"name": "main", "target": history} if repo.commits else None,
            "pullRequests": self._open("pullRequests", _items(repo.pulls)),
            "issues": self._open("issues", _items(repo.issues)),
            "releases": self._open("releases", _items(repo.releases)),
            "deployments": self._open("deployments", _items(repo.deployments)),
        }

    def _search(self, arguments: dict[str, Any]) -> dict[str, Any]:
        if "search" in self.closed:
            raise Refused("FORBIDDEN", "Resource not accessible by personal access token")
        assert (arguments["type"], arguments["first"]) == ("ISSUE", 1)
        words = dict(word.split(":", 1) for word in arguments["query"].split() if not word.startswith("is:"))
        assert words.keys() == {"repo", "author", "merged"}
        until = words["merged"].removeprefix("<=")
        self.searched.append(words["author"])
        repo = self.repos.get(words["repo"])
        found = [p for p in repo.pulls if p["mergedAt"] and p["mergedAt"] <= until] if repo else []
        mine = [p for p in found if p["author"] == person(words["author"])]
        return {"issueCount": sum(p["number"] not in self.unindexed for p in mine)}

    def _owner(self, arguments: dict[str, Any]) -> dict[str, Any] | None:
        own = [repo for name, repo in sorted(self.repos.items()) if name.startswith(f"{arguments['login']}/")]
        topics = {repo.name: [{"topic": {"name": topic}} for topic in repo.topics] for repo in own}
        listed = [
            {"nameWithOwner": repo.name, "isArchived": repo.archived, "repositoryTopics": topics[repo.name]}
            for repo in own
        ]
        return {"repositories": lambda _: listed} if own else None

    def _open(self, name: str, found: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
        def asked(arguments: dict[str, Any]) -> Any:
            if name in self.closed:
                raise Refused("FORBIDDEN", "Resource not accessible by personal access token")
            return found(arguments)

        return asked


def _items(things: list[dict[str, Any]]) -> Callable[[dict[str, Any]], Any]:
    def asked(arguments: dict[str, Any]) -> Any:
        key = {"UPDATED_AT": "updatedAt", "CREATED_AT": "createdAt"}[arguments["orderBy"]["field"]]
        since = arguments.get("filterBy", {}).get("since", "")
        found = [
            t
            for t in things
            if t.get("updatedAt", "9") >= since and arguments.get("states", t.get("state")) == t.get("state")
        ]
        return sorted(found, key=lambda t: str(t[key]), reverse=arguments["orderBy"]["direction"] == "DESC")

    return asked


def _since(things: list[dict[str, Any]], key: str) -> Callable[[dict[str, Any]], Any]:
    return lambda arguments: sorted(
        (t for t in things if t[key] >= arguments["since"]), key=lambda t: t[key], reverse=True
    )


def broken(status: int, **headers: str) -> Fault:
    """Return the fault of a plain answer with this status."""

    def fault(handler: BaseHTTPRequestHandler) -> bool:
        _send(handler, status, b"{}", {name.replace("_", "-"): value for name, value in headers.items()})
        return True

    return fault


def cut(handler: BaseHTTPRequestHandler) -> bool:
    """Break off in the middle of the answer."""
    handler.send_response(200)
    handler.send_header("Content-Length", "5000")
    handler.end_headers()
    handler.wfile.write(b'{"data": {')
    handler.close_connection = True
    return True


def saying(body: bytes, zipped: bool = False) -> Fault:
    """Return the fault of another body."""

    sent, headers = (gzip.compress(body, 1), {"Content-Encoding": "gzip"}) if zipped else (body, {})

    def fault(handler: BaseHTTPRequestHandler) -> bool:
        _send(handler, 200, sent, headers)
        return True

    return fault


def _send(handler: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str]) -> None:
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    there: StandIn  # set in a class of its own for each server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self._stopped():
            return
        if self.path.endswith("/access_tokens"):
            self.there.tokens.add("ghs_ofTheInstallation")
            token = {"token": "ghs_ofTheInstallation", "expires_at": "2099-01-01T00:00:00Z"}
            _send(self, 201, json.dumps(token).encode(), {})
            return
        with self.there.lock:
            answer = self.there.answer(json.loads(body)["query"])
        _send(self, 200, json.dumps(answer).encode(), self._rate())

    def _rate(self) -> dict[str, str]:
        if self.there.left is None:
            return {}
        self.there.left -= 1
        said = {"Limit": 5000, "Remaining": self.there.left, "Reset": 1_795_600_000}  # in 2026, after any test's time
        return {f"X-RateLimit-{name}": str(value) for name, value in said.items()}

    def do_GET(self) -> None:
        if self._stopped():
            return
        if self.path.startswith("/users/"):
            self._person(*self.path.removeprefix("/users/").partition("?")[0].split("/"))
            return
        name = self.path.removeprefix("/repos/").partition("/actions/")[0]
        if "runs" in self.there.closed or name not in self.there.repos:
            _send(self, 403, b"{}", {})
            return
        since = self.path.partition("created=%3E%3D")[2][:10]
        found = [run for run in self.there.repos[name].runs if run["created_at"] >= since]
        data = json.dumps({"total_count": len(found), "workflow_runs": found}).encode()
        etag = f'W/"{hashlib.sha256(data).hexdigest()}"'
        known = self.headers.get("If-None-Match") == etag
        _send(self, 304 if known else 200, b"" if known else data, {"ETag": etag})

    def _person(self, login: str, part: str = "") -> None:
        if login not in self.there.people:
            _send(self, 404, b"{}", {})
            return
        bio, gists = self.there.people[login]
        shown: Any = [{"description": one} for one in gists] if part else {"login": login, "bio": bio or None}
        _send(self, 200, json.dumps(shown).encode(), {})

    def _stopped(self) -> bool:
        """Tell whether a fault or a wrong token has answered."""
        with self.there.lock:
            self.there.asked.append(f"{self.command} {self.path}")
            fault = self.there.faults.pop(0) if self.there.faults else None
        if fault is not None and fault(self):
            return True
        said = self.headers.get("Authorization", "")
        app = self.path.endswith("/access_tokens") and said.startswith("bearer ey")
        if app or said.removeprefix("token ") in self.there.tokens:
            return False
        _send(self, 401, b'{"message":"Bad credentials"}', {})
        return True

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def github() -> Iterator[StandIn]:
    """Run a stand-in on loopback."""
    made = StandIn()
    handler = type("Handler", (_Handler,), {"there": made})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        made.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()
