"""/report: run reports, read them, and look behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from commands import report_owned, report_propose, report_saved
from commands.cards import card, paragraphs, table
from commands.command import Arguments, Command, Context, Reply
from commands.report_cards import finished_run, run_card, state_word
from commands.report_compare import Diff, Verify, diff, verify
from commands.report_deliveries import Resend, resend
from commands.report_post import Post, post
from commands.report_run import Cancel, RunReport, cancel, run
from commands.report_shown import Listing, list_, saved_card
from commands.report_timeline import Timeline, timeline
from commands.report_why import Why, why
from commands.schedule_shown import MISSED
from model.card import Action, Attachment
from model.errors import UnknownName
from model.form import Option
from model.ids import ReportId
from model.language import Message
from model.member import Role
from model.report import Report, Run
from reports import export as exporting
from reports.templates import lookup
from storage.stores import Stores

_LISTED = 20


class History(Arguments):
    """The runs of one report, or of all."""

    report: Annotated[str | None, Option(Message("Report or template"), names="report", positional=True)] = None


class Show(Arguments):
    """One run, or a saved report."""

    run: Annotated[str, Option(Message("Run or report"), names="run", positional=True)] = "last"


class Export(Arguments):
    """A run as a file."""

    run: Annotated[str, Option(Message("Run"), names="run", positional=True)] = "last"
    form: Annotated[exporting.Form, Option(Message("Form"), positional=True)] = "html"


async def show(ctx: Context, args: Show) -> Reply:
    """Show a run's card, or how far it is; of a saved report's name, what it is made of."""
    async with ctx.read() as stores:
        try:
            found = await stores.runs.named(args.run, ctx.member)
        except UnknownName:
            report = await stores.reports.find(args.run, ctx.member)
            if report is None:
                raise
            return Reply(await saved_card(ctx, stores, report))
    return Reply(await run_card(ctx, found))


async def history(ctx: Context, args: History) -> Reply:
    """List runs, newest first."""
    async with ctx.read() as stores:
        runs = await _runs(ctx, stores, args.report)
        names = {report.id: report.name for report in await stores.reports.seen(ctx.member)}
    if not runs:
        text = paragraphs(ctx.say("Run one with /report run weekly."))
        return Reply(card(ctx.language, ctx.say("Nothing was run yet."), [text]))
    rows = [_row(ctx, r, names) for r in runs]
    head = (ctx.say("Run"), ctx.say("Report"), ctx.say("Days"), ctx.say("When"), ctx.say("State"))
    actions = [Action(ctx.say("Show {name}", name=runs[0].name), "report show", {"run": runs[0].name})]
    return Reply(card(ctx.language, ctx.say("Runs"), [table(head, rows)], actions))


async def _runs(ctx: Context, stores: Stores, name: str | None) -> tuple[Run, ...]:
    """Return the runs of a saved report, of a template, or all that the caller sees."""
    report: Report | None = None if name is None else await stores.reports.find(name, ctx.member)
    if report is not None:
        return await stores.runs.list(_LISTED, report=report.id)
    template = None if name is None else (await lookup(stores, name, ctx.member)).name
    return await stores.runs.list(_LISTED, template, by=ctx.member)


def _row(ctx: Context, run: Run, names: Mapping[ReportId, str]) -> tuple[str, ...]:
    language = ctx.language
    name = run.template if run.report is None else names.get(run.report, run.template)
    return run.name, name, run.window.spoken(language), language.instant(run.created), state_word(run, language)


async def export(ctx: Context, args: Export) -> Reply:
    """Make a file of a run."""
    run = await finished_run(ctx, args.run)
    async with ctx.read() as stores:
        names = {source.id: source for source in await stores.sources.all()}
    file = await exporting.export(run, args.form, ctx.house, names)
    async with ctx.write() as stores:
        blob = await stores.blobs.put(file.data)
    made = card(ctx.language, ctx.say("Run {run} as {name}", run=run.name, name=file.name), run=run.name)
    return Reply(replace(made, attachments=(Attachment(file.name, file.media_type, blob, len(file.data)),)))


COMMANDS: tuple[Command[Any], ...] = (
    Command("report run", Message("Run a report now."), "/report run weekly window=last week", RunReport, run),
    Command("report list", Message("List what can be run."), "/report list", Listing, list_),
    Command("report show", Message("Show a run, or a saved report."), "/report show last", Show, show),
    Command("report history", Message("List the runs so far."), "/report history weekly", History, history),
    Command("report cancel", Message("Cancel a run that is not over."), "/report cancel last", Cancel, cancel),
    Command(
        "report post",
        Message("Post a run to its report's destinations."),
        "/report post last terminal",
        Post,
        post,
        Role.EDITOR,
    ),
    Command("report resend", Message("Send again what did not arrive."), "/report resend last", Resend, resend),
    Command("report diff", Message("Show what moved since the run before."), "/report diff last", Diff, diff),
    Command(
        "report why", Message("Show the arithmetic behind a figure or a priority."), "/report why last 1", Why, why
    ),
    Command("report verify", Message("Rebuild a run and compare."), "/report verify last", Verify, verify),
    Command("report timeline", Message("Show where a run's time went."), "/report timeline last", Timeline, timeline),
    Command("report export", Message("Get a run as a file."), "/report export last html", Export, export),
    *report_saved.COMMANDS,
    *report_propose.COMMANDS,
    *report_owned.COMMANDS,
    MISSED,
)
