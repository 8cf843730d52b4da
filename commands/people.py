"""/arb members, role, link, unlink: who is here, who may do what, who is whom."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from commands.cards import card, group, paragraphs, table, typed
from commands.command import Arguments, Command, Context, Nothing, Reply
from commands.me import Me, identity_word, me, role_word
from model.card import Action, Block, Tone
from model.errors import NotAllowed, UsageError
from model.form import Option
from model.language import Message
from model.member import GIT, Identity, Member, Role
from storage.stores import Stores

_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")
_MOST_UNMAPPED = 20


class GiveRole(Arguments):
    """A member and the role to give."""

    member: Annotated[str, Option(Message("Member"), names="member", positional=True)]
    role: Annotated[Literal["nobody", "viewer", "editor", "admin", "owner"], Option(Message("Role"), positional=True)]


class Link(Arguments):
    """Nothing for a code; a code; or `git` and an address."""

    what: Annotated[str | None, Option(Message("Code, or git"), positional=True)] = None
    address: Annotated[str | None, Option(Message("Address in commits"), positional=True)] = None
    member: Annotated[str | None, Option(Message("Member"), names="member")] = None
    confirmed: Annotated[bool, Option(Message("Confirmed"))] = False


class Unlink(Arguments):
    """An identity: an address in commits, or platform:user."""

    identity: Annotated[str, Option(Message("Identity"), positional=True, example="mina@example.org")]
    member: Annotated[str | None, Option(Message("Member"), names="member")] = None


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
        if max(wanted, member.role) > giver.role:
            raise NotAllowed(
                "You are {yours} here: you can neither give nor take a higher role.",
                hint=Message("An owner of this workspace can do it."),
                yours=Message(giver.role.name.lower()),
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


async def link(ctx: Context, args: Link) -> Reply:
    """Give a one-time code, take one, or tie an address in commits."""
    if args.what is None:
        return await _code(ctx)
    if args.what.lower() == GIT:
        return await _tie(ctx, _address(args.address or "", "/arb link git mina@example.org"), args.member)
    if args.address is not None or args.member is not None:
        raise UsageError(
            "A code stands alone.",
            hint=Message("Type /arb link <code>, or /arb link git <address> for an address in commits."),
        )
    return await _merge(ctx, args.what) if args.confirmed else await _ask(ctx, args.what)


async def _code(ctx: Context) -> Reply:
    async with ctx.write() as stores:
        code = await stores.people.code(ctx.member.id)
    text = paragraphs(
        typed(f"/arb link {code}"),
        ctx.say("Say this where you are somebody else, within ten minutes: both will be one, with your role here."),
        ctx.say("It works once. Give it to nobody, and never type a code that somebody gave you."),
    )
    return Reply(card(ctx.language, ctx.say("A code for you"), [text]))


async def _ask(ctx: Context, code: str) -> Reply:
    async with ctx.read() as stores:
        into = await stores.people.issuer(code)
    text = paragraphs(
        ctx.say(
            "From then on you speak as {name}, with the role {role}; your reports and templates go along.",
            name=into.shown,
            role=role_word(into.role, ctx.language),
        ),
        ctx.say("Do it only if you made this code yourself."),
    )
    action = Action(ctx.say("Yes, that is me"), "arb link", {"what": code, "confirmed": True}, once=True)
    return Reply(
        card(ctx.language, ctx.say("Become one with {name}?", name=into.shown), [text], [action], Tone.WARNING)
    )


async def _merge(ctx: Context, code: str) -> Reply:
    async with ctx.write() as stores:
        gone = await stores.members.of(ctx.member.id)
        into = await stores.people.merge(code, gone)
    return Reply(card(ctx.language, ctx.say("You are {name} here now.", name=into.shown), tone=Tone.GOOD))


async def _tie(ctx: Context, identity: Identity, named: str | None) -> Reply:
    async with ctx.write() as stores:
        member = await _whose(ctx, stores, named)
        await stores.people.tie(member, identity)
    title = ctx.say("Commits of {address} are by {name}.", address=identity.user, name=member.shown)
    text = paragraphs(ctx.say("Choose the name in reports with /arb me shown=…; it holds for runs from now on."))
    return Reply(card(ctx.language, title, [text], tone=Tone.GOOD))


async def unlink(ctx: Context, args: Unlink) -> Reply:
    """Untie an identity."""
    platform, found, user = args.identity.partition(":")
    identity = Identity(platform.lower(), user) if found else _address(args.identity, "/arb unlink mina@example.org")
    async with ctx.write() as stores:
        member = await _whose(ctx, stores, args.member)
        await stores.people.untie(member, identity)
    title = ctx.say("{identity} is no longer {name}.", identity=identity_word(identity), name=member.shown)
    return Reply(card(ctx.language, title, tone=Tone.GOOD))


async def _whose(ctx: Context, stores: Stores, named: str | None) -> Member:
    """Return the member meant: oneself, or for an admin anybody."""
    own = await stores.members.of(ctx.member.id)
    if named is None:
        return own
    if own.role < Role.ADMIN:
        raise NotAllowed(
            "Only admins tie and untie identities of others.",
            hint=Message("Leave member= out to do it for yourself."),
        )
    return await stores.members.named(named)


def _address(text: str, example: str) -> Identity:
    address = text.strip().strip("<>").lower()
    if not _ADDRESS.fullmatch(address):
        raise UsageError(
            "That is no address as commits have it.", hint=Message("For example: {example}", {"example": example})
        )
    return Identity(GIT, address)


COMMANDS: tuple[Command[Any], ...] = (
    Command(
        "arb me", Message("Show or change who you are here; get or erase your data."), "/arb me language=ko", Me, me
    ),
    Command("arb members", Message("List the members and their roles."), "/arb members", Nothing, members),
    Command("arb role", Message("Give a member a role."), "/arb role jun editor", GiveRole, give_role, Role.ADMIN),
    Command("arb link", Message("Tie who you are elsewhere to you."), "/arb link git mina@example.org", Link, link),
    Command("arb unlink", Message("Untie an identity."), "/arb unlink mina@example.org", Unlink, unlink),
)
