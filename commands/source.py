"""/source: where the figures come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from commands.cards import card, paragraphs, table
from commands.command import Command, Context, Nothing, OfKind, Reply
from commands.forms import form_of
from commands.source_show import Named, show, state_of
from commands.start import first_source
from model.card import Action, Card, Tone
from model.form import Option
from model.language import Message
from model.member import Role
from model.record import Coverage
from sources import add as adding
from sources.sync import sync as sync_source

_NAME = r"^[\w][\w.-]{0,39}$"


class Add(OfKind):
    """The kind, whose settings are checked by its collector, and a name."""

    kinds = staticmethod(adding.kinds)
    name: Annotated[str, Field(pattern=_NAME), Option(Message("Name"))]


class Edit(Named):
    """One source, and what of it is to be another: its name, or any setting of its kind."""

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)
    name: Annotated[str | None, Field(pattern=_NAME), Option(Message("Name"))] = None


async def add(ctx: Context, args: Add) -> Reply:
    """Add a source after trying it."""
    config = await adding.readable(args.kind, dict(args.model_extra or {}), ctx.reach)
    async with ctx.write() as stores:
        await adding.add(stores, args.name, args.kind, config, ctx.member.id)
    actions = (
        Action(ctx.say("Run the weekly report"), "report run", {"report": "weekly", "source": args.name}, once=True),
        Action(ctx.say("Show"), "source show", {"source": args.name}),
    )
    text = paragraphs(ctx.say("It is read when a report needs it, or now with /source sync {name}.", name=args.name))
    return Reply(card(ctx.language, ctx.say("Source {name} added.", name=args.name), [text], actions, Tone.GOOD))


async def edit(ctx: Context, args: Edit) -> Reply:
    """Change a source; without anything to change, show the form with what is set (never a secret)."""
    async with ctx.read() as stores:
        source = await stores.sources.named(args.source)
        config = await stores.sources.config(source.id)
    given = dict(args.model_extra or {})
    if not given and args.name is None:
        settings = adding.settings_of(source.kind)
        models = (Edit, settings) if settings else (Edit,)
        values = {"source": source.name, "name": source.name, **config}
        title = ctx.say("Source {name}", name=source.name)
        return Reply(form_of(ctx.language, title, "source edit", models, values))
    config = await adding.readable(source.kind, adding.changed(source.kind, config, given), ctx.reach)
    async with ctx.write() as stores:
        await adding.change(stores, source, args.name or source.name, config)
    title = ctx.say("Source {name} changed.", name=args.name or source.name)
    return Reply(card(ctx.language, title, tone=Tone.GOOD))


async def list_(ctx: Context, _: Nothing) -> Reply:
    """List the sources."""
    async with ctx.read() as stores:
        found = await stores.sources.all()
    if not found:
        return Reply(card(ctx.language, ctx.say("There is no source yet."), [paragraphs(first_source(ctx))]))
    rows = [(s.name, s.kind, state_of(ctx, s)) for s in found]
    head = (ctx.say("Source"), ctx.say("Kind"), ctx.say("State"))
    return Reply(card(ctx.language, ctx.say("Sources"), [table(head, rows)]))


async def test(ctx: Context, args: Named) -> Reply:
    """Try a source without storing anything."""
    async with ctx.read() as stores:
        source = await stores.sources.named(args.source)
        config = await stores.sources.config(source.id)
    found = await adding.problems(source.kind, config, ctx.reach)
    if not found:
        return Reply(card(ctx.language, ctx.say("Source {name} can be read.", name=source.name), tone=Tone.GOOD))
    lines = [ctx.language.say(problem) for problem in found]
    title = ctx.say("Source {name} cannot be read.", name=source.name)
    return Reply(card(ctx.language, title, [paragraphs(*lines, bullets=True)], tone=Tone.WARNING))


async def sync(ctx: Context, args: Named) -> Reply:
    """Read what is new in a source."""
    async with ctx.read() as stores:
        source = await stores.sources.named(args.source)
        before = await stores.records.count(source.id)
    house, member = ctx.house, ctx.member
    coverage = await sync_source(house.db, member.workspace, source.id, house.reach, house.clock, by=member.id)
    async with ctx.read() as stores:
        after = await stores.records.count(source.id)
    return Reply(_synced(ctx, coverage, before, after))


def _synced(ctx: Context, coverage: Coverage, before: int, after: int) -> Card:
    problem = () if coverage.problem is None else (paragraphs(ctx.language.say(coverage.problem)),)
    if coverage.read < coverage.of:
        title = ctx.say("Source {name} could not be read.", name=coverage.name)
        return card(ctx.language, title, problem, tone=Tone.CRITICAL)
    title = ctx.say(
        "Source {name} is read: {records} {records:record|records}, {new} more than before.",
        name=coverage.name,
        records=after,
        new=max(0, after - before),
    )
    return card(ctx.language, title, problem, tone=Tone.GOOD)


async def remove(ctx: Context, args: Named) -> Reply:
    """Remove a source and its records; what was reported stays."""
    async with ctx.write() as stores:
        source = await stores.sources.named(args.source)
        await stores.sources.remove(source.id)
    text = paragraphs(ctx.say("Its records are gone; the runs that stood on them keep their snapshots."))
    return Reply(card(ctx.language, ctx.say("Source {name} removed.", name=source.name), [text]))


def _settings(values: Mapping[str, JsonValue]) -> type[BaseModel] | None:
    """Return the settings of the kind that is given."""
    return adding.settings_of(str(values.get("kind", "")))


COMMANDS: tuple[Command[Any], ...] = (
    Command(
        "source add",
        Message("Add a source."),
        "/source add git name=demo path=.",
        Add,
        add,
        Role.EDITOR,
        _settings,
    ),
    Command("source list", Message("List the sources and how they are."), "/source list", Nothing, list_),
    Command("source show", Message("Show one source."), "/source show demo", Named, show),
    Command("source edit", Message("Change a source."), "/source edit demo", Edit, edit, Role.EDITOR),
    Command("source test", Message("Try whether a source can be read."), "/source test demo", Named, test, Role.EDITOR),
    Command("source sync", Message("Read what is new in a source."), "/source sync demo", Named, sync, Role.EDITOR),
    Command(
        "source remove", Message("Remove a source and its records."), "/source remove demo", Named, remove, Role.EDITOR
    ),
)
