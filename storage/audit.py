"""The audit: one row for everything said, chained by hashes so that a row changed, moved or taken out is seen."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import JsonValue, TypeAdapter
from sqlalchemy import Row, Select, delete, select, update

from model.errors import SealBroken
from model.ids import EventId, MemberId
from storage.person_keys import PersonKeys
from storage.tables import AUDIT, WORKSPACES
from storage.transaction import Transaction

Outcome = Literal["done", "refused", "failed"]
_JSON: TypeAdapter[dict[str, JsonValue]] = TypeAdapter(dict[str, JsonValue])


@dataclass(frozen=True, slots=True)
class Entry:
    """What is noted of one thing that was said."""

    member: MemberId
    event: EventId
    command: str
    said: Mapping[str, JsonValue]  # its arguments; a secret is never among them


@dataclass(frozen=True, slots=True)
class Noted:
    """One row of the audit."""

    number: int
    at: datetime
    member: MemberId
    command: str
    outcome: Outcome
    said: Mapping[str, JsonValue] | None  # None: the person was erased


@dataclass(frozen=True, slots=True)
class _Link:
    """A place in the chain."""

    number: int = 0
    hash: str = ""


@dataclass(frozen=True, slots=True)
class _Ends:
    """Where the chain begins (the last row that was pruned) and where it ends."""

    pruned: _Link = _Link()
    head: _Link = _Link()


_ENDS: TypeAdapter[_Ends] = TypeAdapter(_Ends)


class Audit:
    """The audit of this workspace."""

    def __init__(self, transaction: Transaction) -> None:
        self._in = transaction
        self._keys = PersonKeys(transaction)

    async def add(self, entry: Entry, outcome: Outcome) -> None:
        """Note an entry once; the same event a second time changes nothing."""
        ends = await self._ends(lock=True)  # whoever writes next waits here, so numbers and hashes follow each other
        known = select(AUDIT.c.number).where(self._in.ours(AUDIT), AUDIT.c.event == entry.event)
        if await self._in.first(known) is not None:
            return
        number, at = ends.head.number + 1, self._in.clock.now()
        said = await self._keys.seal(
            entry.member, json.dumps(dict(entry.said)).encode(), table="audit", row=str(number)
        )
        values = (number, at, entry.member, entry.event, entry.command, outcome, said)
        hash = _hash(ends.head.hash, values)
        names = ("number", "at", "member_id", "event", "command", "outcome", "said")
        await self._in.insert_new(AUDIT, **dict(zip(names, values, strict=True)), hash=hash)
        await self._keep(_Ends(ends.pruned, _Link(number, hash)))

    async def list(
        self,
        limit: int,
        *,
        member: MemberId | None = None,
        command: str | None = None,
        since: datetime | None = None,
    ) -> tuple[Noted, ...]:
        """Return up to `limit` rows, newest first; `command` is a group or a whole command."""
        wanted = self._rows().order_by(AUDIT.c.number.desc()).limit(limit)
        if member is not None:
            wanted = wanted.where(AUDIT.c.member_id == member)
        if command is not None:
            wanted = wanted.where((AUDIT.c.command == command) | AUDIT.c.command.startswith(f"{command} "))
        if since is not None:
            wanted = wanted.where(AUDIT.c.at >= since)
        return tuple([await self._noted(row) for row in await self._in.all(wanted)])

    async def broken(self) -> int | None:
        """Return the number of the first row that does not fit the chain; None while it is whole."""
        ends = await self._ends()
        number, hash = ends.pruned.number, ends.pruned.hash
        for row in await self._in.all(self._rows().order_by(AUDIT.c.number)):
            number += 1
            values = (row.number, row.at, row.member_id, row.event, row.command, row.outcome, row.said)
            hash = _hash(hash, values)
            if row.number != number or row.hash != hash:
                return number
        return None if (number, hash) == (ends.head.number, ends.head.hash) else number + 1

    async def prune(self, before: datetime) -> int:
        """Forget rows older than `before`; the chain goes on from the last one's hash. Returns how many."""
        last = await self._in.first(self._rows().where(AUDIT.c.at < before).order_by(AUDIT.c.number.desc()).limit(1))
        if last is None:
            return 0
        ends = await self._ends(lock=True)
        await self._keep(_Ends(_Link(last.number, last.hash), ends.head))
        return await self._in.change(delete(AUDIT).where(self._in.ours(AUDIT), AUDIT.c.number <= last.number))

    def _rows(self) -> Select[*tuple[object, ...]]:
        return select(AUDIT).where(self._in.ours(AUDIT))

    async def _ends(self, *, lock: bool = False) -> _Ends:
        found = select(WORKSPACES.c.audit_anchor).where(WORKSPACES.c.id == self._in.workspace)
        row = await self._in.first(found.with_for_update(key_share=True) if lock else found)
        return _Ends() if row is None or row.audit_anchor is None else _ENDS.validate_json(row.audit_anchor)

    async def _keep(self, ends: _Ends) -> None:
        text = _ENDS.dump_json(ends).decode()
        await self._in.change(update(WORKSPACES).where(WORKSPACES.c.id == self._in.workspace).values(audit_anchor=text))

    async def _noted(self, row: Row[*tuple[object, ...]]) -> Noted:
        member = MemberId(row.member_id)
        try:
            plain = await self._keys.open_sealed(member, bytes(row.said), table="audit", row=str(row.number))
        except SealBroken:  # a row that was tampered with: `broken` tells which
            plain = b"{}"
        said = None if plain is None else _JSON.validate_json(plain)
        return Noted(row.number, row.at, member, row.command, row.outcome, said)


def _hash(before: str, values: tuple[object, ...]) -> str:
    """Return the hash of a row, in hex: over the hash before it and every one of its values."""
    plain = [
        base64.b64encode(v).decode() if isinstance(v, bytes) else v.isoformat() if isinstance(v, datetime) else v
        for v in values
    ]
    return hashlib.sha256(json.dumps([before, *plain]).encode()).hexdigest()
