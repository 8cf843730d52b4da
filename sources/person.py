"""Ask where a source reads what somebody shows of himself there."""

from __future__ import annotations

from collections.abc import Sequence

from collectors import collector
from collectors.github import GitHubCollector
from model.errors import UsageError
from model.ids import WorkspaceId
from model.language import Message
from model.source import Reach
from storage.database import Database


async def shown_on_github(db: Database, workspace: WorkspaceId, reach: Reach, login: str) -> Sequence[str]:
    """Return the texts that somebody with this login shows, where the first GitHub source of a workspace reads.

    Raises:
        UsageError: there is no such source.
        SourceError: GitHub does not tell.
    """
    async with db.read(workspace) as stores:
        found = [source for source in await stores.sources.all() if source.kind == GitHubCollector.kind]
        if not found:
            raise UsageError(
                "No source reads GitHub here, so nobody can look.",
                hint=Message("Add one: /source add github. Or an admin says it for you, with member=…"),
            )
        config = await stores.sources.config(found[0].id)
    asked = collector(GitHubCollector.kind, config, reach.within(workspace))
    if not isinstance(asked, GitHubCollector):
        raise TypeError("GitHub is read by another collector")
    return await asked.shown_by(login)
