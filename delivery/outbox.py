"""The outbox: claim, send, settle. What is in doubt is asked about first, so that nothing is lost and nothing twice."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import partial

from delivery.doubt import Doubt, resolve
from delivery.outcomes import Outcomes
from delivery.pacing import GAPS
from model.clock import Clock
from model.delivery import Address, Delivery, Destination, Platform, Receipt
from model.errors import (
    CannotAsk,
    DeliveryError,
    DestinationRefused,
    DestinationUnavailable,
    LostLease,
    StorageBroken,
    StorageBusy,
)
from model.ids import DeliveryId, WorkspaceId
from storage.claims_deliveries import Wanted
from storage.database import Database
from storage.owners import Owner

_log = logging.getLogger(__name__)
TIMEOUT = 30.0  # seconds that one request may take
_MARGIN = 10.0  # seconds after it in which what was sent may still arrive
_AT_ONCE = 16  # messages in flight in one process
_SHARE = 5  # of them, those of one workspace: a revoked token is tried no oftener before anybody knows
_ROUND = 20.0  # seconds after which a round takes nothing more: whoever watches the loop sees it come round
_GRACE = 3.0  # seconds in which what is in flight may end once the process is told to stop
_MOMENT = 3.0  # seconds for what others put on its way, in a process that is about to end
_LOOK = 1.0  # seconds between two looks for work while something is in flight
_AGAIN = 1.0  # seconds until what the storage was too busy for is written once more

Outcome = Callable[[], Awaitable[None]]  # writes down how a try ended


class Outbox:
    """Sends what can be sent from this process."""

    def __init__(
        self,
        db: Database,
        destinations: Mapping[Platform, Destination],
        owner: Owner,
        clock: Clock,
        *,
        terminals: Callable[[], Collection[Address]] = tuple,
        timeout: float = TIMEOUT,
        margin: float = _MARGIN,
        gaps: Mapping[Platform, tuple[float, float]] = GAPS,
        moment: float = _MOMENT,
        alive: Callable[[], None] = lambda: None,
        grace: float = _GRACE,
    ) -> None:
        self._db = db
        self._destinations = destinations
        self._owner = owner
        self._clock = clock
        self._terminals = terminals
        self._timeout = timeout
        self._patience = timeout + margin
        self._gaps = gaps
        self._moment = moment
        self._alive = alive  # called while a round goes on: it may last longer than anybody waits for it
        self._grace = grace
        self._in_hand: set[DeliveryId] = set()
        self._outcomes = Outcomes(db, clock, self._patience)

    async def drain(self, *, near: bool = False) -> int:
        """Send all that can be sent now and return how many messages were tried; `near`: only to terminals here.

        Raises:
            StorageBusy: or StorageBroken: nothing more could be claimed; what was under way was sent.
        """
        return await self._drain(_ROUND, near=near)

    async def leave(self) -> int:
        """Send what can be sent by a process that is about to end; return how many messages were tried.

        Nothing more is begun after a moment, and what was begun is waited for as long as its request may take: cut
        short it would be in doubt, and at a place that cannot be asked stand there twice.
        """
        return await self._drain(self._moment)

    async def _drain(self, seconds: float, *, near: bool = False) -> int:
        tried, until = 0, self._clock.monotonic() + seconds
        flying: dict[asyncio.Task[None], WorkspaceId] = {}
        broken: StorageBusy | StorageBroken | None = None
        try:
            while True:
                self._alive()
                claimed: tuple[Delivery, ...] = ()
                try:
                    if broken is None and self._clock.monotonic() < until:
                        claimed = await self._claim(flying, near=near)
                except (StorageBusy, StorageBroken) as error:
                    broken = error
                flying |= {self._begun(one): one.workspace for one in claimed}
                tried += len(claimed)
                if claimed:
                    continue  # there may be more
                if not flying:
                    break
                over, _ = await asyncio.wait(flying, timeout=_LOOK, return_when=asyncio.FIRST_COMPLETED)
                for task in over:
                    del flying[task]
        finally:  # whoever stops us gives them a moment; what is left is in doubt, and the next process asks
            if flying:
                await asyncio.wait(flying, timeout=self._grace)
            for task in flying:
                task.cancel()
            await asyncio.gather(*flying, return_exceptions=True)
        if broken is not None:
            raise broken
        return tried

    async def _claim(self, flying: Mapping[asyncio.Task[None], WorkspaceId], *, near: bool) -> tuple[Delivery, ...]:
        """Claim some of what is due, so that no workspace has more than its share in flight."""
        in_flight = Counter(flying.values())
        full = [workspace for workspace, n in in_flight.items() if n >= _SHARE]
        most = _SHARE - max((n for n in in_flight.values() if n < _SHARE), default=0)
        limit = min(most, _AT_ONCE - len(flying))
        if limit <= 0:
            return ()
        platforms = () if near else [platform for platform in self._destinations if platform is not Platform.TERMINAL]
        wanted = Wanted(platforms, self._terminals(), self._gaps, full, tuple(self._in_hand))
        return await self._db.outgoing.claim(self._owner, wanted, limit, self._patience)

    def _begun(self, delivery: Delivery) -> asyncio.Task[None]:
        """Begin to send one message."""
        self._in_hand.add(delivery.id)
        task = asyncio.create_task(self._one(delivery))
        task.add_done_callback(lambda _: self._in_hand.discard(delivery.id))
        return task

    async def _one(self, delivery: Delivery) -> None:
        """Send one message and settle it; a message that cannot be settled here is in doubt."""
        claimed = self._clock.monotonic()
        try:
            await self._deliver(delivery, self._destinations[delivery.to.platform], claimed)
        except LostLease:
            _log.info("message %s was taken over", delivery.id)
        except Exception:  # one message: the others go on; its lease decides when it is looked at again
            _log.exception("message %s broke", delivery.id)

    async def _deliver(self, delivery: Delivery, destination: Destination, claimed: float) -> None:
        repeat = False
        if delivery.doubt:
            found = await self._asked(delivery, destination)
            if not isinstance(found, Doubt):
                await self._write_down(found, claimed)
                return
            if found is Doubt.AGAIN and not await self._outcomes.not_there(delivery):
                return
            repeat = found is Doubt.REPEAT
            claimed = self._clock.monotonic()
            async with self._db.write(delivery.workspace) as stores:
                await stores.deliveries.begin(delivery, self._patience, repeated=repeat)
        outcome = await self._send(delivery, destination, claimed, marked=repeat or delivery.repeated)
        await self._write_down(outcome, claimed)

    async def _asked(self, delivery: Delivery, destination: Destination) -> Outcome | Doubt:
        """Ask about a message in doubt; return how it ended, or that it is to be sent."""
        async with self._db.read(delivery.workspace) as stores:
            root = await stores.deliveries.held(delivery)
        try:
            async with asyncio.timeout(self._timeout):
                found = await resolve(destination, delivery, root, self._clock.now())
        except (DeliveryError, TimeoutError) as error:
            return partial(self._outcomes.not_told, delivery, error)
        if isinstance(found, Receipt):
            return partial(self._outcomes.sent, delivery, found, shown=1)
        return partial(self._outcomes.unknown, delivery) if found is Doubt.OVER else found

    async def _send(self, delivery: Delivery, destination: Destination, claimed: float, *, marked: bool) -> Outcome:
        payload = destination.repeated(delivery.payload, delivery.language) if marked else delivery.payload
        async with self._db.read(delivery.workspace) as stores:
            root = await stores.deliveries.held(delivery)
        if self._clock.monotonic() - claimed > self._patience - self._timeout:
            raise LostLease("Message {id} was held for too long before it was sent.", id=delivery.id)
        try:
            async with asyncio.timeout(self._timeout):
                if delivery.receipt is None:
                    receipt = await destination.send(delivery.to, payload, delivery.id, root)
                else:
                    receipt = await destination.edit(delivery.to, delivery.receipt, payload)
        except DestinationRefused as error:
            return partial(self._outcomes.refused, delivery, error)
        except (DestinationUnavailable, CannotAsk) as error:
            return partial(self._outcomes.failed, delivery, error)
        except TimeoutError:
            late = DestinationUnavailable("It did not answer within {n} seconds.", ambiguous=True, n=int(self._timeout))
            return partial(self._outcomes.failed, delivery, late)
        return partial(self._outcomes.sent, delivery, receipt, shown=delivery.wanted)

    async def _write_down(self, outcome: Outcome, claimed: float) -> None:
        """Settle a message; where the storage is busy, again for as long as nobody else may take it."""
        while True:
            try:
                await outcome()
            except (StorageBusy, StorageBroken):
                if self._clock.monotonic() - claimed > self._patience:
                    raise
                await self._clock.sleep(_AGAIN)
            else:
                return
