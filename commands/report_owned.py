"""/report delete, restore, share: what only a report's owner and admins may do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import JsonValue

from commands.cards import card, paragraphs
from commands.command import Command, Context, Reply
from commands.report_definition import typed_name
from commands.report_saved import OneReport
from commands.report_shown import saved_card
from model.card import Action, Tone
from model.errors import NotAllowed, UsageError
from model.form import Option
from model.language import Message
from model.member import Member, Role
from model.report import Report
from storage.reports import KEPT


class Delete(OneReport):
    """A report to delete, once that was confirmed."""

    confirmed: Annotated[bool, Option(Message("Without asking"))] = False


class Share(OneReport):
    """Who may do what with a report."""

    member: Annotated[str, Option(Message("Member"), names="member", positional=True)]
    may: Annotated[Literal["view", "edit", "no"], Option(Message("May"), positional=True)] = "view"


async def delete(ctx: Context, args: Delete) -> Reply:
    """Delete a report after asking."""
    if not args.confirmed:
        return await _sure(ctx, args.report)
    async with ctx.write() as stores:
        report = await stores.reports.named(args.report, ctx.member)
        _refuse_unless_owner(report, ctx.member)
        await stores.reports.delete(report.id)
    until = ctx.language.instant(ctx.house.clock.now() + KEPT)
    text = ctx.say(
        "It can be brought back until {until}: /report restore {name}", until=until, name=typed_name(report.name)
    )
    actions = [Action(ctx.say("Undo"), "report restore", {"report": report.name}, once=True)]
    title = ctx.say("Report {name} deleted.", name=report.name)
    return Reply(card(ctx.language, title, [paragraphs(text)], actions))


async def _sure(ctx: Context, name: str) -> Reply:
    async with ctx.read() as stores:
        report = await stores.reports.named(name, ctx.member)
    _refuse_unless_owner(report, ctx.member)
    text = paragraphs(ctx.say("Its runs stay. For a day it can be brought back."))
    values: Mapping[str, JsonValue] = {"report": report.name, "confirmed": True}
    actions = [Action(ctx.say("Delete"), "report delete", values, once=True)]
    title = ctx.say("Delete report {name}?", name=report.name)
    return Reply(card(ctx.language, title, [text], actions, Tone.WARNING))


async def restore(ctx: Context, args: OneReport) -> Reply:
    """Bring back a report that was deleted within the last day."""
    async with ctx.write() as stores:
        report = await stores.reports.restore(args.report, ctx.member)
        _refuse_unless_owner(report, ctx.member)
        title = ctx.say("Report {name} is back.", name=report.name)
        shown = await saved_card(ctx, stores, report, title, Tone.GOOD)
    return Reply(shown)


async def share(ctx: Context, args: Share) -> Reply:
    """Let a member see a report, or change it, or neither."""
    async with ctx.write() as stores:
        report = await stores.reports.named(args.report, ctx.member)
        _refuse_unless_owner(report, ctx.member)
        member = await stores.members.named(args.member)
        if member.id == report.owner:
            raise UsageError("Report {report} belongs to {member}.", report=report.name, member=member.shown)
        await stores.reports.share(report.id, member.id, None if args.may == "no" else args.may)
    said = {
        "view": Message("{member} may see and run report {report}.", {"member": member.shown, "report": report.name}),
        "edit": Message("{member} may change report {report}.", {"member": member.shown, "report": report.name}),
        "no": Message("Report {report} is not shared with {member}.", {"member": member.shown, "report": report.name}),
    }
    return Reply(card(ctx.language, ctx.language.say(said[args.may]), tone=Tone.GOOD))


def _refuse_unless_owner(report: Report, member: Member) -> None:
    if member.role < Role.ADMIN and report.owner != member.id:
        raise NotAllowed(
            "Report {name} is not yours.",
            hint=Message("Its owner or an admin of this workspace can do it for you."),
            name=report.name,
        )


COMMANDS: tuple[Command[Any], ...] = (
    Command(
        "report delete",
        Message("Delete a saved report; it asks first."),
        "/report delete web",
        Delete,
        delete,
        Role.EDITOR,
    ),
    Command(
        "report restore",
        Message("Bring back a report deleted within the last day."),
        "/report restore web",
        OneReport,
        restore,
        Role.EDITOR,
    ),
    Command(
        "report share",
        Message("Let a member see or change a report."),
        "/report share web jun view",
        Share,
        share,
        Role.EDITOR,
    ),
)
