"""Accounts: which Slack team, Discord server or terminal is which workspace, and how another one is brought into it.

The one store that looks beyond its workspace: whose a code is that opens another one, and whether there is room there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import ColumnElement, delete, select, update

from model.delivery import Platform
from model.errors import Expired, UsageError
from model.ids import EventId, MemberId, WorkspaceId
from model.language import Message
from model.member import Member, Role
from storage.audit import Audit, Entry
from storage.erasing import Erasing
from storage.members import Members
from storage.people import hashed
from storage.tables import (
    ACCOUNTS,
    API_KEYS,
    DESTINATIONS,
    INSTALLATIONS,
    LINK_CODES,
    MODELS,
    REPORTS,
    RUNS,
    SCHEDULES,
    SOURCES,
    TARGETS,
    TEMPLATES,
    WORKSPACES,
)
from storage.transaction import Transaction

# nobody would find them again
_HELD = (SOURCES, REPORTS, SCHEDULES, DESTINATIONS, TEMPLATES, TARGETS, MODELS, API_KEYS, RUNS)


class Accounts:
    """What this workspace is called on the platforms; on each it has one account at most."""

    def __init__(self, transaction: Transaction) -> None:
        self._in = transaction

    async def all(self) -> Mapping[Platform, str]:
        """Return the account on each platform: the workspace's own, and those that were brought into it."""
        rows = await self._in.all(select(ACCOUNTS).where(self._in.ours(ACCOUNTS)))
        return {Platform(row.platform): row.account for row in rows}

    async def opened_by(self, code: str) -> Member | None:
        """Return the owner of another workspace whose code opens it for this one; None: it is no such code."""
        row = await self._in.first(select(LINK_CODES).where(*self._good(code)))
        if row is None or row.workspace_id == self._in.workspace:
            return None
        issuer = await Members(self._there(row.workspace_id)).of(MemberId(row.member_id))
        return issuer if issuer.role is Role.OWNER else None

    async def bring(self, code: str, event: EventId) -> Member:
        """Bring this workspace's account into the one that a code opens, and return the code's issuer; it is used up.

        Everybody here is erased: who speaks there is somebody new there. The audit there notes it as the issuer's
        doing; `event`: by what it was said here.

        Raises:
            Expired: the code opens nothing.
            UsageError: something would be lost here, or there is no room there.
        """
        issuer = await self.opened_by(code)
        if issuer is None:
            raise _not_good()
        there = WorkspaceId(issuer.workspace)
        await self._alone(there)
        mine = await self.all()
        await self._refuse_what_would_be_lost(mine)
        ((platform, account),) = mine.items()
        await self._refuse_where_one_is(there, platform)
        if await self._in.change(delete(LINK_CODES).where(*self._good(code))) != 1:
            raise _not_good()
        erasing = Erasing(self._in)
        for member in await Members(self._in).all():
            await erasing.erase(member)
        await self._in.change(update(ACCOUNTS).where(*_is(platform, account)).values(workspace_id=there))
        brought = Entry(issuer.id, event, "arb link", {"what": "workspace", "brought": f"{platform.value}:{account}"})
        await Audit(self._there(there)).add(brought, "done")
        return issuer

    async def take_back(self, platform: Platform, account: str) -> None:
        """Have an account that was brought into this workspace be a workspace of its own again.

        Raises:
            UsageError: it is this workspace's own, or reports go there.
        """
        own = await self._in.first(select(WORKSPACES.c.id).where(_first(platform, account)))
        if own is None or own.id == self._in.workspace:
            raise UsageError(
                "This is where the workspace is at home: it was brought into no other.",
                hint=Message("Say it where the workspace that was brought here is."),
            )
        if platform is Platform.SLACK and await self._is_installed():
            raise _installed()
        there = (DESTINATIONS.c.kind == platform, DESTINATIONS.c.account == account)
        if await self._in.first(select(DESTINATIONS.c.id).where(self._in.ours(DESTINATIONS), *there)) is not None:
            raise UsageError(
                "Reports still go to this place.",
                hint=Message("Remove its destinations first: /destination list shows them."),
            )
        here = (self._in.ours(ACCOUNTS), *_is(platform, account))
        await self._in.change(update(ACCOUNTS).where(*here).values(workspace_id=own.id))

    async def _refuse_what_would_be_lost(self, mine: Mapping[Platform, str]) -> None:
        if len(mine) != 1:
            raise UsageError(
                "Others were brought into this workspace: it cannot be brought into another one.",
                hint=Message("Bring the other one here instead: say /arb link workspace here."),
            )
        if await self._is_installed():
            raise _installed()
        for table in _HELD:
            if await self._in.first(select(table.c.workspace_id).where(self._in.ours(table)).limit(1)) is not None:
                raise UsageError(
                    "This workspace has sources, reports or runs of its own; only an empty one can be brought along.",
                    hint=Message("Bring the other one here instead: say /arb link workspace here."),
                )

    async def _refuse_where_one_is(self, there: WorkspaceId, platform: Platform) -> None:
        taken = select(ACCOUNTS.c.account).where(ACCOUNTS.c.workspace_id == there, ACCOUNTS.c.platform == platform)
        if await self._in.first(taken) is not None:
            raise UsageError(
                "That workspace has its {platform} already: one of each platform is the most.",
                platform=platform.value.title(),
            )

    async def _is_installed(self) -> bool:
        """Tell whether tokens were given to this workspace: they are sealed for it alone."""
        tokens = select(INSTALLATIONS.c.workspace_id).where(self._in.ours(INSTALLATIONS))
        return await self._in.first(tokens.where(INSTALLATIONS.c.tokens.is_not(None))) is not None

    async def _alone(self, there: WorkspaceId) -> None:
        """Have whoever changes one of the two workspaces wait, in the order that everybody keeps."""
        both = WORKSPACES.c.id.in_((self._in.workspace, there))
        await self._in.all(select(WORKSPACES.c.id).where(both).order_by(WORKSPACES.c.id).with_for_update())

    def _good(self, code: str) -> tuple[ColumnElement[bool], ...]:
        c = LINK_CODES.c
        return c.code == hashed(code), c.opens.is_(True), c.expires > self._in.clock.now()

    def _there(self, workspace: str) -> Transaction:
        return replace(self._in, workspace=WorkspaceId(workspace))


def _is(platform: Platform, account: str) -> tuple[ColumnElement[bool], ...]:
    return ACCOUNTS.c.platform == platform, ACCOUNTS.c.account == account


def _first(platform: Platform, account: str) -> ColumnElement[bool]:
    """Return the condition that a workspace was made for an account."""
    return (WORKSPACES.c.platform == platform) & (WORKSPACES.c.account == account)


def _installed() -> UsageError:
    return UsageError(
        "This Slack team has installed the app itself, and its workspace stays where it is.",
        hint=Message("Bring the other one here instead: say /arb link workspace here."),
    )


def _not_good() -> Expired:
    return Expired(
        "That code is not good, or not any more: it holds for ten minutes and works once.",
        hint=Message("An owner of the other workspace says /arb link workspace there, for a new code."),
    )
