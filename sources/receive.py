"""Take what others push: verified and stored before its sender is told, made into records behind.

The records and "this push is done" are committed together: a push has its effect once, whoever is killed.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime

from collectors import RECEIVERS, receiver
from model.errors import ArbError, StorageBroken, StorageBusy, UsageError
from model.ids import WorkspaceId, webhook_secret
from model.language import Message
from model.pushed import Arrived, Brought, HookedSource, Push, Receiver
from storage.database import Database, Urgency
from storage.receiving import Waiting

_log = logging.getLogger(__name__)
_TOGETHER = 100  # pushes whose effect is written in one go
_ROUNDS = 10  # of these


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
    """Make records of pushes that wait, so many that a loop gets on; return how many there were. Raises StorageBusy."""
    done = 0
    for _ in range(_ROUNDS):
        waiting = await db.receiving.waiting(_TOGETHER)
        if not waiting:
            break
        of: dict[tuple[WorkspaceId, str], list[Waiting]] = defaultdict(list)
        for push in waiting:
            of[push.workspace, push.hook].append(push)
        for (workspace, hook), pushes in of.items():
            await _work_off(db, workspace, hook, pushes)
        done += len(waiting)
    return done


async def _work_off(db: Database, workspace: WorkspaceId, hook: str, pushes: Sequence[Waiting]) -> None:
    """Write the effect of pushes to one address; one that cannot be read stands in no other's way."""
    try:
        await _effect(db, workspace, hook, pushes)
    except (StorageBusy, StorageBroken):  # no push's fault
        raise
    except Exception as error:  # one of them; what an error says may be a part of it, which no log is to hold
        if len(pushes) > 1:
            for push in pushes:
                await _work_off(db, workspace, hook, [push])
            return
        _log.error("a push to hook %s could not be read: %s", hook, type(error).__name__)
        await _give_up(db, workspace, hook, pushes)


async def _effect(db: Database, workspace: WorkspaceId, hook: str, pushes: Sequence[Waiting]) -> None:
    source = await _source(db, hook)
    found = None if source is None else receiver(source.kind, source.config)
    if source is None or found is None:  # it was taken away meanwhile
        await _give_up(db, workspace, hook, pushes)
        return
    brought = {push.event: _dated(found.brought(push.kind, push.body)) for push in pushes if push.body is not None}
    sealed = [push for push in pushes if push.body is None]
    of = source.hook.source
    async with db.write(workspace, Urgency.BULK) as stores:
        ours = await stores.pushed.done(hook, list(brought))
        effects = [one for event, one in brought.items() if event in ours]
        cursor = await stores.records.cursor(of, held=True)
        notes = [note for one in effects for note in one.notes]
        moved = found.noted(cursor, notes) if cursor is not None and notes else None
        records = [record for one in effects for record in one.records]
        if records or moved is not None:
            await stores.records.push(of, records, moved)
    await _give_up(db, workspace, hook, sealed)


def _dated(brought: Brought) -> Brought:
    """Return what a push brings; raises OverflowError where an instant in it is none that can be read again."""
    for record in brought.records:
        for at in (record.at, record.ended):
            if at is not None:
                at.astimezone(UTC)
    return brought


async def _give_up(db: Database, workspace: WorkspaceId, hook: str, pushes: Sequence[Waiting]) -> None:
    if pushes:
        async with db.write(workspace, Urgency.BULK) as stores:
            await stores.pushed.done(hook, [push.event for push in pushes], unread=True)


async def _source(db: Database, hook: str) -> HookedSource | None:
    try:
        return await db.receiving.hooked(hook)
    except (StorageBusy, StorageBroken):
        raise
    except ArbError as error:  # its secret or its configuration does not open
        _log.warning("what is pushed to hook %s cannot be read: %s", hook, error)
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
