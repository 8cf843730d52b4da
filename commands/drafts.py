"""Forms that are filled in a few fields at a time: what is known so far stands sealed, until it is submitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from commands.names import matching, names
from model.delivery import Address
from model.errors import UnknownName
from model.form import Form
from model.language import Code, Message
from model.member import Member, Role
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Draft:
    """A form as it stands, and who fills it in."""

    form: Form
    member: Member
    language: Code | None  # his own or the workspace's; None where neither has chosen
    zone: str | None


async def opened(
    db: Database,
    here: Address,
    user: str,
    id: str,
    given: Mapping[str, str] | None = None,
) -> Draft:
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
        chosen = await stores.workspaces.settings()
    if given:
        async with db.write(workspace) as stores:
            form = await stores.actions.keep(id, member.id, given)
    return Draft(form, member, member.language or chosen.language, member.zone or chosen.zone)


async def offers(
    db: Database, here: Address, user: str, id: str, field: str, typed: str, most: int
) -> tuple[Sequence[tuple[str, str]], bool]:
    """Return up to `most` (value, label) for what is being typed into a field, and whether other words may stand there.

    Raises like `opened`.
    """
    draft = await opened(db, here, user, id)
    asked = next((one for one in draft.form.fields if one.name == field), None)
    if asked is None or draft.member.role < Role.VIEWER:
        return (), False
    if asked.choices:
        labels = {label: value for value, label in asked.choices}
        return [(labels[label], label) for label in matching(list(labels), typed, most)], False
    if asked.names is None:
        return (), True
    async with db.read(draft.member.workspace) as stores:
        known = await names(stores, asked.names, draft.member)
    return [(name, name) for name in matching(known, typed, most)], True


def _nothing() -> UnknownName:
    return UnknownName("There is no such button here.", hint=Message("Say the command again."))
