"""/report post: the second step. A run is looked at in private first, then it goes where others read it."""

from __future__ import annotations

from typing import Annotated

from pydantic import JsonValue

from commands.cards import card, paragraphs
from commands.command import Arguments, Context, Reply
from commands.places import addresses_said, channels_said, going_to
from commands.report_cards import finished_run
from commands.report_saved import refuse_unless_editor
from model.card import Action, Tone
from model.delivery import Address
from model.errors import UsageError
from model.form import Listed, Option
from model.language import Message
from model.report import Report, Run
from reports.pictures import pictured
from reports.posting import post as put_on_its_way
from storage.stores import Stores


class Post(Arguments):
    """A finished run, and where it goes; left empty: where its report goes."""

    run: Annotated[str, Option(Message("Run"), names="run", positional=True)] = "last"
    destinations: Annotated[Listed[str], Option(Message("Destinations"), positional=True)] = ()
    confirmed: Annotated[bool, Option(Message("Without asking"))] = False


async def post(ctx: Context, args: Post) -> Reply:
    """Post a run to its report's destinations or to those named; to several after asking."""
    run = await finished_run(ctx, args.run)
    said = await channels_said(ctx, args.destinations)
    async with ctx.read() as stores:
        report = None if run.report is None else await stores.reports.of(run.report)
        names = _names(ctx, args, report)
        to = await addresses_said(ctx, stores, names, said)
        await _refuse_persons(stores, run, report, to)
    if len(to) > 1 and not args.confirmed:
        return _sure(ctx, run, names)
    made = await pictured(await ctx.house.card(run), ctx.house.render, to)
    async with ctx.write() as stores:
        names = await going_to(ctx, stores, names, said)  # a channel that is named first is added
        await put_on_its_way(stores, run, made, ctx.house.destinations, to)
    title = ctx.say("Run {name} is on its way to {places}.", name=run.name, places=", ".join(names))
    return Reply(card(ctx.language, title, run=run.name), follows=run.id)


def _names(ctx: Context, args: Post, report: Report | None) -> tuple[str, ...]:
    """Return the names of the destinations. Raises NotAllowed, UsageError."""
    if report is not None:
        refuse_unless_editor(report, ctx.member)
    names = args.destinations or (() if report is None else report.definition.destinations)
    if not names:
        raise UsageError(
            "A run of a template has no destinations of its own.",
            hint=Message("Name them: /report post {run} terminal", {"run": args.run}),
        )
    return tuple(dict.fromkeys(names))


async def _refuse_persons(stores: Stores, run: Run, report: Report | None, to: tuple[Address, ...]) -> None:
    """Raise UsageError where several would read a run that names single persons, and nobody has allowed that."""
    wanted = report is not None and report.definition.people is True
    if not run.settings.people or wanted or all(address.private for address in to):
        return
    if not (await stores.workspaces.settings()).people_in_channels:
        raise UsageError(
            "Run {run} names single persons, and others would read it.",
            hint=Message("Run it with people=no and post that, or switch it on: /report edit, people=yes."),
            run=run.name,
        )


def _sure(ctx: Context, run: Run, names: tuple[str, ...]) -> Reply:
    values: dict[str, JsonValue] = {"run": run.name, "destinations": ",".join(names), "confirmed": True}
    actions = [Action(ctx.say("Post"), "report post", values, once=True)]
    title = ctx.say("Post run {name} to {n} destinations?", name=run.name, n=len(names))
    return Reply(card(ctx.language, title, [paragraphs(*names, bullets=True)], actions, Tone.WARNING, run.name))
