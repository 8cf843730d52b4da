"""Members: who a platform's user is here, and what he may do."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches

from pydantic import TypeAdapter
from sqlalchemy import Row, Select, insert, select, update

from model.delivery import Platform
from model.errors import NotAllowed, UnknownName, UsageError
from model.ids import MemberId, row_id
from model.language import Code, Message
from model.member import Identity, Introduced, Member, Preferences, Role
from storage.limits import refuse_beyond
from storage.tables import IDENTITIES, MEMBERS
from storage.transaction import Transaction

_PREFERENCES: TypeAdapter[Preferences] = TypeAdapter(Preferences)


class Members:
    """The people of this workspace."""

    def __init__(self, transaction: Transaction) -> None:
        self._in = transaction

    async def meet(
        self,
        platform: Platform,
        account_user: str,
        name: str,
        standing: Role | None = Role.VIEWER,
        language: Code | None = None,
        *,
        follows: bool = False,
    ) -> Member:
        """Return the member that a platform's user is, made on first sight with the role that his standing there gives.

        Where nobody owns the workspace yet, whoever is somebody there does. `follows`: the role goes with the standing
        from then on, until somebody here gives him another. `standing`: None where nobody can tell just now.
        `language`: what he speaks on first sight.
        """
        found = await self.identified(platform, account_user)
        if found is not None:
            return await self._followed(found, standing) if follows and standing is not None else found
        await self._alone()
        return await self.identified(platform, account_user) or await self._welcome(
            platform, account_user, name, standing or Role.NOBODY, language, follows=follows
        )

    async def introduce(self, id: MemberId, found: Introduced) -> Member:
        """Note what a platform says of a member it was not asked about before; what was chosen here stays.

        Raises:
            UnknownName: there is no such member.
        """
        member = await self._followed(await self.of(id), found.standing)
        known_by = {found.handle, *(identity.user for identity in await self.identities(id))}
        said = {
            "name": found.name if member.name in known_by else "",
            "language": None if member.language else found.language,
            "zone": None if member.zone else found.zone,
        }
        values = {name: value for name, value in said.items() if value}
        if values:
            await self._in.change(update(MEMBERS).where(self._in.ours(MEMBERS), MEMBERS.c.id == id).values(values))
        return await self.of(id)

    async def of(self, id: MemberId) -> Member:
        """Return a member; raises UnknownName."""
        row = await self._in.first(self._rows().where(MEMBERS.c.id == id))
        if row is None:
            raise UnknownName("There is no such member here.")
        return member_of(row)

    async def many(self, ids: Collection[MemberId]) -> Mapping[MemberId, Member]:
        """Return members by their ids, erased ones too."""
        return {m.id: m for m in _members(await self._in.all(self._rows().where(self._in.among(MEMBERS.c.id, ids))))}

    async def identified(self, platform: Platform, account_user: str) -> Member | None:
        """Return the member that a platform's user is, if he is one."""
        row = await self._in.first(
            self._rows()
            .join(IDENTITIES, IDENTITIES.c.member_id == MEMBERS.c.id)
            .where(
                self._in.ours(IDENTITIES),
                IDENTITIES.c.platform == platform.value,
                IDENTITIES.c.account_user == account_user,
            )
        )
        return None if row is None else member_of(row)

    async def named(self, name: str) -> Member:
        """Return the member of a name, shown name or identity such as "git:mina@example.org".

        Raises:
            UnknownName: nobody bears it.
            UsageError: several do.
        """
        members = await self.all()
        bears = {id for id, identity in await self._identities() if f"{identity.platform}:{identity.user}" == name}
        found = [m for m in members if name in (m.name, m.preferences.shown) or m.id in bears]
        if len(found) > 1:
            raise UsageError(
                "More than one member is called {name}.",
                hint=Message("Name an identity instead, such as terminal:mina; /arb members shows them."),
                name=name,
            )
        if not found:
            close = get_close_matches(name, [member.shown for member in members])
            raise UnknownName("There is no member called {name} here.", close=close, name=name)
        return found[0]

    async def all(self) -> tuple[Member, ...]:
        """Return every member, by name."""
        here = self._rows().where(MEMBERS.c.erased.is_(None))
        return _members(await self._in.all(here.order_by(MEMBERS.c.name, MEMBERS.c.id)))

    async def identities(self, id: MemberId) -> tuple[Identity, ...]:
        """Return who a member is on each platform and in commits, sorted."""
        return tuple(identity for of, identity in await self._identities() if of == id)

    async def refuse_without_owner(self, going: Member) -> None:
        """Raise NotAllowed where a workspace with other members would be left without an owner."""
        others = [member for member in await self.all() if member.id != going.id]
        if going.role is Role.OWNER and others and all(member.role < Role.OWNER for member in others):
            raise NotAllowed(
                "{name} is the only owner here; the workspace needs one.",
                hint=Message("Make somebody else an owner first: /arb role <member> owner."),
                name=going.shown,
            )

    async def change(
        self,
        id: MemberId,
        *,
        role: Role | None = None,
        language: Code | None = None,
        zone: str | None = None,
        preferences: Preferences | None = None,
    ) -> None:
        """Change what is given of a member, the rest stays; raises UnknownName."""
        chosen = None if preferences is None else _PREFERENCES.dump_json(preferences).decode()
        wanted = {"role": role, "language": language, "zone": zone, "preferences": chosen}
        values = {name: value for name, value in wanted.items() if value is not None}
        member = await self.of(id)
        if values:
            await self._in.change(
                update(MEMBERS)
                .where(self._in.ours(MEMBERS), MEMBERS.c.id == member.id)
                .values({**values, "standing": None} if role is not None else values)
            )

    async def _identities(self) -> list[tuple[MemberId, Identity]]:
        rows = await self._in.all(
            select(IDENTITIES)
            .where(self._in.ours(IDENTITIES))
            .order_by(IDENTITIES.c.platform, IDENTITIES.c.account_user)
        )
        return [(MemberId(row.member_id), Identity(row.platform, row.account_user)) for row in rows]

    async def _followed(self, member: Member, standing: Role) -> Member:
        """Return a member with the role that his standing gives, unless he has his role from here."""
        row = await self._in.first(select(MEMBERS.c.standing).where(MEMBERS.c.id == member.id))
        if row is None or row.standing in (None, standing):
            return member
        await self._alone()
        owned = await self._is_owned(but=member.id)
        if member.role is Role.OWNER and not owned:
            return member  # the workspace needs one
        role = _role(standing, owned=owned)
        changed = {"role": role.value, "standing": standing.value if role is standing else None}
        await self._in.change(update(MEMBERS).where(MEMBERS.c.id == member.id).values(changed))
        return replace(member, role=role)

    async def _alone(self) -> None:
        """Have whoever comes second wait and then see what the first one did: SQLite has one writer anyway."""
        await self._in.alone()

    async def _is_owned(self, but: MemberId | None = None) -> bool:
        return any(one.role is Role.OWNER for one in await self.all() if one.id != but)

    async def _welcome(
        self,
        platform: Platform,
        account_user: str,
        name: str,
        standing: Role,
        language: Code | None,
        *,
        follows: bool,
    ) -> Member:
        workspace, id = self._in.workspace, MemberId(row_id())
        await refuse_beyond(self._in, "most_members")
        role = _role(standing, owned=await self._is_owned())
        now = self._in.clock.now()
        await self._in.change(
            insert(MEMBERS).values(
                id=id,
                workspace_id=workspace,
                name=name,
                role=role.value,
                language=language,
                created=now,
                standing=standing.value if follows and role is standing else None,
            )
        )
        await self._in.change(
            insert(IDENTITIES).values(
                workspace_id=workspace, platform=platform.value, account_user=account_user, member_id=id
            )
        )
        return await self.of(id)

    def _rows(self) -> Select[*tuple[object, ...]]:
        return select(MEMBERS).where(self._in.ours(MEMBERS))


def _role(standing: Role, *, owned: bool) -> Role:
    """Return what a standing gives: whoever is somebody owns what nobody does."""
    return standing if owned or standing is Role.NOBODY else Role.OWNER


def _members(rows: Iterable[Row[*tuple[object, ...]]]) -> tuple[Member, ...]:
    return tuple(member_of(row) for row in rows)


MEMBER_COLUMNS = ("id", "workspace_id", "name", "role", "language", "zone", "preferences")


def member_of(row: Row[*tuple[object, ...]]) -> Member:
    """Return the member that a row is."""
    chosen = Preferences() if row.preferences is None else _PREFERENCES.validate_json(row.preferences)
    return Member(MemberId(row.id), row.workspace_id, row.name, Role(row.role), row.language, row.zone, chosen)
