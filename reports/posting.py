"""Post a run: its card, with its buttons, as one message for each of its destinations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from pydantic import JsonValue

from delivery.mentions import addressed
from delivery.telling import seat_of
from model.card import Action, Card, Mention, Text, Tone, text_line
from model.delivery import Address, Destination, Payload, Platform
from model.errors import ArbError, DestinationRefused
from model.ids import DeliveryId
from model.language import Language, Message
from model.member import Member
from model.report import Run
from reports.pictures import Pictured
from reports.rights import may_post
from storage.stores import Stores
from writers.direct import payloads_of


async def post(
    stores: Stores,
    run: Run,
    pictures: Pictured,
    destinations: Mapping[Platform, Destination],
    to: Iterable[Address] | None = None,
) -> None:
    """Put a finished run's card on its way to its destinations, or to those given; part of the open transaction."""
    language, by = language_of(run), await stores.members.of(run.member)
    await pictures.keep(stores)
    instead = await shown_live(stores, run) if to is None else {}
    for address in run.destinations if to is None else to:
        card = pictures.shown_at(address)
        shown = replace(card, actions=await buttons(stores, run, language, by, private=address.private))
        await _put(stores, run, shown, address, destinations, instead.get(address))


async def tell_failure(stores: Stores, run: Run, why: Message, besides: Address | None = None) -> None:
    """Tell whoever waits for a run in private, else who asked for it, that it has failed.

    Part of the open transaction. `besides`: who knows already. A run that goes nowhere has nobody to be told. Where it
    was shown how far the run is, that is told too.
    """
    seats: list[Address | None] = [to for to in run.destinations if to.private]
    if run.destinations and not seats:
        seats = [await seat_of(stores, run.member)]
    language, by = language_of(run), await stores.members.of(run.member)
    card = replace(failed(run, why, language, await again(stores, run, language, by)), tone=Tone.CRITICAL)
    live = await shown_live(stores, run)
    for to in (*live, *(seat for seat in seats if seat not in live)):
        if to is None or (to not in live and same_seat(to, besides)):
            continue
        shown = card if to.private else await addressed(stores, _in_public(card, by, language), to.platform)
        shown = await stores.actions.bind(shown, run.member if to.private else None)
        payloads = payloads_of(shown, to.platform)
        revised = to in live and await stores.deliveries.revise(live[to], payloads)
        if not revised and to.private:
            await stores.deliveries.put(to, payloads, run=run.id, language=card.language)


def _in_public(card: Card, by: Member, language: Language) -> Card:
    """Return a card for those who did not ask for the run, which names who did."""
    asker = text_line(language.say(Message("Asked for by:")), " ", Mention(by.id, by.shown))
    return replace(card, blocks=(*card.blocks, Text((asker,))), private=False)


async def shown_live(stores: Stores, run: Run) -> Mapping[Address, DeliveryId]:
    """Return the messages that show how far a run is: all that it has sent before it is over."""
    if not live_places(run):
        return {}
    return {one.to: one.id for one in await stores.deliveries.of_run(run.id) if one.root is None}


def live_places(run: Run) -> tuple[Address, ...]:
    """Return where people watch a run: where it was asked for, if messages change there."""
    return tuple(to for to in run.destinations if run.schedule is None and to.platform.shows_changes)


def same_seat(one: Address, other: Address | None) -> bool:
    """Tell whether two addresses are the same place, whatever their threads."""
    return other is not None and replace(one, thread=None) == replace(other, thread=None)


def language_of(run: Run) -> Language:
    """Return the language that a run speaks."""
    return Language(run.settings.language, run.window.zone)


def failed(run: Run, why: Message | None, language: Language, again: Action) -> Card:
    """Return the card of a run that has failed."""
    reason = language.say(why or Message("The reason is not known."))
    title = language.say(Message("Run {name} failed.", {"name": run.name}))
    lines = (Text((text_line(reason),)),)
    actions = (timeline(run, language), again)
    return Card(title, lines, language.code, actions, tone=Tone.WARNING, private=True, run=run.name)


async def buttons(
    stores: Stores, run: Run, language: Language, by: Member, *, private: bool = True
) -> tuple[Action, ...]:
    """Return what one can do with a finished run that `by` looks at; in private also to post and to schedule it."""
    say = language.say
    report = next((r for r in await stores.reports.seen(by) if private and r.id == run.report), None)
    onward = (
        ()
        if report is None or not may_post(report, by)
        else (
            Action(say(Message("Post")), "report post", {"run": run.name}, once=True),
            Action(say(Message("Schedule")), "schedule add", {"report": report.name}),
        )
    )
    return (
        *onward,
        Action(say(Message("Why?")), "report why", {"run": run.name}),
        Action(say(Message("Ask")), "ask question", {"run": run.name}),
        Action(say(Message("Compare")), "report diff", {"run": run.name}),
        Action(say(Message("Verify")), "report verify", {"run": run.name}),
        Action(say(Message("Export")), "report export", {"run": run.name, "form": "html"}),
        timeline(run, language),
        await again(stores, run, language, by),
    )


def timeline(run: Run, language: Language) -> Action:
    """Return the button that shows where a run's time went."""
    return Action(language.say(Message("Timeline")), "report timeline", {"run": run.name})


async def again(stores: Stores, run: Run, language: Language, by: Member) -> Action:
    """Return the button that reads and runs the same days again: those of the saved report while `by` sees it."""
    sources = {source.id: source.name for source in await stores.sources.all()}
    names = {report.id: report.name for report in await stores.reports.seen(by)} if run.report else {}
    name = run.template if run.report is None else names.get(run.report, run.template)
    values: dict[str, JsonValue] = {"report": name, "window": run.window.typed(), "anew": True}
    if run.report is None:  # a saved report knows its own sources and manners
        values |= {"source": ",".join(sources.get(id, id) for id in run.sources), "people": run.settings.people}
    return Action(language.say(Message("Run again")), "report run", values, once=True)


async def _put(
    stores: Stores,
    run: Run,
    card: Card,
    to: Address,
    destinations: Mapping[Platform, Destination],
    instead: DeliveryId | None,
) -> None:
    """Put a card on its way to one address; where that cannot be, its row says why, and the others go.

    `instead`: the message there whose place it takes.
    """
    reader = await stores.members.identified(to.platform, to.user) if to.private else None
    shown = replace(card, private=to.private)
    payloads: tuple[Payload, ...] = (Payload({}),)
    refused = None
    try:
        if to.platform not in destinations:
            raise DestinationRefused("Nothing here sends to {platform}.", platform=to.platform.value)
        shown = await addressed(stores, shown, to.platform)
        shown = await stores.actions.bind(shown, None if reader is None else reader.id)
        payloads = destinations[to.platform].render(shown)
    except ArbError as error:
        refused = error.message
    if refused is None and instead is not None and await stores.deliveries.revise(instead, payloads):
        return
    await stores.deliveries.put(to, payloads, run=run.id, language=card.language, refused=refused)
