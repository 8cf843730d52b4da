"""What becomes of a message after a try: settled, put off, given up; and who is told."""

from __future__ import annotations

from datetime import datetime, timedelta

from delivery.pacing import GIVEN_UP, REFUSALS, pause, too_old
from delivery.telling import tell
from model.card import Action
from model.clock import Clock
from model.delivery import Delivery, DeliveryState, Platform, Receipt
from model.errors import DeliveryError, DestinationRefused
from model.language import Message
from storage.database import Database
from storage.stores import Stores

_ACCOUNT_CLOSED = Message("{where} refuses everything that is sent there. Nothing more is sent until that is mended.")
_ADDRESS_CLOSED = Message("{where} refused a message. Nothing more is sent there until somebody looks at it.")
_MAYBE = Message("It may have arrived, and the place cannot be asked.")


class Outcomes:
    """Writes down how a try ended; each answer of a place has one method. All raise LostLease."""

    def __init__(self, db: Database, clock: Clock, patience: float) -> None:
        self._db = db
        self._clock = clock
        self._patience = timedelta(seconds=patience)

    async def sent(self, delivery: Delivery, receipt: Receipt, shown: int) -> None:
        """It stands there."""

        async def sent(stores: Stores) -> None:
            await stores.deliveries.sent(delivery, receipt, shown)
            await stores.places.accepted(delivery.to)

        await self._db.at_once(delivery.workspace, sent)

    async def failed(self, delivery: Delivery, error: DeliveryError) -> None:
        """The place did not answer, or asked to wait."""
        now = self._clock.now()
        until = now + pause(delivery.attempts, error.retry_after)
        async with self._db.write(delivery.workspace) as stores:
            if error.retry_after is not None:
                await stores.places.rest(delivery.to, until, whole=error.of_account)
            if error.ambiguous and delivery.receipt is None:  # asked once it can no longer be under way
                await stores.deliveries.ask_later(delivery, max(until, now + self._patience), error.message)
            elif too_old(delivery.created, delivery.fence, now):
                await self._give_up(stores, delivery, error.message)
            else:
                await stores.deliveries.wait(delivery, until, error.message)

    async def not_told(self, delivery: Delivery, error: DeliveryError | TimeoutError) -> None:
        """The place did not say whether a message in doubt is there: it is asked later."""
        if isinstance(error, DestinationRefused):
            await self._refused_to_tell(delivery, error)
            return
        asked = error.retry_after if isinstance(error, DeliveryError) else None
        why = error.message if isinstance(error, DeliveryError) else Message("It did not answer.")
        now = self._clock.now()
        if too_old(delivery.created, delivery.fence, now):
            await self.unknown(delivery)
            return
        async with self._db.write(delivery.workspace) as stores:
            await stores.deliveries.ask_later(delivery, now + pause(delivery.fence, asked), why)

    async def not_there(self, delivery: Delivery) -> bool:
        """The place has nothing of a message in doubt: tell whether it is sent again, or given up after so long."""
        if not too_old(delivery.created, delivery.fence, self._clock.now()):
            return True
        async with self._db.write(delivery.workspace) as stores:
            await self._give_up(stores, delivery, delivery.failure or Message("It did not answer."))
        return False

    async def refused(self, delivery: Delivery, error: DestinationRefused) -> None:
        """The place said no, for good; to one message, or to all that come from us."""
        async with self._db.write(delivery.workspace) as stores:
            if error.of_account:  # the message itself may go once there is another token
                until = await self._account_refused(stores, delivery, error)
                await stores.deliveries.wait(delivery, until, error.message)
            elif delivery.receipt is not None:  # what was to be edited is gone there: the place itself is well
                await stores.deliveries.end(delivery, DeliveryState.REFUSED, error.message)
            else:
                await stores.deliveries.end(delivery, DeliveryState.REFUSED, error.message)
                await self._close_address(stores, delivery, error)

    async def unknown(self, delivery: Delivery) -> None:
        """Nobody can tell whether it arrived, and it was repeated already."""
        async with self._db.write(delivery.workspace) as stores:
            await stores.deliveries.end(delivery, DeliveryState.UNKNOWN, _MAYBE)
            await self._told(stores, delivery, Message("A message to {where} may not have arrived."), _MAYBE)

    async def _refused_to_tell(self, delivery: Delivery, error: DestinationRefused) -> None:
        """Close a place that will not say what it has; once somebody has mended it, it is asked at once."""
        until = self._clock.now()
        async with self._db.write(delivery.workspace) as stores:
            if error.of_account:
                until = await self._account_refused(stores, delivery, error)
            else:
                await self._close_address(stores, delivery, error)
            await stores.deliveries.ask_later(delivery, until, error.message)

    async def _close_address(self, stores: Stores, delivery: Delivery, error: DestinationRefused) -> None:
        if await stores.places.close(delivery.to, error.message, whole=False):
            await self._told(stores, delivery, _ADDRESS_CLOSED, error.message)

    async def _account_refused(self, stores: Stores, delivery: Delivery, error: DestinationRefused) -> datetime:
        """Count what a revoked token is refused; return when another message may be tried."""
        refusals = await stores.places.refused(delivery.to)
        until = self._clock.now() + pause(refusals)
        await stores.places.rest(delivery.to, until, whole=True)
        if refusals >= REFUSALS and await stores.places.close(delivery.to, error.message, whole=True):
            await self._told(stores, delivery, _ACCOUNT_CLOSED, error.message)
        return until

    async def _give_up(self, stores: Stores, delivery: Delivery, why: Message) -> None:
        over = Message("Given up after {days} days: {why}", {"days": GIVEN_UP.days, "why": why})
        await stores.deliveries.end(delivery, DeliveryState.REFUSED, over)
        await self._told(stores, delivery, Message("A message to {where} could not be sent."), over)

    async def _told(self, stores: Stores, delivery: Delivery, title: Message, why: Message) -> None:
        """Tell who answers for the destination, else who asked for the run; about his terminal nobody is told."""
        if delivery.to.platform is Platform.TERMINAL:
            return
        known = await stores.places.known(delivery.to)
        run = None if delivery.run is None else await stores.runs.of(delivery.run)
        where = known.name if known else delivery.to.platform.value
        member = known.member if known else run.member if run else None
        actions = [] if run is None else [(Message("Show"), Action("", "report show", {"run": run.name}))]
        await tell(stores, member, Message(title.text, {"where": where}), why, actions=actions)
