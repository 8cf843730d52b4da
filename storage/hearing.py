"""What somebody says whom we know is stored in one go: a platform waits for it, and gives up after some seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial

from pydantic import JsonValue
from sqlalchemy import Connection, Dialect, bindparam, select

from model.clock import Clock
from model.delivery import Platform
from model.ids import EventId, WorkspaceId
from model.member import Member
from storage.bulk import insertion
from storage.columns import storable
from storage.member_rows import MEMBER_COLUMNS, member_of
from storage.queue import Urgency
from storage.sealing import Keyring
from storage.tables import IDENTITIES, INBOX, MEMBERS, WORKSPACES
from storage.transaction import sealed
from storage.transactions import Transactions
from storage.workspaces import WorkspaceSettings, settings_of

_WHO = (
    select(*(MEMBERS.c[name] for name in MEMBER_COLUMNS), WORKSPACES.c.settings)
    .join(IDENTITIES, IDENTITIES.c.member_id == MEMBERS.c.id)
    .join(WORKSPACES, WORKSPACES.c.id == IDENTITIES.c.workspace_id)
    .where(
        WORKSPACES.c.platform == bindparam("platform"),
        WORKSPACES.c.account == bindparam("account"),
        IDENTITIES.c.platform == bindparam("platform"),
        IDENTITIES.c.account_user == bindparam("user"),
    )
)
_COUNTED = {"preserve_rowcount": True}


@cache
def _asked(dialect: Dialect) -> tuple[str, tuple[str, ...]]:
    """Return the question who it is as the driver takes it, and which value stands where."""
    made = type(dialect)(paramstyle="qmark" if dialect.name == "sqlite" else "format")  # type: ignore[call-arg]  # each has it
    asked = _WHO.compile(dialect=made)
    return str(asked), tuple(asked.positiontup or ())


@dataclass(frozen=True, slots=True)
class Heard:
    """Who said something, what holds in his workspace, and whether it is new."""

    member: Member
    settings: WorkspaceSettings
    new: bool


class Hearing:
    """Stores what is said by people who are known."""

    def __init__(self, transactions: Transactions, keyring: Keyring, clock: Clock) -> None:
        self._transactions = transactions
        self._keyring = keyring
        self._clock = clock

    async def put(
        self, platform: Platform, account: str, user: str, event: EventId, said: Mapping[str, JsonValue], owner: str
    ) -> Heard | None:
        """Keep an event before anything happens; None where its user was never here. Raises StorageBusy."""
        who = {"platform": platform.value, "account": account, "user": user}
        return await self._transactions.at_once(Urgency.ACK, partial(self._put, who, event, said, owner))

    def _put(
        self,
        who: Mapping[str, str],
        event: EventId,
        said: Mapping[str, JsonValue],
        owner: str,
        connection: Connection,
    ) -> Heard | None:
        text, places = _asked(connection.dialect)
        row = connection.exec_driver_sql(text, tuple(storable(who[name]) for name in places)).first()
        if row is None:
            return None
        kept = {
            "workspace_id": row.workspace_id, "event": event, "member_id": row.id, "owner": owner, "done": False,
            "said": sealed(self._keyring, WorkspaceId(row.workspace_id), said, INBOX, event),
            "received": self._clock.now(),
        }  # fmt: skip
        put = insertion(INBOX, tuple(kept), unless_there=True, dialect=connection.dialect)
        [(text, values)] = put.statements([kept])
        stored = connection.exec_driver_sql(text, values, execution_options=_COUNTED)
        return Heard(member_of(row), settings_of(row.settings), stored.rowcount == 1)
