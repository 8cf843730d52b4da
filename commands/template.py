"""/template: the shapes that a report can have."""

from __future__ import annotations

from typing import Annotated, Any

from commands import template_edit, template_keep
from commands.cards import card, group, paragraphs, table
from commands.command import Arguments, Command, Context, Reply
from commands.template_edit import Named, checked
from model.card import Action, Block, Fields, Heading, Line, Span, Style, text_line
from model.errors import UnknownName
from model.form import Option
from model.language import Code, Message
from model.member import Role
from model.report import Settings, Template
from reports import preview as previewing
from reports.templates import lookup, usable
from storage.templates import OwnTemplate

_VERSIONS = 10  # shown, newest first


class ListTemplates(Arguments):
    """All templates, or those of one category."""

    category: Annotated[str | None, Option(Message("Category"), positional=True)] = None


class Preview(Named):
    """A template, and what to show with it."""

    window: Annotated[str | None, Option(Message("Window"))] = None
    source: Annotated[str | None, Option(Message("Source"), names="source")] = None


async def list_(ctx: Context, args: ListTemplates) -> Reply:
    """List the templates."""
    code = ctx.language.code
    async with ctx.read() as stores:
        found = await usable(stores, ctx.member)
    shown = [t for t in found if args.category in (None, t.category, ctx.say(t.category))]
    if not shown:
        raise UnknownName(
            "There is no template of the category {category}.",
            hint=Message("The categories are {names}.", {"names": ", ".join(sorted({t.category for t in found}))}),
            category=args.category,
        )
    blocks: list[Block] = []
    for category in dict.fromkeys(template.category for template in shown):
        lines = [_line(template, code) for template in shown if template.category == category]
        blocks += group(ctx.say(category), *lines)
    blocks.append(paragraphs(ctx.say("Run one with /report run weekly.")))
    return Reply(card(ctx.language, ctx.say("Templates"), blocks))


def _line(template: Template, code: Code) -> Line:
    title, what = template.title.in_(code), template.description.in_(code)
    return Span(template.name, Style.STRONG), Span(f" · {title}: {what}" if what else f" · {title}")


_SECTIONS = {
    "figures": Message("figures"),
    "items": Message("what needs somebody"),
    "happened": Message("what happened"),
    "chart": Message("a chart"),
    "table": Message("a table"),
    "text": Message("text of its own"),
}


async def show(ctx: Context, args: Named) -> Reply:
    """Show what a template is made of, and who wrote it when."""
    async with ctx.read() as stores:
        found = await lookup(stores, args.template, ctx.member)
        own = await stores.templates.find(args.template, ctx.member)
    fields = [
        (ctx.say("Category"), text_line(ctx.say(found.category))),
        (ctx.say("Window"), text_line(ctx.say(found.window))),
        (
            ctx.say("Sections"),
            text_line(", ".join(ctx.say(_SECTIONS[section.show].text) for section in found.sections)),
        ),
    ]
    blocks: list[Block] = [paragraphs(found.description.in_(ctx.language.code)), Fields(tuple(fields))]
    if own is not None:
        blocks += await _versions(ctx, own)
    title = f"{found.name} · {found.title.in_(ctx.language.code)}"
    return Reply(card(ctx.language, title, blocks, _actions(ctx, found, own)))


async def _versions(ctx: Context, own: OwnTemplate) -> list[Block]:
    async with ctx.read() as stores:
        found = await stores.templates.versions(own.id)
        names = {member.id: member.name for member in await stores.members.all()}
    seen = ctx.say("all members") if own.shared else ctx.say("its owner and admins")
    rows = [(f"{v.version}", names.get(v.writer, "–"), ctx.language.instant(v.written)) for v in found[:_VERSIONS]]
    owner = (ctx.say("Owner"), text_line(names.get(own.owner, "–")))
    return [
        Fields((owner, (ctx.say("Seen by"), text_line(seen)))),
        Heading(ctx.say("Versions")),
        table((ctx.say("Version"), ctx.say("Written by"), ctx.say("When")), rows, (0,)),
    ]


def _actions(ctx: Context, found: Template, own: OwnTemplate | None) -> list[Action]:
    name = {"template": found.name}
    made = [
        Action(ctx.say("Run it"), "report run", {"report": found.name}, once=True),
        Action(ctx.say("Preview"), "template preview", name),
    ]
    if own is not None and ctx.member.role >= Role.EDITOR:
        made.append(Action(ctx.say("Edit"), "template edit", name))
    return made


async def preview(ctx: Context, args: Preview) -> Reply:
    """Show a template over what is stored already, to the caller alone."""
    async with ctx.read() as stores:
        found = await lookup(stores, args.template, ctx.member)
        workspace = await stores.workspaces.settings()
        names = [name.strip() for name in (args.source or "").split(",") if name.strip()]
        sources = tuple([await stores.sources.named(name) for name in dict.fromkeys(names)])
    settings = Settings(
        ctx.language.code,
        True,  # the caller alone sees it
        workspace.bots,
        workspace.stale_days,
        workspace.weights,
        country=workspace.country,
    )
    asked = previewing.Asked(found, settings, ctx.language.zone.key, args.window, sources)
    with checked():
        return Reply(await previewing.preview(ctx.house, ctx.member, asked))


COMMANDS: tuple[Command[Any], ...] = (
    Command("template list", Message("List the templates."), "/template list", ListTemplates, list_),
    Command("template show", Message("Show what a template is made of."), "/template show weekly", Named, show),
    Command(
        "template preview",
        Message("Show a template over what is stored already."),
        "/template preview weekly",
        Preview,
        preview,
    ),
    *template_edit.COMMANDS,
    *template_keep.COMMANDS,
)
