"""People: who somebody is elsewhere, one-time codes that tie two identities, the names that reports use."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, select, update

from model.errors import Expired, UsageError
from model.ids import MemberId, link_code
from model.language import Message
from model.member import ERASED, GIT, GITHUB, UNSPOKEN, Identity, Member
from model.record import BODY, Commit
from storage.erasing import Erasing
from storage.members import Members
from storage.tables import (
    ACTIONS,
    API_KEYS,
    DESTINATIONS,
    HOOKS,
    IDENTITIES,
    LINK_CODES,
    MEMBERS,
    MODELS,
    QUESTIONS,
    RECORDS,
    REPORT_SHARES,
    REPORTS,
    RUNS,
    SCHEDULES,
    SOURCES,
    TARGETS,
    TEMPLATE_VERSIONS,
    TEMPLATES,
    USAGE,
)
from storage.transaction import Transaction

CODE_LIFETIME = timedelta(minutes=10)
PROOF_LIFETIME = timedelta(hours=1)
_CODE = re.compile(r"\b[0-9A-Z]{8}\b")
_LOOKED_AT = 500  # newest commits of a source
_OWNED = (
    RUNS,
    REPORTS,
    TEMPLATES,
    TEMPLATE_VERSIONS,
    TARGETS,
    SCHEDULES,
    SOURCES,
    DESTINATIONS,
    MODELS,
    USAGE,
    API_KEYS,
    HOOKS,
    QUESTIONS,
)  # what goes along when two members turn out to be one


class People:
    """The identities of this workspace."""

    def __init__(self, transaction: Transaction) -> None:
        self._in = transaction
        self._members = Members(transaction)
        self.erasing = Erasing(transaction)

    async def tie(self, member: Member, identity: Identity) -> None:
        """Tie an identity to a member; raises UsageError where it is somebody else's."""
        await self._in.insert_new(
            IDENTITIES, platform=identity.platform, account_user=identity.user, member_id=member.id
        )
        row = await self._in.first(select(IDENTITIES.c.member_id).where(*self._is(identity)))
        if row is None or row.member_id != member.id:
            raise UsageError(
                "{user} belongs to somebody else here.",
                hint=Message("Whoever has it can give it up with /arb unlink; an admin can do so for others."),
                user=identity.user,
            )

    async def untie(self, member: Member, identity: Identity) -> None:
        """Take an identity from a member; raises UsageError where it is not his, or his last on any platform."""
        mine = await self._members.identities(member.id)
        if identity not in mine:
            raise UsageError(
                "{name} has no identity {identity}.",
                hint=Message("/arb me shows yours, /arb members those of all."),
                name=member.shown,
                identity=f"{identity.platform}:{identity.user}",
            )
        spoken = [one for one in mine if one.platform not in UNSPOKEN]
        if spoken == [identity]:
            raise UsageError("It is the only identity left to talk with; it stays.")
        await self._in.change(delete(IDENTITIES).where(*self._is(identity)))

    async def code(self, member: MemberId, *, opens: bool = False, proves: str | None = None) -> str:
        """Return a new one-time code of a member; the one before is void.

        `opens`: it lets another account into this workspace, and ties nobody. `proves`: it is to be shown where only
        somebody with this login can write, for everybody to see, and is good for nothing else.
        """
        code, now = link_code(), self._in.clock.now()
        void = (LINK_CODES.c.member_id == member) | (LINK_CODES.c.expires <= now)
        await self._in.change(delete(LINK_CODES).where(self._in.ours(LINK_CODES), void))
        expires = now + (CODE_LIFETIME if proves is None else PROOF_LIFETIME)
        row = {"code": hashed(code), "member_id": member, "expires": expires, "opens": opens, "proves": proves}
        await self._in.insert_new(LINK_CODES, **row)
        return code

    async def issuer(self, code: str) -> Member:
        """Return whose code it is; raises Expired where it is nobody's."""
        row = await self._in.first(
            select(LINK_CODES.c.member_id).where(
                self._in.ours(LINK_CODES),
                LINK_CODES.c.code == hashed(code),
                LINK_CODES.c.expires > self._in.clock.now(),
                LINK_CODES.c.opens.is_not(True),
                LINK_CODES.c.proves.is_(None),
            )
        )
        if row is None:
            raise Expired(
                "That code is not good, or not any more: it holds for ten minutes and works once.",
                hint=Message("Say /arb link where you want to be the one you are, for a new code."),
            )
        return await self._members.of(MemberId(row.member_id))

    async def proven(self, member: MemberId, login: str, texts: Sequence[str]) -> None:
        """Use up the code by which a member proves a login; raises Expired where it is in none of the texts."""
        words = {hashed(word) for text in texts for word in _CODE.findall(text.upper())}
        used = delete(LINK_CODES).where(
            self._in.ours(LINK_CODES),
            LINK_CODES.c.member_id == member,
            LINK_CODES.c.proves == login,
            LINK_CODES.c.code.in_(sorted(words)),
            LINK_CODES.c.expires > self._in.clock.now(),
        )
        if not await self._in.change(used):
            raise Expired(
                "The code is not to be seen on GitHub as {login}, or is older than an hour.",
                hint=Message(
                    "GitHub may take a minute to show it: press the button again, or say /arb link github {login}",
                    {"login": login},
                ),
                login=login,
            )

    async def merge(self, code: str, gone: Member) -> Member:
        """Make a member one with the code's issuer, who keeps his own role; the code is used up.

        Raises:
            Expired: the code is not good.
            NotAllowed: the member is the last owner.
        """
        into = await self.issuer(code)
        if into.id == gone.id:
            raise UsageError(
                "This is your own code, and you are already one.",
                hint=Message("Say it where you are somebody else: as another user, on another platform."),
            )
        await self._members.refuse_without_owner(gone)
        await self._in.change(delete(LINK_CODES).where(self._in.ours(LINK_CODES), LINK_CODES.c.code == hashed(code)))
        await self._hand_over(gone.id, into.id)
        before = into.preferences
        former = dict.fromkeys((*before.former, *gone.preferences.former, gone.preferences.shown))
        kept = replace(before, former=tuple(name for name in former if name))
        await self._members.change(into.id, preferences=kept)
        return into

    async def names(self) -> Mapping[str, str]:
        """Return the name chosen for reports by the address in commits, where there is one."""
        return await self._chosen(GIT)

    async def logins(self) -> Mapping[str, str]:
        """Return the name chosen for reports by the login on GitHub, where there is one."""
        return await self._chosen(GITHUB)

    async def _chosen(self, platform: str) -> Mapping[str, str]:
        members = {member.id: member for member in await self._members.all() if member.preferences.shown}
        rows = await self._in.all(
            select(IDENTITIES).where(self._in.ours(IDENTITIES), IDENTITIES.c.platform == platform)
        )
        return {row.account_user: members[row.member_id].shown for row in rows if row.member_id in members}

    async def refuse_taken(self, name: str, member: Member) -> None:
        """Raise UsageError where a name is another member's, or that of commits which are not this member's."""
        others = [other for other in await self._members.all() if other.id != member.id]
        mine = {identity.user for identity in await self._members.identities(member.id)}
        wanted = name.casefold()
        by_members = any(wanted in (o.name.casefold(), o.preferences.shown.casefold()) for o in others)
        if by_members or any(commit.address not in mine for commit in await self._commits(RECORDS.c.actor == name)):
            raise UsageError(
                "Somebody else is called {name} here.",
                hint=Message(
                    "Choose another name; if the commits are yours, say /arb link git and their address first."
                ),
                name=name,
            )

    async def unmapped(self) -> tuple[tuple[str, str], ...]:
        """Return the authors (name, address) of the newest commits who are tied to nobody, sorted; no bots."""
        rows = await self._in.all(
            select(IDENTITIES.c.account_user).where(self._in.ours(IDENTITIES), IDENTITIES.c.platform == GIT)
        )
        tied = {row.account_user for row in rows}
        commits = await self._commits(RECORDS.c.ended.is_not(None))
        return tuple(sorted({(c.author, c.address) for c in commits if c.address and c.address not in tied}))

    async def _commits(self, *conditions: ColumnElement[bool]) -> list[Commit]:
        """Return the newest commits of people in each source that fit."""
        found: list[Commit] = []
        for source in await self._in.all(select(SOURCES.c.number).where(self._in.ours(SOURCES))):
            wanted = select(RECORDS.c.body).where(
                RECORDS.c.source == source.number, RECORDS.c.kind == "commit", *conditions
            )
            for row in await self._in.all(wanted.order_by(RECORDS.c.ended.desc()).limit(_LOOKED_AT)):
                body = BODY.validate_json(row.body)
                if isinstance(body, Commit) and not body.bot and body.author != ERASED:
                    found.append(body)
        return found

    async def _hand_over(self, gone: MemberId, into: MemberId) -> None:
        """Give all of one member to another; its row stays for what the audit says of it."""
        for table in (*_OWNED, IDENTITIES):
            await self._in.change(
                update(table).where(self._in.ours(table), table.c.member_id == gone).values(member_id=into)
            )
        shared = select(REPORT_SHARES.c.report_id).where(REPORT_SHARES.c.member_id == into)
        ours = (self._in.ours(REPORT_SHARES), REPORT_SHARES.c.member_id == gone)
        await self._in.change(delete(REPORT_SHARES).where(*ours, REPORT_SHARES.c.report_id.in_(shared)))
        await self._in.change(update(REPORT_SHARES).where(*ours).values(member_id=into))
        for table in (ACTIONS, LINK_CODES):
            await self._in.change(delete(table).where(self._in.ours(table), table.c.member_id == gone))
        members = update(MEMBERS).where(self._in.ours(MEMBERS))
        await self._in.change(members.where(MEMBERS.c.merged == gone).values(merged=into))
        emptied = {"language": None, "zone": None, "preferences": None}
        await self._in.change(
            members.where(MEMBERS.c.id == gone).values(merged=into, erased=self._in.clock.now(), **emptied)
        )

    def _is(self, identity: Identity) -> tuple[ColumnElement[bool], ...]:
        return (
            self._in.ours(IDENTITIES),
            IDENTITIES.c.platform == identity.platform,
            IDENTITIES.c.account_user == identity.user,
        )


def hashed(code: str) -> str:
    """Return what is kept of a one-time code."""
    return hashlib.sha256(code.strip().upper().encode()).hexdigest()
