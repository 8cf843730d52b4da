"""Who is to be asked about on his platform, though he says nothing: rows decide when, and a lease who asks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Update, and_, case, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from model.clock import Clock
from model.delivery import Platform
from model.ids import MemberId, WorkspaceId
from model.member import Identity
from model.schedule import ScheduleState
from storage.columns import UtcDateTime, storable
from storage.queue import Urgency
from storage.tables import ACCOUNTS, IDENTITIES, SCHEDULES
from storage.transaction import Transaction, changed
from storage.transactions import Transactions

LEASE = timedelta(minutes=1)  # more than it takes to ask, and to write what was said
EVERY = timedelta(days=1)  # between two times that somebody is asked about who answers for schedules
_FURTHER = timedelta(days=2)  # no look lies further ahead, unless the clock was set back


@dataclass(frozen=True, slots=True)
class Doubt:
    """Somebody who is to be asked about."""

    workspace: WorkspaceId
    account: str
    member: MemberId
    identity: Identity
    until: datetime  # so long nobody else asks


class Standings:
    """Finds those who are to be asked about: who answers for schedules once a day, anybody who has changed at once."""

    def __init__(self, transactions: Transactions, clock: Clock) -> None:
        self._transactions = transactions
        self._clock = clock

    async def doubt(self, platform: Platform, account: str, user: str) -> bool:
        """Note that somebody is not what he was, wherever he is known there; tell whether he is. Raises StorageBusy.

        Of an organisation's team: in all its teams.
        """
        organisation, whole, _ = storable(account).partition(".")
        there = ACCOUNTS.c.account == storable(account)
        if whole:
            there = or_(there, ACCOUNTS.c.account.startswith(f"{organisation}.", autoescape=True))
        its = select(ACCOUNTS.c.workspace_id).where(ACCOUNTS.c.platform == platform.value, there)
        him = (
            IDENTITIES.c.workspace_id.in_(its),
            IDENTITIES.c.platform == platform.value,
            IDENTITIES.c.account_user == storable(user),
        )
        async with self._transactions.reading() as connection:
            if await connection.scalar(select(IDENTITIES.c.member_id).where(*him).limit(1)) is None:
                return False  # most people of a large team were never here
        now = self._clock.now()

        async def note(connection: AsyncConnection) -> int:
            return await changed(connection, update(IDENTITIES).where(*him).values(look=now))

        return await self._transactions.briefly(Urgency.ACK, note) > 0

    async def claim(self, platforms: Collection[Platform], limit: int) -> tuple[Doubt, ...]:
        """Claim up to `limit` people of these platforms who are to be asked about now. Raises StorageBusy."""
        c, due = IDENTITIES.c, self._due()
        wanted = (
            select(c.workspace_id, c.platform, c.account_user, c.member_id, ACCOUNTS.c.account)
            .join(ACCOUNTS, and_(ACCOUNTS.c.workspace_id == c.workspace_id, ACCOUNTS.c.platform == c.platform))
            .where(c.platform.in_(sorted(one.value for one in platforms)), due)
            .order_by(c.look.is_(None), c.look)
            .limit(limit)
        )
        async with self._transactions.reading() as connection:
            waiting = (await connection.execute(wanted)).all()
        if not waiting:
            return ()  # nearly always: nothing is written then
        until = self._clock.now() + LEASE

        async def take(connection: AsyncConnection) -> tuple[Doubt, ...]:
            found = []
            for row in waiting:
                identity = Identity(row.platform, row.account_user)
                taken = update(IDENTITIES).where(*_is(row.workspace_id, identity), due).values(look=until)
                if await changed(connection, taken) == 1:
                    of = WorkspaceId(row.workspace_id), row.account, MemberId(row.member_id)
                    found.append(Doubt(*of, identity, until))
            return tuple(found)

        return await self._transactions.briefly(Urgency.NORMAL, take)

    def _due(self) -> ColumnElement[bool]:
        now, look = self._clock.now(), IDENTITIES.c.look
        return or_(look <= now, look > now + _FURTHER, and_(look.is_(None), _answers()))


class Looks:
    """When the people of this workspace are asked about next."""

    def __init__(self, transaction: Transaction) -> None:
        self._in = transaction

    async def settle(self, doubt: Doubt) -> None:
        """Note that a platform has said what somebody is; where he has changed since, he is asked about again."""
        later = case((_answers(), literal(self._in.clock.now() + EVERY, UtcDateTime())), else_=None)
        await self._in.change(self._mine(doubt).values(look=later))

    async def put_off(self, doubt: Doubt, later: timedelta) -> None:
        """Have somebody asked about later, as his platform tells us nothing now."""
        await self._in.change(self._mine(doubt).values(look=self._in.clock.now() + later))

    def _mine(self, doubt: Doubt) -> Update:
        return update(IDENTITIES).where(*_is(self._in.workspace, doubt.identity), IDENTITIES.c.look == doubt.until)


def _answers() -> ColumnElement[bool]:
    """Return the condition that somebody answers for a schedule that fires."""
    active = select(SCHEDULES.c.member_id).where(SCHEDULES.c.state == ScheduleState.ACTIVE)
    return IDENTITIES.c.member_id.in_(active)


def _is(workspace: str, identity: Identity) -> tuple[ColumnElement[bool], ...]:
    return (
        IDENTITIES.c.workspace_id == workspace,
        IDENTITIES.c.platform == identity.platform,
        IDENTITIES.c.account_user == identity.user,
    )
