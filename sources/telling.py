"""Tell a source's owner that it cannot be read, and that it can again: once each, in the transaction that notes it."""

from __future__ import annotations

from datetime import datetime, timedelta

from delivery.telling import tell
from model.card import Action, Tone
from model.language import Message
from model.source import Source
from storage.stores import Stores

_SPANS = (
    (timedelta(days=1), Message("{n} {n:day|days}")),
    (timedelta(hours=1), Message("{n} {n:hour|hours}")),
    (timedelta(minutes=1), Message("{n} {n:minute|minutes}")),
)


async def tell_broken(stores: Stores, source: Source, problem: Message, hint: Message | None) -> None:
    """Tell that a source cannot be read whole, why, and what that means."""
    rest = Message("Figures that rest on it are left out of reports until it can be read. You are told when it can.")
    test = Action("", "source test", {"source": source.name})
    title = Message("Source {name} cannot be read.", {"name": source.name})
    lines = [problem, *([] if hint is None else [hint]), rest]
    await tell(stores, source.owner, title, *lines, actions=[(Message("Test"), test), (Message("Show"), _show(source))])


async def tell_mended(stores: Stores, source: Source, since: datetime, now: datetime) -> None:
    """Tell that a source can be read again."""
    title = Message("Source {name} can be read again.", {"name": source.name})
    rest = Message(
        "It could not be for {span}. Reports from that time lack its figures: run them again where they matter.",
        {"span": _span(now - since)},
    )
    actions = [(Message("Show"), _show(source))]
    await tell(stores, source.owner, title, rest, actions=actions, tone=Tone.GOOD)


def _show(source: Source) -> Action:
    return Action("", "source show", {"source": source.name})


def _span(span: timedelta) -> Message:
    """Return a span in its largest unit."""
    size, words = next((one for one in _SPANS if span >= one[0]), _SPANS[-1])
    return Message(words.text, {"n": max(1, span // size)})
