"""What a token lacks: one small question for all that is read, and the right that each part of it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from collectors.github_answer import CLOSED
from collectors.github_api import GitHub
from collectors.github_config import GitHubConfig
from collectors.github_cursor import Cursor
from collectors.github_parts import key_of
from collectors.github_query import TOGETHER, Part, query_of
from collectors.github_repositories import repositories
from model.language import Message

_TRIED = 20  # repositories at most
_LATE = datetime(2100, 1, 1, tzinfo=UTC)  # nothing happened since: so the answer is small
# The permission of a fine-grained token or an App; a classic token needs the scope repo for private repositories.
_RIGHTS: Mapping[Part, str] = {
    "pulls": "Pull requests: read",
    "issues": "Issues: read",
    "commits": "Contents: read",
    "releases": "Contents: read",
    "deployments": "Deployments: read",
    "open_pulls": "Pull requests: read",
    "open_issues": "Issues: read",
}
_ACTIONS = "Actions: read"


async def lacking(github: GitHub, config: GitHubConfig) -> Sequence[Message]:
    """Return what is not there and which rights lack; empty means well. Raises SourceError."""
    names = (await repositories(github, config))[:_TRIED]
    wants = [[replace(want, most=1) for want in one] for one in Cursor.of(None, _LATE).wants(names, config)]
    rights: set[str] = set()
    there = list(names)
    for start in range(0, len(wants) if any(wants) else 0, TOGETHER):
        query, aliases = query_of(want for one in wants[start : start + TOGETHER] for want in one)
        answer = await github.ask(query)
        for alias, asked in aliases.items():
            if answer.repo(alias) is None:
                there.remove(asked[0].repository)
            failed = answer.failed(alias)
            rights |= {_RIGHTS[want.part] for want in asked if failed.get(key_of(want.part)) in CLOSED}
    if "workflow_runs" in config.read and there:
        response = await github.get(f"/repos/{there[0]}/actions/runs?per_page=1")
        if response.status != 200:
            rights.add(_ACTIONS)
    return _said(sorted(set(names) - set(there)), sorted(rights))


def _said(missing: Sequence[str], rights: Sequence[str]) -> Sequence[Message]:
    said: list[Message] = []
    if missing:
        values = {"n": len(missing), "names": ", ".join(missing[:5])}
        text = "{n} {n:repository is|repositories are} not there, or not for this token: {names}."
        said.append(Message(text, values))
    if rights:
        said.append(Message("The token lacks these rights: {rights}.", {"rights": ", ".join(rights)}))
    if said:
        said.append(Message("Give them to it in GitHub's settings, or read less: read=pull_requests,issues."))
    return said
