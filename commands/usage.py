"""/arb usage: how often reports are run, how that goes, and what language models cost."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field

from commands.cards import card, paragraphs, table
from commands.command import Arguments, Command, Context, Reply
from model.card import Block, Chart, Fields, Heading, Series, text_line
from model.form import Option, Unfit
from model.ids import MemberId
from model.language import Message
from model.member import Role
from model.prompt import dollars
from model.unit import Unit
from storage.usage import Call, RunTime, month_of
from storage.workspaces import WorkspaceSettings

_MOST = 90  # days
_NAMED = 10  # members and models that are named
_T = TypeVar("_T")


def _days(given: object) -> object:
    """Read "30d", "30일", "4w" and "30" as days."""
    if not isinstance(given, str):
        return given
    found = re.fullmatch(r"(\d{1,3})\s*(d|days?|일|w|weeks?|주)?", given.strip().lower())
    if found is None:
        raise Unfit("write it as 30d or 4w")
    return int(found[1]) * (7 if (found[2] or "d")[0] in "w주" else 1)


class Usage(Arguments):
    """How many days to look back."""

    days: Annotated[
        int,
        Field(ge=1, le=_MOST),
        BeforeValidator(_days),
        Option(Message("Days"), positional=True, example="30d"),
    ] = 30


async def usage(ctx: Context, args: Usage) -> Reply:
    """Show runs, how many went well, how long they took, and what models cost; with a chart of the days."""
    now, zone = ctx.house.clock.now(), ctx.language.zone
    today = now.astimezone(zone).date()
    days = [today - timedelta(days=back) for back in range(args.days - 1, -1, -1)]
    since = datetime(days[0].year, days[0].month, days[0].day, tzinfo=zone)
    async with ctx.read() as stores:
        runs, calls = await stores.usage.runs_since(since), await stores.usage.since(since)
        names = {member.id: member.name for member in await stores.members.all()}
        settings = await stores.workspaces.settings()
        month = await stores.usage.spent(month_of(now))
    blocks: list[Block] = [_fields(ctx, runs, calls, month, settings), _chart(ctx, days, runs)]
    if calls:
        blocks += [Heading(ctx.say("Language models")), _by(ctx, ctx.say("Model"), calls, lambda c: c.model)]
        blocks += [_by(ctx, ctx.say("Person"), calls, lambda c: _name(ctx, names, c))]
        if any(not call.known for call in calls):
            text = ctx.say("Where a vendor did not say what a call cost, the most that it may be is counted.")
            blocks.append(paragraphs(text))
    title = ctx.say("Usage in {n} {n:day|days}", n=args.days)
    return Reply(card(ctx.language, title, blocks))


def _fields(
    ctx: Context, runs: Sequence[RunTime], calls: Sequence[Call], month: Decimal, settings: WorkspaceSettings
) -> Fields:
    done = [run for run in runs if run.done]
    seconds = Decimal(sum(run.seconds for run in done)) / len(done) if done else None
    cost = sum((call.cost for call in calls), Decimal(0))
    share = ctx.language.figure(Decimal(len(done)) / len(runs), Unit.SHARE) if runs else "–"
    took = "–" if seconds is None else ctx.say("{n} s", n=f"{seconds:.1f}")
    pairs = (
        (ctx.say("Runs"), ctx.say("{n}", n=len(runs))),
        (ctx.say("Went well"), share),
        (ctx.say("Took on average"), took),
        (ctx.say("Calls of models"), ctx.say("{n}", n=len(calls))),
        (ctx.say("Models cost"), dollars(cost)),
        (ctx.say("This month"), f"{dollars(month)} / {dollars(settings.usd_a_month)}"),
    )
    return Fields(tuple((label, text_line(value)) for label, value in pairs))


def _chart(ctx: Context, days: Sequence[date], runs: Sequence[RunTime]) -> Chart:
    zone = ctx.language.zone
    well = Counter(run.created.astimezone(zone).date() for run in runs if run.done)
    ill = Counter(run.created.astimezone(zone).date() for run in runs if not run.done)
    busiest = max(days, key=lambda day: well[day] + ill[day])
    alt = ctx.say(
        "Runs by day: {n} in all, {failed} of them failed; most on {day}.",
        n=len(runs), failed=sum(ill.values()), day=ctx.language.day(busiest),
    )  # fmt: skip
    series = (
        Series(ctx.say("went well"), tuple(Decimal(well[day]) for day in days)),
        Series(ctx.say("failed"), tuple(Decimal(ill[day]) for day in days)),
    )
    labels = tuple(ctx.language.day(day) for day in days)
    return Chart(ctx.say("Runs by day"), labels, series, Unit.COUNT, alt if runs else ctx.say("No runs."), "stacked")


def _by(ctx: Context, what: str, calls: Sequence[Call], key: Callable[[Call], str]) -> Block:
    """Return calls, tokens and cost by something, the dearest first."""
    found: dict[str, list[Call]] = defaultdict(list)
    for call in calls:
        found[key(call)].append(call)
    dearest = sorted(found.items(), key=lambda pair: (-sum(call.cost for call in pair[1]), pair[0]))
    rows = [
        (
            name,
            ctx.say("{n}", n=len(some)),
            ctx.say("{n}", n=sum(call.tokens.all for call in some)),
            dollars(sum((call.cost for call in some), Decimal(0))),
        )
        for name, some in dearest[:_NAMED]
    ]
    return table((what, ctx.say("Calls"), ctx.say("Tokens"), ctx.say("Cost")), rows, (1, 2, 3))


def _name(ctx: Context, names: Mapping[MemberId, str], call: Call) -> str:
    return names.get(call.member, ctx.say("somebody who is gone"))


COMMANDS: tuple[Command[Any], ...] = (
    Command(
        "arb usage",
        Message("Show how often reports are run and what language models cost."),
        "/arb usage 30d",
        Usage,
        usage,
        Role.ADMIN,
    ),
)
