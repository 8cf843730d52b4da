"""A schedule as a card: always with its rule in words and the next times it comes round."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from commands.cards import card, paragraphs
from commands.command import Context
from model.card import Action, Block, Card, Fields, Text, Tone, text_line
from model.language import Language, Message
from model.report import Report
from model.schedule import Schedule, ScheduleState, Slot, Wishes
from reports.answering import rule_of
from reports.catching_up import HORIZON
from reports.slots import slots
from reports.when import parse_when, spoken
from storage.stores import Stores

_ECHOED = 3  # next times that every answer about a schedule shows
_MOMENT = timedelta(microseconds=1)
PROPOSED = (("daily", "0 10 * * 1-5"), ("weekly", "0 9 * * 1"))  # templates and the times that suit them


async def schedule_card(
    ctx: Context, stores: Stores, schedule: Schedule, report: Report, title: str = "", tone: Tone = Tone.NEUTRAL
) -> Card:
    """Return a schedule's card with its buttons."""
    say, language = ctx.language.say, ctx.language
    members = await stores.members.many({schedule.member})
    answers = members[schedule.member].shown if schedule.member in members else ""
    coming = [slot for slot in await ahead(ctx, schedule, _ECHOED) if not slot.skipped]
    rows = (
        (Message("Report"), report.name),
        (Message("When"), when_of(schedule, language)),
        (Message("Time zone"), schedule.calendar.zone),
        (Message("Holidays"), _holidays(schedule, language)),
        (Message("Destinations"), ", ".join(schedule.destinations or report.definition.destinations)),
        (Message("After an outage"), say(_catching_up(schedule.wishes))),
        (Message("Keeps quiet"), _quiet(schedule.wishes, language)),
        (Message("Answers for it"), answers),
        (Message("State"), state_of(schedule, language)),
    )
    blocks: list[Block] = [Fields(tuple((say(label), text_line(value)) for label, value in rows))]
    if schedule.state is ScheduleState.ACTIVE:
        blocks += _coming(schedule, coming, language)
    shown = title or ctx.say("Schedule #{n}", n=str(schedule.number))
    return card(language, shown, blocks, _actions(ctx, schedule), tone)


def _coming(schedule: Schedule, coming: Sequence[Slot], language: Language) -> Sequence[Block]:
    if not coming:
        return (paragraphs(language.say(Message("It never comes round again."))),)
    heading = paragraphs(language.say(Message("Next times:")))
    return heading, Text(tuple(text_line(time_of(slot, schedule, language)) for slot in coming), bullets=True)


async def ahead(ctx: Context, schedule: Schedule, firing_ones: int) -> list[Slot]:
    """Return the next slots, so many that fire and the ones between them that a holiday leaves out."""
    now = ctx.house.clock.now()
    after = max(now, schedule.next_due - _MOMENT) if schedule.next_due else now  # the clock may have been set back
    return await asyncio.to_thread(_ahead, schedule, after, firing_ones)


def _ahead(schedule: Schedule, after: datetime, wanted: int) -> list[Slot]:
    found: list[Slot] = []
    for slot in slots(rule_of(schedule.rule), schedule.calendar, after):
        if slot.due > after + HORIZON:
            break
        found.append(slot)
        wanted -= not slot.skipped
        if wanted < 1:
            break
    return found


def when_of(schedule: Schedule, language: Language) -> str:
    """Return a schedule's rule in words."""
    return spoken(rule_of(schedule.rule), language)


def time_of(slot: Slot, schedule: Schedule, language: Language) -> str:
    """Return when a slot is, in the schedule's zone: "Monday, 23 Nov 2026 10:00 KST"."""
    there = Language(language.code, schedule.calendar.zone)
    local = slot.due.astimezone(there.zone)
    values = {
        "weekday": there.weekday(local.date()),
        "day": there.day(local.date()),
        "time": f"{local:%H:%M} {local:%Z}",
    }
    return language.say(Message("{weekday}, {day} {time}", values))


def state_of(schedule: Schedule, language: Language) -> str:
    """Return whether a schedule fires, and why not."""
    if schedule.state is ScheduleState.ACTIVE:
        return language.say(Message("active"))
    if schedule.why_paused is None:
        return language.say(Message("paused"))
    return language.say(Message("paused: {why}", {"why": schedule.why_paused}))


def _holidays(schedule: Schedule, language: Language) -> str:
    if not schedule.calendar.country:
        return language.say(Message("none"))
    policies = {
        "post": Message("{country}, posted all the same"),
        "skip": Message("{country}, left out"),
        "move": Message("{country}, moved to the next working day"),
    }
    text = policies[schedule.calendar.on_holiday].text
    return language.say(Message(text, {"country": schedule.calendar.country}))


def _catching_up(wishes: Wishes) -> Message:
    match wishes.catch_up:
        case "latest":
            return Message("the latest one missed is posted, up to a day late")
        case "skip":
            return Message("what was missed is let go")
        case "all":
            return Message("the newest {n} missed are posted", {"n": wishes.catch_up_most})


def _quiet(wishes: Wishes, language: Language) -> str:
    reasons = [
        language.say(reason)
        for told, reason in (
            (wishes.skip_empty, Message("when nothing happened")),
            (wishes.skip_unchanged, Message("when nothing changed")),
        )
        if told
    ]
    return language.listed(reasons) if reasons else language.say(Message("never"))


def _actions(ctx: Context, schedule: Schedule) -> tuple[Action, ...]:
    name = {"schedule": f"#{schedule.number}"}
    if schedule.state is ScheduleState.PAUSED:
        first = Action(ctx.say("Resume"), "schedule resume", name, once=True)
    else:
        first = Action(ctx.say("Pause"), "schedule pause", name, once=True)
    return (
        Action(ctx.say("Next 10"), "schedule next", {**name, "count": 10}),
        first,
        Action(ctx.say("Run it"), "schedule run", name, once=True),
        Action(ctx.say("Edit"), "schedule edit", name),
        Action(ctx.say("Remove"), "schedule remove", name),
    )


def proposals(ctx: Context, report: str | None = None) -> tuple[Action, ...]:
    """Return buttons that add the two usual schedules, for one report or for the templates that they suit."""
    made = []
    for template, when in PROPOSED:
        words = spoken(parse_when(when), ctx.language)
        label = words if report is not None else ctx.say("{report}: {when}", report=template, when=words)
        made.append(Action(label, "schedule add", {"report": report or template, "when": when}, once=True))
    return tuple(made)
