"""/template: the shapes that a report can have."""

from __future__ import annotations

from typing import Annotated, Any

from reports.templates import builtin, template

from commands.cards import card, paragraphs, table
from commands.command import Arguments, Command, Context, Nothing, Reply
from model.card import Action, Fields, text_line
from model.form import Option
from model.language import Message


class Named(Arguments):
    """One template."""

    template: Annotated[str, Option(Message("Template"), names="template", positional=True)]


async def list_(ctx: Context, _: Nothing) -> Reply:
    """List the templates."""
    code = ctx.language.code
    rows = [(t.name, t.title.in_(code), t.description.in_(code)) for t in builtin().values()]
    head = (ctx.say("Template"), ctx.say("Title"), ctx.say("What it shows"))
    text = paragraphs(ctx.say("Run one with /report run weekly."))
    return Reply(card(ctx.language, ctx.say("Templates"), [table(head, rows), text]))


async def show(ctx: Context, args: Named) -> Reply:
    """Show what a template is made of."""
    found = template(args.template)
    code = ctx.language.code
    fields = Fields(
        (
            (ctx.say("Window"), text_line(found.window)),
            (ctx.say("Sections"), text_line(", ".join(section.show for section in found.sections))),
        )
    )
    actions = (Action(ctx.say("Run it"), "report run", {"report": found.name}, once=True),)
    blocks = (paragraphs(found.description.in_(code)), fields)
    return Reply(card(ctx.language, f"{found.name} · {found.title.in_(code)}", blocks, actions))


COMMANDS: tuple[Command[Any], ...] = (
    Command("template list", Message("List the templates."), "/template list", Nothing, list_),
    Command("template show", Message("Show what a template is made of."), "/template show weekly", Named, show),
)
