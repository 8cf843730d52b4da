"""Blobs: bytes under the name of their content."""

from __future__ import annotations

import hashlib

from sqlalchemy import select

from model.errors import UnknownName
from model.ids import BlobId
from storage.tables import BLOBS
from storage.transaction import Transaction


class Blobs:
    """The files of this workspace."""

    def __init__(self, transaction: Transaction) -> None:
        self._in = transaction

    async def put(self, data: bytes) -> BlobId:
        """Keep bytes and return their id; the same bytes are kept once."""
        id = BlobId(hashlib.sha256(data).hexdigest())
        await self._in.insert_new(BLOBS, id=id, data=data, stored=self._in.clock.now())
        return id

    async def of(self, id: BlobId) -> bytes:
        """Return the bytes; raises UnknownName."""
        row = await self._in.first(select(BLOBS.c.data).where(self._in.ours(BLOBS), BLOBS.c.id == id))
        if row is None:
            raise UnknownName("There is no such file here.")
        return bytes(row.data)
