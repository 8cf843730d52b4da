"""The only look-ups that come before a workspace is known."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select, update

from model.clock import Clock
from model.delivery import Address, Platform
from model.ids import EventId, WorkspaceId, row_id
from model.keys import KeyHolder
from model.member import Role
from storage.columns import storable
from storage.keys import digest_of, key_of
from storage.living import late
from storage.queue import Urgency
from storage.tables import ACCOUNTS, ACTIONS, API_KEYS, DESTINATIONS, IDENTITIES, INBOX, MEMBERS, SCHEDULES, WORKSPACES
from storage.transaction import changed, insert_new
from storage.transactions import Transactions


class Entrances:
    """From what a platform knows to a workspace, and to the events that a dead process left."""

    def __init__(self, transactions: Transactions, clock: Clock) -> None:
        self._transactions = transactions
        self._clock = clock

    async def workspace(self, platform: Platform, account: str) -> WorkspaceId | None:
        """Return the workspace of an account, if it was ever here."""
        async with self._transactions.reading() as connection:
            found: str | None = await connection.scalar(
                select(ACCOUNTS.c.workspace_id).where(
                    ACCOUNTS.c.platform == platform.value, ACCOUNTS.c.account == storable(account)
                )
            )
        return None if found is None else WorkspaceId(found)

    async def enter(self, platform: Platform, account: str) -> WorkspaceId:
        """Return the workspace of an account, made once on first sight. Raises StorageBusy."""
        found = await self.workspace(platform, account)
        if found is not None:
            return found
        async with self._transactions.writing(Urgency.ACK) as connection:
            named = {"platform": platform.value, "account": account}
            await insert_new(connection, WORKSPACES, id=row_id(), created=self._clock.now(), **named)
            own = (WORKSPACES.c.platform == platform.value, WORKSPACES.c.account == account)
            made = await connection.scalar(select(WORKSPACES.c.id).where(*own))
            await insert_new(connection, ACCOUNTS, workspace_id=made, **named)
        found = await self.workspace(platform, account)
        if found is None:
            raise AssertionError("a workspace never goes")
        return found

    async def known(self, platform: Platform, user: str) -> Sequence[tuple[str, datetime | None]]:
        """Return the accounts in which a platform's user is known, and when he last said that he means it."""
        wanted = (
            select(ACCOUNTS.c.account, IDENTITIES.c.chosen)
            .join(IDENTITIES, IDENTITIES.c.workspace_id == ACCOUNTS.c.workspace_id)
            .where(ACCOUNTS.c.platform == platform.value, *_is(platform, user))
            .order_by(ACCOUNTS.c.workspace_id)
        )
        async with self._transactions.reading() as connection:
            return [(row.account, row.chosen) for row in await connection.execute(wanted)]

    async def choose(self, platform: Platform, account: str, user: str) -> bool:
        """Note that a platform's user means an account where his platform does not say so; False: unknown there.

        Raises StorageBusy.
        """
        workspace = await self.workspace(platform, account)
        chosen = update(IDENTITIES).where(IDENTITIES.c.workspace_id == workspace, *_is(platform, user))
        async with self._transactions.writing(Urgency.ACK) as connection:
            return await changed(connection, chosen.values(chosen=self._clock.now())) > 0

    async def account_of(self, platform: Platform, action: str) -> str | None:
        """Return the account that a button belongs to, for where its platform does not say so."""
        wanted = (
            select(ACCOUNTS.c.account)
            .join(ACTIONS, ACTIONS.c.workspace_id == ACCOUNTS.c.workspace_id)
            .where(ACCOUNTS.c.platform == platform.value, ACTIONS.c.id == storable(action))
        )
        async with self._transactions.reading() as connection:
            found: str | None = await connection.scalar(wanted)
        return found

    async def workspaces(self) -> Sequence[WorkspaceId]:
        """Return every workspace, oldest first."""
        async with self._transactions.reading() as connection:
            found = await connection.scalars(select(WORKSPACES.c.id).order_by(WORKSPACES.c.id))
            return [WorkspaceId(id) for id in found]

    async def of_organisation(self, platform: Platform, organisation: str) -> Sequence[tuple[str, WorkspaceId]]:
        """Return the accounts and workspaces of an organisation that was let in as a whole: "E0.T1", "E0.T2"."""
        its = WORKSPACES.c.account.startswith(f"{storable(organisation)}.", autoescape=True)
        async with self._transactions.reading() as connection:
            found = await connection.execute(
                select(WORKSPACES.c.account, WORKSPACES.c.id).where(WORKSPACES.c.platform == platform.value, its)
            )
            return [(row.account, WorkspaceId(row.id)) for row in found]

    async def senders(self, to: Address) -> Sequence[WorkspaceId]:
        """Return the workspaces that send to an address: its account's own, and those that named a place there."""
        own = select(ACCOUNTS.c.workspace_id).where(ACCOUNTS.c.account == to.account)
        there = (DESTINATIONS.c.kind == to.platform, DESTINATIONS.c.account == to.account)
        async with self._transactions.reading() as connection:
            found = await connection.scalars(own.union(select(DESTINATIONS.c.workspace_id).where(*there)))
            return [WorkspaceId(id) for id in found]

    async def key_holder(self, secret: str) -> KeyHolder | None:
        """Return whose API key this is; None where it opens nothing: unknown, over, or of somebody who is gone."""
        now, digest, c = self._clock.now(), digest_of(secret), API_KEYS.c
        old = and_(c.old_digest == digest, c.old_until > now)
        wanted = (
            select(API_KEYS, MEMBERS.c.role, ACCOUNTS.c.account)
            .join(MEMBERS, MEMBERS.c.id == c.member_id)
            .join(ACCOUNTS, ACCOUNTS.c.workspace_id == c.workspace_id)
            .where(or_(c.digest == digest, old), c.revoked.is_(None), c.expires > now)
            .where(MEMBERS.c.erased.is_(None), MEMBERS.c.gone.is_(None))
        )
        async with self._transactions.reading() as connection:
            rows = (await connection.execute(wanted)).all()
        if not rows:
            return None
        tenants = tuple(sorted(row.account for row in rows))
        return KeyHolder(WorkspaceId(rows[0].workspace_id), tenants, key_of(rows[0]), Role(rows[0].role))

    async def count_request(self, holder: KeyHolder) -> None:
        """Note that a key was used. Raises StorageBusy."""
        used = {"used": self._clock.now(), "requests": API_KEYS.c.requests + 1}
        statement = update(API_KEYS).where(API_KEYS.c.id == holder.key.id).values(**used)
        await self._transactions.at_once(Urgency.ACK, lambda connection: connection.execute(statement).close())

    async def restored(self) -> Sequence[WorkspaceId]:
        """Return the workspaces with schedules that a restored backup has left to be wound up."""
        left = select(SCHEDULES.c.workspace_id).where(SCHEDULES.c.restored.is_not(None)).distinct()
        async with self._transactions.reading() as connection:
            return [WorkspaceId(id) for id in await connection.scalars(left)]

    async def unfinished_events(self, owner_is_alive: Callable[[str], bool]) -> Sequence[tuple[WorkspaceId, EventId]]:
        """Return the events whose owner died before they were done, oldest first, and free them for `take_over`."""
        open_ = INBOX.c.done.is_(False)
        async with self._transactions.reading() as connection:
            owners = await connection.scalars(select(INBOX.c.owner).where(open_, INBOX.c.owner.is_not(None)).distinct())
        dead = [owner for owner in owners if not owner_is_alive(owner)]
        if dead:
            async with self._transactions.writing(Urgency.NORMAL) as connection:
                await connection.execute(update(INBOX).where(open_, INBOX.c.owner.in_(dead)).values(owner=None))
        async with self._transactions.reading() as connection:
            rows = await connection.execute(
                select(INBOX.c.workspace_id, INBOX.c.event)
                .where(open_, or_(INBOX.c.owner.is_(None), INBOX.c.owner.in_(dead)))
                .order_by(INBOX.c.received, INBOX.c.event)
            )
        return [(WorkspaceId(row.workspace_id), EventId(row.event)) for row in rows]

    async def overtake(self, me: str, served: Collection[Platform]) -> Sequence[tuple[WorkspaceId, EventId]]:
        """Take over, of these platforms, the events whose owner has not said for long that he lives; return them.

        They are never free in between: their owner may live after all, and must not find them so.
        """
        if self._transactions.on_sqlite or not served:
            return []
        async with self._transactions.reading() as connection:
            silent = [owner for owner in await late(connection, self._clock) if owner != me]
        if not silent:
            return []
        theirs = or_(*(INBOX.c.event.startswith(f"{platform.value}:", autoescape=True) for platform in served))
        taken = update(INBOX).where(INBOX.c.done.is_(False), INBOX.c.owner.in_(silent), theirs).values(owner=me)
        async with self._transactions.writing(Urgency.NORMAL) as connection:
            rows = (await connection.execute(taken.returning(INBOX.c.workspace_id, INBOX.c.event))).all()
        return [(WorkspaceId(row.workspace_id), EventId(row.event)) for row in rows]


def _is(platform: Platform, user: str) -> tuple[ColumnElement[bool], ...]:
    return IDENTITIES.c.platform == platform.value, IDENTITIES.c.account_user == storable(user)
