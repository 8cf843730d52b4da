"""Installations: workspaces of a platform that have let our app in by themselves; their tokens open here only.

Tokens are told apart by their turn. Who has them renewed holds a lease in the row, never a transaction. New ones are
kept unless others stand there by then; also by who has lost his lease meanwhile, as no others are good any more.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Row, delete, or_, select, update

from model.clock import Clock
from model.delivery import Platform
from model.errors import LostLease
from model.ids import WorkspaceId, pass_key
from model.language import Message
from storage.columns import storable
from storage.messages import dump_message, load_message
from storage.queue import Urgency
from storage.sealing import Keyring
from storage.tables import ACCOUNTS, INSTALL_STATES, INSTALLATIONS
from storage.transaction import changed, insert_new
from storage.transactions import Transactions

STATE_LIFETIME = timedelta(minutes=10)
_MOST_STATES = 10_000  # installations that were begun; the oldest make room


@dataclass(frozen=True, slots=True)
class Tokens:
    """What calls are made with, and what it is renewed with."""

    access: str = field(repr=False)
    refresh: str | None = field(default=None, repr=False)
    expires: datetime | None = None  # None: never


@dataclass(frozen=True, slots=True)
class Installation:
    """A workspace that has let our app in."""

    workspace: WorkspaceId
    account: str
    tokens: Tokens | None  # None: they are no good any more
    scopes: tuple[str, ...]
    installed: datetime
    renews: bool
    closed: datetime | None
    problem: Message | None
    turn: int
    fence: int


class Installations:
    """The installations of every workspace: asked for before it is known whose a call is."""

    def __init__(self, transactions: Transactions, keyring: Keyring, clock: Clock) -> None:
        self._transactions = transactions
        self._keyring = keyring
        self._clock = clock

    async def begin(self) -> tuple[str, str]:
        """Note that somebody begins to install; return what goes along with him, and what his browser is to keep."""
        state, browser, now = pass_key(), pass_key(), self._clock.now()
        kept = {"state": _hashed(state), "browser": _hashed(browser), "expires": now + STATE_LIFETIME}
        expires = INSTALL_STATES.c.expires
        one_too_many = select(expires).order_by(expires.desc()).offset(_MOST_STATES).limit(1).scalar_subquery()
        async with self._transactions.writing(Urgency.NORMAL) as connection:
            await changed(connection, delete(INSTALL_STATES).where(or_(expires <= now, expires <= one_too_many)))
            await insert_new(connection, INSTALL_STATES, **kept)
        return state, browser

    async def came_back(self, state: str, browser: str) -> bool:
        """Tell whether somebody began to install in this browser within ten minutes; true once."""
        his = (INSTALL_STATES.c.state == _hashed(state), INSTALL_STATES.c.browser == _hashed(browser))
        used = delete(INSTALL_STATES).where(*his, INSTALL_STATES.c.expires > self._clock.now())
        async with self._transactions.writing(Urgency.NORMAL) as connection:
            return await changed(connection, used) == 1

    async def keep(self, workspace: WorkspaceId, tokens: Tokens, scopes: Sequence[str]) -> None:
        """Keep the tokens that a workspace has given us; those before are forgotten."""
        new = {
            **self._kept(workspace, tokens), "scopes": ",".join(scopes), "installed": self._clock.now(),
            "closed": None, "problem": None, "owner": None, "lease_until": None,
        }  # fmt: skip
        later = {"turn": INSTALLATIONS.c.turn + 1, "fence": INSTALLATIONS.c.fence + 1}
        async with self._transactions.writing(Urgency.ACK) as connection:
            if not await insert_new(connection, INSTALLATIONS, workspace_id=workspace, turn=1, fence=0, **new):
                ours = INSTALLATIONS.c.workspace_id == workspace
                await changed(connection, update(INSTALLATIONS).where(ours).values(**new, **later))

    async def of(self, platform: Platform, account: str) -> Installation | None:
        """Return the installation of an account, if it ever was one. Raises SealBroken."""
        found = await self._found(ACCOUNTS.c.platform == platform, ACCOUNTS.c.account == storable(account))
        return found[0] if found else None

    async def all(self, platform: Platform) -> Sequence[Installation]:
        """Return every installation, the oldest first. Raises SealBroken."""
        return await self._found(ACCOUNTS.c.platform == platform)

    async def claim(
        self, found: Installation, owner: str, is_alive: Callable[[str], bool], ahead: float, lease: float
    ) -> Installation | None:
        """Take it upon us to have tokens renewed that expire within `ahead` seconds, for `lease` seconds.

        None: others have it, or there is nothing to renew.
        """
        now, row = self._clock.now(), INSTALLATIONS.c
        holder = select(row.owner).where(row.workspace_id == found.workspace)
        free = or_(row.lease_until.is_(None), row.lease_until <= now)
        async with self._transactions.reading() as connection:
            held: str | None = await connection.scalar(holder)
        if held is not None and not is_alive(held):
            free = or_(free, row.owner == held)
        due = (row.renews.is_(True), row.closed.is_(None), row.expires <= now + timedelta(seconds=ahead))
        taken = (
            update(INSTALLATIONS)
            .where(row.workspace_id == found.workspace, row.turn == found.turn, free, *due)
            .values(owner=owner, lease_until=now + timedelta(seconds=lease), fence=row.fence + 1)
        )
        async with self._transactions.writing(Urgency.NORMAL) as connection:
            if await changed(connection, taken) != 1:
                return None
        return (await self._found(row.workspace_id == found.workspace, ACCOUNTS.c.account == found.account))[0]

    async def renewed(self, held: Installation, tokens: Tokens) -> None:
        """Keep tokens in the place of those that were renewed; raises LostLease where others stand there."""
        new = {**self._kept(held.workspace, tokens), "problem": None, "owner": None, "lease_until": None}
        same = (INSTALLATIONS.c.turn == held.turn, INSTALLATIONS.c.closed.is_(None))
        await self._write(held, same, {**new, "turn": INSTALLATIONS.c.turn + 1})

    async def not_renewed(self, held: Installation, why: Message | None, again: float | None) -> None:
        """Note why tokens were not renewed, and when that may be tried again: in seconds, or never.

        Raises:
            LostLease: another has it.
        """
        until = None if again is None else self._clock.now() + timedelta(seconds=again)
        new = {"owner": None, "lease_until": until, "renews": again is not None}
        told = {} if why is None else {"problem": dump_message(why)}
        await self._write(held, (INSTALLATIONS.c.fence == held.fence,), {**new, **told})

    async def close(self, found: Installation, why: Message) -> bool:
        """Forget the tokens of a workspace that has taken the app out; False where it has given others since."""
        row = INSTALLATIONS.c
        open_ = (row.workspace_id == found.workspace, row.turn == found.turn, row.closed.is_(None))
        gone = {"tokens": None, "renews": False, "expires": None, "owner": None, "lease_until": None}
        now = {"closed": self._clock.now(), "problem": dump_message(why), "turn": row.turn + 1}
        async with self._transactions.writing(Urgency.ACK) as connection:
            return await changed(connection, update(INSTALLATIONS).where(*open_).values(**gone, **now)) == 1

    async def _write(self, held: Installation, still: Sequence[ColumnElement[bool]], values: dict[str, object]) -> None:
        ours = INSTALLATIONS.c.workspace_id == held.workspace
        async with self._transactions.writing(Urgency.NORMAL) as connection:
            if await changed(connection, update(INSTALLATIONS).where(ours, *still).values(**values)) != 1:
                raise LostLease("The tokens of {account} are others by now.", account=held.account)

    async def _found(self, *which: ColumnElement[bool]) -> list[Installation]:
        wanted = (
            select(INSTALLATIONS, ACCOUNTS.c.account)
            .join(ACCOUNTS, ACCOUNTS.c.workspace_id == INSTALLATIONS.c.workspace_id)
            .where(*which)
            .order_by(INSTALLATIONS.c.workspace_id)
        )
        async with self._transactions.reading() as connection:
            return [self._installation(row) for row in await connection.execute(wanted)]

    def _kept(self, workspace: WorkspaceId, tokens: Tokens) -> dict[str, object]:
        plain = json.dumps({"access": tokens.access, "refresh": tokens.refresh}).encode()
        sealed = self._keyring.seal(plain, workspace=workspace, table=INSTALLATIONS.name, row=workspace)
        renews = tokens.refresh is not None and tokens.expires is not None
        return {"tokens": sealed, "expires": tokens.expires, "renews": renews}

    def _installation(self, row: Row[*tuple[object, ...]]) -> Installation:
        tokens = None
        if row.tokens is not None:
            where = {"workspace": row.workspace_id, "table": INSTALLATIONS.name, "row": row.workspace_id}
            told = json.loads(self._keyring.open_sealed(row.tokens, **where))
            tokens = Tokens(told["access"], told["refresh"], row.expires)
        return Installation(
            workspace=WorkspaceId(row.workspace_id),
            account=row.account,
            tokens=tokens,
            scopes=tuple(one for one in row.scopes.split(",") if one),
            installed=row.installed,
            renews=row.renews,
            closed=row.closed,
            problem=None if row.problem is None else load_message(row.problem),
            turn=row.turn,
            fence=row.fence,
        )


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
