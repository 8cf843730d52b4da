"""Scrub: what was erased from the rows leaves the files too."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

from sqlalchemy import select

from storage.home import EXPORTS
from storage.queue import Urgency
from storage.tables import BLOBS
from storage.transactions import Transactions


async def scrub(transactions: Transactions, home: Path) -> None:
    """Write the database anew, empty its log, and drop exported files that are no blobs any more.

    PostgreSQL frees the rows; the pages and its own log are overwritten as it goes on.
    """
    await transactions.vacuum(Urgency.BULK)
    async with transactions.reading() as connection:
        kept = set(await connection.scalars(select(BLOBS.c.id)))
    await asyncio.to_thread(_drop_exports, home / EXPORTS, kept)


def _drop_exports(folder: Path, kept: set[str]) -> None:
    for file in folder.glob("*") if folder.is_dir() else ():
        if file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() not in kept:
            file.unlink(missing_ok=True)
