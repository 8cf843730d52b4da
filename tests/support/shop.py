"""A small shop's database: two weeks of orders, users, visits and stock, in SQLite and in PostgreSQL."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import JsonValue

from tests.support.certificates import certificate_for
from tests.support.databases import cluster, server_binaries

TABLES = """
CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER, region TEXT, amount NUMERIC, created_at TIMESTAMP);
CREATE TABLE users (id INTEGER PRIMARY KEY, created_at TIMESTAMP);
CREATE TABLE visits (user_id INTEGER, at TIMESTAMP);
CREATE TABLE products (name TEXT, stock INTEGER, sold INTEGER);
"""
ORDERS = (  # (user, region, amount, when): the window is 9–15 November
    (1, "kr", 12000, "2026-11-09 10:00:00"), (2, "kr", 8000, "2026-11-10 11:00:00"),
    (1, "us", 30000, "2026-11-15 23:59:59"), (3, "us", 5000, "2026-11-16 00:00:00"),
    (1, "kr", 20000, "2026-11-03 09:00:00"), (4, None, 1000, "2026-11-08 23:59:59"),
)  # fmt: skip
VISITS = (
    (1, "2026-11-09 10:00:00"), (2, "2026-11-10 10:00:00"), (5, "2026-11-11 10:00:00"), (6, "2026-11-12 10:00:00"),
    (1, "2026-11-03 10:00:00"), (4, "2026-11-04 10:00:00"),
)  # fmt: skip
USERS = ((1, "2026-10-01 10:00:00"), (2, "2026-11-09 10:00:00"), (3, "2026-11-02 10:00:00"), (4, "2026-11-04 10:00:00"))
PRODUCTS = (("Desk", 3, 40), ("Lamp", 0, 12), ("Chair", 25, 10))

FIGURES = """
orders (by=region days=yes) =
    select region, count(*) from orders where created_at >= :start and created_at < :end group by region
revenue (unit=krw) =
    select coalesce(sum(amount), 0) from orders where created_at >= :start and created_at < :end
low_stock = select count(*) from products where stock < 10
refunds "Refund rate" (unit=rate better=less) = select 0.0215
table low "Running low" (rows=5) = select name as product, stock from products where stock < 10 order by stock
"""


def sqlite_shop(path: Path) -> Path:
    """Make the shop as a SQLite file."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(TABLES)
        for table, rows in _rows():
            marks = ", ".join("?" * len(rows[0]))
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
        connection.commit()
    return path


def postgres_shop() -> Sequence[str]:
    """Return the statements that make the shop in a PostgreSQL."""
    made = [statement for statement in TABLES.split(";") if statement.strip()]
    for table, rows in _rows():
        values = ", ".join(f"({', '.join('NULL' if v is None else repr(v) for v in row)})" for row in rows)
        made.append(f"INSERT INTO {table} VALUES {values}")
    return made


def _rows() -> Sequence[tuple[str, Sequence[tuple[object, ...]]]]:
    orders = [(n, *row) for n, row in enumerate(ORDERS, 1)]
    return (("orders", orders), ("users", USERS), ("visits", VISITS), ("products", PRODUCTS))


@dataclass(frozen=True)
class ShopServer:
    """A PostgreSQL on a loopback port, over TLS too, that holds the shop; users need their passwords."""

    port: int
    ca: str  # the certificate of "localhost"
    admin: str  # the address of the superuser, over the Unix socket

    def run(self, *statements: str) -> list[tuple[object, ...]]:
        """Execute statements as the superuser; return the rows of the last one."""
        import psycopg

        with closing(psycopg.connect(self.admin, autocommit=True)) as connection:
            cursors = [connection.execute(statement.encode()) for statement in statements]
            return cursors[-1].fetchall() if cursors[-1].description else []

    def settings(self, **more: JsonValue) -> dict[str, JsonValue]:
        """Return what a source of the shop is told."""
        usual: dict[str, JsonValue] = {
            "database": "postgresql",
            "host": "127.0.0.1",
            "port": self.port,
            "dbname": "shop",
            "user": "arb_reader",
        }
        return {**usual, "password": PASSWORD, "tls": "require", **more}


PASSWORD = "correct-horse"
_ROLES = f"""
CREATE ROLE arb_reader LOGIN PASSWORD '{PASSWORD}';
GRANT SELECT ON orders, visits, products, users TO arb_reader;
CREATE ROLE writer LOGIN PASSWORD '{PASSWORD}';
GRANT SELECT, INSERT ON orders TO writer;
CREATE ROLE blind LOGIN PASSWORD '{PASSWORD}';
CREATE ROLE root LOGIN SUPERUSER PASSWORD '{PASSWORD}'
"""


@pytest.fixture(scope="session")
def shop_server() -> Iterator[ShopServer]:
    """Return the shop in a PostgreSQL; skips where none is installed."""
    binaries = server_binaries()
    if binaries is None:
        pytest.skip("no binaries of a PostgreSQL server")
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    with cluster(binaries, f"-c fsync=off -c listen_addresses=127.0.0.1 -c port={port}") as server:
        folder = Path(server.url.partition("host=")[2])
        certificate_for("localhost", folder)
        shutil.copyfile(folder / "localhost.pem", folder / "data" / "server.pem")
        (folder / "data" / "server.pem").chmod(0o600)
        owner = (folder / "data").stat()
        os.chown(folder / "data" / "server.pem", owner.st_uid, owner.st_gid)
        (folder / "data" / "pg_hba.conf").write_text("local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
        pem = (folder / "localhost.pem").read_text()
        admin = f"postgresql://arb@/postgres?host={folder}&port={port}"
        there = ShopServer(port, pem[pem.index("-----BEGIN CERTIFICATE") :], admin)
        there.run(
            "ALTER SYSTEM SET ssl_cert_file = 'server.pem'", "ALTER SYSTEM SET ssl_key_file = 'server.pem'",
            "ALTER SYSTEM SET ssl = on", "SELECT pg_reload_conf()", "CREATE DATABASE shop",
        )  # fmt: skip
        shop = ShopServer(port, there.ca, admin.replace("/postgres?", "/shop?"))
        shop.run(*postgres_shop(), *_ROLES.split(";"))
        yield shop
