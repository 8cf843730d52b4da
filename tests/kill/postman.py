"""A real process that does runs and sends their messages, and kills itself at a named moment of that.

`python -m tests.kill.postman JSON` with: url, home, kind, port, moment, later (seconds that its clock is ahead: as if
somebody came back after that time). Moments: enqueue-, claim-, send-, settle-, each before, inside and after; inside a
transaction means before its commit, inside a send means kept there but not answered; send-lost is a request that never
got there; edit-before and edit-after are around a change of what stands there. pause-MOMENT stops it (SIGSTOP) instead.
Its first line comes when it begins; it ends when nothing can be done any more.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections import UserDict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from delivery.outbox import Outbox
from delivery.outcomes import Outcomes
from model.card import CARD, Card
from model.clock import SystemClock
from model.delivery import Address, Delivery, Destination, Payload, Platform, Receipt
from model.errors import CannotAsk
from model.ids import DeliveryId, WorkspaceId
from model.language import Code
from model.report import HASHED, Run
from reports.pictures import Pictured
from reports.posting import post
from reports.run import execute
from reports.steps import Made, Step
from storage.database import Database
from storage.owners import Owner
from storage.sealing import Keyring
from storage.stores import Stores
from tests.support.provider import Kind, ask

MARK = "possible repeat"
TIMEOUT, MARGIN = 20.0, 5.0  # seconds: a loaded machine must not look like a lost answer


class AheadClock(SystemClock):
    """The machine's clock, so many seconds ahead."""

    def __init__(self, ahead: float) -> None:
        self._ahead = timedelta(seconds=ahead)

    def now(self) -> datetime:
        return super().now() + self._ahead


class Plug:
    """Somebody who pulls it."""

    def __init__(self, moment: str) -> None:
        self.moment = moment

    def reached(self, moment: str) -> None:
        if self.moment == moment:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.moment == f"pause-{moment}":
            self.moment = ""
            os.kill(os.getpid(), signal.SIGSTOP)


class Network:
    """A place behind HTTP."""

    platform: ClassVar[Platform] = Platform.SLACK

    def __init__(self, kind: Kind, port: int, plug: Plug) -> None:
        self._kind, self._port, self._plug = kind, port, plug

    def render(self, card: Card) -> tuple[Payload, ...]:
        return (Payload({"text": card.title}),)

    async def send(self, to: Address, payload: Payload, key: DeliveryId, root: Receipt | None = None) -> Receipt:
        self._plug.reached("send-before")
        kill = {"send-inside": "kept", "send-lost": "lost"}.get(self._plug.moment)
        what: dict[str, Any] = {"key": key, "text": payload.body["text"], "pid": os.getpid(), "kill": kill}
        answer = await asyncio.to_thread(ask, self._port, "/send", what)
        self._plug.reached("send-after")
        return Receipt(to.target, str(answer["message"]), datetime.now(UTC))

    async def edit(self, to: Address, at: Receipt, payload: Payload) -> Receipt:
        self._plug.reached("edit-before")
        what = {"message": at.message, "text": payload.body["text"]}
        await asyncio.to_thread(ask, self._port, "/edit", what)
        self._plug.reached("edit-after")
        return at

    async def find(self, to: Address, key: DeliveryId, since: datetime, root: Receipt | None = None) -> Receipt | None:
        if self._kind == "mute":
            raise CannotAsk("It keeps nothing.")
        if self._kind == "knowing":
            return None  # to send again is harmless
        found = (await asyncio.to_thread(ask, self._port, "/find", {"key": key}))["message"]
        return None if found is None else Receipt(to.target, str(found), datetime.now(UTC))

    def repeated(self, payload: Payload, language: Code) -> Payload:
        return Payload({"text": f"{payload.body['text']} ({MARK})"})


class DeadlyOutcomes(Outcomes):
    """Dies around the row that says that a message was sent."""

    def __init__(self, db: Database, clock: SystemClock, plug: Plug) -> None:
        super().__init__(db, clock, TIMEOUT + MARGIN)
        self._plug = plug

    async def sent(self, delivery: Delivery, receipt: Receipt, shown: int) -> None:
        self._plug.reached("settle-before")

        async def sent(stores: Stores) -> None:
            await stores.deliveries.sent(delivery, receipt, shown)
            await stores.places.accepted(delivery.to)
            self._plug.reached("settle-inside")

        await self._db.at_once(delivery.workspace, sent)
        self._plug.reached("settle-after")


class _DeadlyGaps(UserDict[Platform, tuple[float, float]]):
    """Is looked at inside the transaction of a claim, after its UPDATE."""

    def __init__(self, plug: Plug) -> None:
        super().__init__()
        self._plug = plug

    def get(self, key: Platform, default: Any = None) -> Any:
        self._plug.reached("claim-inside")
        return default


class DeadlyOutbox(Outbox):
    """Dies around a claim."""

    def __init__(self, db: Database, place: Destination, owner: Owner, clock: SystemClock, plug: Plug) -> None:
        places = {place.platform: place}
        super().__init__(db, places, owner, clock, timeout=TIMEOUT, margin=MARGIN, gaps=_DeadlyGaps(plug))
        self._plug = plug
        self._outcomes = DeadlyOutcomes(db, clock, plug)

    async def _claim(self, flying: Mapping[asyncio.Task[None], WorkspaceId], *, near: bool) -> tuple[Delivery, ...]:
        self._plug.reached("claim-before")
        found = await super()._claim(flying, near=near)
        if found:
            self._plug.reached("claim-after")
        return found


def steps(place: Destination, plug: Plug) -> Mapping[str, Step]:
    """Return steps that are ready, but for the last one, which is the real one."""
    card = Card("{run}", (), "en")

    def ready(data: bytes) -> Step:
        async def step(run: Run) -> Made:
            return Made(data)

        return step

    async def enqueue(run: Run) -> Made:
        plug.reached("enqueue-before")
        shown = CARD.validate_python({**CARD.dump_python(card), "title": str(run.cause)})

        async def along(stores: Stores) -> None:
            await post(stores, run, Pictured(shown, shown), {place.platform: place})
            plug.reached("enqueue-inside")

        return Made(b"[]", along)

    data = dict.fromkeys(HASHED, b"{}") | {"collect": pack_nothing()}
    return {**{name: ready(one) for name, one in data.items()}, "enqueue": enqueue}


def pack_nothing() -> bytes:
    """Return a snapshot's bytes as the hash wants them: compressed."""
    import gzip

    return gzip.compress(b"{}\n", mtime=0)


async def work(asked: Mapping[str, Any]) -> None:
    """Do all runs, then send until nothing can be sent."""
    home, clock, plug = Path(asked["home"]), AheadClock(asked["later"]), Plug(asked["moment"])
    db = await Database.open(asked["url"], home, Keyring.open(home, None), clock)
    owner = Owner.enter(home, local=asked["url"] is None)
    place = Network(asked["kind"], asked["port"], plug)
    print(owner.id, flush=True)
    try:
        while claims := await db.claims.claim_runs(owner, 4, 30.0):
            for claim in claims:
                await execute(db, claim, owner, steps(place, plug), clock)
                plug.reached("enqueue-after")
        outbox = DeadlyOutbox(db, place, owner, clock, plug)
        while await outbox.drain():
            pass
    finally:
        owner.leave()
        await db.close()


def main() -> None:
    """Be the process."""
    asyncio.run(work(json.loads(sys.argv[1])))


if __name__ == "__main__":
    main()
