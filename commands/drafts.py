"""Forms that are filled in a few fields at a time: what is known so far stands sealed, until it is submitted."""

from __future__ import annotations

from collections.abc import Mapping

from model.delivery import Address
from model.errors import UnknownName
from model.form import Form
from model.language import Message
from storage.database import Database


async def opened(
    db: Database,
    here: Address,
    user: str,
    id: str,
    given: Mapping[str, str] | None = None,
) -> Form:
    """Return a form as its draft stands, `given` kept in it before; for its reader alone, whose role counts at the end.

    Raises:
        Expired: it is too old.
        UnknownName: there is none, or it is somebody else's: the same words for both.
        StorageBusy: nothing is kept.
    """
    workspace = await db.entrances.workspace(here.platform, here.account)
    if workspace is None:
        raise _nothing()
    async with db.read(workspace) as stores:
        member = await stores.members.identified(here.platform, user)
        if member is None:
            raise _nothing()
        form = await stores.actions.form(id, member.id)
    if not given:
        return form
    async with db.write(workspace) as stores:
        return await stores.actions.keep(id, member.id, given)


def _nothing() -> UnknownName:
    return UnknownName("There is no such button here.", hint=Message("Say the command again."))
