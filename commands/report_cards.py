"""A run as a card."""

from __future__ import annotations

from dataclasses import replace

from commands.cards import card, paragraphs
from commands.command import Context
from commands.report_deliveries import went
from model.card import Action, Card
from model.errors import UsageError
from model.language import Language, Message
from model.report import STEPS, Run, RunState
from reports.live import how_far
from reports.posting import again, buttons, failed, timeline


async def run_card(ctx: Context, run: Run) -> Card:
    """Return the card that a run has made, with its buttons; or a line on how far it is."""
    if run.state in (RunState.WAITING, RunState.RUNNING):
        return await _under_way(ctx, run)
    async with ctx.read() as stores:
        if run.state is RunState.FAILED:
            return failed(run, run.failure, ctx.language, await again(stores, run, ctx.language, ctx.member))
        actions = await buttons(stores, run, ctx.language, ctx.member)
        where, again_there = await went(ctx, stores, run)
    made = await ctx.house.card(run)
    blocks = (*made.blocks[:-1], *where, *made.blocks[-1:])  # the last one is the footer
    return replace(made, blocks=blocks, actions=(*actions, *again_there), private=True)


async def _under_way(ctx: Context, run: Run) -> Card:
    async with ctx.read() as stores:
        done = [step for step, _, _ in await stores.runs.steps(run.id)]
        now = ctx.language.say(await how_far(stores, run))
    steps = ctx.say("{done} of {all} steps are done.", done=len(done), all=len(STEPS))
    title = ctx.say("Run {name} is under way.", name=run.name)
    actions = [Action(ctx.say("Cancel"), "report cancel", {"run": run.name}, once=True), timeline(run, ctx.language)]
    return card(ctx.language, title, [paragraphs(now, steps)], actions, run=run.name)


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
        return finished(await stores.runs.named(name, ctx.member))


def finished(run: Run) -> Run:
    """Return the run, which is done; raises UsageError where it is not."""
    if run.state is not RunState.DONE:
        raise UsageError(
            "Run {run} is not finished.",
            hint=Message("See how far it is: /report show {run}", {"run": run.name}),
            run=run.name,
        )
    return run
