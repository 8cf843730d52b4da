"""/report run and cancel."""

from __future__ import annotations

from difflib import get_close_matches
from functools import partial
from typing import Annotated

from commands.cards import card, paragraphs
from commands.command import Arguments, Context, Reply
from commands.report_definition import typed_name
from model.card import Action
from model.delivery import Address
from model.errors import NotAllowed, UnknownName, UsageError
from model.form import Option
from model.ids import SourceId
from model.language import Message
from model.member import Member, Role
from model.report import Definition, Report, ReportState, Run, Template, View
from model.window import Window, parse_window
from reports.days_off import works
from reports.orders import settings_of, sources_of
from reports.posting import tell_failure
from reports.rights import may_edit
from reports.templates import lookup
from storage.stores import Stores


class RunReport(Arguments):
    """What to run, for which days, over which sources; a saved report brings its own, which this overrides."""

    report: Annotated[str, Option(Message("Report or template"), names="report", positional=True)]
    window: Annotated[str | None, Option(Message("Window"), positional=True)] = None
    source: Annotated[str | None, Option(Message("Source"), names="source")] = None
    people: Annotated[bool | None, Option(Message("Name single persons"))] = None
    view: Annotated[View | None, Option(Message("View"))] = None
    here: Annotated[bool, Option(Message("Post it here"))] = False
    anew: Annotated[bool, Option(Message("Read all sources anew"))] = False


class Cancel(Arguments):
    """A run to cancel."""

    run: Annotated[str, Option(Message("Run"), names="run", positional=True)] = "last"


async def run(ctx: Context, args: RunReport) -> Reply:
    """Start a run; its card follows when it is done: to the caller alone, or here where he asks for that."""
    to = _place(ctx, args)
    async with ctx.write() as stores:
        report, template = await _asked(stores, args.report, ctx.member)
        definition = report.definition if report is not None else Definition(template=template.name)
        settings = await stores.workspaces.settings()
        window = _window(ctx, args, definition, template, settings.country)
        made = await stores.runs.add(
            template=template.name,
            sources=await _sources(stores, args.source, definition.sources),
            window=window,
            settings=settings_of(
                definition,
                settings,
                ctx.language.code,
                private=to.private,
                view=args.view,
                people=args.people,
                anew=args.anew,
            ),
            cause=ctx.event,
            member=ctx.member.id,
            report=None if report is None else report.id,
            destinations=(to,),
        )
    name = template.title.in_(ctx.language.code) if report is None else report.name
    title = ctx.say("Run {name}: {report}, {days}", name=made.name, report=name, days=window.spoken(ctx.language))
    text = paragraphs(ctx.say("The report follows when it is done; /report show {name} shows it at any time.",
                              name=made.name))  # fmt: skip
    actions = [Action(ctx.say("Cancel"), "report cancel", {"run": made.name}, once=True)]
    return Reply(card(ctx.language, title, [text], actions, run=made.name), follows=made.id)


def _place(ctx: Context, args: RunReport) -> Address:
    """Return where the report goes. Raises NotAllowed: to post it where others read is for editors."""
    if not args.here or ctx.here.private:
        return ctx.mine
    if ctx.member.role < Role.EDITOR:
        raise NotAllowed(
            "Posting where others read is for editors.",
            hint=Message("Leave --here out, and the report comes to you alone."),
        )
    return ctx.here


async def _asked(stores: Stores, name: str, by: Member) -> tuple[Report | None, Template]:
    """Return the saved report of a name with its template, or the template alone. Raises UnknownName."""
    report = await stores.reports.find(name, by)
    if report is not None:
        if report.state is ReportState.PAUSED:
            raise UsageError(
                "Report {name} is paused.",
                hint=Message("Resume it: /report resume {name}", {"name": typed_name(report.name)}),
                name=report.name,
            )
        return report, await lookup(stores, report.definition.template)
    try:
        return None, await lookup(stores, name, by)
    except UnknownName as error:
        raise await _unknown(stores, name, by, error) from error


async def _unknown(stores: Stores, name: str, by: Member, error: UnknownName) -> UnknownName:
    close = get_close_matches(name, [report.name for report in await stores.reports.seen(by)])
    return UnknownName(
        "There is no report or template called {name}.",
        hint=Message("Type /report list to see those there are."),
        close=(*close, *error.close),
        name=name,
    )


def _window(ctx: Context, args: RunReport, definition: Definition, template: Template, country: str) -> Window:
    words, zone = args.window or definition.window or template.window, definition.zone or ctx.language.zone.key
    return parse_window(words, ctx.house.clock.now(), zone, partial(works, country=country))


async def _sources(stores: Stores, named: str | None, own: tuple[SourceId, ...]) -> tuple[SourceId, ...]:
    """Return the sources that a run reads: those named, separated by commas, the report's own, or all."""
    if named:
        names = [name.strip() for name in named.split(",") if name.strip()]
        return tuple(dict.fromkeys([(await stores.sources.named(name)).id for name in names]))
    return sources_of(own, [source.id for source in await stores.sources.all()])


async def cancel(ctx: Context, args: Cancel) -> Reply:
    """Cancel a run that waits or is under way."""
    async with ctx.write() as stores:
        found = await stores.runs.named(args.run, ctx.member)
        if not await _may_cancel(stores, found, ctx.member):
            raise NotAllowed(
                "Run {name} is not yours.",
                hint=Message("Who started it, an editor of its report or an admin can cancel it."),
                name=found.name,
            )
        reason = Message("{name} cancelled it.", {"name": ctx.member.shown})
        if await stores.runs.cancel(found.id, reason):
            await tell_failure(stores, found, reason, besides=ctx.mine)
            title = ctx.say("Run {name} is cancelled.", name=found.name)
        elif n := await stores.deliveries.withdraw(found.id, reason):
            title = ctx.say("Run {name} is over; {n} {n:message|messages} of it that waited will not be sent.",
                            name=found.name, n=n)  # fmt: skip
        else:
            raise UsageError(
                "Run {name} is over already.", hint=Message("See it: /report show {name}", {"name": found.name}),
                name=found.name,
            )  # fmt: skip
    return Reply(card(ctx.language, title, run=found.name))


async def _may_cancel(stores: Stores, run: Run, member: Member) -> bool:
    if run.member == member.id or member.role >= Role.ADMIN:
        return True
    return run.report is not None and may_edit(await stores.reports.of(run.report), member)
