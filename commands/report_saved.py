"""/report new, edit, pause, resume, delete, restore, share: saved reports."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from commands.cards import card
from commands.command import Arguments, Command, Context, Reply
from commands.forms import form_of
from commands.places import channels_said, own
from commands.report_definition import Wishes, defined, filled, fit_name
from commands.report_shown import saved_card
from commands.schedule_cards import proposals
from commands.schedule_options import Add
from commands.schedule_told import scheduled
from model.card import Action, Tone
from model.errors import NotAllowed
from model.form import Option
from model.language import Message
from model.member import Member, Role
from model.report import Definition, Report, ReportState
from reports.rights import may_edit
from reports.templates import lookup

_Named = Annotated[str, Option(Message("Report"), names="report", positional=True)]


class Start(Arguments):
    """What a report cannot do without."""

    name: Annotated[str, AfterValidator(fit_name), Option(Message("Name"))]
    template: Annotated[str, Option(Message("Template"), names="template")]


class New(Wishes, Start):
    """A new report, and when it runs by itself."""

    when: Annotated[str | None, Field(max_length=500), Option(Message("When"), example="weekdays 10:00")] = None


class Which(Arguments):
    """A report, and what it may be called instead."""

    report: _Named
    name: Annotated[str | None, AfterValidator(fit_name), Option(Message("Name"))] = None
    template: Annotated[str | None, Option(Message("Template"), names="template")] = None


class Change(Wishes, Which):
    """A report with what shall be different; the fields of its form."""


class Edit(Change):
    """As a form says it: what is empty there shall be empty."""

    whole: bool = False


class OneReport(Arguments):
    """A saved report."""

    report: _Named


async def new(ctx: Context, args: New) -> Reply:
    """Save a report; it belongs to whoever says so."""
    said = await channels_said(ctx, args.destinations)
    async with ctx.write() as stores:
        template = await lookup(stores, args.template, ctx.member)
        base = Definition(template=template.name, destinations=(own(ctx),))
        definition = await defined(ctx, stores, base, args, said)
        made = await stores.reports.add(args.name, ctx.member.id, definition)
        shown = await saved_card(ctx, stores, made, ctx.say("Report {name} saved.", name=made.name), Tone.GOOD)
        if args.when:
            timed = await scheduled(ctx, stores, made, Add(report=made.name, when=args.when), ())
            return Reply(replace(shown, blocks=(*shown.blocks, *timed.blocks), actions=timed.actions))
    return Reply(replace(shown, actions=(*shown.actions, *proposals(ctx, made.name))))


async def edit(ctx: Context, args: Edit) -> Reply:
    """Change a report; without anything to change, reply with its form."""
    if args.model_fields_set == {"report"}:
        return await _form(ctx, args.report)
    said = await channels_said(ctx, args.destinations)
    async with ctx.write() as stores:
        report = await stores.reports.named(args.report, ctx.member)
        refuse_unless_editor(report, ctx.member)
        own_only = Definition(template=report.definition.template, destinations=(own(ctx),))
        base = own_only if args.whole else report.definition
        if args.template is not None and args.template != base.template:
            base = base.model_copy(update={"template": (await lookup(stores, args.template, ctx.member)).name})
        definition = await defined(ctx, stores, base, args, said)
        await stores.reports.change(report.id, name=args.name, definition=definition)
        made = await stores.reports.of(report.id)
        shown = await saved_card(ctx, stores, made, ctx.say("Report {name} changed.", name=made.name), Tone.GOOD)
    return Reply(shown)


async def _form(ctx: Context, name: str) -> Reply:
    async with ctx.read() as stores:
        report = await stores.reports.named(name, ctx.member)
        refuse_unless_editor(report, ctx.member)
        values = await filled(stores, report)
    title = ctx.say("Edit report {name}", name=report.name)
    return Reply(form_of(ctx.language, title, "report edit", Change, {**values, "whole": True}))


async def pause(ctx: Context, args: OneReport) -> Reply:
    """Let a report rest: nobody runs it until it is resumed."""
    report = await _set(ctx, args.report, ReportState.PAUSED)
    actions = [Action(ctx.say("Resume"), "report resume", {"report": report.name}, once=True)]
    return Reply(card(ctx.language, ctx.say("Report {name} is paused.", name=report.name), (), actions))


async def resume(ctx: Context, args: OneReport) -> Reply:
    """Let a paused report run again."""
    report = await _set(ctx, args.report, ReportState.ACTIVE)
    actions = [Action(ctx.say("Run it"), "report run", {"report": report.name}, once=True)]
    title = ctx.say("Report {name} can be run again.", name=report.name)
    return Reply(card(ctx.language, title, (), actions, Tone.GOOD))


async def _set(ctx: Context, name: str, state: ReportState) -> Report:
    async with ctx.write() as stores:
        report = await stores.reports.named(name, ctx.member)
        refuse_unless_editor(report, ctx.member)
        await stores.reports.change(report.id, state=state)
    return report


def refuse_unless_editor(report: Report, member: Member) -> None:
    """Raise NotAllowed where a member may see a report only."""
    if not may_edit(report, member):
        raise NotAllowed(
            "Report {name} is shared with you to look at only.",
            hint=Message("Its owner or an admin of this workspace can do it for you."),
            name=report.name,
        )


COMMANDS: tuple[Command[Any], ...] = (
    Command("report new", Message("Save a report."), "/report new name=web template=weekly", New, new, Role.EDITOR),
    Command("report edit", Message("Change a saved report."), "/report edit web", Edit, edit, Role.EDITOR),
    Command("report pause", Message("Let a report rest."), "/report pause web", OneReport, pause, Role.EDITOR),
    Command("report resume", Message("Let a paused report run again."), "/report resume web", OneReport, resume,
            Role.EDITOR),
)  # fmt: skip
