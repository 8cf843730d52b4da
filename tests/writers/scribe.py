"""A process that writes one report into a folder over and over, until it is killed: `tests.writers.scribe ROOT KEY`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

from model.card import Card, Text, text_line
from model.delivery import Address, Platform
from model.ids import DeliveryId
from tests.support.talk import FixedClock
from writers.file import Files

TO = Address(Platform.FILE, "w", "d")


def files(root: Path, *more: Path, **config: str) -> Files:
    """Return what writes into these folders."""

    async def one(_: Address) -> Mapping[str, JsonValue]:
        return {"folder": "weekly", **config}

    return Files([root, *more], FixedClock(), one)


def words(word: str) -> tuple[Text, ...]:
    """Return 9,000 words."""
    return (Text(tuple(text_line(f"{word} " * 100) for _ in range(90))),)


async def write(root: Path, key: DeliveryId) -> None:
    """Write, and say how often."""
    place, n = files(root, form="txt"), 0
    while True:
        n += 1
        card = Card("Weekly", words(str(n)), "en", run="7Q2F")
        await place.send(TO, place.render(card)[0], key)
        print(n, flush=True)


def main() -> None:
    """Be the process."""
    asyncio.run(write(Path(sys.argv[1]), DeliveryId(sys.argv[2])))
