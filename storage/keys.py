"""API keys: shown once and kept as a hash; good for ninety days, or until somebody says otherwise."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from difflib import get_close_matches

from sqlalchemy import ColumnElement, Row, Select, delete, or_, select, update

from model.errors import UnknownName, UsageError
from model.ids import MemberId, api_key, row_id
from model.keys import SCOPES, ApiKey, Scope
from model.language import Message
from storage.tables import API_KEYS
from storage.transaction import Transaction

_MARKED = 8  # characters of a key that people see
_MOST = 100  # good keys of a workspace
_LISTED = timedelta(days=90)  # after its end
NO_OLD: Mapping[str, object] = {"old_digest": None, "old_until": None}  # the secret before works no longer


@dataclass(frozen=True, slots=True)
class Made:
    """A key that was just made: this is the only time that anybody sees it."""

    key: ApiKey
    secret: str = field(repr=False)


class Keys:
    """The API keys of this workspace."""

    def __init__(self, transaction: Transaction) -> None:
        self._in = transaction

    async def make(self, name: str, member: MemberId, may: Sequence[Scope], days: int) -> Made:
        """Make a key that asks in a member's name; raises UsageError when the name is taken, or no more may be."""
        now = self._in.clock.now()
        good = [key for key in await self.all() if key.good(now)]
        if len(good) >= _MOST:
            raise UsageError(
                "This workspace has {most} API keys, and may have no more.",
                hint=Message("Revoke what nobody uses: /arb keys"),
                most=_MOST,
            )
        secret, id = api_key(), row_id()
        values = {"id": id, "member_id": member, "name": name, "may": " ".join(sorted(may)), "requests": 0}
        if not await self._in.insert_new(API_KEYS, **values, **_fresh(secret, now, days)):
            raise UsageError(
                "There is an API key called {name} already.",
                hint=Message("Choose another name, or have it made anew: /arb keys rotate {name}", {"name": name}),
                name=name,
            )
        return Made(await self.named(name), secret)

    async def named(self, name: str) -> ApiKey:
        """Return the key of a name; raises UnknownName with the names that look like it."""
        row = await self._in.first(self._rows().where(API_KEYS.c.name == name))
        if row is None:
            names = [key.name for key in await self.all()]
            raise UnknownName(
                "There is no API key called {name}.",
                hint=Message("All of them: /arb keys"),
                close=get_close_matches(name, names),
                name=name,
            )
        return key_of(row)

    async def all(self) -> tuple[ApiKey, ...]:
        """Return every key, by name."""
        return tuple([key_of(row) for row in await self._in.all(self._rows().order_by(API_KEYS.c.name))])

    async def rotate(self, key: ApiKey, days: int, until: datetime) -> Made:
        """Make another secret for a key; the one before works until then, where it still works at all."""
        secret, now = api_key(), self._in.clock.now()
        row = await self._in.first(self._rows().where(API_KEYS.c.id == key.id))
        if row is None:
            raise UnknownName("There is no API key called {name}.", name=key.name)
        old = {"old_digest": row.digest, "old_until": min(until, key.expires)} if key.good(now) else NO_OLD
        values = {**_fresh(secret, now, days), **old, "revoked": None, "warned": None}
        await self._in.change(update(API_KEYS).where(*self._is(key)).values(**values))
        return Made(await self.named(key.name), secret)

    async def revoke(self, key: ApiKey) -> None:
        """End a key at once; it stays in the list for a while."""
        ended = {"revoked": self._in.clock.now(), **NO_OLD}
        await self._in.change(update(API_KEYS).where(*self._is(key), API_KEYS.c.revoked.is_(None)).values(**ended))

    async def expiring(self, before: datetime) -> tuple[ApiKey, ...]:
        """Return the good keys that end before then and whose owners were not told yet."""
        now, c = self._in.clock.now(), API_KEYS.c
        soon = (c.revoked.is_(None), c.expires > now, c.expires <= before, c.warned.is_(None))
        return tuple([key_of(row) for row in await self._in.all(self._rows().where(*soon).order_by(c.expires))])

    async def warned(self, key: ApiKey) -> None:
        """Note that its owner was told."""
        await self._in.change(update(API_KEYS).where(*self._is(key)).values(warned=self._in.clock.now()))

    async def forget(self) -> int:
        """Delete keys that ended long ago; return how many."""
        before, c = self._in.clock.now() - _LISTED, API_KEYS.c
        return await self._in.change(
            delete(API_KEYS).where(self._in.ours(API_KEYS), or_(c.expires < before, c.revoked < before))
        )

    def _rows(self) -> Select[*tuple[object, ...]]:
        return select(API_KEYS).where(self._in.ours(API_KEYS))

    def _is(self, key: ApiKey) -> tuple[ColumnElement[bool], ...]:
        return self._in.ours(API_KEYS), API_KEYS.c.id == key.id


def digest_of(secret: str) -> str:
    """Return what is kept of a key: it has 256 random bits, so that a plain hash tells nothing."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def key_of(row: Row[*tuple[object, ...]]) -> ApiKey:
    """Return the key that a row holds."""
    may = tuple(scope for scope in SCOPES if scope in row.may.split())
    return ApiKey(
        row.id, row.name, row.mark, MemberId(row.member_id), may, row.made, row.expires, row.revoked, row.used,
        row.requests,
    )  # fmt: skip


def _fresh(secret: str, now: datetime, days: int) -> dict[str, object]:
    return {
        "mark": secret[:_MARKED],
        "digest": digest_of(secret),
        "made": now,
        "expires": now + timedelta(days=days),
    }
