"""A place that messages are sent to, which keeps a ledger and fails as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar

from model.card import Card
from model.clock import Clock
from model.delivery import Address, Payload, Platform, Receipt
from model.errors import CannotAsk, DestinationUnavailable
from model.ids import DeliveryId
from model.language import Code

Trouble = Callable[[str, Address, DeliveryId], Awaitable[None]]
MARK = "possible repeat"


@dataclass(frozen=True)
class Posted:
    """One line of the ledger."""

    at: datetime
    to: Address
    key: DeliveryId
    text: str
    under: str | None  # the message it is a part of


async def no_trouble(what: str, to: Address, key: DeliveryId) -> None:
    """Let it pass."""


@dataclass
class LedgerPlace:
    """Keeps what was posted. `before` and `after` are asked what goes wrong before and after a message is kept."""

    clock: Clock
    can_be_asked: bool = True
    before: Trouble = no_trouble
    after: Trouble = no_trouble
    ledger: list[Posted] = field(default_factory=list)
    edits: list[tuple[str, str]] = field(default_factory=list)
    calls: int = 0
    asked: list[datetime] = field(default_factory=list)

    platform: ClassVar[Platform] = Platform.SLACK

    def render(self, card: Card) -> tuple[Payload, ...]:
        return (Payload({"text": card.title}),)

    async def send(self, to: Address, payload: Payload, key: DeliveryId, root: Receipt | None = None) -> Receipt:
        self.calls += 1
        await self.before("send", to, key)
        text, under = str(payload.body["text"]), None if root is None else root.message
        self.ledger.append(Posted(self.clock.now(), to, key, text, under))
        await self.after("send", to, key)
        return Receipt(to.target, f"m{len(self.ledger)}", datetime(2026, 1, 1, tzinfo=UTC))

    async def edit(self, to: Address, at: Receipt, payload: Payload) -> Receipt:
        self.calls += 1
        await self.before("edit", to, DeliveryId(""))
        self.edits.append((at.message, str(payload.body["text"])))
        await self.after("edit", to, DeliveryId(""))
        return at

    async def find(self, to: Address, key: DeliveryId, since: datetime, root: Receipt | None = None) -> Receipt | None:
        if not self.can_be_asked:
            raise CannotAsk("It keeps nothing.")
        self.asked.append(self.clock.now())
        await self.before("find", to, key)
        found = [n for n, one in enumerate(self.ledger, 1) if one.key == key]
        return Receipt(to.target, f"m{found[0]}", datetime(2026, 1, 1, tzinfo=UTC)) if found else None

    def repeated(self, payload: Payload, language: Code) -> Payload:
        return Payload({"text": f"{payload.body['text']} ({MARK})"})

    @property
    def texts(self) -> list[str]:
        return [one.text for one in self.ledger]


def once(error: Exception, what: str = "send", times: int = 1, at: Address | None = None) -> Trouble:
    """Fail so many times, then no more; with `at` only there."""
    left = [times]

    async def trouble(now: str, to: Address, key: DeliveryId) -> None:
        if now == what and left[0] and at in (None, to):
            left[0] -= 1
            raise error

    return trouble


def lost() -> DestinationUnavailable:
    """Return the error of an answer that never came."""
    return DestinationUnavailable("The answer was lost.", ambiguous=True)


async def hanging(what: str, to: Address, key: DeliveryId) -> None:
    """Never answer."""
    await asyncio.Event().wait()
