"""/schedule: when reports run by themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from commands import schedule_shown
from commands.cards import card, paragraphs
from commands.command import Command, Context, Reply
from commands.schedule_cards import schedule_card
from commands.schedule_named import OneSchedule, mine
from commands.schedule_options import Add, understood
from commands.schedule_told import Edit, add, edit, waiting
from model.card import Action, Tone
from model.form import Option
from model.language import Message
from model.member import Role
from model.schedule import ScheduleState
from reports.answering import may_answer
from reports.schedules import run_now


class Remove(OneSchedule):
    """A schedule to remove, once that was confirmed."""

    confirmed: Annotated[bool, Option(Message("Without asking"))] = False


async def pause(ctx: Context, args: OneSchedule) -> Reply:
    """Let a schedule rest; what would have been due meanwhile is not made up for."""
    async with ctx.write() as stores:
        schedule, report = await mine(stores, args.schedule, ctx.member)
        reason = Message("{name} paused it.", {"name": ctx.member.shown})
        await stores.schedules.pause([schedule.id], reason)
        title = ctx.say("Schedule #{n} is paused.", n=str(schedule.number))
        now = await stores.schedules.of(schedule.id)
        shown = await schedule_card(ctx, stores, now, report, title)
    return Reply(shown)


async def resume(ctx: Context, args: OneSchedule) -> Reply:
    """Let a paused schedule fire again, from now on; whoever says so answers for it where nobody else can."""
    async with ctx.write() as stores:
        schedule, report = await mine(stores, args.schedule, ctx.member)
        settings = await stores.workspaces.settings()
        answers = (await stores.members.many({schedule.member})).get(schedule.member)
        if answers is None or may_answer(report, answers, schedule.rule, settings) is not None:
            schedule = replace(schedule, member=ctx.member.id)
        understood(schedule.said, ctx.member, settings)
        going = waiting(ctx, replace(schedule, state=ScheduleState.ACTIVE, why_paused=None))
        await stores.schedules.change(going)
        title = ctx.say("Schedule #{n} fires again.", n=str(schedule.number))
        shown = await schedule_card(ctx, stores, going, report, title, Tone.GOOD)
    return Reply(shown)


async def run(ctx: Context, args: OneSchedule) -> Reply:
    """Run what a schedule runs, now; its next time stays."""
    async with ctx.write() as stores:
        schedule, report = await mine(stores, args.schedule, ctx.member)
        made = await run_now(stores, schedule, ctx.member, ctx.house.clock, ctx.language.code, ctx.event)
    title = ctx.say(
        "Run {name}: {report}, {days}", name=made.name, report=report.name, days=made.window.spoken(ctx.language)
    )
    text = paragraphs(ctx.say("It goes where the schedule sends it; /report show {name} shows it.", name=made.name))
    actions = [Action(ctx.say("Cancel"), "report cancel", {"run": made.name}, once=True)]
    return Reply(card(ctx.language, title, [text], actions, run=made.name))


async def remove(ctx: Context, args: Remove) -> Reply:
    """Remove a schedule after asking."""
    async with ctx.read() as stores:
        schedule, report = await mine(stores, args.schedule, ctx.member)
    number = str(schedule.number)
    if not args.confirmed:
        text = paragraphs(ctx.say("Its runs stay; what it missed is forgotten. To let it rest, pause it instead."))
        actions = [
            Action(ctx.say("Remove"), "schedule remove", {"schedule": f"#{number}", "confirmed": True}, once=True),
            Action(ctx.say("Pause"), "schedule pause", {"schedule": f"#{number}"}, once=True),
        ]
        title = ctx.say("Remove schedule #{n} of {report}?", n=number, report=report.name)
        return Reply(card(ctx.language, title, [text], actions, Tone.WARNING))
    async with ctx.write() as stores:
        await stores.schedules.remove((await mine(stores, f"#{number}", ctx.member))[0].id)
    return Reply(card(ctx.language, ctx.say("Schedule #{n} is removed.", n=number), tone=Tone.GOOD))


COMMANDS: tuple[Command[Any], ...] = (
    Command(
        "schedule add",
        Message("Have a report run by itself."),
        "/schedule add weekly mondays 9:00",
        Add,
        add,
        Role.EDITOR,
    ),
    *schedule_shown.COMMANDS,
    Command("schedule edit", Message("Change a schedule."), "/schedule edit #1 fridays 16:00", Edit, edit, Role.EDITOR),
    Command("schedule pause", Message("Let a schedule rest."), "/schedule pause #1", OneSchedule, pause, Role.EDITOR),
    Command(
        "schedule resume",
        Message("Let a paused schedule fire again."),
        "/schedule resume #1",
        OneSchedule,
        resume,
        Role.EDITOR,
    ),
    Command(
        "schedule run", Message("Run what a schedule runs, now."), "/schedule run #1", OneSchedule, run, Role.EDITOR
    ),
    Command(
        "schedule remove",
        Message("Remove a schedule; it asks first."),
        "/schedule remove #1",
        Remove,
        remove,
        Role.EDITOR,
    ),
)
