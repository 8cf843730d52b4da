"""/arb home: what is one's own here, and what comes next; on Slack it is what the app's Home shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from commands.cards import card, group, paragraphs
from commands.command import Command, Context, Nothing, Reply
from commands.report_cards import state_word
from commands.schedule_cards import state_of, time_of, when_of
from commands.start import greeting, is_empty
from model.card import Action, Block, Card, Line, Span, Style, text_line
from model.ids import ReportId
from model.language import Message
from model.member import Role
from model.report import Report, ReportState, Run
from model.schedule import Schedule, ScheduleState, Slot

_NEXT, _LISTED = 5, 10  # posts to come; reports and schedules


async def home(ctx: Context, _: Nothing) -> Reply:
    """Show the caller's reports and schedules and the next posts; where there is nothing yet, the first steps."""
    if await is_empty(ctx):
        return Reply(greeting(ctx))
    async with ctx.read() as stores:
        seen = await stores.reports.seen(ctx.member)
        reports = [one for one in seen if ctx.member.id in (one.owner, *one.shares)]
        newest = await stores.runs.newest_of([one.id for one in reports])
        named = {one.id: one for one in seen}
        all_ = [one for one in await stores.schedules.seen(ctx.member) if one.report in named]
    own = {one.id for one in reports}
    schedules = [one for one in all_ if one.report in own or one.member == ctx.member.id]
    return Reply(_card(ctx, reports, newest, schedules, named))


def _card(
    ctx: Context,
    reports: Sequence[Report],
    newest: Mapping[ReportId, Run],
    schedules: Sequence[Schedule],
    named: Mapping[ReportId, Report],
) -> Card:
    coming = sorted((one.next_due, one.number, one) for one in schedules if one.next_due is not None)
    posts = [_post(ctx, schedule, named[schedule.report]) for _, _, schedule in coming]
    blocks = [
        *_listed(ctx, ctx.say("Next posts"), posts, _NEXT, ctx.say("Nothing is going to be posted by itself.")),
        *_listed(
            ctx,
            ctx.say("Reports"),
            [_report(ctx, one, newest.get(one.id)) for one in reports],
            _LISTED,
            ctx.say("You have no saved report yet: /report new"),
        ),
        *_listed(
            ctx,
            ctx.say("Schedules"),
            [_schedule(ctx, one, named[one.report]) for one in schedules],
            _LISTED,
            ctx.say("None of your reports runs by itself yet: /schedule add"),
        ),
    ]
    return card(ctx.language, ctx.say("Your reports and schedules"), blocks, _actions(ctx, reports))


def _listed(ctx: Context, title: str, lines: Sequence[Line], most: int, none: str) -> Sequence[Block]:
    if not lines:
        return group(title, none)
    more = len(lines) - most
    rest = [paragraphs(ctx.say("and {n} more", n=more))] if more > 0 else []
    return (*group(title, *lines[:most]), *rest)


def _post(ctx: Context, schedule: Schedule, report: Report) -> Line:
    """Return when something is posted, what, and where to."""
    if schedule.next_slot is None or schedule.next_due is None:
        return text_line(report.name)
    when = time_of(Slot(schedule.next_slot, schedule.next_due), schedule, ctx.language)
    places = ", ".join(schedule.destinations or report.definition.destinations)
    return (Span(when, Style.STRONG), Span(f" · {report.name} → {places}"))


def _report(ctx: Context, report: Report, run: Run | None) -> Line:
    parts = [report.definition.template]
    if report.state is ReportState.PAUSED:
        parts.append(ctx.say("paused"))
    parts.append(ctx.say("none yet") if run is None else f"{run.name} {state_word(run, ctx.language)}")
    return (Span(report.name, Style.STRONG), Span(f" · {' · '.join(parts)}"))


def _schedule(ctx: Context, schedule: Schedule, report: Report) -> Line:
    parts = [report.name, when_of(schedule, ctx.language)]
    if schedule.state is not ScheduleState.ACTIVE:
        parts.append(state_of(schedule, ctx.language))
    return (Span(f"#{schedule.number}", Style.STRONG), Span(f" · {' · '.join(parts)}"))


def _actions(ctx: Context, reports: Sequence[Report]) -> Sequence[Action]:
    """Return what one does most, as far as the role reaches."""
    running = [one for one in reports if one.state is ReportState.ACTIVE]
    name = running[0].name if running else "weekly"
    made = [Action(ctx.say("Run {name}", name=name), "report run", {"report": name}, once=True)]
    if ctx.member.role >= Role.EDITOR:
        made += [Action(ctx.say("New report"), "report new"), Action(ctx.say("Add a schedule"), "schedule add")]
    return (*made, Action(ctx.say("All reports"), "report list"), Action(ctx.say("Help"), "arb help"))


COMMANDS: tuple[Command[Any], ...] = (
    Command("arb home", Message("Show your reports, your schedules and the next posts."), "/arb home", Nothing, home),
)
