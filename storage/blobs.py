"""Blobs: bytes under the name of their content."""

from __future__ import annotations

import hashlib

from sqlalchemy import select, update

from model.errors import UnknownName
from model.ids import BlobId
from storage.tables import BLOBS
from storage.transaction import Transaction


def blob_id(data: bytes) -> BlobId:
    """Return the name of bytes: their SHA-256."""
    return BlobId(hashlib.sha256(data).hexdigest())


class Blobs:
    """The files of this workspace."""

    def __init__(self, transaction: Transaction) -> None:
        self._in = transaction

    async def put(self, data: bytes) -> BlobId:
        """Keep bytes and return their id; the same bytes are kept once."""
        id, now = blob_id(data), self._in.clock.now()
        if not await self._in.insert_new(BLOBS, id=id, data=data, stored=now):  # its time begins anew
            await self._in.change(update(BLOBS).where(self._in.ours(BLOBS), BLOBS.c.id == id).values(stored=now))
        return id

    async def of(self, id: BlobId) -> bytes:
        """Return the bytes; raises UnknownName."""
        row = await self._in.first(select(BLOBS.c.data).where(self._in.ours(BLOBS), BLOBS.c.id == id))
        if row is None:
            raise UnknownName("There is no such file here.")
        return bytes(row.data)
