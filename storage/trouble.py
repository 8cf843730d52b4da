"""What the databases raise, as people are told it: busy, where another try may go well, or broken."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, OperationalError

from model.errors import StorageBroken, StorageBusy
from model.language import Message

# PostgreSQL: lock_not_available, deadlock_detected, serialization_failure
_POSTGRES_BUSY = frozenset({"55P03", "40P01", "40001"})
_SQLITE_BROKEN = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_READONLY,
    }
)
# PostgreSQL: disk_full, read_only_sql_transaction, idle_in_transaction_session_timeout, admin_shutdown, crash_shutdown,
# cannot_connect_now
_POSTGRES_BROKEN = frozenset({"53100", "25006", "25P03", "57P01", "57P02", "57P03"})


@contextmanager
def told_busy() -> Iterator[None]:
    """Raise StorageBusy or StorageBroken for what a transaction in the block meets."""
    try:
        yield
    except (DBAPIError, sqlite3.DatabaseError) as error:  # from SQLAlchemy, or from the driver as a transaction begins
        if _is_busy(error.orig if isinstance(error, DBAPIError) else error):
            raise StorageBusy(
                "The storage is busy; nothing was changed.", hint=Message("Say it again in a moment.")
            ) from None
        if _is_broken(error):
            raise broken() from error
        raise


def broken() -> StorageBroken:
    """Return the error for a database that cannot be used."""
    return StorageBroken(
        "The database cannot be read or written; nothing was changed.",
        hint=Message(
            "See that its disk is neither full nor read-only and that it is not damaged: arb doctor tells more."
        ),
    )


def _is_broken(error: DBAPIError | sqlite3.DatabaseError) -> bool:
    if isinstance(error, sqlite3.DatabaseError):
        return getattr(error, "sqlite_errorcode", 0) & 0xFF in _SQLITE_BROKEN
    if isinstance(error.orig, sqlite3.DatabaseError):
        return _is_broken(error.orig)
    state = getattr(error.orig, "sqlstate", None)
    nobody_there = isinstance(error, OperationalError) and (state is None or state.startswith("08"))
    return error.connection_invalidated or nobody_there or state in _POSTGRES_BROKEN


def _is_busy(error: BaseException | None) -> bool:
    if isinstance(error, sqlite3.OperationalError):
        return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return getattr(error, "sqlstate", None) in _POSTGRES_BUSY
