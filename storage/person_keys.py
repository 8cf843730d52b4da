"""A key for each person: what it seals is gone for good once it is destroyed."""

from __future__ import annotations

from sqlalchemy import delete, select

from model.ids import MemberId
from storage.sealing import Keyring, fresh_key
from storage.tables import MEMBERS, PERSON_KEYS
from storage.transaction import Transaction

_ID = "person"


class PersonKeys:
    """The persons' keys of this workspace, themselves sealed by the installation's."""

    def __init__(self, transaction: Transaction) -> None:
        self._in = transaction

    async def seal(self, member: MemberId, plain: bytes, *, table: str, row: str) -> bytes:
        """Return the bytes sealed by a member's own key, made on first use."""
        key = await self._key(member)
        if key is None:
            fresh = fresh_key()
            sealed = self._in.keyring.seal(fresh, workspace=self._in.workspace, table=PERSON_KEYS.name, row=member)
            if not await self._erased(member):  # what an erased person says is sealed by a key that nobody keeps
                await self._in.insert_new(PERSON_KEYS, member_id=member, key=sealed)
            key = await self._key(member) or Keyring({_ID: fresh})
        return key.seal(plain, workspace=self._in.workspace, table=table, row=row)

    async def open_sealed(self, member: MemberId, sealed: bytes, *, table: str, row: str) -> bytes | None:
        """Return what was sealed by a member's key; None where the person was erased. Raises SealBroken."""
        key = await self._key(member)
        return None if key is None else key.open_sealed(sealed, workspace=self._in.workspace, table=table, row=row)

    async def destroy(self, member: MemberId) -> None:
        """Destroy a member's key, and with it all that it ever sealed."""
        await self._in.change(delete(PERSON_KEYS).where(self._in.ours(PERSON_KEYS), PERSON_KEYS.c.member_id == member))

    async def _erased(self, member: MemberId) -> bool:
        erased = (self._in.ours(MEMBERS), MEMBERS.c.id == member, MEMBERS.c.erased.is_not(None))
        return await self._in.first(select(MEMBERS.c.id).where(*erased)) is not None

    async def _key(self, member: MemberId) -> Keyring | None:
        row = await self._in.first(
            select(PERSON_KEYS.c.key).where(self._in.ours(PERSON_KEYS), PERSON_KEYS.c.member_id == member)
        )
        if row is None:
            return None
        plain = self._in.keyring.open_sealed(
            bytes(row.key), workspace=self._in.workspace, table=PERSON_KEYS.name, row=member
        )
        return Keyring({_ID: plain})
