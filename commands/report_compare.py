"""/report diff and verify: a run beside the one before it, and beside its own rebuild."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from analyzers.diff import FactMoved, FindingMoved, Movement, moved
from analyzers.metrics import fact_label, label_of
from commands.cards import card, paragraphs, table
from commands.command import Arguments, Context, Reply
from commands.report_cards import finished_run
from model.card import Block, Card, Heading, Tone
from model.form import Option
from model.language import Message
from model.ledger import Fact
from model.report import Run
from reports import verify as verifying

_MOST_MOVEMENTS = 30


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
    blocks = [paragraphs(days), *_movements(ctx, movements, run.settings.people)]
    return Reply(card(ctx.language, title, blocks, run=run.name))


def _movements(ctx: Context, movements: Sequence[Movement], people: bool) -> Sequence[Block]:
    facts = [m for m in movements if isinstance(m, FactMoved) and (people or "author" not in dict(m.labels))]
    findings = [m for m in movements if isinstance(m, FindingMoved)]
    if not facts and all(m.state == "still" for m in findings):
        return [paragraphs(ctx.say("Nothing moved."))]
    blocks: list[Block] = []
    if facts:
        head = (ctx.say("Figure"), ctx.say("Then"), ctx.say("Now"), ctx.say("Change"))
        blocks.append(table(head, [_moved_row(ctx, m) for m in facts[:_MOST_MOVEMENTS]], (1, 2, 3)))
    if len(facts) > _MOST_MOVEMENTS:
        blocks.append(paragraphs(ctx.say("and {n} more", n=len(facts) - _MOST_MOVEMENTS)))
    if findings:
        blocks += [Heading(ctx.say("Needs somebody")), paragraphs(*(_found(ctx, m) for m in findings), bullets=True)]
    return blocks


def _moved_row(ctx: Context, m: FactMoved) -> tuple[str, str, str, str]:
    then, now = (ctx.say("not known") if v is None else ctx.language.figure(v, m.unit) for v in (m.then, m.now))
    change = "" if m.then is None or m.now is None else ctx.language.change(m.now, m.then, m.unit)
    return fact_label(m.metric, m.labels, ctx.language, m.title), then, now, change


def _found(ctx: Context, m: FindingMoved) -> str:
    title = m.finding.record.title
    match m.state:
        case "new":
            return ctx.say("{title}: new", title=title)
        case "gone":
            return ctx.say("{title}: no longer on the list", title=title)
        case "still":
            return ctx.say("{title}: still there", title=title)


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
    lines = [*_newer_lines(ctx, verdict), *(_difference(ctx, d) for d in _shown(run, verdict)[:_MOST_MOVEMENTS])]
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
