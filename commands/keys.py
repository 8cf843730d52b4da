"""/arb keys: what programs bring along to ask and to push in a member's name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from commands.cards import card, paragraphs, table, typed
from commands.command import Arguments, Command, Context, Reply
from model.card import Action, Tone
from model.errors import NotAllowed, UsageError
from model.form import Listed, Option
from model.keys import SCOPES, ApiKey, Scope
from model.language import Message
from model.member import Role
from storage.keys import Made
from storage.stores import Stores

_OVERLAP = timedelta(hours=24)  # in which the key before still works
_SOON = timedelta(days=7)
_MAY = {"ingest": Message("push results in"), "read": Message("read what was pushed")}


class Keys(Arguments):
    """What to do, with which key, and what it may."""

    what: Annotated[Literal["list", "new", "rotate", "revoke"], Option(Message("What to do"), positional=True)] = "list"
    name: Annotated[
        str | None, Field(pattern=r"^[\w][\w.-]{0,39}$"), Option(Message("Name"), positional=True, example="ci")
    ] = None
    may: Annotated[Listed[Scope], Field(min_length=1), Option(Message("What it may"))] = SCOPES
    days: Annotated[int, Field(ge=1, le=365), Option(Message("Days until it ends"))] = 90
    now: Annotated[bool, Option(Message("End the one before at once"))] = False


async def keys(ctx: Context, args: Keys) -> Reply:
    """List the keys, make one, make one anew, or end one."""
    if args.what == "list":
        return await _list(ctx)
    if args.name is None:
        raise UsageError(
            "Which API key? It has a name.",
            hint=Message("For example: /arb keys {what} ci", {"what": args.what}),
        )
    if args.what == "new":
        return await _new(ctx, args, args.name)
    if args.what == "rotate":
        return await _rotate(ctx, args, args.name)
    return await _revoke(ctx, args.name)


async def _new(ctx: Context, args: Keys, name: str) -> Reply:
    async with ctx.write() as stores:
        made = await stores.keys.make(name, ctx.member.id, args.may, args.days)
        tenants = await _tenants(stores)
    return _shown(ctx, ctx.say("API key {name} made.", name=name), made, tenants)


async def _rotate(ctx: Context, args: Keys, name: str) -> Reply:
    now = ctx.house.clock.now()
    until = now if args.now else now + _OVERLAP
    async with ctx.write() as stores:
        key = await _own(ctx, stores, name)
        if key.member != ctx.member.id:
            raise NotAllowed(
                "Only its owner can have the API key {name} made anew: it asks in his name.",
                hint=Message("You can end it: /arb keys revoke {name}", {"name": name}),
                name=name,
            )
        made = await stores.keys.rotate(key, args.days, until)
        tenants = await _tenants(stores)
    title = ctx.say("API key {name} made anew.", name=name)
    if args.now or not key.good(now):
        before = ctx.say("The one before works no longer.")
    else:
        at = ctx.language.instant(min(until, key.expires))
        before = ctx.say("The one before works until {at}.", at=at)
    return _shown(ctx, title, made, tenants, before)


async def _revoke(ctx: Context, name: str) -> Reply:
    async with ctx.write() as stores:
        key = await _own(ctx, stores, name)
        await stores.keys.revoke(key)
    text = paragraphs(ctx.say("Whatever brings it is refused from now on."))
    return Reply(card(ctx.language, ctx.say("API key {name} revoked.", name=name), [text], tone=Tone.GOOD))


async def _list(ctx: Context) -> Reply:
    async with ctx.read() as stores:
        found = await stores.keys.all()
        names = {member.id: member.shown for member in await stores.members.all()}
    if not found:
        text = paragraphs(ctx.say("A program that pushes results in needs one:"), typed("/arb keys new ci"))
        return Reply(card(ctx.language, ctx.say("There is no API key yet."), [text]))
    rows = [
        (
            key.name,
            f"{key.mark}…",
            names.get(key.member, ctx.say("somebody who is gone")),
            ctx.language.listed([ctx.language.say(_MAY[scope]) for scope in key.may]),
            _state(ctx, key),
            ctx.language.instant(key.used) if key.used else ctx.say("never"),
            ctx.say("{n}", n=key.requests),
        )
        for key in found
    ]
    head = (
        ctx.say("API key"),
        ctx.say("Begins with"),
        ctx.say("In the name of"),
        ctx.say("Allowed to"),
        ctx.say("State"),
        ctx.say("Last used"),
        ctx.say("Requests"),
    )
    return Reply(card(ctx.language, ctx.say("API keys"), [table(head, rows, (6,))], _buttons(ctx, found)))


def _buttons(ctx: Context, found: Sequence[ApiKey]) -> tuple[Action, ...]:
    """Return buttons for the keys of one's own that end soon."""
    soon = ctx.house.clock.now() + _SOON
    mine = [key for key in found if key.member == ctx.member.id and key.revoked is None and key.expires < soon]
    return tuple(
        Action(ctx.say("Make {name} anew", name=key.name), "arb keys", {"what": "rotate", "name": key.name}, once=True)
        for key in mine[:3]
    )


def _shown(ctx: Context, title: str, made: Made, tenants: str, *more: str) -> Reply:
    """Show a key, this once."""
    key = made.key
    may = ctx.language.listed([ctx.language.say(_MAY[scope]) for scope in key.may])
    text = paragraphs(
        ctx.say("This is the key. It is not shown again:"),
        typed(made.secret),
        ctx.say("It may {may}, in your name and with your role, until {at}.", may=may, at=_day(ctx, key.expires)),
        ctx.say("A program sends it in the header X-Api-Key, and X-Tenant: {tenant}", tenant=tenants),
        *more,
    )
    return Reply(card(ctx.language, title, [text], tone=Tone.GOOD))


def _state(ctx: Context, key: ApiKey) -> str:
    now = ctx.house.clock.now()
    if key.revoked is not None:
        return ctx.say("revoked {at}", at=_day(ctx, key.revoked))
    if key.expires <= now:
        return ctx.say("ended {at}", at=_day(ctx, key.expires))
    return ctx.say("good until {at}", at=_day(ctx, key.expires))


def _day(ctx: Context, at: datetime) -> str:
    return ctx.language.day(at.astimezone(ctx.language.zone).date())


async def _own(ctx: Context, stores: Stores, name: str) -> ApiKey:
    """Return a key that the caller may end: his own, for an admin anybody's. Raises NotAllowed."""
    key = await stores.keys.named(name)
    if key.member != ctx.member.id and ctx.member.role < Role.ADMIN:
        raise NotAllowed(
            "The API key {name} is not yours.", hint=Message("Its owner or an admin can end it."), name=name
        )
    return key


async def _tenants(stores: Stores) -> str:
    return next(iter(sorted((await stores.accounts.all()).values())))


COMMANDS: tuple[Command[Any], ...] = (
    Command(
        "arb keys",
        Message("List, make, renew or end keys that programs push results in with."),
        "/arb keys new ci",
        Keys,
        keys,
        Role.EDITOR,
    ),
)
