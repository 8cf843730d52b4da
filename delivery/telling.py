"""Tell a person what he has to know: a card in his direct messages, or one that waits for him at his terminal."""

from __future__ import annotations

from collections.abc import Sequence

from model.card import Action, Card, Text, Tone, text_line
from model.delivery import Address
from model.ids import MemberId
from model.language import Code, Language, Message
from model.member import Member, Role
from storage.stores import Stores
from writers.direct import CHATS, payloads_of

_HELD = -1  # the priority of what waits for the end of quiet hours: what he asked for meanwhile goes ahead of it


async def tell(
    stores: Stores,
    member: MemberId | None,
    title: Message,
    *lines: Message,
    actions: Sequence[tuple[Message, Action]] = (),
    tone: Tone = Tone.WARNING,
) -> None:
    """Put a card on its way to a member, in his language; where he is gone, to an owner of the workspace.

    At a terminal it waits until he is next seen there; everywhere until his quiet hours are over. `actions`: what each
    button says, and what it does.
    """
    seat = await _seat(stores, member)
    if seat is None:
        return
    told, to = seat
    chosen = await stores.workspaces.settings()
    code: Code = told.language or chosen.language or "en"
    zone = told.zone or chosen.zone or "UTC"
    language = Language(code, zone)
    text = Text(tuple(text_line(language.say(line)) for line in lines))
    buttons = tuple(
        Action(language.say(label), action.command, action.values, action.once) for label, action in actions
    )
    card = Card(language.say(title), (text,), code, buttons, tone=tone, private=True)
    bound = await stores.actions.bind(card, told.id)
    until = told.preferences.quiet_until(stores.clock.now(), zone)
    priority = 0 if until is None else _HELD
    await stores.deliveries.put(to, payloads_of(bound, to.platform), priority=priority, language=code, not_before=until)


async def seat_of(stores: Stores, member: MemberId) -> Address | None:
    """Return where a member alone reads what he is told, if he was ever seen in a chat."""
    users = {one.platform: one.user for one in await stores.members.identities(member)}
    accounts = await stores.accounts.all()
    for platform in CHATS:
        if platform.value in users and platform in accounts:
            return Address(platform, accounts[platform], "").own(users[platform.value])
    return None


async def _seat(stores: Stores, member: MemberId | None) -> tuple[Member, Address] | None:
    """Return who is told, and where: the member himself, else an owner."""
    owners = [one for one in await stores.members.all() if one.role is Role.OWNER]
    asked = [] if member is None else [await stores.members.of(member)]
    for one in (*asked, *owners):
        to = await seat_of(stores, one.id)
        if to is not None:
            return one, to
    return None
