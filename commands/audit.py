"""/arb audit: who did what here, and whether anybody has changed the record of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from commands.cards import card, paragraphs, table
from commands.command import Arguments, Command, Context, Reply
from model.card import Attachment, Tone
from model.errors import UnknownName
from model.form import Option
from model.ids import MemberId
from model.language import Message
from model.member import Member, Role
from model.window import parse_window
from reports.audit import as_csv
from storage.audit import Noted
from storage.stores import Stores

_SHOWN, _EXPORTED = 20, 100_000
_MOST = 80  # characters of what was said


class ShowAudit(Arguments):
    """Whose doings, of what kind, since when."""

    who: Annotated[str | None, Option(Message("Member"), names="member", positional=True)] = None
    what: Annotated[str | None, Option(Message("Command or group"))] = None
    since: Annotated[str | None, Option(Message("Since"), example="7d")] = None
    export: Annotated[bool, Option(Message("As a file"))] = False


async def audit(ctx: Context, args: ShowAudit) -> Reply:
    """Show the newest entries, or all of them as a file."""
    since = args.since and parse_window(args.since, ctx.house.clock.now(), ctx.language.zone.key).start
    async with ctx.read() as stores:
        who = (await stores.members.named(args.who)).id if args.who else None
        what = args.what.removeprefix("/") if args.what else None
        limit = _EXPORTED if args.export else _SHOWN
        rows = await stores.audit.list(limit, member=who, command=what, since=since or None)
        broken = await stores.audit.broken()
        names = {row.member: await _name(stores, row.member) for row in rows}
    whole = (
        ctx.say("The chain of all entries is whole.")
        if broken is None
        else ctx.say("The chain is broken at entry {n}: an entry was changed, moved or taken out.", n=broken)
    )
    tone = Tone.NEUTRAL if broken is None else Tone.CRITICAL
    if args.export:
        return await _file(ctx, rows, names, whole, tone)
    if not rows:
        none = ctx.say("No entry is like that.")
        return Reply(card(ctx.language, ctx.say("Audit"), [paragraphs(none), paragraphs(whole)], tone=tone))
    lines = [_cells(ctx, row, names) for row in rows]
    head = (
        ctx.say("Entry"),
        ctx.say("When"),
        ctx.say("Who"),
        ctx.say("What"),
        ctx.say("Outcome"),
        ctx.say("With"),
    )
    return Reply(card(ctx.language, ctx.say("Audit"), [table(head, lines, (0,)), paragraphs(whole)], tone=tone))


async def _file(ctx: Context, rows: tuple[Noted, ...], names: dict[MemberId, str], whole: str, tone: Tone) -> Reply:
    data = as_csv(rows, names)
    async with ctx.write() as stores:
        blob = await stores.blobs.put(data)
    shown = card(ctx.language, ctx.say("Audit, {n} {n:entry|entries}", n=len(rows)), [paragraphs(whole)], tone=tone)
    file = Attachment("audit.csv", "text/csv; charset=utf-8", blob, len(data))
    return Reply(replace(shown, attachments=(file,)))


async def _name(stores: Stores, id: MemberId) -> str:
    try:
        member: Member = await stores.members.of(id)
    except UnknownName:
        return id
    return member.name


def _cells(ctx: Context, row: Noted, names: dict[MemberId, str]) -> tuple[str, ...]:
    said = ctx.say("erased") if row.said is None else " ".join(f"{k}={v}" for k, v in row.said.items())
    outcome = {"done": Message("done"), "refused": Message("refused"), "failed": Message("failed")}[row.outcome]
    at = ctx.language.instant(row.at)
    return str(row.number), at, names[row.member], f"/{row.command}", ctx.language.say(outcome), _short(said)


def _short(text: str) -> str:
    return text if len(text) <= _MOST else text[: _MOST - 1] + "…"


COMMANDS: tuple[Command[Any], ...] = (
    Command(
        "arb audit",
        Message("Show who did what here."),
        "/arb audit what=report since=7d",
        ShowAudit,
        audit,
        Role.ADMIN,
    ),
)
