"""/ask: a question about a report, answered from what its run has frozen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field, JsonValue

from analyzers.questions import LONGEST, is_question
from commands.cards import card, paragraphs
from commands.command import Arguments, Command, Context, Reply, is_said
from commands.names import names
from commands.report_cards import finished
from model.card import Action
from model.delivery import Address
from model.errors import NotAllowed, UnknownName
from model.form import Option
from model.ids import QuestionId
from model.language import Code, Message
from model.member import Role
from model.question import Question, Wondered
from model.report import Run, RunState
from reports.asking import tell_stopped
from reports.places import shown_at
from reports.sentence import wished
from reports.templates import builtin
from storage.stores import Stores

NAME = "ask question"
_HANGUL = re.compile(r"[가-힣]")  # who asks in Korean is answered in it
_LOOKED_AT = 20  # runs, of which the newest finished one is meant


class Ask(Arguments):
    """A question, and which run it is about; without that it is the newest one that stands where it is asked."""

    question: Annotated[str, Field(max_length=LONGEST + 100), Option(Message("Question"), positional=True, long=True)]
    run: Annotated[str | None, Option(Message("Run or report"), names="run")] = None
    below: Annotated[str | None, Field(max_length=80)] = None  # the message that it is asked about


class Stop(Arguments):
    """A question to stop; without one, all of one's own."""

    id: Annotated[str | None, Field(max_length=40)] = None


async def ask(ctx: Context, args: Ask) -> Reply:
    """Take a question; its answer follows, below the report where that stands here, else to the caller alone."""
    async with ctx.write() as stores:
        run, text = await _about(ctx, stores, args)
        to = await _place(ctx, stores, run, args.below)
        code: Code = "ko" if _HANGUL.search(text) else ctx.language.code
        asks = Wondered(run.id, ctx.member.id, ctx.event, text, to, ctx.mine, code)
        question = await stores.questions.add(asks)
    title = ctx.say("Your question about run {run} is being answered.", run=run.name)
    where = ctx.say("The answer comes here.") if to == ctx.here else _where(ctx, to)
    shown = card(ctx.language, title, [paragraphs(where)], [stop_it(ctx, question)], run=run.name)
    return Reply(shown, awaits=question.id)


def asked(
    line: str, commands: Sequence[Command[Any]], *, below: str | None
) -> tuple[Command[Any], dict[str, JsonValue]] | None:
    """Return the command that a question in plain words says; None where a line asks nothing, or is a command.

    `below`: the report under which it was said; there all is a question that names no group of commands.
    """
    text, groups = line.strip(), {command.name.split()[0] for command in commands}
    if not text or text.startswith("/") or is_said(text, commands):
        return None
    wish = wished(text, builtin())
    if wish is not None and (wish.when or wish.destinations):  # "post commits here" asks for a report
        return None
    first = text.split(None, 1)[0].lower()
    if not is_question(text) and (below is None or first in groups):
        return None
    values: dict[str, JsonValue] = {"question": text}
    if below is not None:
        values["below"] = below
    return next(command for command in commands if command.name == NAME), values


def stop_it(ctx: Context, question: Question) -> Action:
    """Return the button that stops a question."""
    return Action(ctx.say("Stop"), "ask stop", {"id": question.id}, once=True)


def _where(ctx: Context, to: Address) -> str:
    return ctx.say("The answer comes to you alone.") if to.private else ctx.say("The answer comes below the report.")


async def _about(ctx: Context, stores: Stores, args: Ask) -> tuple[Run, str]:
    """Return the run that is meant, and the question without the name of it. Raises UnknownName, UsageError."""
    text, named = args.question.strip(), args.run
    if named is None:
        known = sorted(await names(stores, "report", ctx.member), key=len, reverse=True)
        named = next((name for name in known if text.casefold().startswith(f"{name.casefold()} ")), None)
        text = text if named is None else text[len(named) :].strip()
    if named is not None:
        return await _named(ctx, stores, named), text
    here, id = ctx.here, None
    if args.below is not None:
        id = await stores.questions.run_below(here.platform, here.account, args.below)
    id = id or await stores.questions.newest_at(here)
    if id is not None:
        found = await stores.runs.of(id)
        return finished(await stores.runs.named(found.name, ctx.member)), text
    return _newest(await stores.runs.list(_LOOKED_AT, by=ctx.member)), text


async def _named(ctx: Context, stores: Stores, name: str) -> Run:
    """Return the run of a name, or the newest finished one of a report or template of that name."""
    report = await stores.reports.find(name, ctx.member)
    runs = () if report is None else await stores.runs.list(_LOOKED_AT, report=report.id)
    if not any(run.state is RunState.DONE for run in runs):  # the template of that name
        runs = await stores.runs.list(_LOOKED_AT, name.casefold(), by=ctx.member) or runs
    return _newest(runs) if runs or report else finished(await stores.runs.named(name, ctx.member))


def _newest(runs: Sequence[Run]) -> Run:
    done = next((run for run in runs if run.state is RunState.DONE), None)
    if done is None:
        raise UnknownName("There is no finished run to ask about.", hint=Message("Run one: /report run weekly"))
    return done


async def _place(ctx: Context, stores: Stores, run: Run, below: str | None) -> Address:
    """Return where the answer goes: who reads the report here reads it too, and nobody else does."""
    if ctx.here.private:
        return ctx.here
    there = await shown_at(stores, run, ctx.here, below)
    return ctx.mine if there is None else there


async def stop(ctx: Context, args: Stop) -> Reply:
    """Stop a question that is not answered yet, or all of one's own."""
    async with ctx.write() as stores:
        mine = await stores.questions.open_of(ctx.member.id)
        meant = mine if args.id is None else [await stores.questions.of(QuestionId(args.id))]
        if any(one.asks.member != ctx.member.id for one in meant) and ctx.member.role < Role.ADMIN:
            raise NotAllowed("Somebody else has asked that.", hint=Message("Who asked, or an admin, can stop it."))
        stopped = [one for one in meant if await stores.questions.stop(one.id)]
        for one in stopped:
            await tell_stopped(stores, one)
    if not stopped:
        return Reply(card(ctx.language, ctx.say("No question of yours is being answered.")))
    title = ctx.say("{n} {n:question was|questions were} stopped.", n=len(stopped))
    return Reply(card(ctx.language, title))


COMMANDS: tuple[Command[Any], ...] = (
    Command(
        NAME,
        Message("Ask about a report, in words."),
        "/ask weekly how many commits were there?",
        Ask,
        ask,
        alone=True,
    ),
    Command("ask stop", Message("Stop a question that is not answered yet."), "/ask stop", Stop, stop),
)
