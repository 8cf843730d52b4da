"""/arb link, unlink: who is whom."""

from __future__ import annotations

import re
from typing import Annotated

from commands.cards import card, paragraphs, typed
from commands.command import Arguments, Context, Reply
from commands.joining import WORKSPACE, ask_to_join, code_for_others, join, take_back
from commands.link_github import ask_for_proof, login_of, prove, tied
from commands.me import identity_word, role_word
from model.card import Action, Tone
from model.errors import NotAllowed, UsageError
from model.form import Option
from model.language import Message
from model.member import GIT, GITHUB, Identity, Member, Role
from storage.stores import Stores

_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")


class Link(Arguments):
    """Nothing for a code; a code; `git` and an address, `github` and a login; or `workspace` for others' code."""

    what: Annotated[str | None, Option(Message("Code, git, github or workspace"), positional=True)] = None
    address: Annotated[str | None, Option(Message("Address in commits, or login"), positional=True)] = None
    member: Annotated[str | None, Option(Message("Member"), names="member")] = None
    confirmed: Annotated[bool, Option(Message("Confirmed"))] = False


class Unlink(Arguments):
    """An identity: an address in commits, or platform:user; `workspace` for the place where it is said."""

    identity: Annotated[str, Option(Message("Identity"), positional=True, example="mina@example.org")]
    member: Annotated[str | None, Option(Message("Member"), names="member")] = None


async def link(ctx: Context, args: Link) -> Reply:
    """Give a one-time code, take one, or tie an address in commits or a login."""
    if args.what is None:
        return await _code(ctx)
    if args.what.lower() == WORKSPACE:
        return await code_for_others(ctx)
    if args.what.lower() == GIT:
        return await _tie(ctx, _address(args.address or "", "/arb link git mina@example.org"), args.member)
    if args.what.lower() == GITHUB:
        login = login_of(args.address)
        if args.member is not None:  # an admin vouches for it
            return await _tie(ctx, login, args.member)
        return await (prove if args.confirmed else ask_for_proof)(ctx, login)
    if args.address is not None or args.member is not None:
        raise UsageError(
            "A code stands alone.",
            hint=Message(
                "Type /arb link <code>, /arb link git <address> for an address in commits, or /arb link github <login>."
            ),
        )
    async with ctx.read() as stores:
        other = await stores.accounts.opened_by(args.what)
    if other is not None:
        return await join(ctx, args.what) if args.confirmed else await ask_to_join(ctx, args.what, other)
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
    if identity.platform == GITHUB:
        return tied(ctx, identity, member.shown)
    title = ctx.say("Commits of {address} are by {name}.", address=identity.user, name=member.shown)
    text = paragraphs(ctx.say("Choose the name in reports with /arb me shown=…; it holds for runs from now on."))
    return Reply(card(ctx.language, title, [text], tone=Tone.GOOD))


async def unlink(ctx: Context, args: Unlink) -> Reply:
    """Untie an identity, or the place where this is said."""
    if args.identity.lower() == WORKSPACE:
        return await take_back(ctx)
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
