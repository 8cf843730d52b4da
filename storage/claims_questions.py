"""Claims of questions: who answers which one now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Row, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from model.clock import Clock
from model.errors import LostLease
from model.ids import QuestionId, WorkspaceId
from model.question import QuestionState
from storage.owners import Owner
from storage.queue import Urgency
from storage.tables import QUESTIONS
from storage.transaction import changed
from storage.transactions import Transactions


@dataclass(frozen=True, slots=True)
class QuestionClaim:
    """A question that is ours for as long as nobody has a higher fence."""

    id: QuestionId
    workspace: WorkspaceId
    fence: int


class QuestionClaims:
    """Hands out questions, oldest first, across workspaces; time is our clock's, never the database's."""

    def __init__(self, transactions: Transactions, clock: Clock) -> None:
        self._transactions = transactions
        self._clock = clock

    async def claim(self, owner: Owner, limit: int, lease: float) -> tuple[QuestionClaim, ...]:
        """Claim up to `limit` questions for `lease` seconds: new ones, and those whose owner is gone."""
        c = QUESTIONS.c
        working = c.state == QuestionState.WORKING
        open_ = c.state.in_((QuestionState.WAITING, QuestionState.WORKING))
        async with self._transactions.reading() as connection:
            if (await connection.execute(select(c.id).where(open_).limit(1))).first() is None:
                return ()  # nearly always: nothing is written then
            owners = await connection.scalars(select(c.owner).where(working, c.owner.is_not(None)).distinct())
        dead = [id for id in owners if not owner.is_alive(id)]
        left = working & or_(c.lease_until <= self._clock.now(), c.owner.in_(dead))
        free = select(c.number).where(or_(c.state == QuestionState.WAITING, left)).order_by(c.number).limit(limit)
        taken = {"state": QuestionState.WORKING, "owner": owner.id, "lease_until": self._until(lease)}
        claimed = update(QUESTIONS).values(**taken, fence=c.fence + 1, attempts=c.attempts + 1)

        async def claim(connection: AsyncConnection) -> Sequence[Row[*tuple[Any, ...]]]:
            chosen = list(await connection.scalars(free.with_for_update(skip_locked=True)))
            mine = claimed.where(c.number.in_(chosen)).returning(c.id, c.workspace_id, c.fence)
            return (await connection.execute(mine)).all() if chosen else ()

        rows = await self._transactions.briefly(Urgency.NORMAL, claim)
        return tuple(QuestionClaim(QuestionId(row.id), WorkspaceId(row.workspace_id), row.fence) for row in rows)

    async def renew(self, claim: QuestionClaim, owner: Owner, lease: float) -> None:
        """Hold a claim for `lease` more seconds; raises LostLease when somebody else has it by now."""
        held = update(QUESTIONS).where(*_held(claim), QUESTIONS.c.owner == owner.id)
        longer = held.values(lease_until=self._until(lease))
        if await self._transactions.briefly(Urgency.ACK, partial(changed, statement=longer)) != 1:
            raise LostLease("Somebody else has taken over question {id}.", id=claim.id)

    async def hand_back(self, owner: Owner, claim: QuestionClaim | None = None) -> int:
        """Give back a question, or all that this owner holds, for others to take up at once; return how many.

        A taking-up that was handed back does not count.
        """
        held = [QUESTIONS.c.state == QuestionState.WORKING, QUESTIONS.c.owner == owner.id]
        held += [] if claim is None else _held(claim)
        c = QUESTIONS.c
        free = {"owner": None, "lease_until": None, "fence": c.fence + 1, "attempts": c.attempts - 1}
        freed = update(QUESTIONS).where(*held).values(state=QuestionState.WAITING, **free)
        return await self._transactions.briefly(Urgency.ACK, partial(changed, statement=freed))

    def _until(self, lease: float) -> object:
        return self._clock.now() + timedelta(seconds=lease)


def _held(claim: QuestionClaim) -> list[ColumnElement[bool]]:
    c = QUESTIONS.c
    return [
        c.id == claim.id,
        c.workspace_id == claim.workspace,
        c.fence == claim.fence,
        c.state == QuestionState.WORKING,
    ]
