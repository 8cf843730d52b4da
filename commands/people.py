"""/arb members, role, link, unlink: who is here, who may do what, who is whom."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from commands.cards import card, group, paragraphs, table
from commands.command import Arguments, Command, Context, Nothing, Reply
from commands.link import Link, Unlink, link, unlink
from commands.me import Me, identity_word, me, role_word
from model.card import Block, Tone
from model.errors import NotAllowed
from model.form import Option
from model.language import Message
from model.member import Role

_MOST_UNMAPPED = 20


class GiveRole(Arguments):
    """A member and the role to give."""

    member: Annotated[str, Option(Message("Member"), names="member", positional=True)]
    role: Annotated[Literal["nobody", "viewer", "editor", "admin", "owner"], Option(Message("Role"), positional=True)]


async def members(ctx: Context, _: Nothing) -> Reply:
    """List who is here, and the authors who are nobody here."""
    async with ctx.read() as stores:
        found = await stores.members.all()
        identities = {member.id: await stores.members.identities(member.id) for member in found}
        unmapped = await stores.people.unmapped()
    languages = {"en": "English", "ko": "한국어", None: ctx.say("as installed")}
    rows = [
        (
            m.shown if m.shown == m.name else f"{m.shown} ({m.name})",
            role_word(m.role, ctx.language),
            ", ".join(map(identity_word, identities[m.id])),
            languages[m.language],
        )
        for m in found
    ]
    head = (ctx.say("Member"), ctx.say("Role"), ctx.say("Identities"), ctx.say("Language"))
    blocks: list[Block] = [table(head, rows)]
    if unmapped:
        lines = [f"{name} <{address}>" for name, address in unmapped[:_MOST_UNMAPPED]]
        if len(unmapped) > _MOST_UNMAPPED:
            lines.append(ctx.say("and {n} more", n=len(unmapped) - _MOST_UNMAPPED))
        blocks += group(ctx.say("Authors who are tied to nobody here"), *lines)
        blocks.append(paragraphs(ctx.say("Whoever is one of them says /arb link git and the address.")))
    return Reply(card(ctx.language, ctx.say("Members"), blocks))


async def give_role(ctx: Context, args: GiveRole) -> Reply:
    """Give a member a role; nobody gives or takes more than he has."""
    wanted = Role[args.role.upper()]
    async with ctx.write() as stores:
        giver = await stores.members.of(ctx.member.id)
        member = await stores.members.named(args.member)
        most = giver.role if await stores.members.has_owner() else Role.OWNER  # else nobody ever owned it again
        if max(wanted, member.role) > most:
            raise NotAllowed(
                "You are {yours} here: you can neither give nor take a higher role.",
                hint=Message("An owner of this workspace can do it."),
                yours=Message(giver.role.name.lower()),
            )
        if member.gone:
            raise NotAllowed(
                "{name} has left; there is nobody to give a role to.",
                hint=Message("Who comes back is what his platform gives him, and can be given another role then."),
                name=member.shown,
            )
        if wanted < Role.OWNER:
            await stores.members.refuse_without_owner(member)
        await stores.members.change(member.id, role=wanted)
    title = ctx.say(
        "{name}: {before} → {now}",
        name=member.shown,
        before=role_word(member.role, ctx.language),
        now=role_word(wanted, ctx.language),
    )
    return Reply(card(ctx.language, title, tone=Tone.GOOD))


COMMANDS: tuple[Command[Any], ...] = (
    Command(
        "arb me", Message("Show or change who you are here; get or erase your data."), "/arb me language=ko", Me, me
    ),
    Command("arb members", Message("List the members and their roles."), "/arb members", Nothing, members),
    Command("arb role", Message("Give a member a role."), "/arb role jun editor", GiveRole, give_role, Role.ADMIN),
    Command("arb link", Message("Tie who you are elsewhere to you."), "/arb link git mina@example.org", Link, link),
    Command("arb unlink", Message("Untie an identity."), "/arb unlink mina@example.org", Unlink, unlink),
)
