"""Schedules that came from a restored backup: what they missed is listed and never fired, and they go on from now."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta

from model.clock import Clock
from model.language import Message
from model.schedule import Fired, Schedule, Slot, SlotState
from reports.answering import rule_of
from reports.catching_up import firing
from reports.slot_orders import key_of
from reports.slots import slots
from storage.database import Database
from storage.stores import Stores

_LISTED = 100  # of the newest slots of one schedule
_LOOKED_AT = timedelta(days=31)  # before now
_REASON = Message("A backup was restored; since it was made, this may have been posted.")


async def wind_up(db: Database, clock: Clock) -> int:
    """Give every restored schedule its next time; return how many there were."""
    wound = 0
    for workspace in await db.entrances.restored():
        async with db.write(workspace) as stores:
            wound += await _wind_up(stores, clock.now())
    return wound


async def _wind_up(stores: Stores, now: datetime) -> int:
    fired: list[Fired] = []
    upcoming: list[tuple[Schedule, Slot | None]] = []
    for schedule, since in await stores.schedules.restored():
        passed, later = await asyncio.to_thread(_split, schedule, since, now)
        fired += [Fired(schedule.id, key_of(s, schedule), s.due, SlotState.MISSED, now, reason=_REASON) for s in passed]
        upcoming.append((schedule, later))
    known = await stores.schedules.decided([(one.schedule, one.civil) for one in fired])
    fresh = [one for one in fired if (one.schedule, one.civil) not in known]
    if upcoming:
        await stores.schedules.wind_up(fresh, [(schedule.id, later) for schedule, later in upcoming])
    return len(upcoming)


def _split(schedule: Schedule, since: datetime, now: datetime) -> tuple[Sequence[Slot], Slot | None]:
    """Return the newest slots from an instant until now, and the first one after now; those of holidays are none."""
    passed: deque[Slot] = deque(maxlen=_LISTED)
    start = max(since, now - _LOOKED_AT) - timedelta(microseconds=1)
    for slot in firing(slots(rule_of(schedule.rule), schedule.calendar, start), now):
        if slot.due > now:
            return list(passed), slot
        passed.append(slot)
    return list(passed), None
