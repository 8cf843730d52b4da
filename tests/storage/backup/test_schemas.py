"""PostgreSQL's search path: everything means the same schema by it, and a restore into another one is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from model.errors import BackupError
from storage.archive import Archive
from storage.database import Database
from storage.restore import restore
from storage.sealing import Keyring
from storage.transactions import psycopg_url
from tests.storage.world import HandClock, room
from tests.support.databases import Place
from tests.support.digests import digests


def led_to(place: Place, schema: str) -> Place:
    """Make a schema, and return the place whose address leads to it."""
    if place.kind != "postgres" or place.url is None:
        pytest.skip("it is about PostgreSQL")
    engine = create_engine(psycopg_url(place.url), poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    engine.dispose()
    return replace(place, url=f"{place.url}{'&' if '?' in place.url else '?'}options=-csearch_path%3D{schema}")


async def test_tables_that_would_not_be_found_are_refused(place: Place, clock: HandClock) -> None:
    """On another server the same address may lead to another schema: nothing is restored beside it unseen."""
    elsewhere = led_to(place, "elsewhere")
    db = await place.open(clock)
    await room(db)
    before, made = await digests(db), await db.backups.keep()
    await db.close()
    keyring = Keyring.open(place.home, None)
    with pytest.raises(BackupError, match="leads to the schema elsewhere"):
        await restore(made.file, elsewhere.url, place.home, keyring, clock)
    db = await place.open(clock)
    assert await digests(db) == before
    await db.close()


async def test_a_schema_of_its_own_is_backed_up(place: Place, clock: HandClock) -> None:
    """Reading, writing, pg_dump and the restore go where the address says."""
    apart = led_to(place, "apart")
    await Database.migrate(apart.url, place.home)
    db = await apart.open(clock)
    await room(db)
    before, made = await digests(db, ("duties",)), await db.backups.keep()
    await db.close()
    keyring = Keyring.open(place.home, None)
    assert Archive.open(made.file, keyring).header.schema_name == "apart"
    await restore(made.file, apart.url, place.home, keyring, clock)
    db = await apart.open(clock)
    assert await digests(db, ("duties",)) == before
    await db.close()
