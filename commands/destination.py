"""/destination: where reports go, besides to the terminal of whoever asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, field_validator

from commands.cards import card, paragraphs, typed
from commands.command import Arguments, Command, Context, Nothing, Reply
from commands.destination_shown import EXAMPLE, Named, list_, show, test, test_button, users_of
from commands.forms import form_of
from commands.grammar import complaints
from delivery import destinations as adding
from model.card import Action, Block, Tone
from model.delivery import NamedDestination
from model.errors import UsageError
from model.form import Option, Unfit
from model.language import Message
from model.member import Role
from storage.stores import Stores

_NAME = r"^[\w][\w.-]{0,39}$"
_OWN = "terminal"  # a destination that is always there


def _fit_name(name: str | None) -> str | None:
    if name is not None and name.casefold() == _OWN:
        raise Unfit("that is what everybody's own terminal is called")
    return name


class Add(Arguments):
    """The kind's own settings come as further keys."""

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)
    kind: Annotated[str, Option(Message("Kind"), names="kind", positional=True)]
    name: Annotated[str, Field(pattern=_NAME), Option(Message("Name"))]

    _free = field_validator("name")(_fit_name)

    @field_validator("kind")
    @classmethod
    def _known(cls, kind: str) -> str:
        if kind not in adding.kinds():
            raise Unfit("the kinds are {kinds}", kinds=", ".join(adding.kinds()))
        return kind


class Edit(Named):
    """One destination, and what of it is to be another: its name, or any setting of its kind."""

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)
    name: Annotated[str | None, Field(pattern=_NAME), Option(Message("Name"))] = None
    kind: Annotated[str | None, Option(Message("Kind"), names="kind")] = None  # says what the settings are; it stays

    _free = field_validator("name")(_fit_name)


async def add(ctx: Context, args: Add) -> Reply:
    """Add a destination that may be sent to; a secret that was made for it is shown this once."""
    given = dict(args.model_extra or {})
    config = await _kept(ctx, args.kind, given)
    async with ctx.write() as stores:
        await stores.destinations.add(args.name, args.kind, config, ctx.member.id)
    blocks: list[Block] = [
        paragraphs(ctx.say("Name it in a report: /report edit … destinations=terminal,{name}", name=args.name))
    ]
    if "secret" in config and not given.get("secret"):
        blocks.append(_made(ctx, str(config["secret"])))
    title = ctx.say("Destination {name} added.", name=args.name)
    return Reply(card(ctx.language, title, blocks, (test_button(ctx, args.name),), Tone.GOOD))


async def edit(ctx: Context, args: Edit) -> Reply:
    """Change a destination; without anything to change, show the form with what is set (never a secret)."""
    async with ctx.read() as stores:
        found = await stores.destinations.named(args.destination)
        config = await stores.destinations.config(found.id)
    if args.kind not in (None, found.kind):
        raise UsageError("A destination keeps its kind.", hint=Message("Add another one: /destination add"))
    given = dict(args.model_extra or {})
    if not given and args.name is None:
        settings = adding.settings_of(found.kind)
        models = (Edit, settings) if settings else (Edit,)
        values = {"destination": found.name, "name": found.name, "kind": found.kind, **config}
        title = ctx.say("Destination {name}", name=found.name)
        return Reply(form_of(ctx.language, title, "destination edit", models, values))
    config = await _kept(ctx, found.kind, {**config, **given})
    name = args.name or found.name
    async with ctx.write() as stores:
        if name != found.name:
            await _refuse_in_use(ctx, stores, found)
        await stores.destinations.change(found.id, name, config)
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


async def _kept(ctx: Context, kind: str, given: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    try:
        return await adding.kept(kind, given, ctx.house.destinations)
    except ValidationError as error:
        missing, wrong = complaints(error)
        field, reason = next(iter(wrong.items()), (missing[0] if missing else "", Message("this is needed")))
        raise UsageError("That cannot be used as {field}: {reason}.", field=field, reason=reason) from None


async def _refuse_in_use(ctx: Context, stores: Stores, found: NamedDestination) -> None:
    used = await users_of(ctx, stores, found)
    if used:
        raise UsageError(
            "Reports go to {name}: {reports}.",
            hint=Message("Take it out of them first: /report edit … destinations=terminal"),
            name=found.name,
            reports=", ".join(used),
        )


def _made(ctx: Context, secret: str) -> Block:
    """Return a secret that was made, shown this once."""
    told = ctx.say("This is the secret that its messages are signed with. It is not shown again:")
    return paragraphs(told, typed(secret))


def _settings(values: Mapping[str, JsonValue]) -> type[BaseModel] | None:
    """Return the settings of the kind that is given."""
    return adding.settings_of(str(values.get("kind", "")))


COMMANDS: tuple[Command[Any], ...] = (
    Command("destination add", Message("Add a place that reports go to."), EXAMPLE, Add, add, Role.EDITOR, _settings),
    Command("destination list", Message("List the destinations and how they are."), "/destination list", Nothing,
            list_),
    Command("destination show", Message("Show one destination."), "/destination show archive", Named, show),
    Command("destination test", Message("Send a test to a destination."), "/destination test archive", Named, test,
            Role.EDITOR),
    Command("destination edit", Message("Change a destination."), "/destination edit archive", Edit, edit, Role.EDITOR,
            _settings),
    Command("destination pause", Message("Let what goes to a destination wait."), "/destination pause archive", Named,
            pause, Role.EDITOR),
    Command("destination resume", Message("Send to a paused destination again."), "/destination resume archive", Named,
            resume, Role.EDITOR),
    Command("destination remove", Message("Remove a destination."), "/destination remove archive", Named, remove,
            Role.EDITOR),
)  # fmt: skip
