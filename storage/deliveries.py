"""Deliveries: messages on their way, one row each; only who holds one may say what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Row, Select, case, delete, or_, select, update

from model.delivery import PAYLOAD, RECEIPT, Address, Delivery, DeliveryState, Payload, Platform, Receipt
from model.errors import LostLease, UnknownName
from model.ids import DeliveryId, RunId, WorkspaceId, delivery_id
from model.language import Code, Message
from storage.jobs import Job
from storage.messages import dump_message, load_message
from storage.tables import DELIVERIES
from storage.transaction import Transaction

OPEN = (DeliveryState.WAITING, DeliveryState.SENDING)
OVER = (DeliveryState.REFUSED, DeliveryState.UNKNOWN)  # without having arrived, as far as anybody knows
_FREE: Mapping[str, object] = {"owner": None, "lease_until": None, "doubt": False}


class Deliveries:
    """The messages of this workspace."""

    def __init__(self, transaction: Transaction) -> None:
        self._in = transaction

    async def put(
        self,
        to: Address,
        payloads: Sequence[Payload],
        *,
        run: RunId | None = None,
        priority: int = 0,
        language: Code = "en",
        refused: Message | None = None,
        not_before: datetime | None = None,
    ) -> DeliveryId:
        """Have a message sent once this transaction is committed; its parts follow it. `priority`: pages have more.

        `refused`: why it cannot be sent at all; it is kept so that people see that. `not_before`: None is at once.
        """
        root = delivery_id()
        for part, payload in enumerate(payloads):
            await self._add(delivery_id() if part else root, to, payload, run, priority, language, part, root)
        if refused is not None:
            over = {"state": DeliveryState.REFUSED, "failure": dump_message(refused)}
            await self._change(DELIVERIES.c.id == root, settled=self._in.clock.now(), **over)
        if not_before is not None:
            await self._change(DELIVERIES.c.id == root, not_before=not_before)
        if (run is None or priority) and refused is None:  # whoever does a run sends what it made
            await self._in.submit(Job("page", root, priority, not_before))
        return root

    async def revise(self, id: DeliveryId, payloads: Sequence[Payload]) -> bool:
        """Have a message's content replaced, also while it is being sent; parts that are too many stay as they are.

        False: it is not sent any more, and nothing was replaced.

        Raises:
            UnknownName: there is no such message here.
        """
        first = await self.of(id)
        parts = (first, *await self._found(self._rows().where(DELIVERIES.c.root == id)))
        for known, payload in zip(parts, payloads, strict=False):
            here = DELIVERIES.c.id == known.id
            text, alive = PAYLOAD.dump_json(payload).decode(), DELIVERIES.c.state.not_in(OVER)
            if not await self._change(here, alive, payload=text, wanted=DELIVERIES.c.wanted + 1) and known == first:
                return False
            edited = {"state": DeliveryState.WAITING, "not_before": self._in.clock.now(), "settled": None}
            await self._change(here, DELIVERIES.c.state == DeliveryState.SENT, **edited)
        for part in range(len(parts), len(payloads)):
            payload = payloads[part]
            await self._add(delivery_id(), first.to, payload, first.run, first.priority, first.language, part, id)
        return True

    async def of(self, id: DeliveryId) -> Delivery:
        """Return a message; raises UnknownName."""
        found = await self._found(self._rows().where(DELIVERIES.c.id == id))
        if not found:
            raise UnknownName("There is no such message here.")
        return found[0]

    async def of_run(self, run: RunId) -> tuple[Delivery, ...]:
        """Return the messages of a run, in the order of making."""
        return await self._found(self._rows().where(DELIVERIES.c.run_id == run))

    async def to(self, address: Address) -> tuple[Delivery, ...]:
        """Return the messages to one address that are not over, in the order of making."""
        c = DELIVERIES.c
        here = (c.platform == address.platform, c.account == address.account, c.target == address.target)
        return await self._found(self._rows().where(*here, c.state.in_(OPEN)))

    async def settled(self, run: RunId) -> bool:
        """Tell whether nothing of a run is on its way any more; a run's "delivered" is asked, never pushed up."""
        open_ = self._rows().where(DELIVERIES.c.run_id == run, DELIVERIES.c.state.in_(OPEN))
        return await self._in.first(open_.limit(1)) is None

    async def held(self, delivery: Delivery) -> Receipt | None:
        """Return the receipt of the message that this one is a part of; raises LostLease where it is not ours."""
        if await self._in.first(self._rows().where(*_held(delivery))) is None:
            raise _lost(delivery)
        return None if delivery.root is None else (await self.of(delivery.root)).receipt

    async def begin(self, delivery: Delivery, patience: float, *, repeated: bool) -> None:
        """Note that a message in doubt is sent again, before it is; `patience` in seconds. Raises LostLease."""
        now = self._in.clock.now()
        await self._settle(
            delivery,
            attempts=DELIVERIES.c.attempts + 1,
            began=DELIVERIES.c.began if repeated else now,
            lease_until=now + timedelta(seconds=patience),
            repeated=repeated or delivery.repeated,
            doubt=False,
        )

    async def sent(self, delivery: Delivery, receipt: Receipt, shown: int) -> None:
        """Note that revision `shown` of a message stands there; a later one is sent next. Raises LostLease."""
        later = DELIVERIES.c.wanted > shown
        await self._settle(
            delivery,
            receipt=RECEIPT.dump_json(receipt).decode(),
            shown=shown,
            state=case((later, DeliveryState.WAITING), else_=DeliveryState.SENT),
            not_before=self._in.clock.now(),
            settled=self._in.clock.now(),
            failure=None,
            **_FREE,
        )

    async def wait(self, delivery: Delivery, until: datetime, why: Message) -> None:
        """Note that a message has certainly not arrived and is sent later. Raises LostLease."""
        told = {"failure": dump_message(why), "began": None, "not_before": until}
        await self._settle(delivery, state=DeliveryState.WAITING, **told, **_FREE)

    async def ask_later(self, delivery: Delivery, until: datetime, why: Message) -> None:
        """Note that a message may have arrived, and that the place is asked at that time. Raises LostLease."""
        await self._settle(delivery, owner=None, lease_until=until, failure=dump_message(why), doubt=True)

    async def end(self, delivery: Delivery, state: DeliveryState, why: Message) -> None:
        """Note that a message is not sent any more, and its parts neither. Raises LostLease."""
        over = {"state": state, "failure": dump_message(why), "settled": self._in.clock.now(), **_FREE}
        await self._settle(delivery, **over)
        await self._change(DELIVERIES.c.root == delivery.id, DELIVERIES.c.state.in_(OPEN), **over)

    async def again(self, run: RunId, only: DeliveryId | None = None) -> int:
        """Have what was refused or may have arrived sent once more; return how many messages.

        What may have arrived says that it is a possible repeat.
        """
        which = [DELIVERIES.c.run_id == run]
        if only is not None:
            which.append(or_(DELIVERIES.c.id == only, DELIVERIES.c.root == only))
        now = self._in.clock.now()
        maybe = (DELIVERIES.c.state == DeliveryState.UNKNOWN) & (DELIVERIES.c.attempts > 0)
        return await self._change(
            *which,
            DELIVERIES.c.state.in_(OVER),
            repeated=case((maybe, True), else_=DELIVERIES.c.repeated),
            state=DeliveryState.WAITING,
            began=None,
            not_before=now,
            created=now,
            settled=None,
            failure=None,
        )

    async def withdraw(self, run: RunId, why: Message) -> int:
        """Give up what of a run was never begun to be sent; return how many messages."""
        waiting = (DELIVERIES.c.state == DeliveryState.WAITING, DELIVERIES.c.receipt.is_(None))
        over = {"state": DeliveryState.REFUSED, "failure": dump_message(why), "settled": self._in.clock.now(), **_FREE}
        return await self._change(DELIVERIES.c.run_id == run, *waiting, **over)

    async def forget(self, before: datetime, most: int) -> int:
        """Delete up to `most` messages without a run that are over, or wait for a terminal, since before an instant."""
        idle = (DELIVERIES.c.state == DeliveryState.WAITING) & (DELIVERIES.c.platform == Platform.TERMINAL)
        old = (DELIVERIES.c.created < before, DELIVERIES.c.run_id.is_(None))
        some = select(DELIVERIES.c.number).where(
            self._in.ours(DELIVERIES), *old, or_(DELIVERIES.c.state.not_in(OPEN), idle)
        )
        return await self._in.change(
            delete(DELIVERIES).where(self._in.ours(DELIVERIES), DELIVERIES.c.number.in_(some.limit(most)))
        )

    async def _add(
        self,
        id: DeliveryId,
        to: Address,
        payload: Payload,
        run: RunId | None,
        priority: int,
        language: Code,
        part: int,
        root: DeliveryId,
    ) -> None:
        now = self._in.clock.now()
        address = {"platform": to.platform, "account": to.account, "target": to.target, "thread": to.thread}
        begun = {"wanted": 1, "shown": 0, "attempts": 0, "fence": 0, "repeated": False, "doubt": False}
        await self._in.insert_new(
            DELIVERIES,
            id=id,
            run_id=run,
            root=root if part else None,
            part=part,
            payload=PAYLOAD.dump_json(payload).decode(),
            language=language,
            state=DeliveryState.WAITING,
            priority=priority,
            created=now,
            not_before=now,
            **address,
            **begun,
        )

    async def _settle(self, delivery: Delivery, **values: object) -> None:
        if await self._change(*_held(delivery), **values) != 1:
            raise _lost(delivery)

    async def _change(self, *conditions: ColumnElement[bool], **values: object) -> int:
        return await self._in.change(update(DELIVERIES).where(self._in.ours(DELIVERIES), *conditions).values(values))

    async def _found(self, rows: Select[*tuple[object, ...]]) -> tuple[Delivery, ...]:
        return tuple(delivery_of(row) for row in await self._in.all(rows.order_by(DELIVERIES.c.number)))

    def _rows(self) -> Select[*tuple[object, ...]]:
        return select(DELIVERIES).where(self._in.ours(DELIVERIES))


def _held(delivery: Delivery) -> tuple[ColumnElement[bool], ...]:
    """Return the condition that a message is still being sent under this fence."""
    c = DELIVERIES.c
    return c.id == delivery.id, c.fence == delivery.fence, c.state == DeliveryState.SENDING


def _lost(delivery: Delivery) -> LostLease:
    return LostLease("Somebody else has taken over message {id}.", id=delivery.id)


def delivery_of(row: Row[*tuple[object, ...]]) -> Delivery:
    """Return the message that a row holds."""
    return Delivery(
        id=DeliveryId(row.id),
        workspace=WorkspaceId(row.workspace_id),
        to=Address(Platform(row.platform), row.account, row.target, row.thread),
        payload=PAYLOAD.validate_json(row.payload),
        wanted=row.wanted,
        shown=row.shown,
        state=DeliveryState(row.state),
        priority=row.priority,
        fence=row.fence,
        attempts=row.attempts,
        created=row.created,
        run=None if row.run_id is None else RunId(row.run_id),
        root=None if row.root is None else DeliveryId(row.root),
        part=row.part,
        began=row.began,
        not_before=row.not_before,
        receipt=None if row.receipt is None else RECEIPT.validate_json(row.receipt),
        failure=None if row.failure is None else load_message(row.failure),
        repeated=row.repeated,
        doubt=row.doubt,
        language="ko" if row.language == "ko" else "en",
    )
