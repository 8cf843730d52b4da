"""/arb start: the first things to do, each a button."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel

from commands.cards import card, paragraphs
from commands.command import Arguments, Context, Reply
from commands.forms import form_of
from model.card import Action, Card, Text
from model.delivery import Platform
from model.form import Option
from model.language import Message
from model.member import Role


class Start(Arguments):
    """What to begin with."""

    choose: Annotated[bool, Option(Message("Choose language and time zone"))] = False


class Mine(BaseModel):
    """What /arb me is asked for first."""

    language: Annotated[Literal["en", "ko"], Option(Message("Language"))]
    zone: Annotated[str, Option(Message("Time zone"), example="Asia/Seoul")]


async def start(ctx: Context, args: Start) -> Reply:
    """Greet with three things to do; or ask for language and time zone."""
    if args.choose:
        values = {"language": ctx.language.code, "zone": ctx.language.zone.key}
        return Reply(form_of(ctx.language, ctx.say("Language and time zone"), "arb me", Mine, values))
    return Reply(greeting(ctx))


def greeting(ctx: Context) -> Card:
    """Return what a workspace begins with."""
    title = ctx.say("Auto Report Builder writes your team's reports, and you can check every figure.")
    return card(ctx.language, title, [first_steps(ctx)], first_actions(ctx))


async def is_empty(ctx: Context) -> bool:
    """Tell whether this workspace has no source yet."""
    async with ctx.read() as stores:
        return not await stores.sources.all()


def first_source(ctx: Context) -> str:
    """Return how the first source is added: whoever is at a terminal stands in a folder."""
    if ctx.here.platform is Platform.TERMINAL:
        return ctx.say("Add the repository in front of you: /source add git name=demo path=.")
    return ctx.say("Add a repository: /source add git")


def first_steps(ctx: Context) -> Text:
    """Return what to do first, in the order of the buttons."""
    if ctx.member.role >= Role.EDITOR:
        add = first_source(ctx)
    else:
        add = ctx.say("Somebody with the role editor adds the first source.")
    return paragraphs(
        add,
        ctx.say("Run the weekly report: /report run weekly"),
        ctx.say("Choose your language and time zone: /arb me language=en zone=Asia/Seoul"),
        bullets=True,
    )


def first_actions(ctx: Context) -> tuple[Action, ...]:
    """Return a button for each of the first steps that the member may take."""
    steps = (
        Action(ctx.say("Run the weekly report"), "report run", {"report": "weekly"}, once=True),
        Action(ctx.say("Language and time zone"), "arb start", {"choose": True}),
    )
    if ctx.member.role < Role.EDITOR:
        return steps
    return (Action(ctx.say("Add a repository"), "source add", {"kind": "git", "path": "."}), *steps)
