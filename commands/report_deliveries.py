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
from storage.deliveries import OPEN, OVER
from storage.stores import Stores


class Resend(Arguments):
    """A run, and one of its messages; without it all that need it."""

    run: Annotated[str, Option(Message("Run"), names="run", positional=True)] = "last"
    message: Annotated[str | None, Option(Message("Message"))] = None


async def went(ctx: Context, stores: Stores, run: Run) -> tuple[Sequence[Block], Sequence[Action]]:
    """Return how each message of a run stands, with a button for each that can be sent again.

    What a terminal has shown is not worth a line.
    """
    told = [
        parts
        for parts in messages_of(await stores.deliveries.of_run(run.id))
        if not (parts[0].to.private and parts[0].state in (DeliveryState.SENT, DeliveryState.SENDING))
    ]
    if not told:
        return (), ()
    lines, actions = [], []
    for parts in told:
        one = furthest_behind(parts)
        name = await name_of(stores, one.to, ctx.language)
        state = await _state(stores, one, ctx.language)
        if one.part:
            state = Message("part {n} of {all}: {state}", {"n": one.part + 1, "all": len(parts), "state": state})
        lines.append(f"{name}: {ctx.language.say(state)}")
        if one.state in OVER:
            again = ctx.say("Send again: {name}", name=name)
            actions.append(Action(again, "report resend", {"run": run.name, "message": parts[0].id}, once=True))
    return group(ctx.say("Where it went"), *lines), actions


def messages_of(rows: Sequence[Delivery]) -> list[list[Delivery]]:
    """Return a run's messages, each as its root and the parts that follow it."""
    roots = [[one] for one in rows if one.root is None]
    return [[root, *(one for one in rows if one.root == root.id)] for [root] in roots]


def furthest_behind(parts: Sequence[Delivery]) -> Delivery:
    """Return the part that says how a message stands: one that did not arrive, else one on its way, else the root."""
    for states in (OVER, OPEN):
        for one in parts:
            if one.state in states:
                return one
    return parts[0]


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
    """Send once more what was refused or may have arrived; an editor's hand also opens its place again."""
    async with ctx.write() as stores:
        run = await stores.runs.named(args.run, ctx.member)
        if run.member != ctx.member.id and ctx.member.role < Role.EDITOR:
            raise NotAllowed(
                "Run {name} is not yours.", hint=Message("Who started it or an editor can do it."), name=run.name
            )
        only = None if args.message is None else DeliveryId(args.message)
        over = [one for one in await stores.deliveries.of_run(run.id) if one.state in OVER and only in (None, one.id)]
        places = dict.fromkeys(one.to for one in over)
        for to in places:
            if ctx.member.role >= Role.EDITOR:
                await stores.places.open(to)
        shut = [to for to in places if await stores.places.closed(to) is not None]
        n = await stores.deliveries.again(run.id, only)
    actions = [Action(ctx.say("Show {name}", name=run.name), "report show", {"run": run.name})]
    if n == 0:
        title = ctx.say("Nothing of run {name} needs to be sent again.", name=run.name)
        return Reply(card(ctx.language, title, actions=actions, run=run.name))
    title = ctx.say("Run {name}: {n} {n:message is|messages are} sent again.", name=run.name, n=n)
    lines = [ctx.say("What may have arrived before says that it is a possible repeat.")]
    if shut:
        lines.append(ctx.say("A place that is paused gets it once an editor resumes it: /destination list"))
    return Reply(card(ctx.language, title, [paragraphs(*lines)], actions, run=run.name))
