"""Owners of a workspace that has put the bot out are told elsewhere: it can write to nobody there any more."""

from __future__ import annotations

import logging

from delivery.telling import tell
from model.delivery import Address
from model.ids import WorkspaceId
from model.language import Message
from model.member import Role
from storage.database import Database

_log = logging.getLogger(__name__)


async def tell_owners(db: Database, workspace: WorkspaceId, gone: Address, title: Message, reason: Message) -> None:
    """Tell the owners of a workspace in another one of their platform, where they are known and the bot is in.

    Raises StorageBusy.
    """
    async with db.read(workspace) as stores:
        owners = [one for one in await stores.members.all() if one.role is Role.OWNER]
        known = [one for owner in owners for one in await stores.members.identities(owner.id)]
    users = {one.user for one in known if one.platform == gone.platform}
    reached = [user for user in sorted(users) if await _told(db, user, gone, title, reason)]
    if not reached:
        _log.warning("%s %s: %s Its owners can be told nowhere else.", gone.platform.value, gone.account, reason)


async def _told(db: Database, user: str, gone: Address, title: Message, reason: Message) -> bool:
    for account, _ in await db.entrances.known(gone.platform, user):
        workspace = await db.entrances.workspace(gone.platform, account)
        if account == gone.account or workspace is None:
            continue
        async with db.write(workspace) as stores:
            member = await stores.members.identified(gone.platform, user)
            if member is None or await stores.places.closed(Address(gone.platform, account, f"@{user}")):
                continue
            await tell(stores, member.id, title, reason, Message("Nothing is sent there until it is let in again."))
        return True
    return False
