"""/report why: the arithmetic behind a figure or a priority."""

from __future__ import annotations

import difflib
from typing import Annotated

from analyzers.metrics import fact_label, label_of
from analyzers.why import arithmetic
from commands.cards import card, paragraphs, table
from commands.command import Arguments, Context, Reply
from commands.report_cards import finished_run
from model.card import Action, Block, Card, Heading
from model.errors import UnknownName, UsageError
from model.form import Option
from model.language import Message
from model.ledger import Fact, Ledger
from model.measured import Gauge
from model.report import Run, Snapshot
from reports.export import shown
from reports.notes import record_line

_MOST_RECORDS = 20
_MOST_ITEMS = 10


class Why(Arguments):
    """A finding by its number, or a figure by its name."""

    run: Annotated[str, Option(Message("Run"), names="run", positional=True)] = "last"
    item: Annotated[str | None, Option(Message("Item"), positional=True)] = None


async def why(ctx: Context, args: Why) -> Reply:
    """Show the arithmetic of a priority or of a figure, and the records behind it."""
    run = await finished_run(ctx, args.run)
    snapshot, ledger = await ctx.house.snapshot(run), await ctx.house.ledger(run)
    if args.item is None:
        return Reply(_choices(ctx, run, ledger))
    item = args.item.strip()
    if item.isdecimal():
        return Reply(_why_finding(ctx, run, ledger, int(item)))
    return Reply(_why_fact(ctx, run, snapshot, ledger, item))


def _choices(ctx: Context, run: Run, ledger: Ledger) -> Card:
    """Return what can be asked about a run."""
    blocks: list[Block] = []
    if ledger.findings:
        rows = [(str(n), f.record.title, f"{f.priority:.2f}") for n, f in enumerate(ledger.findings, 1)]
        blocks += [
            Heading(ctx.say("Priorities")),
            table((ctx.say("Item"), ctx.say("What"), ctx.say("Priority")), rows[:_MOST_ITEMS], (2,)),
        ]
    totals = [f for f in ledger.facts if not f.labels]
    blocks += [
        Heading(ctx.say("Figures")),
        paragraphs(*(arithmetic(f, ctx.language) for f in totals), bullets=True),
        paragraphs(ctx.say("Ask for one: /report why {run} 1, or /report why {run} commits.", run=run.name)),
    ]
    actions = [
        Action(ctx.say("Why {n}?", n=n), "report why", {"run": run.name, "item": str(n)})
        for n in range(1, min(3, len(ledger.findings)) + 1)
    ]
    return card(ctx.language, ctx.say("Why? Run {run}", run=run.name), blocks, actions, run=run.name)


def _why_finding(ctx: Context, run: Run, ledger: Ledger, number: int) -> Card:
    if not 1 <= number <= len(ledger.findings):
        raise UsageError(
            "Run {run} has no item {item}.",
            hint=Message("It has {n} {n:item|items}: /report why {run}", {"n": len(ledger.findings), "run": run.name}),
            run=run.name,
            item=number,
        )
    finding = ledger.findings[number - 1]
    head = (ctx.say("Factor"), ctx.say("Weight"), ctx.say("Score"), ctx.say("Adds"), ctx.say("Because"))
    rows = [
        (label_of(x.name, ctx.language), f"{x.weight:.2f}", f"{x.score:.2f}", f"{x.weight * x.score:.3f}", x.why)
        for x in finding.factors
    ]
    total = ctx.say("Together {priority}: the sum of weight × score.", priority=f"{finding.priority:.2f}")
    blocks: list[Block] = [table(head, rows, (1, 2, 3)), paragraphs(total)]
    return card(ctx.language, finding.record.title, blocks, run=run.name)


def _why_fact(ctx: Context, run: Run, snapshot: Snapshot, ledger: Ledger, item: str) -> Card:
    fact = _fact(ledger, run, item)
    records = {(source, r.kind, r.key): r for source, r in snapshot.records}
    lines = [
        record_line(records[e.source, e.kind, e.key], snapshot.settings.people)
        for e in fact.evidence[:_MOST_RECORDS]
        if (e.source, e.kind, e.key) in records
    ]
    blocks: list[Block] = [paragraphs(arithmetic(fact, ctx.language))]
    asked = sorted(
        {r.body.query for _, r in snapshot.records if isinstance(r.body, Gauge) and r.key == fact.metric} - {""}
    )
    if asked:
        blocks += [
            Heading(ctx.say("What was asked")),
            paragraphs(*(" ".join(one.split()) for one in asked), bullets=True),
        ]
    if lines:
        blocks += [Heading(ctx.say("The records behind it")), paragraphs(*lines, bullets=True)]
    if fact.counted > len(lines):
        blocks.append(paragraphs(ctx.say("and {n} more", n=fact.counted - len(lines))))
    return card(ctx.language, fact_label(fact.metric, fact.labels, ctx.language, fact.title), blocks, run=run.name)


def _fact(ledger: Ledger, run: Run, item: str) -> Fact:
    """Return the fact that `item` names: "commits", "f3", or "commits author=Mina"."""
    metric, _, label = item.partition(" ")
    name, _, value = label.partition("=")
    for fact in shown(ledger, run.settings.people):
        if fact.id == metric or (fact.metric == metric and fact.labels == (((name, value),) if label else ())):
            return fact
    totals = [f.metric for f in ledger.facts if not f.labels]
    raise UnknownName(
        "Run {run} has no figure {item}.",
        hint=Message("It has {names}.", {"names": ", ".join(totals)}),
        close=difflib.get_close_matches(item, totals, 3),
        run=run.name,
        item=item,
    )
