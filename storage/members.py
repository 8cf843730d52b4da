"""Members: who a platform's user is here, and what he may do."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, insert, or_, select, update

from model.delivery import Platform
from model.errors import NotAllowed, UnknownName, UsageError
from model.ids import MemberId, row_id
from model.language import Code, Message
from model.member import UNSPOKEN, Identity, Introduced, Member, Preferences, Role
from storage.limits import refuse_beyond
from storage.member_rows import PREFERENCES, member_of
from storage.tables import IDENTITIES, MEMBERS
from storage.transaction import Transaction


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
        at = Identity(platform.value, account_user)
        known = await self._known(at)
        if known is not None:
            found = member_of(known)
            if not follows or standing is None:
                return found
            if known.absent is not None:
                await self._alone()
                await self._back(found.id, at)
                found = await self.of(found.id)
            return await self._followed(found, standing)
        await self._alone()
        return await self.identified(platform, account_user) or await self._welcome(
            platform, account_user, name, standing or Role.NOBODY, language, follows=follows
        )

    async def introduce(self, id: MemberId, at: Identity, found: Introduced) -> Member:
        """Note what a platform says of a member; what was chosen here stays, but no role of one who has left.

        `at`: who he is on that platform.

        Raises:
            UnknownName: there is no such member.
        """
        await self._alone()
        if found.gone:
            return await self._left(id, at)
        await self._back(id, at)
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
        row = await self._known(Identity(platform.value, account_user))
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
        if going.role is Role.OWNER and others and not await self.has_owner(but=going.id):
            raise NotAllowed(
                "{name} is the only owner here; the workspace needs one.",
                hint=Message("Make somebody else an owner first: /arb role <member> owner."),
                name=going.shown,
            )

    async def has_owner(self, but: MemberId | None = None) -> bool:
        """Tell whether there is an owner here who has not left, besides one that is given."""
        return any(one.role is Role.OWNER for one in await self.all() if one.id != but)

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
        chosen = None if preferences is None else PREFERENCES.dump_json(preferences).decode()
        wanted = {"role": role, "language": language, "zone": zone, "preferences": chosen}
        values = {name: value for name, value in wanted.items() if value is not None}
        member = await self.of(id)
        if role is Role.OWNER:  # one who had left is not needed any more for the workspace to have one
            left = update(MEMBERS).where(self._in.ours(MEMBERS), MEMBERS.c.id != id, MEMBERS.c.gone.is_not(None))
            await self._in.change(left.values(role=Role.NOBODY.value, standing=Role.NOBODY.value))
        if values:
            await self._in.change(
                update(MEMBERS)
                .where(self._in.ours(MEMBERS), MEMBERS.c.id == member.id)
                .values({**values, "standing": None} if role is not None else values)
            )

    async def is_also(self, id: MemberId, at: Identity) -> bool:
        """Tell whether a member speaks somewhere else as well: then what he is here is said by more than this one."""
        return await self._in.first(select(IDENTITIES.c.platform).where(*self._elsewhere(id, at))) is not None

    async def _known(self, at: Identity) -> Row[*tuple[Any, ...]] | None:
        """Return the row of the member who is somebody on a platform, and since when he is not there any more."""
        member = self._rows().join(IDENTITIES, IDENTITIES.c.member_id == MEMBERS.c.id)
        return await self._in.first(member.add_columns(IDENTITIES.c.gone.label("absent")).where(*self._is(at)))

    async def _identities(self) -> list[tuple[MemberId, Identity]]:
        rows = await self._in.all(
            select(IDENTITIES)
            .where(self._in.ours(IDENTITIES))
            .order_by(IDENTITIES.c.platform, IDENTITIES.c.account_user)
        )
        return [
            (MemberId(row.member_id), Identity(row.platform, row.account_user, row.gone is not None)) for row in rows
        ]

    async def _left(self, id: MemberId, at: Identity) -> Member:
        """Note that a member is on a platform no more: he is nobody, whatever role he was given here.

        Where he still speaks elsewhere, that platform is asked at once what it gives him. The only owner stays what he
        is, as the workspace needs one; while he is gone he counts as nobody all the same.
        """
        now = self._in.clock.now()
        here = update(IDENTITIES).where(*self._is(at), IDENTITIES.c.gone.is_(None))
        if not await self._in.change(here.values(gone=now)):
            return await self.of(id)  # it is known, and what he was given since then stays
        member = await self.of(id)
        still = await self._in.change(update(IDENTITIES).where(*self._elsewhere(id, at)).values(look=now))
        changed: dict[str, object] = {} if still else {"gone": now}
        if member.role is not Role.OWNER or await self._is_owned(but=id):
            changed |= {"role": Role.NOBODY.value, "standing": Role.NOBODY.value}
        if changed:
            await self._in.change(update(MEMBERS).where(self._in.ours(MEMBERS), MEMBERS.c.id == id).values(changed))
        return await self.of(id)

    async def _back(self, id: MemberId, at: Identity) -> None:
        """Note that a member is on a platform where he may have been no more."""
        here = update(IDENTITIES).where(*self._is(at), IDENTITIES.c.gone.is_not(None))
        if await self._in.change(here.values(gone=None)):
            mine = update(MEMBERS).where(self._in.ours(MEMBERS), MEMBERS.c.id == id)
            await self._in.change(mine.values(gone=None))

    def _is(self, at: Identity) -> tuple[ColumnElement[bool], ...]:
        return (
            self._in.ours(IDENTITIES),
            IDENTITIES.c.platform == at.platform,
            IDENTITIES.c.account_user == at.user,
        )

    def _elsewhere(self, id: MemberId, at: Identity) -> tuple[ColumnElement[bool], ...]:
        """Return the conditions of the other identities with which a member speaks, where he is still there."""
        c = IDENTITIES.c
        other = or_(c.platform != at.platform, c.account_user != at.user)
        return self._in.ours(IDENTITIES), c.member_id == id, other, c.platform.not_in(UNSPOKEN), c.gone.is_(None)

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
        """Tell whether somebody owns the workspace, were it one who has left: it does not fall to the next one."""
        owner = (self._in.ours(MEMBERS), MEMBERS.c.role == Role.OWNER.value, MEMBERS.c.erased.is_(None))
        other = owner if but is None else (*owner, MEMBERS.c.id != but)
        return await self._in.first(select(MEMBERS.c.id).where(*other).limit(1)) is not None

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
