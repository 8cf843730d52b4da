"""Terminals as places that messages are sent to: those at which somebody sits in this process."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from model.card import Card
from model.clock import Clock
from model.delivery import Address, Payload, Platform, Receipt
from model.errors import CannotAsk, DestinationUnavailable
from model.ids import DeliveryId
from model.language import Code
from writers.terminal import card_of, payload_of, repeated

Show = Callable[[Card], Awaitable[None]]


class Screens:
    """Prints messages; nobody can tell afterwards whether one was seen."""

    platform: ClassVar[Platform] = Platform.TERMINAL

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: dict[Address, list[Show]] = {}  # who sat down last is shown what comes

    @contextmanager
    def open(self, at: Address, show: Show) -> Iterator[None]:
        """Show what is sent to an address for the length of the block."""
        seat = replace(at, thread=None)
        self._open.setdefault(seat, []).append(show)
        try:
            yield
        finally:
            self._open[seat].remove(show)
            if not self._open[seat]:
                del self._open[seat]

    def seats(self) -> Collection[Address]:
        """Return where somebody sits."""
        return tuple(self._open)

    def render(self, card: Card) -> tuple[Payload, ...]:
        """Return the card as one message: a terminal takes it whole."""
        return (payload_of(card),)

    async def send(self, to: Address, payload: Payload, key: DeliveryId, root: Receipt | None = None) -> Receipt:  # noqa: ARG002  Destination
        """Print a message. Raises DestinationUnavailable where nobody sits any more."""
        sitting = self._open.get(replace(to, thread=None))
        if not sitting:
            raise DestinationUnavailable("Nobody sits at the terminal of {user}.", user=to.target)
        await sitting[-1](card_of(payload))
        return Receipt(to.target, key, self._clock.now())

    async def edit(self, to: Address, at: Receipt, payload: Payload) -> Receipt:
        """Print a message's later content below: what was printed stays."""
        return await self.send(to, payload, DeliveryId(at.message))

    async def find(self, to: Address, key: DeliveryId, since: datetime, root: Receipt | None = None) -> Receipt | None:  # noqa: ARG002  Destination
        """Raise CannotAsk: what was printed is not kept."""
        raise CannotAsk("A terminal cannot be asked what it has shown.")

    def repeated(self, payload: Payload, language: Code) -> Payload:
        """Return the message marked as a possible repeat."""
        return repeated(payload, language)
