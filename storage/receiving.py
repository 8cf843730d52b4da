"""Pushes: stored sealed before their sender is told, worked off behind, known again for as long as events are kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from pydantic import JsonValue, TypeAdapter
from sqlalchemy import Connection, Row, select, update

from model.clock import Clock
from model.errors import SealBroken
from model.ids import SourceId, WorkspaceId, row_id
from model.pushed import Arrived, Hook, HookedSource
from storage.bulk import or_nothing
from storage.columns import storable
from storage.queue import Urgency
from storage.sealing import Keyring
from storage.tables import HOOKS, PUSHED, SOURCES
from storage.transaction import Transaction
from storage.transactions import Transactions

_JSON: TypeAdapter[dict[str, JsonValue]] = TypeAdapter(dict[str, JsonValue])
Kept = Literal["new", "known", "other"]  # "other": the same id with another body


@dataclass(frozen=True, slots=True)
class Waiting:
    """A push that was stored and has had no effect yet."""

    workspace: WorkspaceId
    hook: str
    event: str
    kind: str
    body: bytes | None = field(repr=False)  # None: it does not open


class Receiving:
    """What comes in before a workspace is known, and what of it is still to be worked off."""

    def __init__(self, transactions: Transactions, keyring: Keyring, clock: Clock) -> None:
        self._transactions = transactions
        self._keyring = keyring
        self._clock = clock

    async def hooked(self, id: str) -> HookedSource | None:
        """Return the source of an address; None where there is no such address. Raises SealBroken."""
        c = SOURCES.c
        wanted = (
            select(HOOKS, c.kind, c.config).join(SOURCES, c.id == HOOKS.c.source_id).where(HOOKS.c.id == storable(id))
        )
        async with self._transactions.reading() as connection:
            row = (await connection.execute(wanted)).first()
        if row is None:
            return None
        workspace, source = WorkspaceId(row.workspace_id), SourceId(row.source_id)
        secret = str(self._opened(row.secret, workspace, HOOKS.name, row.id)["secret"])
        config = self._opened(row.config, workspace, SOURCES.name, source)
        return HookedSource(Hook(row.id, workspace, source, secret, row.made), row.kind, config)

    async def keep(self, hook: Hook, arrived: Arrived, body: bytes) -> Kept:
        """Store a push before anything happens; who has sent it may be told then. Raises StorageBusy."""
        return await self._transactions.at_once(Urgency.ACK, partial(self._keep, hook, arrived, body))

    async def waiting(self, most: int) -> Sequence[Waiting]:
        """Return pushes that had no effect yet, oldest first."""
        wanted = select(PUSHED).where(PUSHED.c.done.is_(False)).order_by(PUSHED.c.number).limit(most)
        async with self._transactions.reading() as connection:
            return [self._waiting(row) for row in await connection.execute(wanted)]

    def _keep(self, hook: Hook, arrived: Arrived, body: bytes, connection: Connection) -> Kept:
        event, digest = storable(arrived.event), hashlib.sha256(body).hexdigest()
        kept = {
            "workspace_id": hook.workspace, "hook_id": hook.id, "event": event, "number": row_id(),
            "kind": arrived.kind, "digest": digest, "done": False, "unread": False, "received": self._clock.now(),
            "body": self._keyring.seal(body, workspace=hook.workspace, table=PUSHED.name, row=_row(hook.id, event)),
        }  # fmt: skip
        stored = connection.execute(
            or_nothing(connection.dialect, PUSHED), kept, execution_options={"preserve_rowcount": True}
        )
        if stored.rowcount == 1:
            return "new"
        here = (PUSHED.c.workspace_id == hook.workspace, PUSHED.c.hook_id == hook.id, PUSHED.c.event == event)
        return "known" if connection.scalar(select(PUSHED.c.digest).where(*here)) == digest else "other"

    def _waiting(self, row: Row[*tuple[object, ...]]) -> Waiting:
        workspace = WorkspaceId(row.workspace_id)
        try:
            body = self._keyring.open_sealed(
                row.body, workspace=workspace, table=PUSHED.name, row=_row(row.hook_id, row.event)
            )
        except SealBroken:  # nobody will ever read it: it must not stand in the way of the others
            body = None
        return Waiting(workspace, row.hook_id, row.event, row.kind, body)

    def _opened(self, sealed: bytes, workspace: WorkspaceId, table: str, row: str) -> dict[str, JsonValue]:
        plain = self._keyring.open_sealed(sealed, workspace=workspace, table=table, row=row)
        return _JSON.validate_python(json.loads(plain))


class Pushed:
    """The pushes of this workspace, in a transaction with their effect."""

    def __init__(self, transaction: Transaction) -> None:
        self._in = transaction

    async def done(self, hook: str, events: Sequence[str], *, unread: bool = False) -> frozenset[str]:
        """Forget what these brought; return those whose effect is to be written now: not done by somebody else."""
        if not events:
            return frozenset()
        rows = await self._in.all(
            update(PUSHED)
            .where(self._in.ours(PUSHED), PUSHED.c.hook_id == hook, PUSHED.c.event.in_(events))
            .where(PUSHED.c.done.is_(False))
            .values(done=True, unread=unread, body=None)
            .returning(PUSHED.c.event)
        )
        return frozenset(row.event for row in rows)


def _row(hook: str, event: str) -> str:
    return f"{hook} {event}"
