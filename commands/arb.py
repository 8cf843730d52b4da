"""/arb: help, how things stand, and oneself."""

from __future__ import annotations

from importlib.metadata import version
from itertools import groupby
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import field_validator

from commands.cards import card, paragraphs, table, typed
from commands.command import Arguments, Command, Context, Nothing, Reply
from model.card import Action, Block, Card, Fields, Heading, Text, text_line
from model.errors import UsageError
from model.form import Option, Unfit
from model.language import Language, Message
from model.member import Role
from model.report import RunState
from reports.templates import builtin


class Help(Arguments):
    """All commands, or one."""

    command: Annotated[str | None, Option(Message("Command"), positional=True)] = None


class Me(Arguments):
    """What I want: a language, a time zone."""

    language: Annotated[Literal["en", "ko"] | None, Option(Message("Language"))] = None
    zone: Annotated[str | None, Option(Message("Time zone"))] = None

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str | None) -> str | None:
        try:
            return zone and ZoneInfo(zone).key
        except (KeyError, ValueError, OSError):  # a zone that is not found is a KeyError
            raise Unfit("it is no time zone such as Asia/Seoul") from None


async def help_(ctx: Context, args: Help) -> Reply:
    """Show what one can say, by group; or one command."""
    from commands import COMMANDS  # the whole list, which this group is part of

    if args.command:
        return Reply(_one(ctx.language, args.command, COMMANDS))
    blocks: list[Block] = []
    for name, members in groupby(COMMANDS, key=lambda c: c.name.split()[0]):
        allowed = [c for c in members if c.role <= ctx.member.role]
        rows = [(typed(c.example), ctx.language.say(c.help)) for c in allowed]
        if rows:
            blocks += [Heading(f"/{name}"), table((ctx.say("Type"), ctx.say("What it does")), rows)]
    return Reply(card(ctx.language, ctx.say("What you can say"), blocks))


def _one(language: Language, said: str, commands: tuple[Command[Any], ...]) -> Card:
    wanted = " ".join(said.removeprefix("/").lower().split())
    command = next((c for c in commands if c.name == wanted), None)
    if command is None:
        raise UsageError("/{said} is not a command.", hint=Message("Type /arb help to see what there is."), said=wanted)
    say = language.say
    rows = []
    for name, field in command.arguments.model_fields.items():
        needed = Message("needed") if field.is_required() else Message("as you like")
        rows.append((name, say(needed)))
    blocks: list[Block] = [paragraphs(say(command.help)), Text((typed(command.example),))]
    if rows:
        blocks.append(table((say(Message("Argument")), ""), rows))
    return card(language, f"/{command.name}", blocks)


async def status(ctx: Context, _: Nothing) -> Reply:
    """Show how the workspace stands."""
    async with ctx.read() as stores:
        sources = await stores.sources.all()
        members = await stores.members.all()
        runs = await stores.runs.list(50)
    under_way = [r for r in runs if r.state in (RunState.WAITING, RunState.RUNNING)]
    broken = [s for s in sources if s.problem is not None]
    fields = Fields(
        (
            (ctx.say("Version"), text_line(version("auto-report-builder"))),
            (
                ctx.say("Sources"),
                text_line(ctx.say("{n}, {broken} with a problem", n=len(sources), broken=len(broken))),
            ),
            (ctx.say("Members"), text_line(ctx.say("{n}", n=len(members)))),
            (ctx.say("Templates"), text_line(ctx.say("{n}", n=len(builtin())))),
            (ctx.say("Runs under way"), text_line(ctx.say("{n}", n=len(under_way)))),
            (ctx.say("Newest run"), text_line(runs[0].name if runs else ctx.say("none yet"))),
        )
    )
    actions = (
        Action(ctx.say("Help"), "arb help"),
        Action(ctx.say("Sources"), "source list"),
        Action(ctx.say("Runs"), "report history"),
    )
    return Reply(card(ctx.language, ctx.say("How things stand"), [fields], actions))


async def me(ctx: Context, args: Me) -> Reply:
    """Show who I am here; change my language and time zone."""
    member, language = ctx.member, ctx.language
    if args.language is not None or args.zone is not None:
        async with ctx.write() as stores:
            await stores.members.change(member.id, language=args.language, zone=args.zone)
            member = await stores.members.of(member.id)
        language = Language(member.language or language.code, member.zone or language.zone.key)
    say = language.say
    fields = Fields(
        (
            (say(Message("Name")), text_line(member.name)),
            (say(Message("Role")), text_line(role_word(member.role, language))),
            (say(Message("Language")), text_line({"en": "English", "ko": "한국어"}[language.code])),
            (say(Message("Time zone")), text_line(language.zone.key)),
        )
    )
    hint = paragraphs(say(Message("Change it with /arb me language=ko zone=Asia/Seoul.")))
    return Reply(card(language, say(Message("You here")), [fields, hint]))


def role_word(role: Role, language: Language) -> str:
    """Return a role for people."""
    words = {
        Role.VIEWER: Message("viewer"),
        Role.EDITOR: Message("editor"),
        Role.ADMIN: Message("admin"),
        Role.OWNER: Message("owner"),
    }
    return language.say(words[role])


COMMANDS: tuple[Command[Any], ...] = (
    Command("arb help", Message("Show what you can say."), "/arb help report run", Help, help_),
    Command("arb status", Message("Show how things stand here."), "/arb status", Nothing, status),
    Command("arb me", Message("Show who you are here; change language and time zone."), "/arb me language=ko", Me, me),
)
