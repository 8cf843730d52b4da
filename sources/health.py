"""Checks of what reads the sources, and of each source."""

from __future__ import annotations

import asyncio
from datetime import datetime

from collectors.git_process import git_version
from model.errors import ArbError, SourceError
from model.health import Check, Health
from model.ids import WorkspaceId
from model.language import Message
from model.source import Reach, Source
from sources.add import problems
from storage.database import Database

_DEADLINE = 30.0  # seconds that the check of one source may take


async def git_check() -> Check:
    """Tell whether the git that is installed is new enough."""
    try:
        version = await git_version()
    except SourceError as error:
        return Check(Message("git"), Health.CRITICAL, error.message, error.hint)
    return Check(Message("git"), Health.OK, Message("git {version} is new enough.", {"version": version}))


async def source_checks(db: Database, workspace: WorkspaceId, reach: Reach) -> tuple[Check, ...]:
    """Return how each source of a workspace is, tried side by side."""
    async with db.read(workspace) as stores:
        sources = await stores.sources.all()
    if not sources:
        return (no_sources(),)
    return tuple(await asyncio.gather(*(_checked(db, workspace, source, reach) for source in sources)))


def no_sources() -> Check:
    """Return the check of a workspace without sources."""
    means, do = Message("There is no source yet."), Message("Say /arb start to add one.")
    return Check(Message("Sources"), Health.ATTENTION, means, do)


def _readable(source: Source, now: datetime) -> Message:
    left = source.reading.allowance if source.reading else None
    if left is None or left.again <= now:
        return Message("It can be read.")
    values = {"left": left.left, "of": left.of, "at": f"{left.again:%H:%M}"}
    return Message("It can be read; {left} of {of} requests are left until {at} UTC.", values)


async def _checked(db: Database, workspace: WorkspaceId, source: Source, reach: Reach) -> Check:
    part = Message("Source {name}", {"name": source.name})
    try:
        async with db.read(workspace) as stores:
            config = await stores.sources.config(source.id)
        async with asyncio.timeout(_DEADLINE):
            found = await problems(source.kind, config, reach.within(workspace))
    except ArbError as error:
        return Check(part, Health.ATTENTION, error.message, error.hint)
    except TimeoutError:
        means = Message("It did not answer within {n} seconds.", {"n": int(_DEADLINE)})
        return Check(part, Health.ATTENTION, means, Message("Try again, or look at what it reads."))
    if not found:
        return Check(part, Health.OK, _readable(source, reach.clock.now()))
    do = found[1] if len(found) > 1 else Message("Mend it, then say /source test {name}.", {"name": source.name})
    return Check(part, Health.ATTENTION, found[0], do)
