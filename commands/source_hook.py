"""/source hook, unhook: the address that others push what happens to."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import SecretStr

from commands.cards import card, paragraphs, typed
from commands.command import Arguments, Command, Context, Reply
from commands.forms import form_of
from model.card import Action, Block, Fields, Tone, text_line
from model.errors import UsageError
from model.form import Option
from model.language import Message
from model.member import Role
from model.pushed import Hook
from model.source import Source
from sources.receive import hook_path, secret_for
from storage.hooks import Traffic

_STEPS = {
    "github": Message(
        "At GitHub, under Settings, Webhooks of the repository or organization: this as the payload URL, the content "
        "type application/json, the secret, and “Send me everything” or the events that are to be read."
    ),
    "slack": Message(
        "At api.slack.com/apps, under Event Subscriptions of the app that hears the channels: this as the request URL, "
        "and message.channels and reaction_added among its events."
    ),
    "custom": Message(
        "A program posts JSON there, signed with the secret as https://www.standardwebhooks.com has it: "
        "docs/webhooks.md shows how."
    ),
}


class HookOf(Arguments):
    """A source, and whether its secret is to be another."""

    source: Annotated[str, Option(Message("Source"), names="source", positional=True)]
    renew: Annotated[bool, Option(Message("Make another secret"))] = False
    secret: Annotated[SecretStr | None, Option(Message("Signing secret of whoever pushes"))] = None


class Unhook(Arguments):
    """A source."""

    source: Annotated[str, Option(Message("Source"), names="source", positional=True)]


async def hook(ctx: Context, args: HookOf) -> Reply:
    """Show the address of a source with what came there; made, or given another secret, it shows that once."""
    async with ctx.read() as stores:
        source = await stores.sources.named(args.source)
        known = await stores.hooks.of(source.id)
        traffic = None if known is None else await stores.hooks.traffic(known)
    path = hook_path(source.kind)
    if path is None:
        raise UsageError(
            "Nobody pushes to a {kind} source: it is read.",
            hint=Message("One that is pushed to is added with /source add custom name=…"),
            kind=source.kind,
        )
    if known is not None and traffic is not None and not args.renew and args.secret is None:
        return _shown(ctx, source, path, known, traffic)
    secret = secret_for(source.kind, None if args.secret is None else args.secret.get_secret_value())
    if secret is None:
        title, problem = ctx.say("Signing secret for {name}", name=source.name), Message("It is needed once.")
        values = {"source": source.name, "renew": args.renew}
        return Reply(form_of(ctx.language, title, "source hook", HookOf, values, problem=problem))
    async with ctx.write() as stores:
        source = await stores.sources.named(args.source)
        made = await stores.hooks.make(source.id, ctx.member.id, secret)
    blocks = [_told(ctx, path, made)]
    if args.secret is None:
        blocks.append(
            paragraphs(ctx.say("This is the secret that it signs with. It is not shown again:"), typed(secret))
        )
    title = ctx.say("Source {name} can be pushed to.", name=source.name)
    return Reply(card(ctx.language, title, blocks, (_show(ctx, source),), Tone.GOOD))


async def unhook(ctx: Context, args: Unhook) -> Reply:
    """Take the address of a source away; what was pushed stays."""
    async with ctx.write() as stores:
        source = await stores.sources.named(args.source)
        if not await stores.hooks.remove(source.id):
            raise UsageError("Nobody can push to {name}: it has no address.", name=source.name)
    text = paragraphs(ctx.say("Whatever is sent there is refused from now on; what came before stays."))
    title = ctx.say("Source {name} is no longer pushed to.", name=source.name)
    return Reply(card(ctx.language, title, [text], tone=Tone.GOOD))


def _shown(ctx: Context, source: Source, path: str, known: Hook, traffic: Traffic) -> Reply:
    last = ctx.language.instant(traffic.last) if traffic.last else ctx.say("never")
    rows = [
        (ctx.say("Came lately"), ctx.say("{n} {n:event|events}", n=traffic.events)),
        (ctx.say("The last one"), last),
        (ctx.say("Could not be read"), ctx.say("{n}", n=traffic.unread)),
        (ctx.say("Secret made"), ctx.language.instant(known.made)),
    ]
    fields = Fields(tuple((label, text_line(value)) for label, value in rows))
    renew = Action(ctx.say("Make another secret"), "source hook", {"source": source.name, "renew": True}, once=True)
    end = Action(ctx.say("Take it away"), "source unhook", {"source": source.name}, once=True)
    title = ctx.say("What is pushed to {name}", name=source.name)
    return Reply(card(ctx.language, title, [_told(ctx, path, known), fields], (renew, end)))


def _told(ctx: Context, path: str, known: Hook) -> Block:
    """Return the address, and what to do with it."""
    public, end = ctx.house.address, f"/webhooks/{path}/{known.id}"
    lines = [typed(f"{public}{end}"), text_line(ctx.language.say(_STEPS[path]))]
    if not public:
        said = ctx.say("Before it stands the address at which this machine's HTTP server is reached: ARB_PUBLIC_URL.")
        lines.append(text_line(said))
    return paragraphs(*lines)


def _show(ctx: Context, source: Source) -> Action:
    return Action(ctx.say("Show what came"), "source hook", {"source": source.name})


COMMANDS: tuple[Command[Any], ...] = (
    Command(
        "source hook",
        Message("Have others push what happens to a source."),
        "/source hook pushed",
        HookOf,
        hook,
        Role.EDITOR,
    ),
    Command(
        "source unhook",
        Message("Let nobody push to a source any more."),
        "/source unhook pushed",
        Unhook,
        unhook,
        Role.EDITOR,
    ),
)
