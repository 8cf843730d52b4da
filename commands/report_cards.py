"""A run as a card."""

from __future__ import annotations

from dataclasses import replace

from pydantic import JsonValue

from commands.cards import card, paragraphs
from commands.command import Context
from model.card import Action, Card, Tone
from model.errors import UsageError
from model.language import Language, Message
from model.report import STEPS, Run, RunState


async def run_card(ctx: Context, run: Run) -> Card:
    """Return the card that a run has made, with its buttons; or a line on how far it is."""
    again = await _again(ctx, run)
    if run.state is RunState.FAILED:
        return _failed(ctx, run, again)
    if run.state is not RunState.DONE:
        return await _under_way(ctx, run)
    made = await ctx.house.card(run)
    return replace(made, actions=_actions(ctx, run, again), private=ctx.here.private)


def _actions(ctx: Context, run: Run, again: Action) -> tuple[Action, ...]:
    return (
        Action(ctx.say("Why?"), "report why", {"run": run.name}),
        Action(ctx.say("Compare"), "report diff", {"run": run.name}),
        Action(ctx.say("Verify"), "report verify", {"run": run.name}),
        Action(ctx.say("Export"), "report export", {"run": run.name, "form": "html"}),
        _timeline(ctx, run),
        again,
    )


def _timeline(ctx: Context, run: Run) -> Action:
    return Action(ctx.say("Timeline"), "report timeline", {"run": run.name})


async def _again(ctx: Context, run: Run) -> Action:
    """Return the button that runs the same days again: those of the saved report while the caller sees it."""
    async with ctx.read() as stores:
        sources = {source.id: source.name for source in await stores.sources.all()}
        names = {report.id: report.name for report in await stores.reports.seen(ctx.member)} if run.report else {}
    name = run.template if run.report is None else names.get(run.report, run.template)
    values: dict[str, JsonValue] = {"report": name, "window": run.window.typed()}
    if run.report is None:  # a saved report knows its own sources and manners
        values |= {"source": ",".join(sources.get(id, id) for id in run.sources), "people": run.settings.people}
    return Action(ctx.say("Run again"), "report run", values, once=True)


def _failed(ctx: Context, run: Run, again: Action) -> Card:
    why = ctx.language.say(run.failure) if run.failure else ctx.say("The reason is not known.")
    title = ctx.say("Run {name} failed.", name=run.name)
    return card(ctx.language, title, [paragraphs(why)], [_timeline(ctx, run), again], Tone.WARNING, run.name)


async def _under_way(ctx: Context, run: Run) -> Card:
    async with ctx.read() as stores:
        done = [step for step, _, _ in await stores.runs.steps(run.id)]
    text = ctx.say("{done} of {all} steps are done.", done=len(done), all=len(STEPS))
    title = ctx.say("Run {name} is under way.", name=run.name)
    actions = [Action(ctx.say("Cancel"), "report cancel", {"run": run.name}, once=True), _timeline(ctx, run)]
    return card(ctx.language, title, [paragraphs(text)], actions, run=run.name)


def state_word(run: Run, language: Language) -> str:
    """Return where a run stands, for people."""
    words = {
        RunState.WAITING: Message("waiting"),
        RunState.RUNNING: Message("under way"),
        RunState.DONE: Message("done"),
        RunState.FAILED: Message("failed"),
    }
    return language.say(words[run.state])


async def finished_run(ctx: Context, name: str) -> Run:
    """Return a run that is done; raises UsageError where it is not."""
    async with ctx.read() as stores:
        run = await stores.runs.named(name, ctx.member)
    if run.state is not RunState.DONE:
        raise UsageError(
            "Run {run} is not finished.",
            hint=Message("See how far it is: /report show {run}", {"run": run.name}),
            run=run.name,
        )
    return run
