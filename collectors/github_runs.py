"""Runs of workflows: GraphQL does not know them, so REST is asked, each repository only when something changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from collectors.github_api import GitHub, changed
from collectors.github_cursor import Cursor
from collectors.github_nodes import ANSWERED, GHOST, Account, Short, Title
from collectors.github_reading import Seen
from collectors.github_records import safe
from model.record import Record, WorkflowRun

_AT_ONCE = 10  # repositories
_FULL = 100
_MOST_PAGES = 10  # GitHub shows no more than a thousand of a filtered list
_State = Literal["success", "failure", "cancelled", "pending"]
_STATES: dict[str, _State] = {
    "success": "success",
    "failure": "failure",
    "timed_out": "failure",
    "startup_failure": "failure",
    "cancelled": "cancelled",
    "skipped": "cancelled",
    "neutral": "cancelled",
    "stale": "cancelled",
    "action_required": "pending",
}


class Node(BaseModel):
    """Something that REST or a push tells of."""

    model_config = ANSWERED


class _Actor(Node):
    login: Short
    kind: Short | None = Field(default=None, alias="type")


class Run(Node):
    """A run, as REST and pushes have it."""

    id: int
    name: Title | None = None
    number: int = Field(default=0, alias="run_number")
    url: Short | None = Field(default=None, alias="html_url")
    created: AwareDatetime = Field(alias="created_at")
    updated: AwareDatetime = Field(alias="updated_at")
    conclusion: Short | None = None
    actor: _Actor | None = None


class _Runs(Node):
    runs: list[Run] = Field(alias="workflow_runs")


async def run_pages(
    github: GitHub, cursor: Cursor, seen: Seen, names: Sequence[str], web: str
) -> AsyncGenerator[list[Record], None]:
    """Yield the runs of each repository that has new ones; the cursor then says that they are read."""
    for start in range(0, len(names), _AT_ONCE):
        some = names[start : start + _AT_ONCE]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_read(github, cursor, seen, name)) for name in some]
        for name, task in zip(some, tasks, strict=True):
            runs, etag = task.result()
            mark = cursor.mark(name, "workflow_runs")
            if etag is not None:
                mark.etag = etag
                mark.done = max((run.created for run in runs), default=mark.done or cursor.since)
            if runs:
                yield [run_record(name, run, web) for run in runs]


async def _read(github: GitHub, cursor: Cursor, seen: Seen, name: str) -> tuple[list[Run], str | None]:
    """Return the runs since the mark and the answer's validator; None: nothing has changed, or all is closed."""
    since = _day(cursor.since_of(name, "workflow_runs"))
    found: list[Run] = []
    etag = None
    for page in range(1, _MOST_PAGES + 1):
        response = await github.get(
            runs_path(name, since, page), cursor.mark(name, "workflow_runs").etag if page == 1 else ""
        )
        if response.status == 304:
            return [], None
        if response.status != 200:
            seen.closed.add((name, "workflow_runs"))
            return [], None
        try:
            runs = _Runs.model_validate_json(response.body).runs
        except ValidationError as error:
            raise changed(error) from None
        etag = response.headers.get("etag", "") if page == 1 else etag
        found.extend(runs)
        if len(runs) < _FULL:
            return found, etag
    seen.unfinished.add(name)
    return found, etag


def runs_path(name: str, since: str, page: int) -> str:
    """Return where the runs of a repository stand that were begun on a day or later."""
    return f"/repos/{name}/actions/runs?per_page={_FULL}&created=%3E%3D{since}&page={page}"


def _day(at: datetime) -> str:
    return at.astimezone(UTC).date().isoformat()


def run_record(name: str, run: Run, web: str) -> Record:
    """Return a run of a workflow of a repository."""
    state = _STATES.get(run.conclusion or "", "pending")
    who = Account(login=run.actor.login, kind=run.actor.kind) if run.actor else None
    author, bot = (who.login, who.bot) if who else (GHOST, False)
    workflow = (run.name or "workflow")[:200]
    body = WorkflowRun(author, bot, name, workflow, state)
    ended = None if state == "pending" else run.updated
    return Record(str(run.id), run.created, ended, f"{workflow} #{run.number} · {name}", safe(run.url, web), body)
