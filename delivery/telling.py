"""Tell a person what he has to know: a card in his direct messages, or one that waits for him at his terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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
    *lines: Message | Callable[[Language], str],
    actions: Sequence[tuple[Message, Action]] = (),
    tone: Tone = Tone.WARNING,
) -> None:
    """Put a card on its way to a member, in his language; where he is gone, to an owner or admin of the workspace.

    At a terminal it waits until he is next seen there; everywhere until his quiet hours are over. `actions`: what each
    button says, and what it does. A line may also be a function that says it in his language.
    """
    seat = await _seat(stores, member)
    if seat is None:
        return
    told, to = seat
    chosen = await stores.workspaces.settings()
    code: Code = told.language or chosen.language or "en"
    zone = told.zone or chosen.zone or "UTC"
    language = Language(code, zone)
    said = (language.say(line) if isinstance(line, Message) else line(language) for line in lines)
    text = Text(tuple(map(text_line, said)))
    buttons = tuple(
        Action(language.say(label), action.command, action.values, action.once) for label, action in actions
    )
    card = Card(language.say(title), (text,), code, buttons, tone=tone, private=True)
    bound = await stores.actions.bind(card, told.id)
    until = told.preferences.quiet_until(stores.clock.now(), zone)
    priority = 0 if until is None else _HELD
    await stores.deliveries.put(to, payloads_of(bound, to.platform), priority=priority, language=code, not_before=until)


async def seat_of(stores: Stores, member: MemberId) -> Address | None:
    """Return where a member alone reads what he is told, if he was ever seen in a chat and is still there."""
    seats = await _seats(stores, member)
    return seats[0] if seats else None


async def _seats(stores: Stores, member: MemberId) -> Sequence[Address]:
    users = {one.platform: one.user for one in await stores.members.identities(member) if not one.gone}
    accounts = await stores.accounts.all()
    there = [platform for platform in CHATS if platform.value in users and platform in accounts]
    return [Address(platform, accounts[platform], "").own(users[platform.value]) for platform in there]


async def _seat(stores: Stores, member: MemberId | None) -> tuple[Member, Address] | None:
    """Return who is told, and where: the member himself, else an owner, else an admin.

    Whoever can be reached comes before one whose chat takes nothing from us just now, whatever he is.
    """
    asked = [] if member is None else [await stores.members.of(member)]
    all_ = await stores.members.all()
    above = [one for role in (Role.OWNER, Role.ADMIN) for one in all_ if one.role is role]
    closed: tuple[Member, Address] | None = None
    for one in (*asked, *above):
        for to in await _seats(stores, one.id):
            if await stores.places.closed(to) is None:
                return one, to
            closed = closed or (one, to)
    return closed
