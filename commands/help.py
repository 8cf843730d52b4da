"""/arb help: what one can say, by group."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Annotated, Any

from commands.cards import card, paragraphs, table, typed
from commands.command import Arguments, Command, Context, Reply
from commands.forms import option_of
from commands.start import first_actions, first_steps, is_empty
from model.card import Action, Block, Card, Text
from model.errors import UnknownName
from model.form import Option
from model.language import Language, Message

_ABOUT = {
    "report": Message("Run reports, read them, look behind them."),
    "source": Message("Where the figures come from."),
    "template": Message("The shapes that reports have."),
    "schedule": Message("When reports run by themselves."),
    "target": Message("Bounds that figures should keep."),
    "model": Message("Language models that put reports into words."),
    "destination": Message("Places that reports go to."),
    "ask": Message("Questions about a report, answered from what it has read."),
    "arb": Message("Help, how things stand, and yourself."),
}


class Help(Arguments):
    """All groups, one of them, or one command."""

    command: Annotated[str | None, Option(Message("Group or command"), positional=True)] = None


async def help_(ctx: Context, args: Help) -> Reply:
    """Show what one can say: the groups, one of them, or one command."""
    from commands import COMMANDS  # the whole list, which this group is part of

    if not args.command:
        return Reply(await _all(ctx, COMMANDS))
    wanted = " ".join(args.command.strip().removeprefix("/").lower().split())
    members = [command for command in COMMANDS if command.name.split()[0] == wanted]
    if members:
        return Reply(_group(ctx, wanted, members))
    found = next((command for command in COMMANDS if command.name == wanted), None)
    if found is None:
        names = [*(command.name for command in COMMANDS), *_groups(COMMANDS)]
        hint = Message("Type /arb help to see what there is.")
        close = [f"/{name}" for name in get_close_matches(wanted, names, 2)]
        raise UnknownName("/{said} is not a command.", hint=hint, close=close, said=wanted[:60])
    return Reply(_one(ctx.language, found))


async def _all(ctx: Context, commands: Sequence[Command[Any]]) -> Card:
    allowed = [command for command in commands if command.role <= ctx.member.role]
    rows = []
    for name in _groups(allowed):
        verbs = ", ".join(command.name.removeprefix(f"{name} ") for command in allowed if _of(command) == name)
        about = ctx.language.say(about_group(name))
        rows.append((typed(f"/{name}"), about, verbs))
    head = (ctx.say("Group"), ctx.say("What it is for"), ctx.say("What you can say"))
    lines = [ctx.say("Type /arb help report for one group, /arb help report run for one command.")]
    if len(allowed) < len(commands):
        lines.append(ctx.say("{n} more are for people with a higher role.", n=len(commands) - len(allowed)))
    blocks: list[Block] = [table(head, rows), paragraphs(*lines)]
    if await is_empty(ctx):
        return card(ctx.language, ctx.say("What you can say"), [first_steps(ctx), *blocks], first_actions(ctx))
    actions = [Action(f"/{name}", "arb help", {"command": name}) for name in _groups(allowed)]
    return card(ctx.language, ctx.say("What you can say"), blocks, actions)


def _group(ctx: Context, name: str, members: Sequence[Command[Any]]) -> Card:
    rows = [(typed(c.example), ctx.language.say(c.help), _role(c, ctx.language)) for c in members]
    head = (ctx.say("Type"), ctx.say("What it does"), ctx.say("Who"))
    return card(ctx.language, f"/{name}", [paragraphs(ctx.language.say(about_group(name))), table(head, rows)])


def about_group(name: str) -> Message:
    """Return what a group of commands is for."""
    return _ABOUT[name]


def _one(language: Language, command: Command[Any]) -> Card:
    say = language.say
    rows = []
    for name, field in command.arguments.model_fields.items():
        if not option_of(field).label.text:
            continue
        needed = Message("needed") if field.is_required() else Message("as you like")
        rows.append((name, say(option_of(field).label), say(needed)))
    who = say(Message("For people with the role {role} or higher.", {"role": _role(command, language)}))
    blocks: list[Block] = [paragraphs(say(command.help), who), Text((typed(command.example),))]
    if rows:
        blocks.append(table((say(Message("Argument")), say(Message("Meaning")), ""), rows))
    return card(language, f"/{command.name}", blocks)


def _groups(commands: Sequence[Command[Any]]) -> list[str]:
    return list(dict.fromkeys(_of(command) for command in commands))


def _of(command: Command[Any]) -> str:
    return command.name.split()[0]


def _role(command: Command[Any], language: Language) -> str:
    return language.say(Message(command.role.name.lower()))
