"""/target: the bounds that figures should keep."""

from __future__ import annotations

from contextlib import suppress
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import ValidationInfo, field_validator

from analyzers.metrics import NAMES, label_of, unit_of
from analyzers.targets import bound_words, standings
from commands.bounds import bound_of
from commands.cards import card, paragraphs, table
from commands.command import Arguments, Command, Context, Nothing, Reply
from model.card import Action, Tone, plain
from model.errors import UnknownName
from model.form import Option
from model.language import CODES, Language, Message
from model.member import Role
from model.report import Run, RunState, Standing, Target
from reports.targets import figure_line, left_of, state_of

_LOOK_BACK = 50  # runs among which the newest finished one is looked for
_LONGEST = 60  # characters of a name that is told back


class Set(Arguments):
    """A metric and its bound, in words."""

    metric: Annotated[str, Option(Message("Metric"), positional=True, example="commits")]
    bound: Annotated[str, Option(Message("Bound"), positional=True, example="at least 20")]

    @field_validator("bound")
    @classmethod
    def _understood(cls, bound: str, given: ValidationInfo) -> str:
        with suppress(UnknownName):  # which is told when it is done
            bound_of(bound, unit_of(metric_of(given.data.get("metric", ""))))
        return bound


class Remove(Arguments):
    """The metric whose target goes."""

    metric: Annotated[str, Option(Message("Metric"), names="target", positional=True)]


async def set_(ctx: Context, args: Set) -> Reply:
    """Set a target, in place of the metric's earlier one."""
    metric = metric_of(args.metric)
    keep, least = bound_of(args.bound, unit_of(metric))
    target = Target(metric, least, keep)
    async with ctx.write() as stores:
        await stores.targets.set(target, ctx.member.id)
    bound = bound_words(target, unit_of(target.metric), ctx.language)
    title = ctx.say("Target set: {what} {bound}.", what=label_of(target.metric, ctx.language), bound=bound)
    text = paragraphs(ctx.say("Every report from now on says whether it is met, for the days that the report covers."))
    actions = (Action(ctx.say("Targets"), "target list"),)
    return Reply(card(ctx.language, title, [text], actions, Tone.GOOD))


async def list_(ctx: Context, _: Nothing) -> Reply:
    """List the targets, each with its figure in the newest run."""
    run, found = await newest_standings(ctx)
    if not found:
        text = paragraphs(
            ctx.say("Set one with /target set commits at least 20."),
            ctx.say("The metrics are {names}.", names=", ".join(NAMES)),
        )
        return Reply(card(ctx.language, ctx.say("There is no target yet."), [text]))
    rows = [_row(one, ctx.language) for one in found]
    head = (ctx.say("Target"), ctx.say("Bound"), ctx.say("State"), ctx.say("Figure"), ctx.say("What is left"))
    if run is None:
        note = ctx.say("No report is finished yet: /report run weekly says how they stand.")
    else:
        note = ctx.say("As run {name} had it, {days}.", name=run.name, days=run.window.spoken(ctx.language))
    return Reply(card(ctx.language, ctx.say("Targets"), [table(head, rows, {3}), paragraphs(note)]))


async def remove(ctx: Context, args: Remove) -> Reply:
    """Forget a target; runs that had it keep it."""
    metric = metric_of(args.metric)
    async with ctx.write() as stores:
        await stores.targets.remove(metric)
    title = ctx.say("The target for {what} is removed.", what=label_of(metric, ctx.language))
    return Reply(card(ctx.language, title, [paragraphs(ctx.say("Reports made before keep it."))]))


async def newest_standings(ctx: Context) -> tuple[Run | None, tuple[Standing, ...]]:
    """Return the newest finished run and how the targets of today stand in it; without a run nothing is known."""
    async with ctx.read() as stores:
        targets = await stores.targets.all()
        runs = await stores.runs.list(_LOOK_BACK, by=ctx.member) if targets else ()
    run = next((run for run in runs if run.state is RunState.DONE), None)
    if run is None:
        return None, tuple(Standing(target, None, None, None, "not known", None) for target in targets)
    ledger = await ctx.house.ledger(run)
    return run, standings(targets, ledger, run.finished or run.created)


def metric_of(said: str) -> str:
    """Return the metric that is meant, by its name or by what people call it; raises UnknownName."""
    wanted = "_".join(said.lower().replace("-", " ").replace("_", " ").split())
    called = {"_".join(label_of(name, Language(code)).lower().split()): name for name in NAMES for code in CODES}
    metric = wanted if wanted in NAMES else called.get(wanted)
    if metric is None:
        raise UnknownName(
            "There is no metric called {name}.",
            hint=Message("The metrics are {names}.", {"names": ", ".join(NAMES)}),
            close=get_close_matches(wanted, NAMES),
            name=said if len(said) <= _LONGEST else f"{said[:_LONGEST]}…",
        )
    return metric


def _row(one: Standing, language: Language) -> tuple[str, ...]:
    left = left_of(one, language)
    return (
        label_of(one.target.metric, language, one.title),
        bound_words(one.target, one.unit, language),
        language.say(state_of(one)),
        plain(figure_line(one, language)),
        "" if left is None else language.say(left),
    )


COMMANDS: tuple[Command[Any], ...] = (
    Command(
        "target set",
        Message("Set a bound that a figure should keep."),
        "/target set commits at least 20",
        Set,
        set_,
        Role.EDITOR,
    ),
    Command("target list", Message("List the targets and how they stand."), "/target list", Nothing, list_),
    Command("target remove", Message("Remove a target."), "/target remove commits", Remove, remove, Role.EDITOR),
)
