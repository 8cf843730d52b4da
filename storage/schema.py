"""The schema's state: which migration a database stands at, and how it gets to the last one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.pool import NullPool

from model.errors import ConfigError
from model.language import Message
from storage.home import DATABASE_FILE, locked, make_home
from storage.jobs import SCHEMA_COMMENT, apply_schema, newest_schema, schema_found
from storage.transactions import psycopg_url

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0014"  # the last migration; a test compares it with the files
_LOCK = 0x4152_4221  # "ARB!": the number of the advisory lock on PostgreSQL
_PATIENCE = 60.0  # seconds to wait for another process


def sqlite_version(home: Path) -> str | None:
    """Return the migration that the file stands at; None where there is none yet. Takes about a millisecond."""
    path = home / DATABASE_FILE
    if not path.exists():
        return None
    with closing(sqlite3.connect(path, timeout=_PATIENCE)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'alembic_version'").fetchone():
            return None
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else None


async def postgres_is_migrated(connection: AsyncConnection) -> bool:
    """Tell whether a PostgreSQL database stands at the last migration, the job queue's tables with it."""
    if await connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return False
    found = await connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found == HEAD and schema_found(await connection.scalar(SCHEMA_COMMENT)) == newest_schema()


def migrate_sqlite(home: Path) -> None:
    """Bring the file to the last migration, made if it is not there; all of it in one transaction."""
    path = make_home(home) / DATABASE_FILE
    with locked(home / f"{DATABASE_FILE}.migrating"):
        engine = _sqlite_engine(path)
        try:
            with engine.begin() as connection:
                upgrade(connection)
        finally:
            engine.dispose()


def migrate_postgres(url: str) -> None:
    """Bring a PostgreSQL database and its job queue to the last migration, all of it in one transaction."""
    engine = create_engine(psycopg_url(url), hide_parameters=True, poolclass=NullPool)
    try:
        with engine.begin() as connection:
            upgrade_postgres(connection)
    except OperationalError as error:
        raise unreachable() from error
    finally:
        engine.dispose()


def upgrade_postgres(connection: Connection) -> None:
    """Bring tables and job queue to the last migration in the open transaction; raises ConfigError."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    upgrade(connection)
    apply_schema(connection)


def unreachable() -> ConfigError:
    """Return the error for a PostgreSQL server that does not answer."""
    return ConfigError(
        "The PostgreSQL server of ARB_DATABASE_URL does not let us in.",
        hint=Message("Check host, port, user, password and database name, and that the server runs."),
    )


def not_migrated() -> ConfigError:
    """Return the error for a PostgreSQL database whose schema is not ours."""
    return ConfigError(
        "The database of ARB_DATABASE_URL does not have this version's tables.", hint=Message("Run: arb migrate")
    )


def configuration() -> Config:
    """Return Alembic's configuration; there is no file for it."""
    from alembic.config import Config  # a quarter of a second: only where something is migrated

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config


def upgrade(connection: Connection) -> None:
    """Bring the schema to the last migration in the open transaction; raises ConfigError."""
    from alembic import command
    from alembic.util import CommandError

    config = configuration()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise ConfigError(
            "The database was written by another version of ARB, with tables that this one does not know.",
            hint=Message("Start that version, or use another ARB_HOME or ARB_DATABASE_URL."),
        ) from error


def _sqlite_engine(path: Path) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}", hide_parameters=True, poolclass=NullPool, connect_args={"timeout": _PATIENCE}
    )

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA page_size=8192")  # for a new file; fewer, larger writes for the records' indexes
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
