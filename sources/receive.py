"""Take what others push: verified and stored before its sender is told, made into records behind.

The records and "this push is done" are committed together: a push has its effect once, whoever is killed.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from collectors import RECEIVERS, receiver
from model.errors import ArbError, StorageBroken, StorageBusy, UsageError
from model.ids import WorkspaceId, webhook_secret
from model.language import Message
from model.pushed import Arrived, Brought, HookedSource, Push, Receiver
from storage.database import Database, Urgency
from storage.receiving import Waiting

_log = logging.getLogger(__name__)
_TOGETHER = 100  # pushes whose effect is written in one go


class NoHook(ArbError):
    """There is no such address."""


async def hooked(db: Database, path: str, id: str) -> HookedSource:
    """Return the source that an address belongs to; raises NoHook."""
    found = await db.receiving.hooked(id)
    if found is None or hook_path(found.kind) != path:
        raise NoHook("There is no such address.")
    return found


def verified(of: HookedSource, push: Push, now: datetime) -> Arrived:
    """Return what a push is; raises PushRefused where it is not genuine, not for this source, or cannot be read."""
    return _receiver(of).arrived(push, of.hook.secret, now)


async def work_off(db: Database) -> int:
    """Make records of the pushes that wait; return how many there were. Raises StorageBusy."""
    done = 0
    while waiting := await db.receiving.waiting(_TOGETHER):
        of: dict[tuple[WorkspaceId, str], list[Waiting]] = defaultdict(list)
        for push in waiting:
            of[push.workspace, push.hook].append(push)
        for (workspace, hook), pushes in of.items():
            await _work_off(db, workspace, hook, pushes)
        done += len(waiting)
    return done


async def _work_off(db: Database, workspace: WorkspaceId, hook: str, pushes: Sequence[Waiting]) -> None:
    source = await _source(db, hook)
    if source is None or (found := receiver(source.kind, source.config)) is None:  # removed meanwhile
        async with db.write(workspace, Urgency.BULK) as stores:
            await stores.pushed.done(hook, [push.event for push in pushes], unread=True)
        return
    brought = {push.event: _brought(found, source, push) for push in pushes}
    unread = [event for event, one in brought.items() if one is None]
    async with db.write(workspace, Urgency.BULK) as stores:
        await stores.pushed.done(hook, unread, unread=True)
        ours = await stores.pushed.done(hook, [event for event in brought if event not in unread])
        effects = [one for event, one in brought.items() if one is not None and event in ours]
        cursor = await stores.records.cursor(source.hook.source, held=True)
        notes = [note for one in effects for note in one.notes]
        moved = found.noted(cursor, notes) if cursor is not None and notes else None
        records = [record for one in effects for record in one.records]
        if records or moved is not None:
            await stores.records.push(source.hook.source, records, moved)


async def _source(db: Database, hook: str) -> HookedSource | None:
    try:
        return await db.receiving.hooked(hook)
    except (StorageBusy, StorageBroken):
        raise
    except ArbError as error:  # its secret or its configuration does not open
        _log.warning("what is pushed to hook %s cannot be read: %s", hook, error)
        return None


def _brought(found: Receiver, source: HookedSource, push: Waiting) -> Brought | None:
    """Return what a push brings; None where it cannot be read: it must not stand in the way of the others."""
    if push.body is None:
        return None
    try:
        return found.brought(push.kind, push.body)
    except Exception as error:  # one push; what an error says may be a part of it, which no log is to hold
        kind, where = type(error).__name__, source.hook.source
        _log.error("push %s to source %s could not be read: %s", push.event, where, kind)
        return None


def hook_path(kind: str) -> str | None:
    """Return what the addresses of a kind of source are called by; None: nobody pushes to it."""
    return next((known.path for known in RECEIVERS if known.kind == kind), None)


def secret_for(kind: str, given: str | None) -> str | None:
    """Return the secret of a new address, made where none is given; None: whoever pushes makes it, and has to say it.

    Raises UsageError where what is given is none.
    """
    found = next(known for known in RECEIVERS if known.kind == kind)
    if given is None:
        return webhook_secret() if found.makes else None
    if not found.fits(given):
        raise UsageError("That is no secret for it.", hint=Message("{form}", {"form": found.form}))
    return given


def _receiver(of: HookedSource) -> Receiver:
    found = receiver(of.kind, of.config)
    if found is None:
        raise NoHook("There is no such address.")
    return found
