"""/report propose: a sentence becomes the filled form of a new report, to be looked over; nothing is done yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field, JsonValue

from commands.command import Arguments, Command, Context, Reply, is_said
from commands.forms import form_of
from commands.report_saved import New
from model.errors import UsageError
from model.form import Option
from model.language import Message
from model.member import Role
from reports.proposing import understood
from reports.sentence import Wished, wished
from reports.templates import builtin, usable

NAME = "report propose"
_EXAMPLE = Message("For example: every weekday at 10 post merged PRs and failing builds of acme/* here")


class Propose(Arguments):
    """What is wished for, in a sentence."""

    text: Annotated[str, Field(max_length=400), Option(Message("What you want"), positional=True, long=True)]


async def propose(ctx: Context, args: Propose) -> Reply:
    """Answer with the form of the report that a sentence asks for; what was not understood stands above it."""
    async with ctx.read() as stores:
        templates = {one.name: one.title.in_(ctx.language.code) for one in await usable(stores, ctx.member)}
        sources = [source.name for source in await stores.sources.all()]
        taken = {report.name for report in await stores.reports.seen(ctx.member)}
    found, by = wished(args.text, templates, sources), ""
    if found is None or found.rest:
        house, member = ctx.house, ctx.member
        better = await understood(house, member.workspace, member.id, args.text, templates, sources)
        found, by = (found, "") if better is None else (better.wish, better.by)
    if found is None:
        raise UsageError("That does not say what to report on.", hint=_EXAMPLE)
    values: dict[str, object] = {
        "name": _free(found.name, taken),
        "template": found.template,
        "when": found.when or None,
        "window": found.window or None,
        "source": found.sources or None,
        "destinations": found.destinations or None,
        "include_repositories": found.repositories or None,
        "description": args.text[:300],
    }
    title = ctx.say("A new report, as understood")
    return Reply(form_of(ctx.language, title, "report new", New, values, problem=_look_over(found, by)))


def is_wish(line: str) -> bool:
    """Tell whether a line that is no command asks for a report."""
    return not line.lstrip().startswith("/") and wished(line, builtin()) is not None


def proposal(line: str, commands: Sequence[Command[Any]]) -> tuple[Command[Any], dict[str, JsonValue]] | None:
    """Return the command that proposes what a line wishes for; None where it wishes for nothing."""
    if is_said(line, commands) or not is_wish(line):
        return None
    return next(command for command in commands if command.name == NAME), {"text": line.strip()}


def _free(name: str, taken: set[str]) -> str:
    """Return a name that no report has yet."""
    return next(one for one in (name, *(f"{name} {n}" for n in range(2, len(taken) + 3))) if one not in taken)


def _look_over(found: Wished, by: str) -> Message:
    """Return what stands above the form; `by`: the model that filled it in."""
    if by:
        return Message("Nothing is saved yet. {by} understood it so: look it over, then submit it.", {"by": by})
    if found.rest:
        return Message("Nothing is saved yet. This was not understood, and is left out: {rest}", {"rest": found.rest})
    return Message("Nothing is saved yet: look it over, then submit it.")


COMMANDS: tuple[Command[Any], ...] = (
    Command(
        NAME,
        Message("Make a report out of a sentence, to look over first."),
        "/report propose every weekday at 10 post commits and branches here",
        Propose,
        propose,
        Role.EDITOR,
    ),
)
