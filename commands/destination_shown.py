"""/destination list, show, test: the named destinations and how they are."""

from __future__ import annotations

from typing import Annotated

from commands.cards import card, paragraphs, table, typed
from commands.command import Arguments, Context, Nothing, Reply
from delivery import destinations as adding
from model.card import Action, Fields, Tone, text_line
from model.delivery import NamedDestination
from model.errors import DeliveryError
from model.form import Option
from model.language import Message
from storage.stores import Stores

EXAMPLE = "/destination add file name=archive folder=weekly"
_LABELS = (("url", "Address"), ("repeats", "Repeats"), ("folder", "Folder"), ("form", "Kind of file"))


class Named(Arguments):
    """One destination."""

    destination: Annotated[str, Option(Message("Destination"), names="destination", positional=True)]


async def list_(ctx: Context, _: Nothing) -> Reply:
    """List the destinations."""
    async with ctx.read() as stores:
        found = await stores.destinations.all()
    if not found:
        text = paragraphs(ctx.say("Reports go to the terminal of whoever asks for them."), typed(EXAMPLE))
        return Reply(card(ctx.language, ctx.say("There is no destination yet."), [text]))
    rows = [(one.name, one.kind, _state(ctx, one)) for one in found]
    head = (ctx.say("Destination"), ctx.say("Kind"), ctx.say("State"))
    return Reply(card(ctx.language, ctx.say("Destinations"), [table(head, rows)]))


async def show(ctx: Context, args: Named) -> Reply:
    """Show a destination: never its secret, and of its address only the host."""
    async with ctx.read() as stores:
        found = await stores.destinations.named(args.destination)
        config = await stores.destinations.config(found.id)
        member = await stores.members.of(found.member)
        used = await users_of(ctx, stores, found)
    settings = adding.shown(config)
    fields = (
        (ctx.say("Kind"), text_line(found.kind)),
        (ctx.say("State"), text_line(_state(ctx, found))),
        *((ctx.say(label), text_line(settings[name])) for name, label in _LABELS if name in settings),
        (ctx.say("Added"), text_line(f"{ctx.language.instant(found.added)} · {member.name}")),
        (ctx.say("Reports"), text_line(", ".join(used) or ctx.say("none"))),
    )
    turn = ("Resume", "destination resume") if found.paused else ("Pause", "destination pause")
    again = Action(ctx.say(turn[0]), turn[1], {"destination": found.name}, once=True)
    title = ctx.say("Destination {name}", name=found.name)
    return Reply(card(ctx.language, title, [Fields(fields)], (test_button(ctx, found.name), again)))


async def test(ctx: Context, args: Named) -> Reply:
    """Send a message that says it is a test; to one that is paused, too."""
    async with ctx.read() as stores:
        found = await stores.destinations.named(args.destination)
    try:
        await adding.try_out(found, ctx.language, ctx.house.destinations)
    except DeliveryError as error:
        lines = [ctx.language.say(text) for text in (error.message, error.hint) if text is not None]
        title = ctx.say("The test could not be sent to {name}.", name=found.name)
        return Reply(card(ctx.language, title, [paragraphs(*lines)], tone=Tone.WARNING))
    resume = Action(ctx.say("Resume"), "destination resume", {"destination": found.name}, once=True)
    title = ctx.say("A test was sent to {name}.", name=found.name)
    return Reply(card(ctx.language, title, (), (resume,) if found.paused else (), Tone.GOOD))


async def users_of(ctx: Context, stores: Stores, found: NamedDestination) -> list[str]:
    """Return the reports that go there, by name; those that the caller does not see only as a number."""
    using = await stores.destinations.users(found.name)
    names = sorted(report.name for report in await stores.reports.seen(ctx.member) if report.id in using)
    others = len(using) - len(names)
    return [*names, ctx.say("{n} {n:other|others}", n=others)] if others else names


def test_button(ctx: Context, name: str) -> Action:
    """Return the button that tries a destination."""
    return Action(ctx.say("Send a test"), "destination test", {"destination": name})


def _state(ctx: Context, found: NamedDestination) -> str:
    if found.paused is None:
        return ctx.say("open")
    why = "" if found.problem is None else f": {ctx.language.say(found.problem)}"
    return ctx.say("paused since {at}", at=ctx.language.instant(found.paused)) + why
