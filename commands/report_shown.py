"""A saved report as a card, and all of them as a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from commands.cards import card, paragraphs, table
from commands.command import Arguments, Context, Reply
from commands.report_cards import state_word
from commands.report_definition import filled
from model.card import Action, Block, Card, Fields, Tone, text_line
from model.errors import UsageError
from model.form import Option
from model.language import Language, Message
from model.member import Role
from model.report import Report, ReportState, Run, RunState
from reports.rights import may_edit
from reports.templates import usable
from storage.stores import Stores

_PAGE = 10  # reports of one page
_LABELS = {
    "template": Message("Template"),
    "description": Message("Description"),
    "source": Message("Sources"),
    "window": Message("Window"),
    "language": Message("Language"),
    "zone": Message("Time zone"),
    "view": Message("View"),
    "people": Message("Name single persons"),
    "include_paths": Message("Only these paths"),
    "exclude_paths": Message("Not these paths"),
    "include_people": Message("Only these people"),
    "exclude_people": Message("Not these people"),
    "include_repositories": Message("Only these repositories"),
    "exclude_repositories": Message("Not these repositories"),
    "include_labels": Message("Only these labels"),
    "exclude_labels": Message("Not these labels"),
    "bots": Message("Further bots"),
    "weights": Message("Weights"),
    "destinations": Message("Destinations"),
    "model": Message("Model"),
    "instruction": Message("Instruction for a model"),
}


_VIEWS = {
    "management": Message("management"),
    "development": Message("development"),
    "operations": Message("operations"),
}
_MAY = {"view": Message("may view"), "edit": Message("may edit")}


class Listing(Arguments):
    """Which reports, and which page of them."""

    name: Annotated[str | None, Option(Message("Name"), positional=True)] = None
    owner: Annotated[str | None, Option(Message("Owner"), names="member")] = None
    state: Annotated[Literal["active", "paused"] | None, Option(Message("State"))] = None
    destination: Annotated[str | None, Option(Message("Destination"))] = None
    failing: Annotated[bool, Option(Message("Only those whose newest run failed"))] = False
    page: Annotated[int, Field(ge=1, le=1000), Option(Message("Page"))] = 1

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return self == Listing()


async def saved_card(ctx: Context, stores: Stores, report: Report, title: str = "", tone: Tone = Tone.NEUTRAL) -> Card:
    """Return a saved report's card with its buttons."""
    say = ctx.language.say
    values = await filled(stores, report)
    given = {name: _typed(value, ctx.language) for name, value in values.items()}
    given["view"] = say(_VIEWS[report.definition.view])
    rows = [(say(label), given[name]) for name, label in _LABELS.items() if given[name]]
    owner = (await stores.members.of(report.owner)).shown
    newest = (await stores.runs.newest_of([report.id])).get(report.id)
    rows += [
        (say(Message("Owner")), owner),
        (say(Message("State")), _state(report, ctx.language)),
        (say(Message("Newest run")), _newest(newest, ctx.language)),
    ]
    shares = [f"{(await stores.members.of(id)).shown} ({say(_MAY[may])})" for id, may in sorted(report.shares.items())]
    if shares:
        rows.append((say(Message("Shared with")), ", ".join(shares)))
    fields = Fields(tuple((label, text_line(value)) for label, value in rows))
    title = title or ctx.say("Report {name}", name=report.name)
    return card(ctx.language, title, [fields], _offered(ctx, report), tone)


def _offered(ctx: Context, report: Report) -> list[Action]:
    """Return the buttons of a saved report that its reader may press."""
    one: Mapping[str, JsonValue] = {"report": report.name}
    paused = report.state is ReportState.PAUSED
    offered = [] if paused else [Action(ctx.say("Run it"), "report run", one, once=True)]
    if ctx.member.role < Role.EDITOR or not may_edit(report, ctx.member):
        return offered
    if paused:
        offered.append(Action(ctx.say("Resume"), "report resume", one, once=True))
    edit = Action(ctx.say("Edit"), "report edit", one)
    return [*offered, edit, Action(ctx.say("Schedule"), "schedule add", one)]


def _typed(value: object, language: Language) -> str:
    match value:
        case None:
            return ""
        case bool():
            return language.say(Message("yes") if value else Message("no"))
        case list() | tuple():
            return ", ".join(str(one) for one in value)
        case _:
            return str(value)


async def list_(ctx: Context, args: Listing) -> Reply:
    """List the saved reports that the caller sees, then the templates."""
    async with ctx.read() as stores:
        seen = await stores.reports.seen(ctx.member)
        newest = await stores.runs.newest_of([report.id for report in seen])
        owners = {member.id: member.shown for member in await stores.members.all()}
        found = [r for r in seen if _wanted(r, args, owners.get(r.owner, ""), newest.get(r.id))]
        blocks: list[Block] = []
        shown = _page(found, args.page)
        if shown:
            head = (ctx.say("Report"), ctx.say("Template"), ctx.say("Owner"), ctx.say("State"), ctx.say("Newest run"))
            rows = [_row(ctx, r, owners.get(r.owner, ""), newest.get(r.id)) for r in shown]
            blocks.append(table(head, rows))
        else:
            none = ctx.say("There is no saved report here yet: /report new")
            blocks.append(paragraphs(none if args.everything else ctx.say("No saved report is like that.")))
        pages = max(1, -(-len(found) // _PAGE))
        if pages > 1:
            blocks.append(paragraphs(ctx.say("Page {page} of {pages}", page=args.page, pages=pages)))
        if args.everything:
            blocks += await _templates(ctx, stores)
    return Reply(card(ctx.language, ctx.say("Reports"), blocks, _actions(ctx, args, shown, pages)))


def _page(found: list[Report], page: int) -> list[Report]:
    if page > 1 and len(found) <= (page - 1) * _PAGE:
        raise UsageError("There is no page {page}.", hint=Message("Type /report list to see the first."), page=page)
    return found[(page - 1) * _PAGE : page * _PAGE]


def _wanted(report: Report, args: Listing, owner: str, newest: Run | None) -> bool:
    return (
        (args.name or "").casefold() in report.name.casefold()
        and args.owner in (None, owner)
        and args.state in (None, report.state)
        and (args.destination is None or args.destination in report.definition.destinations)
        and (not args.failing or (newest is not None and newest.state is RunState.FAILED))
    )


def _row(ctx: Context, report: Report, owner: str, newest: Run | None) -> tuple[str, ...]:
    state, run = _state(report, ctx.language), _newest(newest, ctx.language)
    return report.name, report.definition.template, owner, state, run


def _state(report: Report, language: Language) -> str:
    return language.say(Message("paused") if report.state is ReportState.PAUSED else Message("active"))


def _newest(run: Run | None, language: Language) -> str:
    return language.say(Message("none yet")) if run is None else f"{run.name} · {state_word(run, language)}"


async def _templates(ctx: Context, stores: Stores) -> list[Block]:
    """Return the templates, with the newest run of each that the caller sees."""
    rows = []
    for found in await usable(stores, ctx.member):
        newest = await stores.runs.list(1, found.name, by=ctx.member)
        rows.append(
            (found.name, found.title.in_(ctx.language.code), _newest(newest[0] if newest else None, ctx.language))
        )
    head = (ctx.say("Template"), ctx.say("Title"), ctx.say("Newest run"))
    return [table(head, rows), paragraphs(ctx.say("Run one with /report run weekly."))]


def _actions(ctx: Context, args: Listing, shown: list[Report], pages: int) -> list[Action]:
    first = [report.name for report in shown if report.state is not ReportState.PAUSED][:1]
    actions = [Action(ctx.say("Run {name}", name=name), "report run", {"report": name}, once=True) for name in first]
    if not shown and args.everything:
        actions = [Action(ctx.say("Run {name}", name="weekly"), "report run", {"report": "weekly"}, once=True)]
    if args.page < pages:
        values = args.model_dump(mode="json", exclude_defaults=True) | {"page": args.page + 1}
        actions.append(Action(ctx.say("Next page"), "report list", values))
    return actions
