"""Fresh databases for tests: SQLite in a temporary home, and a real PostgreSQL where there is one.

PostgreSQL is the server of ARB_TEST_POSTGRES_URL, else a throw-away cluster made from installed binaries.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import pytest
import pytest_asyncio

from model.clock import Clock, SystemClock
from model.ids import row_id
from storage.database import Database
from storage.home import DATABASE_FILE, make_home
from storage.schema import HEAD, migrate_postgres, migrate_sqlite
from storage.sealing import Keyring
from storage.transactions import BUSY_TIMEOUT
from tests.support.commons import Commons

if TYPE_CHECKING:
    from psycopg import Connection

KINDS = ("sqlite", "postgres")


# Numbers begin anew, too: a test may give a row one by itself.
_FROM_ONE = (
    "SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S' AND relnamespace = current_schema()::regnamespace"
)


@dataclass(frozen=True)
class Place:
    """Where a database lies; open it as often as a test has processes."""

    kind: str
    url: str | None
    home: Path

    async def open(self, clock: Clock | None = None, busy_timeout: float = BUSY_TIMEOUT) -> Database:
        keyring = Keyring.open(self.home, None)
        return await Database.open(self.url, self.home, keyring, clock or SystemClock(), busy_timeout=busy_timeout)


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server that we may make databases on."""

    url: str
    control: Callable[..., None] | None = None  # pg_ctl on its cluster, where that is ours alone

    def database(self, name: str) -> str:
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))

    def run(self, statement: str) -> None:
        import psycopg

        with closing(psycopg.connect(self.url, autocommit=True)) as connection:
            connection.execute(statement.encode())

    def make(self, template: str | None = None) -> str:
        """Make a database; return its name."""
        name = f"arb_{row_id().replace('-', '')}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template or 'template0'}")
        return name

    def drop(self, name: str) -> None:
        """Take a database away, whoever uses it."""
        self.run(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def fresh(self, template: str | None = None) -> Iterator[str]:
        """Have a database for a while."""
        name = self.make(template)
        try:
            yield name
        finally:
            self.drop(name)


_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_CATALOGUE = """
SELECT relname, attname, atttypid::int, attnotnull FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
WHERE relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'pg_toast'::regnamespace)
AND relkind = 'r' AND attnum > 0 ORDER BY 1, 2
"""


class Reused:
    """A migrated database for one test after the other: to empty one takes a fraction of making one."""

    def __init__(self, server: Server, template: str) -> None:
        self._server = server
        self._template = template
        self._name = ""
        self._connection: Connection | None = None
        self._tables: list[tuple[object, ...]] = []

    def emptied(self) -> str:
        """Return the address of a database that is as the migrations leave it."""
        if self._connection is None or not self._emptied(self._connection):
            self.drop()
            self._make()
        return self._server.database(self._name)

    def _make(self) -> None:
        import psycopg

        self._name = self._server.make(self._template)
        self._connection = psycopg.connect(self._server.database(self._name), autocommit=True)
        self._tables = self._connection.execute(_CATALOGUE).fetchall()

    def _emptied(self, connection: Connection) -> bool:
        """Take every row out; False where a test has changed more than rows."""
        connection.execute(_OTHERS)
        versions = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        if connection.execute(_CATALOGUE).fetchall() != self._tables or versions != [(HEAD,)]:
            return False
        names = sorted({str(table) for table, *_ in self._tables} - {"alembic_version"})
        rows = "; ".join(f'DELETE FROM "{name}"' for name in names)
        with connection.transaction():  # as a replica: in any order of foreign keys
            connection.execute(f"SET LOCAL session_replication_role = replica; {rows}; {_FROM_ONE}".encode())
        return True

    def drop(self) -> None:
        """Take the database away."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
            self._server.drop(self._name)


@cache
def migrated_sqlite() -> bytes:
    """Return an empty migrated SQLite file: to write it takes a hundredth of migrating."""
    with tempfile.TemporaryDirectory() as folder:
        migrate_sqlite(Path(folder))
        return (Path(folder) / DATABASE_FILE).read_bytes()


def with_tables(home: Path) -> Path:
    """Put keys and an empty migrated database into a home that has none; return the home."""
    if not (make_home(home) / DATABASE_FILE).exists():
        Keyring.open(home, None)
        (home / DATABASE_FILE).write_bytes(migrated_sqlite())
    return home


@pytest.fixture(scope="session")
def postgres_server(commons: Commons) -> Iterator[Server]:
    """A running PostgreSQL, the same for all workers; skips where there is none."""
    if find_spec("psycopg") is None:
        pytest.skip("psycopg is not installed: install the extra “postgres”")
    given = os.environ.get("ARB_TEST_POSTGRES_URL")
    if given:
        yield Server(given)
        return
    binaries = server_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL: set ARB_TEST_POSTGRES_URL or install its server binaries")

    def made() -> str:
        new = Cluster(binaries, Path(tempfile.mkdtemp(prefix="arb-pg-")))
        new.start()
        return str(new.root)

    with commons.used("postgres", made, lambda root: Cluster(binaries, Path(root)).remove()) as root:
        yield Server(Cluster(binaries, Path(root)).server.url)


@pytest.fixture
def own_postgres() -> Iterator[Server]:
    """A PostgreSQL of a test's own, to be stopped and started; skips where none can be made."""
    binaries = server_binaries()
    if binaries is None or find_spec("psycopg") is None:
        pytest.skip("no binaries of a PostgreSQL server that could be stopped")
    with cluster(binaries, _TRUE) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres_server: Server, commons: Commons) -> Iterator[str]:
    """The name of a migrated database that others are copied from."""

    def made() -> str:
        name = postgres_server.make()
        migrate_postgres(postgres_server.database(name))
        return name

    with commons.used("template", made, postgres_server.drop) as name:
        yield name


@pytest.fixture(scope="session")
def postgres_reused(postgres_server: Server, postgres_template: str) -> Iterator[Reused]:
    """The database that this process's tests take turns with."""
    reused = Reused(postgres_server, postgres_template)
    yield reused
    reused.drop()


@pytest.fixture
def empty_postgres(postgres_server: Server) -> Iterator[str]:
    """The address of a database without tables."""
    with postgres_server.fresh() as name:
        yield postgres_server.database(name)


@pytest.fixture
def sqlite_place(tmp_path: Path) -> Place:
    return Place("sqlite", None, tmp_path / "home")


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A migrated database of each kind."""
    if request.param == "sqlite":
        return Place("sqlite", None, with_tables(tmp_path / "home"))
    reused: Reused = request.getfixturevalue("postgres_reused")
    return Place("postgres", reused.emptied(), tmp_path / "home")


@pytest_asyncio.fixture
async def database(place: Place) -> AsyncIterator[Database]:
    """An open database of each kind."""
    opened = await place.open()
    yield opened
    await opened.close()


def server_binaries() -> Path | None:
    """Return the folder of the newest server installed."""
    found = [Path(path).resolve().parent for path in (shutil.which("initdb"),) if path]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)
    return next((folder for folder in found if (folder / "initdb").exists() and (folder / "pg_ctl").exists()), None)


_QUICK = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
_TRUE = "-c fsync=off -c full_page_writes=off"  # what was committed outlives the server, though not the machine


@dataclass(frozen=True)
class Cluster:
    """A cluster that listens on a Unix socket in a folder of its own."""

    binaries: Path
    root: Path
    manner: str = _QUICK

    @property
    def server(self) -> Server:
        return Server(f"postgresql://arb@/postgres?host={self.root}", self.control)

    def start(self) -> None:
        """Make it and have it listen."""
        if user := _user():
            shutil.chown(self.root, user)
        try:
            words = ("-A", "trust", "-U", "arb", "-E", "UTF8", "--locale=C", "-N")
            self._run("initdb", "-D", self.root / "data", *words)
            self.control("start")
        except BaseException:
            self.remove()
            raise

    def control(self, *words: str) -> None:
        """Tell its pg_ctl."""
        options = f"-c listen_addresses='' -c dynamic_shared_memory_type=mmap -k {self.root} {self.manner}"
        self._run("pg_ctl", "-D", self.root / "data", "-l", self.root / "log", "-o", options, "-w", *words)

    def remove(self) -> None:
        """Stop it if it runs, and take its folder away."""
        if (self.root / "data" / "postmaster.pid").exists():
            self.control("-m", "immediate", "stop")
        shutil.rmtree(self.root)

    def _run(self, name: str, *words: str | Path) -> None:
        command = (self.binaries / name, *words)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, user=_user(), cwd=self.root)


@contextmanager
def cluster(binaries: Path, manner: str = _QUICK) -> Iterator[Server]:
    """Run a cluster for as long as it is needed."""
    made = Cluster(binaries, Path(tempfile.mkdtemp(prefix="arb-pg-")), manner)
    made.start()
    try:
        yield made.server
    finally:
        made.remove()


def _user() -> str | None:
    """Return who runs PostgreSQL where root, who may not, is who we are."""
    if os.getuid() != 0:
        return None
    import pwd

    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)
