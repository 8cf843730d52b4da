"""/template share, delete: who may use a template of one's own, and the end of it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import JsonValue

from commands.cards import card, paragraphs
from commands.command import Command, Context, Reply
from commands.template_edit import Named, changeable
from model.card import Action, Tone
from model.errors import UsageError
from model.form import Option
from model.language import Message
from model.member import Member, Role
from model.report import RunState
from storage.stores import Stores
from storage.templates import OwnTemplate

_LOOKED_AT = 50  # runs, newest first, among which one may be under way


class Share(Named):
    """A template, and whether all members may use it."""

    shared: Annotated[bool, Option(Message("For all members"), positional=True)]


class Delete(Named):
    """A template that goes; it asks first."""

    confirmed: bool = False


async def share(ctx: Context, args: Share) -> Reply:
    """Let all members use a template, or only its owner and admins."""
    async with ctx.write() as stores:
        own = await changeable(stores, args.template, ctx.member)
        await stores.templates.share(own.id, args.shared)
    if args.shared:
        title = ctx.say("All members may use template {name} now.", name=own.name)
    else:
        title = ctx.say("Only its owner and admins may use template {name} now.", name=own.name)
    return Reply(card(ctx.language, title, tone=Tone.GOOD))


async def delete(ctx: Context, args: Delete) -> Reply:
    """Take a template away, once it is confirmed and no saved report is made with it."""
    async with ctx.read() as stores:
        own = await changeable(stores, args.template, ctx.member)
        await _refuse_used(stores, own, ctx.member)
    if not args.confirmed:
        title = ctx.say("Delete template {name} with all its versions?", name=own.name)
        values: dict[str, JsonValue] = {"template": own.name, "confirmed": True}
        text = paragraphs(ctx.say("Runs made with it stay as they are."))
        return Reply(
            card(ctx.language, title, [text], [Action(ctx.say("Delete"), "template delete", values, once=True)])
        )
    async with ctx.write() as stores:
        await _refuse_used(stores, own, ctx.member)
        await stores.templates.remove(own.id)
    return Reply(card(ctx.language, ctx.say("Template {name} is deleted.", name=own.name)))


async def _refuse_used(stores: Stores, own: OwnTemplate, member: Member) -> None:
    """Raise UsageError where a saved report or a run under way needs the template; unseen reports stay unnamed."""
    users = await stores.reports.many(await stores.templates.users(own.name))
    there = {report.id for report in users.values() if report.deleted is None}
    if there:
        seen = [report.name for report in await stores.reports.seen(member) if report.id in there]
        raise UsageError(
            "Template {name} is used by {n} saved {n:report|reports}: {names}.",
            hint=Message("Give each of them another template first."),
            name=own.name,
            n=len(there),
            names=", ".join([*seen, *(["…"] if len(seen) < len(there) else [])]),
        )
    if users:
        raise UsageError(
            "A report that was deleted within the last day is made with template {name}.",
            hint=Message("While it can be brought back, the template stays; delete it after that."),
            name=own.name,
        )
    runs = await stores.runs.list(_LOOKED_AT, own.name)
    if any(run.state in (RunState.WAITING, RunState.RUNNING) for run in runs):
        raise UsageError(
            "A run with template {name} is under way.", hint=Message("Say it again when it is done."), name=own.name
        )


COMMANDS: tuple[Command[Any], ...] = (
    Command(
        "template share",
        Message("Let all members use a template, or only its owner and admins."),
        "/template share my-week yes",
        Share,
        share,
        Role.EDITOR,
    ),
    Command(
        "template delete",
        Message("Delete a template of your own."),
        "/template delete my-week",
        Delete,
        delete,
        Role.EDITOR,
    ),
)
