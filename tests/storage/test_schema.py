"""Migrations: the same tables as in the code, on both databases, by two processes at once, or a clear refusal."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import NullPool

from model.clock import SystemClock
from model.errors import ConfigError
from storage.database import Database
from storage.home import DATABASE_FILE
from storage.schema import HEAD, configuration, sqlite_version
from storage.sealing import Keyring
from storage.tables import METADATA, RECORDS
from storage.transactions import psycopg_url
from tests.support.databases import Place


def _engine(place: Place) -> Engine:
    url = f"sqlite:///{place.home / DATABASE_FILE}" if place.url is None else psycopg_url(place.url)
    return create_engine(url, poolclass=NullPool)


def _is_ours(name: str | None, kind: str, _: object) -> bool:
    return kind != "table" or not str(name).startswith("procrastinate_")  # the job queue's own


async def test_migrations_make_the_tables_of_the_code(place: Place) -> None:
    await Database.migrate(place.url, place.home)
    with _engine(place).connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_server_default": True, "include_name": _is_ours}
        )
        assert compare_metadata(context, METADATA) == []


def test_head_is_the_last_migration() -> None:
    assert ScriptDirectory.from_config(configuration()).get_current_head() == HEAD


def test_every_row_says_whose_it_is() -> None:
    installation = {"workspaces", "duties", "install_states", "owners"}  # what the installation itself is made of
    assert {name for name, table in METADATA.tables.items() if "workspace_id" not in table.c} == installation
    assert not RECORDS.c.workspace_id.nullable


async def test_sqlite_is_migrated_at_open(sqlite_place: Place) -> None:
    assert sqlite_version(sqlite_place.home) is None
    db = await sqlite_place.open()
    await db.close()
    assert sqlite_version(sqlite_place.home) == HEAD
    assert stat.S_IMODE(sqlite_place.home.stat().st_mode) == 0o700


async def test_many_may_open_a_new_file_at_once(sqlite_place: Place) -> None:
    for db in await asyncio.gather(*(sqlite_place.open() for _ in range(4))):
        await db.close()
    assert sqlite_version(sqlite_place.home) == HEAD


async def test_two_may_migrate_at_once(place: Place) -> None:
    Keyring.open(place.home, None)
    await asyncio.gather(*(Database.migrate(place.url, place.home) for _ in range(3)))
    db = await place.open()
    await db.close()


async def test_an_empty_postgres_is_migrated_by_two_at_once(empty_postgres: str, tmp_path: Path) -> None:
    await asyncio.gather(*(Database.migrate(empty_postgres, tmp_path) for _ in range(2)))
    db = await Place("postgres", empty_postgres, tmp_path).open()
    await db.close()


async def test_postgres_without_tables_names_the_command(empty_postgres: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        await Place("postgres", empty_postgres, tmp_path).open()
    assert caught.value.hint is not None
    assert "arb migrate" in caught.value.hint.plain()


async def test_a_newer_file_is_left_alone(sqlite_place: Place) -> None:
    db = await sqlite_place.open()
    await db.close()
    path = sqlite_place.home / DATABASE_FILE
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with pytest.raises(ConfigError, match="another version"):
        await sqlite_place.open()
    assert sqlite_version(sqlite_place.home) == "9999"


@pytest.mark.parametrize("url", ["mysql://u:geheim@h/d", "geheim", "sqlite:///geheim.db"])
async def test_another_database_is_refused_without_showing_its_password(url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="ARB_DATABASE_URL") as caught:
        await Database.open(url, tmp_path, Keyring.open(tmp_path, None), SystemClock())
    assert "geheim" not in str(caught.value)


async def test_a_server_that_does_not_answer_is_named(tmp_path: Path) -> None:
    url = f"postgresql://u:geheim@/d?host={tmp_path}"
    for attempt in (Place("postgres", url, tmp_path).open(), Database.migrate(url, tmp_path)):
        with pytest.raises(ConfigError, match="ARB_DATABASE_URL") as caught:
            await attempt
        assert "geheim" not in str(caught.value)
