"""/schedule add and edit: what a schedule is told."""

from __future__ import annotations

from dataclasses import replace

from commands.command import Context, Reply
from commands.forms import form_of
from commands.places import channels_said, going_to, own
from commands.schedule_cards import schedule_card
from commands.schedule_named import mine, scheduled_report
from commands.schedule_options import Add, Change, calendar_of, first_of, understood, wishes_of
from model.card import Card, Tone
from model.report import Report
from model.rule import RULE
from model.schedule import Calendar, Schedule, ScheduleState, Wishes
from reports.answering import may_answer, rule_of
from storage.stores import Stores


class Edit(Change):
    """As a form says it: what is empty there shall be empty."""

    whole: bool = False


async def add(ctx: Context, args: Add) -> Reply:
    """Add a schedule for a report; of a template's name, the report is saved first."""
    said = await channels_said(ctx, args.destinations)
    async with ctx.write() as stores:
        report = await scheduled_report(stores, args.report, ctx.member, own(ctx))
        shown = await scheduled(ctx, stores, report, args, await going_to(ctx, stores, args.destinations, said))
    return Reply(shown)


async def scheduled(ctx: Context, stores: Stores, report: Report, args: Add, to: tuple[str, ...]) -> Card:
    """Add a schedule of a report, which goes to these destinations or its own; return the schedule's card.

    Raises:
        UsageError: when it runs is not understood.
        NotAllowed: it would run more often than the caller's may.
    """
    rule = understood(args.when, ctx.member, await stores.workspaces.settings())
    calendar = calendar_of(args, Calendar(report.definition.zone or ctx.language.zone.key), ctx.member)
    made = await stores.schedules.add(
        report=report.id,
        member=ctx.member.id,
        said=args.when,
        rule=RULE.dump_json(rule).decode(),
        calendar=calendar,
        wishes=wishes_of(args, Wishes()),
        destinations=to,
        upcoming=first_of(rule, calendar, ctx.house.clock.now()),
    )
    title = ctx.say("Schedule #{n} added: {report}", n=str(made.number), report=report.name)
    return await schedule_card(ctx, stores, made, report, title, Tone.GOOD)


async def edit(ctx: Context, args: Edit) -> Reply:
    """Change a schedule; without anything to change, reply with its form."""
    if args.model_fields_set == {"schedule"}:
        return await _form(ctx, args.schedule)
    channels = await channels_said(ctx, args.destinations)
    async with ctx.write() as stores:
        schedule, report = await mine(stores, args.schedule, ctx.member)
        rule, said = rule_of(schedule.rule), schedule.said
        if args.when is not None and args.when != said:
            rule, said = understood(args.when, ctx.member, await stores.workspaces.settings()), args.when
        calendar = calendar_of(args, schedule.calendar, ctx.member)
        to = args.destinations if args.destinations or args.whole else schedule.destinations
        changed = replace(
            schedule,
            said=said,
            rule=RULE.dump_json(rule).decode(),
            calendar=calendar,
            wishes=wishes_of(args, schedule.wishes),
            destinations=await going_to(ctx, stores, to, channels),
        )
        moved = (rule, calendar) != (rule_of(schedule.rule), schedule.calendar)  # else what is due stays due
        if moved and schedule.state is ScheduleState.ACTIVE:
            changed = waiting(ctx, await _answered(ctx, stores, changed, report))
        await stores.schedules.change(changed)
        title = ctx.say("Schedule #{n} changed.", n=str(schedule.number))
        shown = await schedule_card(ctx, stores, changed, report, title, Tone.GOOD)
    return Reply(shown)


async def _answered(ctx: Context, stores: Stores, changed: Schedule, report: Report) -> Schedule:
    """Return a schedule with somebody who can answer for its new times: he who does so far, or who changes it."""
    settings = await stores.workspaces.settings()
    answers = (await stores.members.many({changed.member})).get(changed.member)
    if answers is not None and may_answer(report, answers, changed.rule, settings) is None:
        return changed
    return replace(changed, member=ctx.member.id)


async def _form(ctx: Context, name: str) -> Reply:
    async with ctx.read() as stores:
        schedule, report = await mine(stores, name, ctx.member)
    calendar, wishes = schedule.calendar, schedule.wishes
    values = {
        "schedule": f"#{schedule.number}",
        "when": schedule.said,
        "destinations": schedule.destinations,
        "zone": calendar.zone,
        "holidays": calendar.country or "none",
        "on_holiday": calendar.on_holiday,
        "catch_up": wishes.catch_up,
        "catch_up_most": wishes.catch_up_most,
        "skip_empty": wishes.skip_empty,
        "skip_unchanged": wishes.skip_unchanged,
        "whole": True,
    }
    title = ctx.say("Edit schedule #{n} of {report}", n=str(schedule.number), report=report.name)
    return Reply(form_of(ctx.language, title, "schedule edit", Change, values))


def waiting(ctx: Context, schedule: Schedule) -> Schedule:
    """Return the schedule with its next slot, seen from now."""
    slot = first_of(rule_of(schedule.rule), schedule.calendar, ctx.house.clock.now())
    return replace(schedule, next_slot=slot.civil, next_due=slot.due)
