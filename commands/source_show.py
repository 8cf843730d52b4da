"""/source show: one source, how it is and what came of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from commands.cards import card
from commands.command import Arguments, Context, Reply
from model.card import Action, Fields, Line, text_line
from model.form import Option
from model.language import Message
from model.source import Source
from model.window import Window

_LATELY = timedelta(days=7)


class Named(Arguments):
    """One source."""

    source: Annotated[str, Option(Message("Source"), names="source", positional=True)]


async def show(ctx: Context, args: Named) -> Reply:
    """Show a source: never its secrets."""
    async with ctx.read() as stores:
        source = await stores.sources.named(args.source)
        records, newest = await stores.records.count(source.id), await stores.records.newest(source.id)
        now = ctx.house.clock.now()
        lately = await stores.records.began(source.id, Window(now - _LATELY, now, "UTC"))
        owner = None if source.owner is None else (await stores.members.of(source.owner)).shown
    broken = ((ctx.say("Not read since"), text_line(ctx.language.instant(source.failing))),) if source.failing else ()
    commits = ((ctx.say("Newest commit"), text_line(ctx.language.instant(newest))),) if newest else ()
    fields = Fields(
        (
            (ctx.say("Kind"), text_line(source.kind)),
            (ctx.say("State"), text_line(state_of(ctx, source))),
            *broken,
            (ctx.say("Added"), text_line(ctx.language.instant(source.added))),
            *(((ctx.say("Owner"), text_line(owner)),) if owner else ()),
            (ctx.say("Records"), text_line(ctx.say("{n}, {lately} of the last 7 days", n=records, lately=lately))),
            *commits,
            *_allowed(ctx, source),
        )
    )
    actions = (
        Action(ctx.say("Sync now"), "source sync", {"source": source.name}),
        Action(ctx.say("Test"), "source test", {"source": source.name}),
    )
    return Reply(card(ctx.language, ctx.say("Source {name}", name=source.name), [fields], actions))


def _allowed(ctx: Context, source: Source) -> tuple[tuple[str, Line], ...]:
    """Return what is left of the requests that its service allows, until they are all there again."""
    left = source.reading.allowance if source.reading else None
    if left is None or left.again <= ctx.house.clock.now():
        return ()
    said = ctx.say("{left} of {of} until {at}", left=left.left, of=left.of, at=ctx.language.instant(left.again))
    return ((ctx.say("Requests left"), text_line(said)),)


def state_of(ctx: Context, source: Source) -> str:
    """Return in words how a source is."""
    if source.problem is not None:
        return ctx.language.say(source.problem)
    if source.last_good is None:
        return ctx.say("not read yet")
    return ctx.say("read {at}", at=ctx.language.instant(source.last_good))
