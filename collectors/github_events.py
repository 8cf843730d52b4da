"""What GitHub pushes: believed where it is signed over the raw bytes and of a repository of the source."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from pydantic import BaseModel

from collectors.github_config import GitHubConfig, Kind
from collectors.github_payloads import Payload
from collectors.github_pushed import records_of
from collectors.signatures import is_same, proof, unsigned
from model.language import Message
from model.pushed import Arrived, Brought, Note, Push, PushRefused
from model.record import Commit, Issue, PullRequest, Record

_DELIVERY = re.compile(r"[0-9A-Za-z-]{8,64}")
_LEAST = 20  # characters of a secret
_GONE = ("deleted", "transferred")  # what is no longer here says nothing more
# The events in which there is something for us, and which of the kinds that a source reads they belong to.
EVENTS: Mapping[str, Kind] = {
    "pull_request": "pull_requests",
    "pull_request_review": "pull_requests",
    "pull_request_review_comment": "pull_requests",
    "issues": "issues",
    "issue_comment": "issues",
    "push": "commits",
    "release": "releases",
    "deployment": "deployments",
    "deployment_status": "deployments",
    "workflow_run": "workflow_runs",
}


class GitHubReceiver:
    """The side of a GitHub source that GitHub pushes to."""

    kind: ClassVar[str] = "github"
    path: ClassVar[str] = "github"
    makes: ClassVar[bool] = True
    form: ClassVar[Message] = Message("It has at least 20 characters.")

    def __init__(self, config: BaseModel) -> None:
        self._config = config if isinstance(config, GitHubConfig) else GitHubConfig.model_validate(config.model_dump())

    @staticmethod
    def fits(secret: str) -> bool:
        """Tell whether a secret is long enough."""
        return len(secret) >= _LEAST

    def arrived(self, push: Push, secret: str, now: datetime) -> Arrived:  # noqa: ARG002  GitHub signs no time
        """Return what a delivery is; raises PushRefused unless it is signed, whole, and of a repository of ours."""
        made = "sha256=" + proof(secret.encode(), push.body).hex()
        if not self.fits(secret) or not is_same(made, push.headers.get("x-hub-signature-256", "")):
            raise unsigned()
        event, kind = push.headers.get("x-github-delivery", ""), push.headers.get("x-github-event", "")
        if push.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            raise PushRefused("Set the webhook's content type to application/json.", why="unreadable")
        if not _DELIVERY.fullmatch(event) or not kind:
            raise PushRefused("That is no delivery of GitHub's: it lacks its id or its event.", why="unreadable")
        payload = self._payload(push.body)
        if kind == "ping":
            return Arrived(event, kind, wanted=False)
        self._bound(payload)
        return Arrived(event, kind, wanted=kind in EVENTS and EVENTS[kind] in self._config.read)

    def brought(self, kind: str, body: bytes) -> Brought:
        """Return the records of a delivery, the same ones as reading brings."""
        payload = self._payload(body)
        if payload.action in _GONE and kind in ("issues", "pull_request"):
            return Brought()
        records = tuple(records_of(kind, payload, self._config.web))
        return Brought(records, tuple(self._notes(payload, records)))

    def noted(self, cursor: str, notes: Sequence[Note]) -> str:
        """Return the cursor that knows of these notes."""
        from collectors.github_cursor import noted

        return noted(cursor, notes)

    def joined(self, cursor: str, pushed: str) -> str:
        """Return a reading's cursor with what was pushed meanwhile."""
        from collectors.github_cursor import joined

        return joined(cursor, pushed)

    def _payload(self, body: bytes) -> Payload:
        try:
            return Payload.model_validate_json(body)
        except ValueError:
            raise PushRefused("That cannot be read as a delivery of GitHub's.", why="unreadable") from None

    def _bound(self, payload: Payload) -> None:
        found, config = payload.repository, self._config
        name = "" if found is None else found.full_name.lower()
        listed = {one.lower() for one in config.repositories}
        owned = found is not None and config.org is not None and name.startswith(f"{config.org.lower()}/")
        if name not in listed and not (owned and config.takes(name, found.topics if found else ())):
            raise PushRefused("That repository does not belong to this source.", why="foreign")

    def _notes(self, payload: Payload, records: Sequence[Record]) -> Iterator[Note]:
        name = payload.repository.full_name if payload.repository else ""
        for record in records:
            match record.body:
                case PullRequest(updated=at):
                    yield Note((name, "pulls"), at, record.key.rpartition("#")[2])
                case Issue(updated=at):
                    yield Note((name, "issues"), at, record.key.rpartition("#")[2])
        commits = [record.at for record in records if isinstance(record.body, Commit)]
        if commits:
            yield Note((name, "commits"), min(commits))
