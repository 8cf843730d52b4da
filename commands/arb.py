"""/arb: help, how things stand, and oneself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from commands.cards import card
from commands.command import Command, Context, Nothing, Reply
from commands.doctor import doctor
from commands.help import Help, help_
from commands.schedule_cards import state_of
from commands.start import Start, first_actions, first_steps, start
from commands.target import newest_standings
from model.card import Action, Block, Fields, text_line
from model.language import Message
from model.member import Role
from model.report import Run, RunState, Standing
from model.schedule import Schedule, ScheduleState
from model.source import Source
from reports.templates import builtin
from storage.duties import BACKUP, LastTime
from storage.health import OVERDUE

_NAMED = 3  # schedules at rest that are named


async def status(ctx: Context, _: Nothing) -> Reply:
    """Show how the workspace stands."""
    async with ctx.read() as stores:
        sources = await stores.sources.all()
        members = await stores.members.all()
        runs = await stores.runs.list(50, by=ctx.member)
        schedules = await stores.schedules.count(ctx.member)
        resting = await stores.schedules.seen(ctx.member, ScheduleState.PAUSED)
    under_way = [r for r in runs if r.state in (RunState.WAITING, RunState.RUNNING)]
    stand = (await newest_standings(ctx))[1]
    fields = (
        (ctx.say("Version"), version("auto-report-builder")),
        (ctx.say("Sources"), _sources(ctx, sources)),
        (ctx.say("Members"), ctx.say("{n}", n=len(members))),
        (ctx.say("Templates"), ctx.say("{n}", n=len(builtin()))),
        (ctx.say("Targets"), _targets(ctx, stand)),
        (ctx.say("Schedules"), _schedules(ctx, schedules, resting)),
        (ctx.say("Runs under way"), ctx.say("{n}", n=len(under_way))),
        (ctx.say("Newest run"), runs[0].name if runs else ctx.say("none yet")),
        (ctx.say("Failing"), _failing(ctx, runs)),
        (ctx.say("Backup"), _backup(ctx, await ctx.house.db.duties.standing(BACKUP))),
    )
    blocks: list[Block] = [Fields(tuple((label, text_line(value)) for label, value in fields))]
    title = ctx.say("How things stand")
    if not sources:
        return Reply(card(ctx.language, title, [*blocks, first_steps(ctx)], first_actions(ctx)))
    actions = (
        Action(ctx.say("Help"), "arb help"),
        Action(ctx.say("Sources"), "source list"),
        Action(ctx.say("Runs"), "report history"),
    )
    return Reply(card(ctx.language, title, blocks, actions))


def _sources(ctx: Context, sources: Sequence[Source]) -> str:
    broken = [source.name for source in sources if source.problem is not None]
    if not broken:
        return ctx.say("{n}", n=len(sources))
    names = ctx.language.listed(broken)
    return ctx.say("{n}, {broken} with a problem: {names}", n=len(sources), broken=len(broken), names=names)


def _schedules(ctx: Context, number: int, resting: Sequence[Schedule]) -> str:
    """Return how many there are, and which rest and why: nobody may notice otherwise."""
    if not number:
        return ctx.say("none yet")
    if not resting:
        return ctx.say("{n}", n=number)
    names = [f"#{one.number} ({state_of(one, ctx.language)})" for one in resting[:_NAMED]]
    return ctx.say("{n}, {names} at rest", n=number, names=ctx.language.listed(names))


def _targets(ctx: Context, stand: Sequence[Standing]) -> str:
    if not stand:
        return ctx.say("none yet")
    count = Counter(standing.state for standing in stand)
    rest = len(stand) - count["met"] - count["missed"]
    values = {"n": len(stand), "met": count["met"], "missed": count["missed"], "rest": rest}
    return ctx.say("{n}: {met} met, {missed} missed, {rest} undecided", **values)


def _backup(ctx: Context, last: LastTime) -> str:
    if last.problem is not None:
        return ctx.say("the last one failed: /arb doctor")
    if last.done is None:
        return ctx.say("none yet")
    late = ctx.house.clock.now() - last.done > OVERDUE
    return f"{ctx.language.instant(last.done)} – {ctx.say('overdue')}" if late else ctx.language.instant(last.done)


def _failing(ctx: Context, runs: Sequence[Run]) -> str:
    """Return what failed when it was run last; `runs` come newest first."""
    newest: dict[str, Run] = {}
    for run in runs:
        newest.setdefault(run.report or run.template, run)
    failed = [f"{run.template} {run.name}" for run in newest.values() if run.state is RunState.FAILED]
    return ctx.language.listed(failed) if failed else ctx.say("none")


COMMANDS: tuple[Command[Any], ...] = (
    Command("arb help", Message("Show what you can say."), "/arb help report run", Help, help_),
    Command("arb start", Message("Show what to do first."), "/arb start", Start, start),
    Command("arb status", Message("Show how things stand here."), "/arb status", Nothing, status),
    Command("arb doctor", Message("Look whether all parts are well."), "/arb doctor", Nothing, doctor, Role.ADMIN),
)
