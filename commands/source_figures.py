"""/source figure, figures, forget: what a source measures, one figure at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import ConfigDict, Field, JsonValue

from commands.cards import card, paragraphs, table
from commands.command import Command, Context, Reply
from commands.forms import form_of
from commands.source_show import Named
from model.card import Action, Block, Heading, Tone
from model.form import Option
from model.language import Message
from model.member import Role
from model.source import Source
from sources import add as adding
from sources.figures import figures_of, ready_for, with_figure, without_figure

_MOST_SHOWN = 200  # characters of what asks for a figure


class Figure(Named):
    """A figure, or a table, and what asks for it; more options of its kind of source come as further keys."""

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)
    name: Annotated[
        str,
        Field(pattern=r"^(?:[a-z]+ )?[a-z][a-z0-9_]{0,39}$"),
        Option(Message("Name"), positional=True, example="orders"),
    ]
    query: Annotated[
        str | None,
        Field(max_length=4000),
        Option(Message("What asks for it"), positional=True, long=True, example="select count(*) from orders"),
    ] = None
    title: Annotated[str | None, Field(pattern=r'^[^"”\n]*$', max_length=60), Option(Message("Title"))] = None
    unit: Annotated[str | None, Option(Message("Unit"), example="krw")] = None
    by: Annotated[str | None, Option(Message("Told apart by"), example="region")] = None
    better: Annotated[str | None, Option(Message("What is better"), example="less")] = None


class Forget(Named):
    """A figure that goes."""

    name: Annotated[str, Option(Message("Name"), positional=True)]


async def figure(ctx: Context, args: Figure) -> Reply:
    """Define a figure, in place of an earlier one of its name; without a query offer the form."""
    source, config = await _source(ctx, args.source)
    if args.query is None:
        return _form(ctx, args, source, config)
    options = {**(args.model_extra or {}), "unit": args.unit, "by": args.by, "better": args.better}
    said = " ".join(f"{key}={str(value).replace(' ', '')}" for key, value in options.items() if value)
    head = " ".join(filter(None, (args.name, args.title and f'"{args.title}"', said and f"({said})")))
    lines = "".join(f"\n    {line.strip()}" for line in args.query.splitlines() if line.strip())
    told = ctx.say("The next report has it; a template shows it as “own”, or by its name.")
    return await _kept(ctx, source, with_figure(source.kind, config, f"{head} ={lines}"), told)


async def figures(ctx: Context, args: Named) -> Reply:
    """List what a source measures, and what is ready to be defined."""
    source, config = await _source(ctx, args.source)
    defined = figures_of(source.kind, config)
    head = (ctx.say("Figure"), ctx.say("What asks for it"))
    rows = [(one.name, _short(one.body)) for one in defined]
    blocks: list[Block] = [table(head, rows)] if rows else [paragraphs(ctx.say("No figure is defined yet."))]
    names = {one.name for one in defined}
    ready = {name: query for name, query in ready_for(source.kind).items() if name not in names}
    if ready:
        text = ctx.say("Ready to be fitted: {names}.", names=", ".join(ready))
        how = ctx.say("Say /source figure {source} {name} for its form.", source=source.name, name=next(iter(ready)))
        blocks += [Heading(ctx.say("Ready-made figures")), paragraphs(text, how)]
    return Reply(card(ctx.language, ctx.say("Figures of {source}", source=source.name), blocks))


async def forget(ctx: Context, args: Forget) -> Reply:
    """Forget a figure; runs that had it keep it."""
    source, config = await _source(ctx, args.source)
    told = ctx.say("The next report is without it.")
    return await _kept(ctx, source, without_figure(source.kind, config, args.name), told)


async def _source(ctx: Context, name: str) -> tuple[Source, Mapping[str, JsonValue]]:
    async with ctx.read() as stores:
        source = await stores.sources.named(name)
        config = await stores.sources.config(source.id)
    figures_of(source.kind, config)
    return source, config


def _form(ctx: Context, args: Figure, source: Source, config: Mapping[str, JsonValue]) -> Reply:
    """Return the form of a figure, filled with what asks for it now, or with what is ready."""
    known = next((one.body for one in figures_of(source.kind, config) if one.name == args.name.split()[-1]), None)
    values = args.model_dump(exclude_none=True) | {"query": known or ready_for(source.kind).get(args.name, "")}
    title = ctx.say("A figure of {source}", source=source.name)
    return Reply(form_of(ctx.language, title, "source figure", Figure, values))


async def _kept(ctx: Context, source: Source, config: Mapping[str, JsonValue], told: str) -> Reply:
    """Try a source with its figures as they are now, and keep them."""
    config = await adding.readable(source.kind, config, ctx.reach)
    async with ctx.write() as stores:
        await adding.change(stores, source, source.name, config)
    actions = (Action(ctx.say("Figures"), "source figures", {"source": source.name}),)
    title = ctx.say("The figures of {source} changed.", source=source.name)
    return Reply(card(ctx.language, title, [paragraphs(told)], actions, Tone.GOOD))


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _MOST_SHOWN else flat[: _MOST_SHOWN - 1] + "…"


COMMANDS: tuple[Command[Any], ...] = (
    Command(
        "source figure",
        Message("Define a figure of a source, or change it."),
        '/source figure shop orders "select count(*) from orders"',
        Figure,
        figure,
        Role.EDITOR,
    ),
    Command("source figures", Message("List the figures of a source."), "/source figures shop", Named, figures),
    Command(
        "source forget",
        Message("Forget a figure of a source."),
        "/source forget shop orders",
        Forget,
        forget,
        Role.EDITOR,
    ),
)
