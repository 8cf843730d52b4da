"""What a database holds, as a digest: equal rows give equal digests, whatever the files look like."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping

from sqlalchemy import Table, select

from storage.database import Database
from storage.tables import METADATA


async def digests(db: Database, but: Collection[str] = ()) -> Mapping[str, str]:
    """Return a SHA-256 of the ordered rows of each table."""
    return {table.name: await digest(db, table) for table in METADATA.sorted_tables if table.name not in but}


async def digest(db: Database, table: Table) -> str:
    """Return the SHA-256 of a table's rows, in the order of their keys."""
    made = hashlib.sha256()
    async with db._transactions.reading() as connection:
        for row in await connection.execute(select(table).order_by(*table.primary_key)):
            made.update(repr(tuple(row)).encode())
    return made.hexdigest()
