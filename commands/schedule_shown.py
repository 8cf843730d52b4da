"""/schedule list, next and /report missed: what is planned, what will come, what never went out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field

from commands.cards import card, paragraphs, table, typed
from commands.command import Arguments, Command, Context, Nothing, Reply
from commands.schedule_cards import ahead, proposals, state_of, time_of, when_of
from commands.schedule_named import OneSchedule, named
from model.card import Action, Block, Card, Line, Text, text_line
from model.form import Option
from model.ids import ReportId
from model.language import Language, Message
from model.member import Role
from model.report import Report
from model.schedule import Fired, Schedule, ScheduleState, Slot, SlotState

_LISTED = 20


class Next(OneSchedule):
    """How many of a schedule's next times."""

    count: Annotated[int, Field(ge=1, le=50), Option(Message("How many"), positional=True)] = 10


class Missed(Arguments):
    """What never went out, of one report or of all."""

    report: Annotated[str | None, Option(Message("Report"), names="report", positional=True)] = None


async def list_(ctx: Context, _: Nothing) -> Reply:
    """List the schedules of the reports that the caller sees; with none there are proposals."""
    async with ctx.read() as stores:
        found = await stores.schedules.seen(ctx.member)
        reports = await stores.reports.many({schedule.report for schedule in found})
    if not found:
        return Reply(_none(ctx))
    head = (ctx.say("Schedule"), ctx.say("Report"), ctx.say("When"), ctx.say("Next"), ctx.say("State"))
    rows = [_row(ctx.language, schedule, reports[schedule.report]) for schedule in found]
    actions = [
        Action(ctx.say("Next of #{n}", n=str(s.number)), "schedule next", {"schedule": f"#{s.number}"})
        for s in found[:3]
    ]
    return Reply(card(ctx.language, ctx.say("Schedules"), [table(head, rows)], actions))


def _none(ctx: Context) -> Card:
    title = ctx.say("No report runs by itself yet.")
    if ctx.member.role < Role.EDITOR:
        return card(ctx.language, title, [paragraphs(ctx.say("Somebody with the role editor can add a schedule."))])
    text = paragraphs(ctx.say("Say when: /schedule add weekly mondays 9:00"), ctx.say("Or begin with one of these:"))
    usual = proposals(ctx)  # buttons where there are any; a plain terminal has only the lines
    lines = [typed(f"/schedule add {one.values['report']} {one.values['when']}") for one in usual]
    return card(ctx.language, title, [text, paragraphs(*lines, bullets=True)], usual)


def _row(language: Language, schedule: Schedule, report: Report) -> tuple[str, ...]:
    if schedule.next_due is None or schedule.next_slot is None:
        coming = language.say(Message("never") if schedule.state is ScheduleState.ACTIVE else Message("none"))
    else:
        coming = time_of(Slot(schedule.next_slot, schedule.next_due), schedule, language)
    return f"#{schedule.number}", report.name, when_of(schedule, language), coming, state_of(schedule, language)


async def next_(ctx: Context, args: Next) -> Reply:
    """Rehearse a schedule: its next times, with holidays and changes of the clock."""
    async with ctx.read() as stores:
        schedule, report = await named(stores, args.schedule, ctx.member)
    found = await ahead(ctx, schedule, args.count)
    title = ctx.say("Schedule #{n} of {report}: {when}", n=str(schedule.number), report=report.name,
                    when=when_of(schedule, ctx.language))  # fmt: skip
    blocks: list[Block] = [_times(schedule, found, ctx.language)]
    if schedule.state is ScheduleState.PAUSED:
        blocks.append(paragraphs(ctx.say("It rests, so none of these comes before it is resumed.")))
    return Reply(card(ctx.language, title, blocks))


def _times(schedule: Schedule, found: Sequence[Slot], language: Language) -> Text:
    zone = Language(language.code, schedule.calendar.zone).zone
    lines: list[Line] = []
    offset = None
    for slot in found:
        now = slot.due.astimezone(zone).utcoffset()
        parts = [language.say(note) for note in _notes(slot)]
        if offset is not None and now is not None and now != offset:
            parts.append(language.say(Message("the clock has changed by {hours} h", {"hours": _hours(now - offset)})))
        offset = now
        lines.append(text_line(" · ".join([time_of(slot, schedule, language), *parts])))
    if not lines:
        lines.append(text_line(language.say(Message("It never comes round again."))))
    return Text(tuple(lines), bullets=True)


def _notes(slot: Slot) -> list[Message]:
    notes = []
    if slot.skipped:
        notes.append(Message("left out: {holiday}", {"holiday": slot.holiday}))
    elif slot.holiday and slot.note is None:
        notes.append(Message("holiday: {holiday}", {"holiday": slot.holiday}))
    if slot.note is not None:
        notes.append(slot.note)
    return notes


def _hours(change: timedelta) -> str:
    hours = change.total_seconds() / 3600
    return f"{hours:+g}".replace("-", "−")


async def missed(ctx: Context, args: Missed) -> Reply:
    """List the slots of schedules that never went out, newest first, each with its reason."""
    async with ctx.read() as stores:
        seen = await stores.schedules.seen(ctx.member)
        reports = await stores.reports.many({schedule.report for schedule in seen})
        if args.report is not None:
            wanted = (await stores.reports.named(args.report, ctx.member)).id
            seen = tuple(schedule for schedule in seen if schedule.report == wanted)
        lost = (SlotState.MISSED, SlotState.SKIPPED)
        found = await stores.schedules.slots([schedule.id for schedule in seen], _LISTED, lost)
    if not found:
        return Reply(card(ctx.language, ctx.say("Nothing was missed.")))
    schedules = {schedule.id: schedule for schedule in seen}
    head = (ctx.say("Report"), ctx.say("Due"), ctx.say("State"), ctx.say("Why"))
    rows = [_lost(ctx.language, one, schedules[one.schedule], reports) for one in found]
    newest = schedules[found[0].schedule]
    name = reports[newest.report].name
    actions = [Action(ctx.say("Run {name}", name=name), "report run", {"report": name}, once=True)]
    return Reply(card(ctx.language, ctx.say("What never went out"), [table(head, rows)], actions))


def _lost(language: Language, one: Fired, schedule: Schedule, reports: Mapping[ReportId, Report]) -> tuple[str, ...]:
    word = Message("not run") if one.state is SlotState.MISSED else Message("left out")
    due = time_of(Slot(one.civil, one.due), schedule, language)
    why = "" if one.reason is None else language.say(one.reason)
    return f"{reports[schedule.report].name} #{schedule.number}", due, language.say(word), why


COMMANDS: tuple[Command[Any], ...] = (
    Command("schedule list", Message("List the schedules."), "/schedule list", Nothing, list_),
    Command("schedule next", Message("Rehearse a schedule: its next times."), "/schedule next #1 10", Next, next_),
)
MISSED: Command[Any] = Command(
    "report missed", Message("List what never went out, and why."), "/report missed", Missed, missed
)
