"""Terminals as places: several may sit at the same one, and each leaves when it likes."""

from __future__ import annotations

import pytest

from bot.platforms.screens import Screens
from model.card import Card
from model.clock import SystemClock
from model.delivery import Address, Platform
from model.errors import DestinationUnavailable
from model.ids import delivery_id

SEAT = Address(Platform.TERMINAL, "acme", "mina")


async def test_whoever_leaves_first_takes_nobody_elses_seat() -> None:
    """Two lines of one person at once: the first one's end leaves the second at its place."""
    screens, seen = Screens(SystemClock()), list[str]()
    (message,) = screens.render(Card("Weekly", (), "en"))

    async def one(card: Card) -> None:
        seen.append(f"one: {card.title}")

    async def two(card: Card) -> None:
        seen.append(f"two: {card.title}")

    first, second = screens.open(SEAT, one), screens.open(SEAT, two)
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    await screens.send(SEAT, message, delivery_id())
    second.__exit__(None, None, None)
    assert seen == ["two: Weekly"]
    assert not screens.seats()
    with pytest.raises(DestinationUnavailable):
        await screens.send(SEAT, message, delivery_id())
