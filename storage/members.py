"""Members: who a platform's user is here, and what he may do."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from sqlalchemy import Row, Select, insert, select, update

from model.delivery import Platform
from model.errors import UnknownName, UsageError
from model.ids import MemberId, row_id
from model.language import Code
from model.member import Member, Role
from storage.tables import IDENTITIES, MEMBERS, WORKSPACES
from storage.transaction import Transaction


class Members:
    """The people of this workspace."""

    def __init__(self, transaction: Transaction) -> None:
        self._in = transaction

    async def meet(self, platform: Platform, account_user: str, name: str) -> Member:
        """Return the member that a platform's user is, made on first sight; a workspace's first one owns it."""
        found = await self._identified(platform, account_user)
        if found is not None:
            return found
        await self._in.first(  # PostgreSQL: whoever comes second waits here and then sees the first one's row
            select(WORKSPACES.c.id).where(WORKSPACES.c.id == self._in.workspace).with_for_update()
        )
        return await self._identified(platform, account_user) or await self._welcome(platform, account_user, name)

    async def of(self, id: MemberId) -> Member:
        """Return a member; raises UnknownName."""
        row = await self._in.first(self._rows().where(MEMBERS.c.id == id))
        if row is None:
            raise UnknownName("There is no such member here.")
        return _member(row)

    async def named(self, name: str) -> Member:
        """Return the member of a name; raises UnknownName, or UsageError where several bear it."""
        found = [member for member in await self.all() if member.name == name]
        if len(found) > 1:
            raise UsageError("More than one member is called {name}.", name=name)
        if not found:
            close = get_close_matches(name, [member.name for member in await self.all()])
            raise UnknownName("There is no member called {name} here.", close=close, name=name)
        return found[0]

    async def all(self) -> tuple[Member, ...]:
        """Return every member, by name."""
        return _members(await self._in.all(self._rows().order_by(MEMBERS.c.name, MEMBERS.c.id)))

    async def change(
        self, id: MemberId, *, role: Role | None = None, language: Code | None = None, zone: str | None = None
    ) -> None:
        """Change what is given of a member, the rest stays; raises UnknownName."""
        wanted = {"role": role, "language": language, "zone": zone}
        values = {name: value for name, value in wanted.items() if value is not None}
        member = await self.of(id)
        if values:
            await self._in.change(
                update(MEMBERS).where(self._in.ours(MEMBERS), MEMBERS.c.id == member.id).values(values)
            )

    async def _identified(self, platform: Platform, account_user: str) -> Member | None:
        row = await self._in.first(
            self._rows()
            .join(IDENTITIES, IDENTITIES.c.member_id == MEMBERS.c.id)
            .where(
                self._in.ours(IDENTITIES),
                IDENTITIES.c.platform == platform.value,
                IDENTITIES.c.account_user == account_user,
            )
        )
        return None if row is None else _member(row)

    async def _welcome(self, platform: Platform, account_user: str, name: str) -> Member:
        workspace, id = self._in.workspace, MemberId(row_id())
        role = Role.VIEWER if await self._in.first(self._rows().limit(1)) else Role.OWNER
        now = self._in.clock.now()
        await self._in.change(
            insert(MEMBERS).values(id=id, workspace_id=workspace, name=name, role=role.value, created=now)
        )
        await self._in.change(
            insert(IDENTITIES).values(
                workspace_id=workspace, platform=platform.value, account_user=account_user, member_id=id
            )
        )
        return await self.of(id)

    def _rows(self) -> Select[*tuple[object, ...]]:
        return select(MEMBERS).where(self._in.ours(MEMBERS))


def _members(rows: Iterable[Row[*tuple[object, ...]]]) -> tuple[Member, ...]:
    return tuple(_member(row) for row in rows)


def _member(row: Row[*tuple[object, ...]]) -> Member:
    return Member(MemberId(row.id), row.workspace_id, row.name, Role(row.role), row.language, row.zone)
