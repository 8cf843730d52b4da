"""How much a workspace may hold: counted where something is added, raised by its admins."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

from sqlalchemy import func, select, true

from model.errors import UsageError
from model.language import Message
from storage.tables import MEMBERS, QUESTIONS, REPORTS, RUNS, SCHEDULES, SOURCES
from storage.transaction import Transaction
from storage.workspaces import Workspaces

Limit = Literal[
    "most_members", "most_reports", "most_sources", "most_runs_a_day", "most_questions_a_day", "most_schedules"
]

_DAY = timedelta(days=1)
_FULL: Mapping[Limit, Message] = {
    "most_members": Message("This workspace is full: it may have {most} {most:member|members}."),
    "most_reports": Message("This workspace has {most} saved {most:report|reports}, and may have no more."),
    "most_sources": Message("This workspace has {most} {most:source|sources}, and may have no more."),
    "most_runs_a_day": Message(
        "{most} {most:report was|reports were} run here within a day, and there may be no more."
    ),
    "most_questions_a_day": Message(
        "{most} {most:question was|questions were} asked here within a day, and there may be no more."
    ),
    "most_schedules": Message("This workspace has {most} {most:schedule|schedules}, and may have no more."),
}


async def refuse_beyond(inside: Transaction, limit: Limit) -> None:
    """Raise UsageError where one more would be more than the workspace may hold."""
    most: int = getattr(await Workspaces(inside).settings(), limit)
    if await left(inside, limit, most) < 1:
        raise full(limit, most)


async def left(inside: Transaction, limit: Limit, most: int) -> int:
    """Return how many more the workspace may hold, where `most` is all that it may."""
    counted = {
        "most_members": (MEMBERS, MEMBERS.c.erased.is_(None) & MEMBERS.c.merged.is_(None)),
        "most_reports": (REPORTS, REPORTS.c.deleted.is_(None)),
        "most_sources": (SOURCES, true()),
        "most_runs_a_day": (RUNS, RUNS.c.created > inside.clock.now() - _DAY),
        "most_questions_a_day": (QUESTIONS, QUESTIONS.c.asked > inside.clock.now() - _DAY),
        "most_schedules": (SCHEDULES, true()),
    }
    table, condition = counted[limit]
    there = await inside.first(select(func.count().label("n")).select_from(table).where(inside.ours(table), condition))
    return max(0, most - (0 if there is None else there.n))


def full(limit: Limit, most: int) -> UsageError:
    """Return what to tell where a workspace holds as much as it may."""
    return UsageError(
        _FULL[limit].text,
        hint=Message(
            "An admin can raise the limit: /arb settings {limit}={more}", {"limit": limit, "more": str(most * 2)}
        ),
        most=most,
    )
