"""Restore into PostgreSQL: the old schema gets another name, the new one its own, in one transaction.

Killed anywhere, the server rolls back, and everything is as it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from model.clock import Clock
from model.errors import BackupError
from model.language import Message
from storage.archive import Archive
from storage.erased import Gone
from storage.postgres_dump import play
from storage.quarantine import Settled, Stage, settle
from storage.queue import Urgency
from storage.schema import upgrade_postgres
from storage.scrub import BEFORE_SCHEMA
from storage.sealing import Keyring
from storage.transactions import BUSY_TIMEOUT, postgres_transactions

_OTHERS = text(
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)
_LOOK_ANEW = text("SELECT pg_stat_clear_snapshot()")
_LOOKS, _PAUSE = 20, 0.1  # seconds between two looks
_SEARCH = text("SELECT set_config('search_path', :path, true)")
_TABLES = text("SELECT tablename FROM pg_tables WHERE schemaname = :name")
_THERE = text("SELECT 1 FROM pg_namespace WHERE nspname = :name")


async def restore_postgres(
    archive: Archive,
    url: str,
    keyring: Keyring,
    clock: Clock,
    gone: Sequence[Gone],
    stamp: str,
    reached: Callable[[Stage], None],
) -> tuple[Settled, str]:
    """Put a backup in the place of the schema it was made of; return what was under way, and the old schema's name.

    Raises:
        BackupError: others are connected, or the server does not take the backup; nothing was changed.
    """
    schema, before = archive.header.schema_name, f"{BEFORE_SCHEMA}{stamp.lower()}"
    transactions = postgres_transactions(url, BUSY_TIMEOUT)
    try:
        async with transactions.writing(Urgency.NORMAL) as connection:
            await _refuse_unfit(connection, archive)
            path = await connection.scalar(text("SHOW search_path"))
            there = await _set_aside(connection, schema, before)
            raw = (await connection.get_raw_connection()).driver_connection
            if raw is None:
                raise AssertionError("a connection that is open has a driver")
            await play(raw, _pieces(archive.plain()))
            await connection.execute(_SEARCH, {"path": _quoted(schema)})
            reached(Stage.UNPACKED)
            await connection.run_sync(upgrade_postgres)
            settled = await settle(connection, keyring, clock, archive.header.made, gone)
            await _refuse_unseen(connection, archive, path)
            reached(Stage.SETTLED)
    except (DBAPIError, psycopg.Error) as error:
        raise BackupError(
            "The PostgreSQL server does not take the backup: {reason}",
            hint=Message("Nothing was changed. The user of ARB_DATABASE_URL has to own the database."),
            reason=_reason(error),
        ) from error
    finally:
        await transactions.close()
    return settled, before if there else ""


async def _refuse_unfit(connection: AsyncConnection, archive: Archive) -> None:
    others = await _others(connection)
    if others:
        raise BackupError(
            "{n} other {n:connection is|connections are} open to this database.",
            hint=Message("Stop every process of ARB on every machine, and a connection pooler, then try again."),
            n=others,
        )
    server = int(str(await connection.scalar(text("SHOW server_version_num")))) // 10000
    if server < archive.header.server:
        raise BackupError(
            "{file} was made of PostgreSQL {its}, and the server here is {ours}.",
            hint=Message("Restore it into a server of that version or newer."),
            file=archive.path.name,
            its=archive.header.server,
            ours=server,
        )


async def _refuse_unseen(connection: AsyncConnection, archive: Archive, path: str) -> None:
    """Raise BackupError where the connections of ARB would not find the tables by their search path."""
    await connection.execute(_SEARCH, {"path": path})
    ours = await connection.scalar(text("SELECT current_schema()"))
    if ours != archive.header.schema_name:
        raise BackupError(
            "{file} holds the schema {its}, and ARB_DATABASE_URL leads to the schema {ours}.",
            hint=Message("Nothing was changed. Let its search_path begin with the schema of the backup."),
            file=archive.path.name,
            its=archive.header.schema_name,
            ours=str(ours),
        )


async def _others(connection: AsyncConnection) -> int:
    """Return how many others are connected; one that has just gone is waited for, as the server notices it late."""
    others = 0
    for _ in range(_LOOKS):
        await connection.execute(_LOOK_ANEW)
        others = int(await connection.scalar(_OTHERS) or 0)
        if others == 0:
            break
        await asyncio.sleep(_PAUSE)
    return others


async def _set_aside(connection: AsyncConnection, schema: str, before: str) -> bool:
    """Lock what is in the schema, so that nobody writes it any more, and give it its other name."""
    if await connection.scalar(_THERE, {"name": schema}) is None:
        return False
    for name in (await connection.scalars(_TABLES, {"name": schema})).all():
        table = f"{_quoted(schema)}.{_quoted(str(name))}"
        await connection.execute(text(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
    await connection.execute(text(f"ALTER SCHEMA {_quoted(schema)} RENAME TO {_quoted(before)}"))
    return True


async def _pieces(plain: Iterator[bytes]) -> AsyncIterator[bytes]:
    for piece in plain:
        yield piece


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _reason(error: DBAPIError | psycopg.Error) -> str:
    """Return the server's first words, without the statement and its data."""
    said: Any = error.orig if isinstance(error, DBAPIError) else error
    told = getattr(getattr(said, "diag", None), "message_primary", None)
    return str(told or type(said).__name__)
