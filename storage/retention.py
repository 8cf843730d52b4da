"""What a workspace keeps no longer, deleted in batches: each is a short transaction that holds nobody up."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Table, delete, select, tuple_

from model.delivery import Platform
from model.report import RunState
from storage.audit import Audit
from storage.deliveries import OPEN, Deliveries
from storage.keys import Keys
from storage.reports import Reports
from storage.tables import (
    ACTIONS,
    BLOBS,
    CAPS_TOLD,
    DELIVERIES,
    INBOX,
    LINK_CODES,
    PROBES,
    PROGRESS,
    PUSHED,
    QUESTIONS,
    RECORDS,
    RUNS,
    SLOTS,
    SOURCES,
    STEPS,
    USAGE,
)
from storage.transaction import Transaction
from storage.workspaces import Workspaces

_ROWS = 1000  # of one table in one batch
_PROBED = 400  # days: this month, and the same one a year ago
_RUNS = 20  # each takes its steps along, and they are large


class Retention:
    """The end of the rows of this workspace."""

    def __init__(self, transaction: Transaction) -> None:
        self._in = transaction

    async def batch(self) -> int:
        """Delete some of what has had its time and return how many rows; 0 when nothing is left."""
        settings, now = await Workspaces(self._in).settings(), self._in.clock.now()
        events = now - timedelta(days=settings.inbox_days)
        gone = await self._runs(now - timedelta(days=settings.runs_days))
        gone += await self._slots(now - timedelta(days=settings.runs_days))
        gone += await self._usage(now - timedelta(days=settings.runs_days))
        gone += await Deliveries(self._in).forget(events, _ROWS)
        gone += await self._some(INBOX, INBOX.c.event, INBOX.c.done, INBOX.c.received < events)
        gone += await self._some(PUSHED, PUSHED.c.number, PUSHED.c.done, PUSHED.c.received < events)
        gone += await self._some(ACTIONS, ACTIONS.c.id, ACTIONS.c.expires <= now)
        gone += await self._some(QUESTIONS, QUESTIONS.c.number, QUESTIONS.c.seat.is_(None), QUESTIONS.c.asked < events)
        gone += await self._some(LINK_CODES, LINK_CODES.c.code, LINK_CODES.c.expires <= now)
        gone += await self._some(BLOBS, BLOBS.c.id, BLOBS.c.stored < events)  # nothing stored names one
        gone += await Keys(self._in).forget()
        gone += await self._probed(now - timedelta(days=_PROBED))
        gone += await Reports(self._in).forget_deleted()
        return gone + await Audit(self._in).prune(now - timedelta(days=settings.audit_days))

    async def _runs(self, before: datetime) -> int:
        over = RUNS.c.state.in_((RunState.DONE, RunState.FAILED))
        old = select(RUNS.c.id).where(self._in.ours(RUNS), over, RUNS.c.created < before).order_by(RUNS.c.number)
        going = select(DELIVERIES.c.run_id).where(
            self._in.ours(DELIVERIES),
            DELIVERIES.c.run_id == RUNS.c.id,
            DELIVERIES.c.state.in_(OPEN),
            DELIVERIES.c.platform != Platform.TERMINAL,  # somebody may never come back to his
        )
        ids = [row.id for row in await self._in.all(old.where(~going.exists()).limit(_RUNS))]
        for table in (STEPS, PROGRESS, DELIVERIES):
            await self._in.change(delete(table).where(self._in.ours(table), table.c.run_id.in_(ids)))
        return await self._in.change(delete(RUNS).where(self._in.ours(RUNS), RUNS.c.id.in_(ids)))

    async def _slots(self, before: datetime) -> int:
        key = (SLOTS.c.schedule_id, SLOTS.c.slot)
        old = select(*key).where(self._in.ours(SLOTS), SLOTS.c.due < before).limit(_ROWS)
        return await self._in.change(delete(SLOTS).where(self._in.ours(SLOTS), tuple_(*key).in_(old)))

    async def _usage(self, before: datetime) -> int:
        told = delete(CAPS_TOLD).where(self._in.ours(CAPS_TOLD), CAPS_TOLD.c.period < f"{before:%Y-%m}")
        gone = await self._in.change(told)
        return gone + await self._some(USAGE, USAGE.c.id, USAGE.c.asked < before)

    async def _probed(self, before: datetime) -> int:
        """Delete what probes saw that long ago; an outage that still lasts stays."""
        key = (RECORDS.c.source, RECORDS.c.kind, RECORDS.c.key)
        probes = select(SOURCES.c.number).join(PROBES, PROBES.c.source_id == SOURCES.c.id).where(self._in.ours(SOURCES))
        old = select(*key).where(RECORDS.c.source.in_(probes), RECORDS.c.ended < before).limit(_ROWS)
        return await self._in.change(delete(RECORDS).where(tuple_(*key).in_(old)))

    async def _some(self, table: Table, key: ColumnElement[str], *conditions: ColumnElement[bool]) -> int:
        some = select(key).where(self._in.ours(table), *conditions).limit(_ROWS)
        return await self._in.change(delete(table).where(self._in.ours(table), key.in_(some)))
