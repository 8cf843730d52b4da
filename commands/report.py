"""/report: run reports, read them, and look behind them."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from reports.templates import builtin, template

from commands.cards import card, paragraphs, table
from commands.command import Arguments, Command, Context, Nothing, Reply
from commands.report_cards import finished_run, run_card, state_word
from commands.report_compare import Diff, Verify, diff, verify
from commands.report_why import Why, why
from model.card import Action, Attachment
from model.errors import UsageError
from model.form import Option
from model.ids import SourceId
from model.language import Message
from model.report import Run, Settings
from model.window import parse_window
from reports import export as exporting
from storage.stores import Stores

_LISTED = 20


class RunReport(Arguments):
    """What to run, for which days, over which sources."""

    report: Annotated[str, Option(Message("Report or template"), names="template", positional=True)]
    window: Annotated[str | None, Option(Message("Window"), positional=True)] = None
    source: Annotated[str | None, Option(Message("Source"), names="source")] = None
    people: Annotated[bool | None, Option(Message("Name single persons"))] = None


class History(Arguments):
    """The runs of one report, or of all."""

    report: Annotated[str | None, Option(Message("Report or template"), names="template", positional=True)] = None


class Show(Arguments):
    """One run."""

    run: Annotated[str, Option(Message("Run"), names="run", positional=True)] = "last"


class Export(Arguments):
    """A run as a file."""

    run: Annotated[str, Option(Message("Run"), names="run", positional=True)] = "last"
    form: Annotated[exporting.Form, Option(Message("Form"), positional=True)] = "html"


async def run(ctx: Context, args: RunReport) -> Reply:
    """Start a run; its card follows when it is done."""
    chosen = template(args.report)
    zone = ctx.language.zone.key
    window = parse_window(args.window or chosen.window, ctx.house.clock.now(), zone)
    async with ctx.write() as stores:
        sources = await _sources(stores, args.source)
        workspace = await stores.workspaces.settings()
        people = ctx.here.private if args.people is None else args.people
        settings = Settings(
            ctx.language.code, people, workspace.bots, workspace.stale_days, workspace.weights
        )  # fmt: skip
        made = await stores.runs.add(
            template=chosen.name,
            sources=sources,
            window=window,
            settings=settings,
            cause=ctx.event,
            member=ctx.member.id,
        )
    title = ctx.say("Run {name}: {report}, {days}", name=made.name, report=chosen.title.in_(ctx.language.code),
                    days=window.spoken(ctx.language))  # fmt: skip
    text = paragraphs(ctx.say("The report follows when it is done; /report show {name} shows it at any time.",
                              name=made.name))  # fmt: skip
    return Reply(card(ctx.language, title, [text], run=made.name), follows=made.id)


async def _sources(stores: Stores, named: str | None) -> tuple[SourceId, ...]:
    """Return the sources that a run reads: those named, separated by commas, or all."""
    if named:
        names = [name.strip() for name in named.split(",") if name.strip()]
        return tuple(dict.fromkeys([(await stores.sources.named(name)).id for name in names]))
    found = await stores.sources.all()
    if not found:
        raise UsageError(
            "There is no source to report on yet.",
            hint=Message("Add the repository in front of you: /source add git name=demo path=."),
        )
    return tuple(source.id for source in found)


async def list_(ctx: Context, _: Nothing) -> Reply:
    """List what can be run, with the newest run of each."""
    rows = []
    async with ctx.read() as stores:
        for found in builtin().values():
            newest = await stores.runs.list(1, found.name)
            state = f"{newest[0].name} · {state_word(newest[0], ctx.language)}" if newest else ctx.say("none yet")
            rows.append((found.name, found.title.in_(ctx.language.code), state))
    head = (ctx.say("Report"), ctx.say("Title"), ctx.say("Newest run"))
    actions = [Action(ctx.say("Run {name}", name="weekly"), "report run", {"report": "weekly"}, once=True)]
    text = paragraphs(ctx.say("Run one with /report run weekly."))
    return Reply(card(ctx.language, ctx.say("Reports"), [table(head, rows), text], actions))


async def show(ctx: Context, args: Show) -> Reply:
    """Show a run's card, or how far it is."""
    async with ctx.read() as stores:
        found = await stores.runs.named(args.run)
    return Reply(await run_card(ctx, found))


async def history(ctx: Context, args: History) -> Reply:
    """List runs, newest first."""
    name = template(args.report).name if args.report else None
    async with ctx.read() as stores:
        runs = await stores.runs.list(_LISTED, name)
    if not runs:
        text = paragraphs(ctx.say("Run one with /report run weekly."))
        return Reply(card(ctx.language, ctx.say("Nothing was run yet."), [text]))
    rows = [_row(ctx, r) for r in runs]
    head = (ctx.say("Run"), ctx.say("Report"), ctx.say("Days"), ctx.say("When"), ctx.say("State"))
    actions = [Action(ctx.say("Show {name}", name=runs[0].name), "report show", {"run": runs[0].name})]
    return Reply(card(ctx.language, ctx.say("Runs"), [table(head, rows)], actions))


def _row(ctx: Context, run: Run) -> tuple[str, ...]:
    language = ctx.language
    return run.name, run.template, run.window.spoken(language), language.instant(run.created), state_word(run, language)


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
    Command("report list", Message("List what can be run."), "/report list", Nothing, list_),
    Command("report show", Message("Show a run."), "/report show last", Show, show),
    Command("report history", Message("List the runs so far."), "/report history weekly", History, history),
    Command("report diff", Message("Show what moved since the run before."), "/report diff last", Diff, diff),
    Command(
        "report why", Message("Show the arithmetic behind a figure or a priority."), "/report why last 1", Why, why
    ),
    Command("report verify", Message("Rebuild a run and compare."), "/report verify last", Verify, verify),
    Command("report export", Message("Get a run as a file."), "/report export last html", Export, export),
)
