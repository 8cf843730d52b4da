"""Where a run went: each message's state in words; /report resend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from commands.cards import card, group, paragraphs
from commands.command import Arguments, Context, Reply
from model.card import Action, Block
from model.delivery import Address, Delivery, DeliveryState, Platform
from model.errors import NotAllowed
from model.form import Option
from model.ids import DeliveryId
from model.language import Language, Message
from model.member import Role
from model.report import Run
from storage.deliveries import OVER
from storage.stores import Stores


class Resend(Arguments):
    """A run, and one of its messages; without it all that need it."""

    run: Annotated[str, Option(Message("Run"), names="run", positional=True)] = "last"
    message: Annotated[str | None, Option(Message("Message"))] = None


async def went(ctx: Context, stores: Stores, run: Run) -> tuple[Sequence[Block], Sequence[Action]]:
    """Return how each message of a run stands, with a button for each that can be sent again.

    What a terminal has shown is not worth a line.
    """
    roots = [one for one in await stores.deliveries.of_run(run.id) if one.root is None]
    told = [one for one in roots if not (one.to.private and one.state in (DeliveryState.SENT, DeliveryState.SENDING))]
    if not told:
        return (), ()
    lines, actions = [], []
    for one in told:
        name = await name_of(stores, one.to, ctx.language)
        lines.append(f"{name}: {ctx.language.say(await _state(stores, one, ctx.language))}")
        if one.state in OVER:
            again = ctx.say("Send again: {name}", name=name)
            actions.append(Action(again, "report resend", {"run": run.name, "message": one.id}, once=True))
    return group(ctx.say("Where it went"), *lines), actions


async def name_of(stores: Stores, to: Address, language: Language) -> str:
    """Return what people call an address."""
    if to.platform is Platform.TERMINAL:
        return language.say(Message("terminal of {user}", {"user": to.target}))
    known = await stores.places.known(to)
    return known.name if known is not None else f"{to.platform.value} {to.target}"


async def _state(stores: Stores, one: Delivery, language: Language) -> Message:
    why = one.failure or Message("the reason is not known")
    match one.state:
        case DeliveryState.SENT:
            marked = Message("sent {at}, marked as a possible repeat") if one.repeated else Message("sent {at}")
            return Message(marked.text, {"at": language.instant(one.receipt.at if one.receipt else one.created)})
        case DeliveryState.REFUSED:
            return Message("not sent: {why}", {"why": why})
        case DeliveryState.UNKNOWN:
            return Message("unknown: it may have arrived, and the place cannot be asked")
        case DeliveryState.SENDING:
            return (
                Message("being sent; it may have arrived, and the place is asked first")
                if one.doubt
                else Message("being sent")
            )
        case DeliveryState.WAITING:
            return await _waiting(stores, one, language)


async def _waiting(stores: Stores, one: Delivery, language: Language) -> Message:
    closed = await stores.places.closed(one.to)
    if closed is not None:
        return Message("waiting: nothing is sent there since {at}", {"at": language.instant(closed)})
    if one.failure is not None and one.not_before is not None:
        values = {"at": language.instant(one.not_before), "why": one.failure}
        return Message("waiting, next try {at} ({why})", values)
    if one.to.platform is Platform.TERMINAL:
        return Message("waiting until somebody is there")
    return Message("waiting")


async def resend(ctx: Context, args: Resend) -> Reply:
    """Send once more what was refused or may have arrived; by hand, so its place is tried again too."""
    async with ctx.write() as stores:
        run = await stores.runs.named(args.run, ctx.member)
        if run.member != ctx.member.id and ctx.member.role < Role.EDITOR:
            raise NotAllowed(
                "Run {name} is not yours.", hint=Message("Who started it or an editor can do it."), name=run.name
            )
        only = None if args.message is None else DeliveryId(args.message)
        over = [one for one in await stores.deliveries.of_run(run.id) if one.state in OVER and only in (None, one.id)]
        for to in dict.fromkeys(one.to for one in over):
            await stores.places.open(to)
        n = await stores.deliveries.again(run.id, only)
    actions = [Action(ctx.say("Show {name}", name=run.name), "report show", {"run": run.name})]
    if n == 0:
        title = ctx.say("Nothing of run {name} needs to be sent again.", name=run.name)
        return Reply(card(ctx.language, title, actions=actions, run=run.name))
    title = ctx.say("Run {name}: {n} {n:message is|messages are} sent again.", name=run.name, n=n)
    text = paragraphs(ctx.say("What may have arrived before says that it is a possible repeat."))
    return Reply(card(ctx.language, title, [text], actions, run=run.name))
