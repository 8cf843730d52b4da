"""SIGKILL while the database is migrated: it is as it was or all new, and `arb migrate` brings it there."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, create_engine, insert, text
from sqlalchemy.pool import NullPool

from storage.home import DATABASE_FILE, make_home
from storage.schema import HEAD, configuration
from storage.sealing import Keyring
from storage.tables import DESTINATIONS, MEMBERS, WORKSPACES
from storage.transactions import psycopg_url
from tests.conftest import PROVE
from tests.storage.world import MONDAY
from tests.support.databases import KINDS, Place, Server
from tests.support.nursery import Child, Nursery

_ROOT = Path(__file__).parents[2]
_OLD = "0003"  # the first one with every table whose rows a later migration changes
_FEW = 5  # of the moments, where not all of them are gone through
Found = dict[str, list[tuple[object, ...]]]

_SCHEMAS = {
    "sqlite": {"schema": "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY 1, 2"},
    "postgres": {
        "columns": """
            SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns
            WHERE table_schema = 'public' ORDER BY 1, ordinal_position""",
        "indexes": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
        "constraints": """
            SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
            WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2""",
        "functions": """
            SELECT proname, pg_get_function_identity_arguments(oid), prosrc FROM pg_proc
            WHERE pronamespace = 'public'::regnamespace ORDER BY 1, 2""",
        "triggers": "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1",
        "labels": "SELECT enumtypid::regtype::text, enumlabel FROM pg_enum ORDER BY 1, enumsortorder",
        "queue": "SELECT obj_description(to_regclass('procrastinate_jobs'), 'pg_class')",
    },
}
_TABLES = {
    "sqlite": "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    "postgres": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
}


def _engine(place: Place) -> Engine:
    url = f"sqlite:///{place.home / DATABASE_FILE}" if place.url is None else psycopg_url(place.url)
    return create_engine(url, poolclass=NullPool)


def found(place: Place) -> Found:
    """Return all that is in a database: its schema, and the rows of every table."""
    with _engine(place).connect() as connection:

        def rows(statement: str) -> list[tuple[object, ...]]:
            return [tuple(row) for row in connection.execute(text(statement))]

        tables = sorted(str(name) for (name,) in rows(_TABLES[place.kind]))
        schema = {name: rows(statement) for name, statement in _SCHEMAS[place.kind].items()}
        return schema | {f"rows of {name}": sorted(rows(f'SELECT * FROM "{name}"'), key=str) for name in tables}


def _grow_old(place: Place) -> None:
    """Make the tables of an older version, with a row in each that a later migration looks at."""
    with _engine(place).begin() as connection:
        config = configuration()
        config.attributes["connection"] = connection
        command.upgrade(config, _OLD)
        there = {"workspace_id": "w1", "created": MONDAY}
        connection.execute(insert(WORKSPACES).values(id="w1", platform="slack", account="T1", created=MONDAY))
        connection.execute(insert(MEMBERS).values(id="m1", name="Mina", role=4, **there))
        given = {"id": "d1", "workspace_id": "w1", "member_id": "m1", "name": "eng", "kind": "slack"}
        connection.execute(insert(DESTINATIONS).values(config=b"sealed", added=MONDAY, **given))


@dataclass
class Stand:
    """Databases that all stand where a migration begins."""

    beds: Nursery
    server: Server | None
    template: str  # of PostgreSQL
    folder: Path
    made: ExitStack
    number: int = 0

    def fresh(self) -> Place:
        """Return one more of them."""
        self.number += 1
        home = self.folder / str(self.number)
        if self.server is None:
            shutil.copytree(self.folder / "home", home)
            return Place("sqlite", None, home)
        url = self.server.database(self.made.enter_context(self.server.fresh(self.template)))
        return Place("postgres", url, make_home(home))

    def start(self, place: Place, *words: str) -> Child:
        """Start `arb` with these words; the first may be a number, for the one that kills itself."""
        module = "tests.kill.migrator" if words[0].isdigit() else "bot.cli"
        given = {"ARB_DATABASE_URL": place.url} if place.url else {}
        env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(_ROOT), "ARB_HOME": str(place.home), "ARB_LANGUAGE": "en"}
        return self.beds.start(module, *words, env=env | given, cwd=_ROOT)

    def migrated(self, place: Place) -> Found:
        """Return what is there once it has been migrated and nobody disturbed that."""
        done = self.start(place, "migrate").wait()
        assert done.returncode == 0, done.stderr
        assert "newest schema" in done.stdout
        return found(place)


@pytest.fixture(params=["empty", "old"])
def stand(request: pytest.FixtureRequest, beds: Nursery, tmp_path: Path, kind: str) -> Iterator[Stand]:
    """Databases without tables, and of an older version."""
    with ExitStack() as made:
        server: Server | None = request.getfixturevalue("postgres_server") if kind == "postgres" else None
        first = Place(kind, None, make_home(tmp_path / "home"))
        Keyring.open(first.home, None)
        template = ""
        if server is not None:
            template = made.enter_context(server.fresh())
            first = Place(kind, server.database(template), first.home)
        if request.param == "old":
            _grow_old(first)
        yield Stand(beds, server, template, tmp_path, made)


@pytest.mark.parametrize("kind", KINDS)
def test_killed_before_each_statement(stand: Stand, kind: str) -> None:
    """Nothing of it is there until it is committed, and then all; whoever comes next finishes it."""
    place = stand.fresh()
    before = found(place)
    whole = stand.fresh()
    said = int(stand.start(whole, "0", "migrate").wait().stdout.splitlines()[-1])
    after = found(whole)
    assert after["rows of alembic_version"] == [(HEAD,)]
    assert said > 20
    some = range(1, said + 1) if PROVE else sorted({1, said, *random.Random(12).sample(range(1, said), _FEW)})
    for number in some:
        died = stand.start(place, str(number), "migrate").wait()
        assert died.returncode == -signal.SIGKILL, died.stderr
        if number < said:
            assert found(place) == before, f"half of it is there after the kill at {number} of {said}"
    assert found(place) == after, "committed, and then it is not there"
    assert stand.migrated(place) == after
    print(f"{kind}: {len(some)} of {said} kills")


@pytest.mark.parametrize("kind", KINDS)
def test_killed_at_random_times(stand: Stand, kind: str, scaled: Callable[[int], int]) -> None:
    """However it falls: the old version or the new one, whole, and all rows of before."""
    whole = stand.fresh()
    before, began = found(whole), time.monotonic()
    after = stand.migrated(whole)
    length, draw, killed = time.monotonic() - began, random.Random(28), 0
    place = stand.fresh()
    for _ in range(scaled(100)):
        child = stand.start(place, "migrate")
        time.sleep(draw.uniform(0.0, length))
        child.send(signal.SIGKILL)
        killed += child.wait().returncode == -signal.SIGKILL
        there = found(place)
        assert there in (before, after)
        if there == after:
            place = stand.fresh()
    assert stand.migrated(place) == after
    assert killed >= scaled(100) / 4, "they were over before the kill"
