"""A real process that sends through the destinations themselves, and kills itself at a named moment of that.

`python -m tests.kill.courier JSON` with: url, home, platform, settings, moment, later, as for
`tests.kill.postman`. A webhook is reached by real HTTP through the one way out, opened as an operator opens it.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from bot.places import close, named_places, way_out
from bot.settings import Settings
from model.card import Card
from model.delivery import Address, Destination, Payload, Platform, Receipt
from model.ids import DeliveryId
from model.language import Code
from storage.database import Database
from storage.owners import Owner
from storage.sealing import Keyring
from tests.kill.postman import AheadClock, DeadlyOutbox, Plug


class Plugged:
    """A webhook; somebody may pull the plug before and after it sends."""

    platform: ClassVar[Platform] = Platform.WEBHOOK

    def __init__(self, place: Destination, plug: Plug) -> None:
        self._place, self._plug = place, plug

    def render(self, card: Card) -> tuple[Payload, ...]:
        return self._place.render(card)

    async def send(self, to: Address, payload: Payload, key: DeliveryId, root: Receipt | None = None) -> Receipt:
        self._plug.reached("send-before")
        receipt = await self._place.send(to, payload, key, root)
        self._plug.reached("send-after")
        return receipt

    async def edit(self, to: Address, at: Receipt, payload: Payload) -> Receipt:
        return await self._place.edit(to, at, payload)

    async def find(self, to: Address, key: DeliveryId, since: datetime, root: Receipt | None = None) -> Receipt | None:
        return await self._place.find(to, key, since, root)

    def repeated(self, payload: Payload, language: Code) -> Payload:
        return self._place.repeated(payload, language)


class PluggedFiles(Plugged):
    """A folder; likewise."""

    platform: ClassVar[Platform] = Platform.FILE


class PluggedDiscord(Plugged):
    """A channel of Discord; likewise."""

    platform: ClassVar[Platform] = Platform.DISCORD


class PluggedSlack(Plugged):
    """A channel of Slack; likewise."""

    platform: ClassVar[Platform] = Platform.SLACK


_PLUGGED = {one.platform: one for one in (Plugged, PluggedFiles, PluggedDiscord, PluggedSlack)}


async def work(asked: Mapping[str, Any]) -> None:
    """Send until nothing can be sent."""
    home, clock, plug = Path(asked["home"]), AheadClock(asked["later"]), Plug(asked["moment"])
    settings = Settings(
        home=home, egress_allow=("127.0.0.1",), language="en", time_zone="UTC", database_url=None, **asked["settings"]
    )
    db = await Database.open(asked["url"], home, Keyring.open(home, None), clock)
    owner, egress = Owner.enter(home, local=asked["url"] is None), way_out(settings, clock)
    named = named_places(settings, db, clock, egress)
    places = {one.platform: one for one in named}
    try:
        platform = Platform(asked["platform"])
        plugged = _PLUGGED[platform](places[platform], plug)
        outbox = DeadlyOutbox(db, plugged, owner, clock, plug)
        while await outbox.drain():
            pass
    finally:
        await close(named)
        await egress.aclose()
        owner.leave()
        await db.close()


def main() -> None:
    """Be the process."""
    asyncio.run(work(json.loads(sys.argv[1])))


if __name__ == "__main__":
    main()
