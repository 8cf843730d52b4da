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
from reports.posting import again, buttons, failed, timeline
from storage.progress import Progress
from storage.stores import Stores

_DOES = {
    "collect": Message("Reading sources"),
    "measure": Message("Working out the figures"),
    "narrate": Message("Putting them into words"),
    "write": Message("Writing the report"),
    "enqueue": Message("Handing it to the outbox"),
}


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


async def how_far(stores: Stores, run: Run) -> Message:
    """Return what a run that is not over does now: what was written of it, else the step after those that are done."""
    if run.state is RunState.WAITING:
        return Message("It waits for its turn.")
    done = {step for step, _, _ in await stores.runs.steps(run.id)}
    noted = await stores.progress.of(run.id)
    if noted is None or noted.step in done:  # of somebody who had the run before, or of a step that is over by now
        noted = Progress(next((step for step in STEPS if step not in done), STEPS[-1]))
    if noted.step == "collect" and noted.of:
        return Message("Reading sources: {done} of {of}", {"done": noted.done, "of": noted.of})
    return _DOES[noted.step]


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
