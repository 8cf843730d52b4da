"""/destination: where reports go, besides to the terminal of whoever asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import (
    JsonValue,
    ValidationError,
)

from commands.cards import card, paragraphs, typed
from commands.command import Command, Context, Nothing, Reply
from commands.destination_settings import Add, Edit, named_settings, settings
from commands.destination_shown import EXAMPLE, Named, list_, show, test, test_button, users_of
from commands.forms import form_of
from commands.grammar import complaints
from commands.places import added, config_of, own
from delivery import destinations as adding
from model.card import Action, Block, Tone
from model.delivery import Channel, NamedDestination
from model.errors import UsageError
from model.language import Message
from model.member import Role
from storage.stores import Stores


async def add(ctx: Context, args: Add) -> Reply:
    """Add a destination that may be sent to; a secret that was made for it is shown this once."""
    given = dict(args.model_extra or {})
    name = given.pop("name", None)
    config, channel = await _kept(ctx, args.kind, given)
    async with ctx.write() as stores:
        if channel is None:
            made = await stores.destinations.add(str(name), args.kind, config, ctx.member.id)
        else:
            made = await added(stores, channel, ctx.member, None if name is None else str(name))
    name = made.name
    blocks: list[Block] = [
        paragraphs(ctx.say("Name it in a report: /report edit … destinations={own},{name}", own=own(ctx), name=name))
    ]
    if "secret" in config and not given.get("secret"):
        blocks.append(_made(ctx, str(config["secret"])))
    title = ctx.say("Destination {name} added.", name=name)
    return Reply(card(ctx.language, title, blocks, (test_button(ctx, name),), Tone.GOOD))


async def edit(ctx: Context, args: Edit) -> Reply:
    """Change a destination; without anything to change, show the form with what is set (never a secret)."""
    async with ctx.read() as stores:
        found = await stores.destinations.named(args.destination)
        config = await stores.destinations.config(found.id)
    if args.kind not in (None, found.kind):
        raise UsageError("A destination keeps its kind.", hint=Message("Add another one: /destination add"))
    given = dict(args.model_extra or {})
    if not given and args.name is None:
        further = adding.settings_of(found.kind)
        models = (Edit, further) if further else (Edit,)
        values = {"destination": found.name, "name": found.name, "kind": found.kind, **config}
        title = ctx.say("Destination {name}", name=found.name)
        return Reply(form_of(ctx.language, title, "destination edit", models, values))
    config, channel = await _kept(ctx, found.kind, {**config, **given})
    name = args.name or found.name
    async with ctx.write() as stores:
        if name != found.name:
            await _refuse_in_use(ctx, stores, found)
        await stores.destinations.change(found.id, name, config, None if channel is None else channel.address)
    title = ctx.say("Destination {name} changed.", name=name)
    return Reply(card(ctx.language, title, (), (test_button(ctx, name),), Tone.GOOD))


async def pause(ctx: Context, args: Named) -> Reply:
    """Send nothing there until it is resumed; what is due waits."""
    async with ctx.write() as stores:
        found = await stores.destinations.named(args.destination)
        why = Message("Paused by {name}.", {"name": ctx.member.name})
        await stores.places.close(found.address, why, whole=False)
    resume = Action(ctx.say("Resume"), "destination resume", {"destination": found.name}, once=True)
    text = paragraphs(ctx.say("What is due there waits until it is resumed."))
    return Reply(card(ctx.language, ctx.say("Destination {name} is paused.", name=found.name), [text], (resume,)))


async def resume(ctx: Context, args: Named) -> Reply:
    """Send there again, what waits first."""
    async with ctx.write() as stores:
        found = await stores.destinations.named(args.destination)
        await stores.places.open(found.address)
    title = ctx.say("Destination {name} is sent to again.", name=found.name)
    return Reply(card(ctx.language, title, tone=Tone.GOOD))


async def remove(ctx: Context, args: Named) -> Reply:
    """Forget a destination that no report goes to; what was sent stays."""
    async with ctx.write() as stores:
        found = await stores.destinations.named(args.destination)
        await _refuse_in_use(ctx, stores, found)
        await stores.destinations.remove(found.id)
    text = paragraphs(ctx.say("What was sent there stays there; its secret is forgotten."))
    return Reply(card(ctx.language, ctx.say("Destination {name} removed.", name=found.name), [text]))


async def _kept(
    ctx: Context, kind: str, given: Mapping[str, JsonValue]
) -> tuple[Mapping[str, JsonValue], Channel | None]:
    """Return the configuration to keep, and the channel that is meant, where it is one. Raises UsageError."""
    try:
        if not adding.is_chat(kind):
            return await adding.kept(kind, given, ctx.house.destinations), None
        channel = await adding.channel_of(kind, given, ctx.here, ctx.house.destinations)
        return config_of(channel), channel
    except ValidationError as error:
        missing, wrong = complaints(error)
        field, reason = next(iter(wrong.items()), (missing[0] if missing else "", Message("this is needed")))
        raise UsageError("That cannot be used as {field}: {reason}.", field=field, reason=reason) from None


async def _refuse_in_use(ctx: Context, stores: Stores, found: NamedDestination) -> None:
    used = await users_of(ctx, stores, found)
    if used:
        raise UsageError(
            "Reports go to {name}: {reports}.",
            hint=Message("Take it out of them first: /report edit … destinations={own}", {"own": own(ctx)}),
            name=found.name,
            reports=", ".join(used),
        )


def _made(ctx: Context, secret: str) -> Block:
    """Return a secret that was made, shown this once."""
    told = ctx.say("This is the secret that its messages are signed with. It is not shown again:")
    return paragraphs(told, typed(secret))


COMMANDS: tuple[Command[Any], ...] = (
    Command("destination add", Message("Add a place that reports go to."), EXAMPLE, Add, add, Role.EDITOR,
            named_settings),
    Command("destination list", Message("List the destinations and how they are."), "/destination list", Nothing,
            list_),
    Command("destination show", Message("Show one destination."), "/destination show archive", Named, show),
    Command("destination test", Message("Send a test to a destination."), "/destination test archive", Named, test,
            Role.EDITOR),
    Command("destination edit", Message("Change a destination."), "/destination edit archive", Edit, edit, Role.EDITOR,
            settings),
    Command("destination pause", Message("Let what goes to a destination wait."), "/destination pause archive", Named,
            pause, Role.EDITOR),
    Command("destination resume", Message("Send to a paused destination again."), "/destination resume archive", Named,
            resume, Role.EDITOR),
    Command("destination remove", Message("Remove a destination."), "/destination remove archive", Named, remove,
            Role.EDITOR),
)  # fmt: skip
