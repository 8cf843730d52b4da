"""A run as a card."""

from __future__ import annotations

from dataclasses import replace

from commands.cards import card, paragraphs
from commands.command import Context
from model.card import Action, Card, Tone
from model.errors import UsageError
from model.language import Language, Message
from model.report import STEPS, Run, RunState


async def run_card(ctx: Context, run: Run) -> Card:
    """Return the card that a run has made, with its buttons; or a line on how far it is."""
    if run.state is RunState.FAILED:
        return _failed(ctx, run)
    if run.state is not RunState.DONE:
        return await _under_way(ctx, run)
    made = await ctx.house.card(run)
    return replace(made, actions=_actions(ctx, run), private=ctx.here.private)


def _actions(ctx: Context, run: Run) -> tuple[Action, ...]:
    return (
        Action(ctx.say("Why?"), "report why", {"run": run.name}),
        Action(ctx.say("Compare"), "report diff", {"run": run.name}),
        Action(ctx.say("Verify"), "report verify", {"run": run.name}),
        Action(ctx.say("Export"), "report export", {"run": run.name, "form": "html"}),
        _again(ctx, run),
    )


def _again(ctx: Context, run: Run) -> Action:
    values = {"report": run.template, "window": run.window.typed()}
    return Action(ctx.say("Run again"), "report run", values, once=True)


def _failed(ctx: Context, run: Run) -> Card:
    why = ctx.language.say(run.failure) if run.failure else ctx.say("The reason is not known.")
    title = ctx.say("Run {name} failed.", name=run.name)
    return card(ctx.language, title, [paragraphs(why)], [_again(ctx, run)], Tone.WARNING, run.name)


async def _under_way(ctx: Context, run: Run) -> Card:
    async with ctx.read() as stores:
        done = [step for step, _, _ in await stores.runs.steps(run.id)]
    text = ctx.say("{done} of {all} steps are done.", done=len(done), all=len(STEPS))
    title = ctx.say("Run {name} is under way.", name=run.name)
    return card(ctx.language, title, [paragraphs(text)], run=run.name)


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
        run = await stores.runs.named(name)
    if run.state is not RunState.DONE:
        raise UsageError(
            "Run {run} is not finished.",
            hint=Message("See how far it is: /report show {run}", {"run": run.name}),
            run=run.name,
        )
    return run
