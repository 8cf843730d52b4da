"""Quarantine: what a restored backup would do once more is put out of its hands.

The world has gone on since the backup: what it was about to send may have been sent, what it was told may be done,
whom it knows may have been erased. So nothing that was under way then goes on by itself; people see why, and can do it
by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, Table, Update, case, inspect, literal, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from model.clock import Clock
from model.delivery import DeliveryState
from model.ids import MemberId, WorkspaceId
from model.language import Message
from model.question import QuestionState
from model.report import RunState
from model.schedule import ScheduleState
from storage.columns import UtcDateTime
from storage.erased import Gone
from storage.erasing import Erasing
from storage.jobs import InProcess
from storage.keys import NO_OLD
from storage.messages import dump_message
from storage.sealing import Keyring
from storage.tables import API_KEYS, DELIVERIES, DUTIES, INBOX, INSTALLATIONS, QUESTIONS, RUNS, SCHEDULES, WORKSPACES
from storage.transaction import Transaction

_UNSENT = Message("It was not sent yet when a backup was restored; since then it may have been.")
_UNFINISHED = Message("It was not finished when a backup was restored. Run it again.")
_JOBS = "procrastinate_jobs"  # wake-ups only: the rows decide
_WAKE_NOBODY = text(f"DELETE FROM {_JOBS} WHERE status IN ('todo', 'doing')")  # noqa: S608  the name is ours


class Stage(StrEnum):
    """How far a restore is."""

    GENUINE = "genuine"  # every byte of the archive was checked
    UNPACKED = "unpacked"  # the new database is there, beside the old one
    SETTLED = "settled"  # nothing in it goes on by itself
    KEPT = "kept"  # the old one has its second name
    DONE = "done"  # the new one has taken its place


@dataclass(frozen=True, slots=True)
class Settled:
    """What was found under way in a restored database."""

    unsent: int  # messages
    unfinished: int  # runs
    erased: int  # people who were erased again


async def settle(
    connection: AsyncConnection, keyring: Keyring, clock: Clock, made: datetime, gone: Sequence[Gone]
) -> Settled:
    """Stop all that was under way in a backup made at `made`, and erase again who is gone; in one transaction."""
    unsent, unfinished = await connection.run_sync(_stop, made, clock.now())
    workspaces = set(await connection.scalars(select(WORKSPACES.c.id)))
    erased = 0
    for one in gone:
        if one.workspace in workspaces:  # a younger one is not in the backup
            of = Erasing(Transaction(connection, WorkspaceId(one.workspace), keyring, clock, InProcess(clock)))
            erased += await of.erase_again(MemberId(one.member), one.forgotten)
    return Settled(unsent, unfinished, erased)


def _stop(connection: Connection, made: datetime, now: datetime) -> tuple[int, int]:
    """Stop everything; return how many messages were unsent and how many runs unfinished."""
    unsent = _stop_messages(connection, now)
    open_ = RUNS.c.state.in_((RunState.WAITING, RunState.RUNNING))
    failed = {"state": RunState.FAILED, "failure": dump_message(_UNFINISHED), "finished": now}
    unfinished = _change(connection, update(RUNS).where(open_).values(**failed, **_outrun(RUNS)))
    # reports/restored.py lists what they missed and winds them up again
    active = SCHEDULES.c.state == ScheduleState.ACTIVE
    since = case((SCHEDULES.c.next_due < made, SCHEDULES.c.next_due), else_=literal(made, UtcDateTime))
    _change(connection, update(SCHEDULES).where(active).values(next_slot=None, next_due=None, restored=since))
    _change(connection, update(INBOX).where(INBOX.c.done.is_(False)).values(done=True, said=None, owner=None))
    # a key that was revoked since would open the door again: each is made anew by whoever still needs it
    _change(connection, update(API_KEYS).where(API_KEYS.c.revoked.is_(None)).values(revoked=now, **NO_OLD))
    asked = QUESTIONS.c.state.in_((QuestionState.WAITING, QuestionState.WORKING))
    stopped = {"state": QuestionState.STOPPED, "seat": None, "finished": now}
    _change(connection, update(QUESTIONS).where(asked).values(**stopped, **_outrun(QUESTIONS)))
    for work in (DUTIES, INSTALLATIONS):
        _change(connection, update(work).values(**_outrun(work)))
    if inspect(connection).has_table(_JOBS):
        connection.execute(_WAKE_NOBODY)
    return unsent, unfinished


def _stop_messages(connection: Connection, now: datetime) -> int:
    """Hold messages back that were not sent; return how many."""
    c = DELIVERIES.c
    open_ = c.state.in_((DeliveryState.WAITING, DeliveryState.SENDING))
    over = {"settled": now, "doubt": False, **_outrun(DELIVERIES)}
    # one that stands there and was to change shows by now what came after the backup
    shown = {"state": DeliveryState.SENT, "shown": c.wanted}
    _change(connection, update(DELIVERIES).where(open_, c.receipt.is_not(None)).values(**shown, **over))
    # sent by hand, it says that it may be a repeat: as if somebody had begun to send it
    begun = case((c.attempts == 0, 1), else_=c.attempts)
    held = {"state": DeliveryState.UNKNOWN, "failure": dump_message(_UNSENT), "attempts": begun}
    return _change(connection, update(DELIVERIES).where(open_).values(**held, **over))


def _outrun(work: Table) -> dict[str, object]:
    """Return the values by which nobody holds the work any more."""
    return {"owner": None, "lease_until": None, "fence": work.c.fence + 1}


def _change(connection: Connection, statement: Update) -> int:
    return connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount
