"""Erase a person, and show him everything that is kept about him."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import ColumnElement, Row, Table, bindparam, delete, or_, select, update

from model.ids import MemberId, ScheduleId
from model.language import Language, Message
from model.member import ERASED, GIT, Member, Role
from model.question import QuestionState
from model.record import BODY, Commit
from model.report import RunState
from storage.duties import SCRUB, ask
from storage.hiding import Hidden, fingerprint, forms, written_in
from storage.jobs import Job
from storage.members import Members
from storage.person_keys import PersonKeys
from storage.personal import Holds, holds, texts
from storage.schedules import Schedules
from storage.tables import (
    ACTIONS,
    API_KEYS,
    AUDIT,
    BLOBS,
    IDENTITIES,
    INBOX,
    LINK_CODES,
    MEMBERS,
    METADATA,
    PROGRESS,
    QUESTIONS,
    RECORDS,
    REPORT_SHARES,
    RUNS,
    SCHEDULES,
    STEPS,
    WORKSPACES,
)
from storage.transaction import Transaction

FORGOTTEN = "erased"  # the platform of an identity of which only a fingerprint is kept
NOBODY_LEFT = Message("Whoever answered for it was erased.")  # why a schedule rests


class Erasing:
    """Takes a person out of this workspace, or hands out all that it has of him."""

    def __init__(self, transaction: Transaction) -> None:
        self._in = transaction
        self._members = Members(transaction)
        self._keys = PersonKeys(transaction)

    async def export(self, member: Member) -> dict[str, JsonValue]:
        """Return every row about a member, table by table; what is sealed for others stays sealed."""
        ids, hidden = await self._ids(member.id), await self._hidden(member)
        found: dict[str, JsonValue] = {}
        for table in METADATA.sorted_tables:
            if table is not WORKSPACES and "workspace_id" not in table.c:
                continue  # the installation's, no one's
            rows = await self._in.all(select(table).where(self._mine(table), _about(table, ids, hidden.names)))
            if rows:
                found[table.name] = [await self._shown(table, row) for row in rows]
        return found

    async def erase(self, member: Member) -> None:
        """Erase a member: what he said and chose is gone, where he is named stands that he was erased."""
        await ask(self._in.connection, SCRUB)
        await self._in.submit(Job("housekeeping", SCRUB))
        await self._take_out(await self._ids(member.id), await self._hidden(member))

    async def erase_again(self, member: MemberId, forgotten: Collection[str]) -> bool:
        """Erase whom an older backup brought back, known by his id or by fingerprints; tells whether he was here."""
        here = await self._in.first(
            select(MEMBERS.c.id).where(self._in.ours(MEMBERS), MEMBERS.c.id == member, MEMBERS.c.erased.is_(None))
        )
        if here is None and not set(forgotten) - set(await self.forgotten()):
            return False
        names = await self._known_by(frozenset(forgotten))
        if here is not None:
            names |= set((await self._hidden(await self._members.of(member))).names)
        await self._in.insert_new(MEMBERS, id=member, name=ERASED, role=Role.VIEWER, created=self._in.clock.now())
        await self._take_out(await self._ids(member), Hidden(names))
        for one in forgotten:
            await self._in.insert_new(IDENTITIES, platform=FORGOTTEN, account_user=one, member_id=member)
        return True

    async def _take_out(self, ids: Sequence[MemberId], hidden: Hidden) -> None:
        await self._forget(ids, hidden)
        for table, columns in texts():
            await self._rewrite(table, [column.name for column in columns], hidden)
        await self._rewrite_steps(hidden)
        await self._restart_unfinished()
        await self._pause_schedules(ids)
        await self._in.change(delete(BLOBS).where(self._in.ours(BLOBS)))  # exports: each can be made again
        await self._in.change(
            update(MEMBERS)
            .where(self._in.ours(MEMBERS), MEMBERS.c.id.in_(ids))
            .values(
                name=ERASED, role=Role.VIEWER, language=None, zone=None, preferences=None, erased=self._in.clock.now()
            )
        )

    async def forgotten(self) -> Collection[str]:
        """Return the fingerprints of names and addresses that were erased here."""
        rows = await self._in.all(
            select(IDENTITIES.c.account_user).where(self._in.ours(IDENTITIES), IDENTITIES.c.platform == FORGOTTEN)
        )
        return frozenset(row.account_user for row in rows)

    async def _ids(self, member: MemberId) -> Sequence[MemberId]:
        """Return the member and those that turned out to be him."""
        rows = await self._in.all(
            select(MEMBERS.c.id).where(self._in.ours(MEMBERS), or_(MEMBERS.c.id == member, MEMBERS.c.merged == member))
        )
        return [MemberId(row.id) for row in rows]

    async def _hidden(self, member: Member) -> Hidden:
        identities = await self._members.identities(member.id)
        rows = await self._in.all(
            select(MEMBERS.c.name).where(self._in.ours(MEMBERS), MEMBERS.c.id.in_(await self._ids(member.id)))
        )
        chosen = member.preferences
        names = {member.name, chosen.shown, *chosen.former, *(row.name for row in rows), *(i.user for i in identities)}
        addresses = {identity.user for identity in identities if identity.platform == GIT}
        return Hidden(names | await self._written_as(addresses))

    async def _written_as(self, addresses: Collection[str]) -> set[str]:
        """Return the names under which commits carry these addresses."""
        if not addresses:
            return set()
        carries = or_(*(RECORDS.c.body.contains(form, autoescape=True) for a in addresses for form in forms(a)))
        rows = await self._in.all(
            select(RECORDS.c.body).where(self._in.ours(RECORDS), RECORDS.c.kind == "commit", carries)
        )
        bodies = [BODY.validate_json(row.body) for row in rows]
        return {body.author for body in bodies if isinstance(body, Commit) and body.address in addresses}

    async def _known_by(self, forgotten: Collection[str]) -> set[str]:
        """Return the names and addresses in members and records whose fingerprints these are."""
        names = {row.name for row in await self._in.all(select(MEMBERS.c.name).where(self._in.ours(MEMBERS)))}
        identities = select(IDENTITIES.c.account_user).where(
            self._in.ours(IDENTITIES), IDENTITIES.c.platform != FORGOTTEN
        )
        names |= {row.account_user for row in await self._in.all(identities)}
        bodies = select(RECORDS.c.body).where(self._in.ours(RECORDS), RECORDS.c.kind.in_(("commit", "branch")))
        async with self._in.connection.stream(bodies) as rows:
            async for row in rows:
                names |= written_in(BODY.validate_json(row.body))
        return {name for name in names if fingerprint(self._in.workspace, name) in forgotten}

    async def _forget(self, ids: Sequence[MemberId], hidden: Hidden) -> None:
        for table in (ACTIONS, API_KEYS, QUESTIONS, LINK_CODES, REPORT_SHARES, IDENTITIES):
            await self._in.change(delete(table).where(self._in.ours(table), table.c.member_id.in_(ids)))
        his = (self._in.ours(INBOX), INBOX.c.member_id.in_(ids))
        await self._in.change(update(INBOX).where(*his).values(said=None, done=True, owner=None))
        for id in ids:
            await self._keys.destroy(id)
        for name in hidden.names:
            await self._in.insert_new(
                IDENTITIES,
                platform=FORGOTTEN,
                account_user=fingerprint(self._in.workspace, name),
                member_id=ids[0],
            )

    async def _rewrite(self, table: Table, columns: Sequence[str], hidden: Hidden) -> None:
        """Take the names out of a table's texts; a row that is known by one of them goes."""
        keys = [column.name for column in table.primary_key]
        in_any = or_(*_any_contains(table, columns, hidden.names))
        rows = await self._in.all(
            select(*(table.c[name] for name in {*keys, *columns})).where(self._mine(table), in_any)
        )
        others = [name for name in columns if name not in keys]
        olds = [_values(row) for row in rows]
        changed: list[dict[str, object]] = []
        for old, new in zip(olds, await asyncio.to_thread(_clean, olds, columns, hidden), strict=True):
            if any(new[name] != old[name] for name in columns if name in keys):
                await self._in.change(delete(table).where(*(table.c[name] == old[name] for name in keys)))
            elif any(new[name] != old[name] for name in others):
                changed.append({f"of_{key}": old[key] for key in keys} | {f"new_{name}": new[name] for name in others})
        if changed:  # one statement for all: somebody may have written a hundred thousand records
            here = [table.c[name] == bindparam(f"of_{name}") for name in keys]
            renewed = update(table).where(*here).values({name: bindparam(f"new_{name}") for name in others})
            await self._in.connection.execute(renewed, changed)

    async def _rewrite_steps(self, hidden: Hidden) -> None:
        steps = select(STEPS.c.run_id, STEPS.c.name, RUNS.c.settings).join(RUNS, RUNS.c.id == STEPS.c.run_id)
        for known in await self._in.all(steps.where(self._in.ours(STEPS))):
            hidden = Hidden(hidden.names, _erased_in(known.settings))
            here = (self._in.ours(STEPS), STEPS.c.run_id == known.run_id, STEPS.c.name == known.name)
            row = await self._in.first(select(STEPS.c.data).where(*here))
            old = b"" if row is None else bytes(row.data)
            new = await asyncio.to_thread(hidden.lines, old)
            if new != old:
                await self._in.change(update(STEPS).where(*here).values(data=new))
                run = (self._in.ours(RUNS), RUNS.c.id == known.run_id)
                await self._in.change(update(RUNS).where(*run).values(erased=self._in.clock.now()))

    async def _restart_unfinished(self) -> None:
        """Have what is under way begin anew: whoever works on it still knows the names."""
        running = (self._in.ours(RUNS), RUNS.c.state == RunState.RUNNING)
        for table in (STEPS, PROGRESS):
            await self._in.change(delete(table).where(table.c.run_id.in_(select(RUNS.c.id).where(*running))))
        free = {"state": RunState.WAITING, "owner": None, "lease_until": None, "fence": RUNS.c.fence + 1}
        await self._in.change(update(RUNS).where(*running).values(free))
        working = (self._in.ours(QUESTIONS), QUESTIONS.c.state == QuestionState.WORKING)
        begun = {**free, "state": QuestionState.WAITING, "fence": QUESTIONS.c.fence + 1}
        await self._in.change(update(QUESTIONS).where(*working).values(begun))

    async def _pause_schedules(self, ids: Sequence[MemberId]) -> None:
        """Let the schedules rest that he answers for, until somebody else does."""
        his = select(SCHEDULES.c.id).where(self._in.ours(SCHEDULES), SCHEDULES.c.member_id.in_(ids))
        await Schedules(self._in).pause([ScheduleId(row.id) for row in await self._in.all(his)], NOBODY_LEFT)

    def _mine(self, table: Table) -> ColumnElement[bool]:
        return table.c.id == self._in.workspace if table is WORKSPACES else self._in.ours(table)

    async def _shown(self, table: Table, row: Row[*tuple[object, ...]]) -> dict[str, JsonValue]:
        """Return a row for its person; of what is sealed, what was said is opened."""
        kinds = holds(table)
        plain = {
            name: "sealed" if kinds[name] is Holds.SEALED and value is not None else _plain(value)
            for name, value in _values(row).items()
        }
        if table is AUDIT:
            opened = await self._keys.open_sealed(row.member_id, row.said, table="audit", row=str(row.number))
            return {**plain, "said": None if opened is None else opened.decode()}
        sealed_by = {INBOX: "event", QUESTIONS: "id"}.get(table)
        if sealed_by is not None and row.said is not None:
            said = self._in.opened(row.said, table, getattr(row, sealed_by))
            return {**plain, "said": json.dumps(said, ensure_ascii=False)}
        return plain


def _clean(rows: Sequence[Mapping[str, object]], columns: Sequence[str], hidden: Hidden) -> list[dict[str, object]]:
    """Return the texts of rows without the names."""
    return [
        {name: hidden.stored(name, text) if isinstance(text := row[name], str) else None for name in columns}
        for row in rows
    ]


def _erased_in(settings: str) -> str:
    """Return what stands for an erased person in a run with these settings."""
    korean = json.loads(settings).get("language") == "ko"
    return Language("ko" if korean else "en", "UTC").say(Message("erased person"))


def _about(table: Table, ids: Sequence[MemberId], names: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a row is about a person: by his id, or by a name in its texts."""
    found: list[ColumnElement[bool]] = []
    if table is MEMBERS:
        found.append(MEMBERS.c.id.in_(ids))
    if "member_id" in table.c:
        found.append(table.c.member_id.in_(ids))
    for readable, columns in texts():
        if readable is table:
            found += _any_contains(table, [column.name for column in columns], names)
    return or_(False, *found)


def _any_contains(table: Table, columns: Sequence[str], names: Sequence[str]) -> list[ColumnElement[bool]]:
    shapes = [form for name in names for form in forms(name)]
    return [table.c[column].contains(form, autoescape=True) for column in columns for form in shapes]


def _plain(value: object) -> JsonValue:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case datetime():
            return value.isoformat()
        case bytes():
            return base64.b64encode(value).decode("ascii")
        case _:
            return str(value)


def _values(row: Row[*tuple[object, ...]]) -> dict[str, object]:
    """Return a row's values by the names of its columns."""
    return dict(zip(row._fields, row, strict=True))
