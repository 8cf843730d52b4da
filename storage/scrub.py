"""Scrub: what was erased from the rows leaves the files too."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

from sqlalchemy import select, text

from storage.home import BEFORE, EXPORTS
from storage.queue import Urgency
from storage.tables import BLOBS
from storage.transactions import Transactions

BEFORE_SCHEMA = "arb_before_restore_"  # what a schema is called that a restore has replaced
_REPLACED = text("SELECT quote_ident(nspname) FROM pg_namespace WHERE nspname LIKE :like")


async def scrub(transactions: Transactions, home: Path) -> None:
    """Write the database anew, empty its log, drop what restores have replaced and exported files that are no blobs.

    PostgreSQL frees the rows; the pages and its own log are overwritten as it goes on.
    """
    await transactions.vacuum(Urgency.BULK)
    async with transactions.reading() as connection:
        kept = set(await connection.scalars(select(BLOBS.c.id)))
    await asyncio.to_thread(_drop_exports, home / EXPORTS, kept)
    if transactions.on_sqlite:
        await asyncio.to_thread(_drop_replaced, home)
        return
    async with transactions.writing(Urgency.BULK) as connection:
        like = BEFORE_SCHEMA.replace("_", r"\_") + "%"
        for name in (await connection.scalars(_REPLACED, {"like": like})).all():
            await connection.execute(text(f"DROP SCHEMA {name} CASCADE"))


def _drop_exports(folder: Path, kept: set[str]) -> None:
    for file in folder.glob("*") if folder.is_dir() else ():
        if file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() not in kept:
            file.unlink(missing_ok=True)


def _drop_replaced(home: Path) -> None:
    for file in home.glob(f"{BEFORE}*"):
        file.unlink(missing_ok=True)
