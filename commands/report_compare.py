"""/report diff and verify: a run beside the one before it, and beside its own rebuild."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from analyzers.diff import moved
from analyzers.metrics import fact_label, label_of
from commands.cards import card, paragraphs
from commands.command import Arguments, Context, Reply
from commands.report_cards import finished_run
from model.card import Card, Tone
from model.form import Option
from model.language import Message
from model.ledger import Fact
from model.report import Run
from reports import verify as verifying
from reports.moved import MOST, moved_blocks


class Diff(Arguments):
    """A run to compare with the one before."""

    run: Annotated[str, Option(Message("Run"), names="run", positional=True)] = "last"


class Verify(Arguments):
    """A run to rebuild."""

    run: Annotated[str, Option(Message("Run"), names="run", positional=True)] = "last"


async def diff(ctx: Context, args: Diff) -> Reply:
    """Show what moved between a run and the one before it."""
    run = await finished_run(ctx, args.run)
    async with ctx.read() as stores:
        before = await stores.runs.before(run)
    if before is None:
        text = paragraphs(ctx.say("It is the first finished one of its report over these sources."))
        title = ctx.say("There is no run before {name}.", name=run.name)
        return Reply(card(ctx.language, title, [text], run=run.name))
    movements = moved(await ctx.house.ledger(before), await ctx.house.ledger(run))
    title = ctx.say("{now} against {then}", now=run.name, then=before.name)
    days = ctx.say("{now} beside {then}", now=run.window.spoken(ctx.language), then=before.window.spoken(ctx.language))
    blocks = [paragraphs(days), *moved_blocks(movements, ctx.language, run.settings.people)]
    return Reply(card(ctx.language, title, blocks, run=run.name))


async def verify(ctx: Context, args: Verify) -> Reply:
    """Rebuild a run from its snapshot and say what differs."""
    run = await finished_run(ctx, args.run)
    if run.erased is not None:
        return Reply(_erased(ctx, run, run.erased))
    verdict = await verifying.verify(run, ctx.house)
    if verdict.same:
        text = paragraphs(ctx.say("Facts, words and card were rebuilt from the snapshot: {hash}", hash=verdict.stored))
        title = ctx.say("Run {run} is identical.", run=run.name)
        return Reply(card(ctx.language, title, [text], tone=Tone.GOOD, run=run.name))
    lines = [*_newer_lines(ctx, verdict), *(_difference(ctx, d) for d in _shown(run, verdict)[:MOST])]
    if not verdict.findings:
        lines.append(ctx.say("What needs somebody comes out differently."))
    if not verdict.words:
        lines.append(ctx.say("The sentences are not those that were stored."))
    if not lines:
        lines.append(
            ctx.say("The figures are the same; the card is not.")
            if not verdict.card
            else ctx.say("The figures are the same; the snapshot itself was changed.")
        )
    hashes = ctx.say("Stored {stored}, rebuilt {rebuilt}", stored=verdict.stored[:16], rebuilt=verdict.rebuilt[:16])
    blocks = [paragraphs(*lines, bullets=True), paragraphs(hashes)]
    title = ctx.say("Run {run} does not come out the same.", run=run.name)
    return Reply(card(ctx.language, title, blocks, tone=Tone.CRITICAL, run=run.name))


def _erased(ctx: Context, run: Run, at: datetime) -> Card:
    """Return why a run cannot come out as it did: no alarm."""
    text = paragraphs(
        ctx.say(
            "At {at} a person was erased from it at that person's request; the figures of all others stand.",
            at=ctx.language.instant(at),
        )
    )
    title = ctx.say("Run {run} was changed at a person's request.", run=run.name)
    return card(ctx.language, title, [text], run=run.name)


def _shown(run: Run, verdict: verifying.Verdict) -> list[verifying.Difference]:
    """Return the differences that a reader may see: those of single persons only where they are switched on."""
    sides = [(d, d.stored or d.rebuilt) for d in verdict.differences]
    return [d for d, fact in sides if run.settings.people or fact is None or "author" not in dict(fact.labels)]


def _newer_lines(ctx: Context, verdict: verifying.Verdict) -> list[str]:
    return [
        ctx.say(
            "{what} was measured by version {then}; this is version {now}.",
            what=label_of(metric, ctx.language),
            then=then,
            now=now,
        )
        for metric, then, now in verdict.versions
    ]


def _difference(ctx: Context, difference: verifying.Difference) -> str:
    some = difference.stored or difference.rebuilt
    if some is None:
        raise ValueError("a difference has at least one side")
    values = [_side(ctx, fact) for fact in (difference.stored, difference.rebuilt)]
    if values[0] == values[1]:
        values = [ctx.say("{value} from other records", value=v) for v in values]
    return ctx.say(
        "{what} ({id}): stored {stored}, rebuilt {rebuilt}",
        what=fact_label(some.metric, some.labels, ctx.language, some.title),
        id=some.id,
        stored=values[0],
        rebuilt=values[1],
    )


def _side(ctx: Context, fact: Fact | None) -> str:
    if fact is None:
        return ctx.say("nothing")
    if fact.value is None:
        return ctx.say("not known")
    text = ctx.language.figure(fact.value, fact.unit)
    return text if fact.before is None else f"{text} ({ctx.language.change(fact.value, fact.before, fact.unit)})"
