"""Whatever a database or a query does, a reading ends in time, within its memory, by a name, and is never whole."""

from __future__ import annotations

import asyncio
import gc
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from egress.client import Allowed, Egress
from model.clock import SystemClock
from model.record import Coverage
from model.source import Reach
from sources.sync import sync
from tests.storage.world import WEEK, Room, room
from tests.support.databases import Place, with_tables
from tests.support.memory import peak
from tests.support.shop import PASSWORD, ShopServer, sqlite_shop

_DEADLINE, _LATE, _GROWTH = 8.0, 2.0, 64 << 20  # seconds, seconds after it, bytes
_ROWS = "with recursive n(i) as (select 1 union all select i + 1 from n)"
# What a query does: on both databases, or on SQLite and on PostgreSQL.
QUERIES: Mapping[str, str | tuple[str, str]] = {
    "no end": f"{_ROWS} select count(*) from n",
    "no end, in order": f"{_ROWS} select i from n order by i desc",
    "rows without end": f"{_ROWS} select i, 1 as v from n",
    "waiting": (f"{_ROWS} select max(i) from n", "select pg_sleep(60)::text"),
    "all the memory": (f"{_ROWS} select sum(length(hex(zeroblob(900000)))) from n",
                       "select count(repeat(i::text, 1000000)) from generate_series(1, 1e9::bigint) g(i)"),
    "a huge value": ("select hex(zeroblob(150000000))", "select repeat('x', 300000000)"),
    "a huge name": f"select 1 as v, 2 as {'x' * 3000}",
    "columns by the thousand": f"select {', '.join('1' for _ in range(1500))}",
    "a depth": (f"select {'(' * 9900}1{')' * 9900}", f"select {'-(' * 6600}1{')' * 6600}"),
    "a text": "select 'many'",
    "binary": ("select x'00ff'", r"select decode('00ff', 'hex')"),
    "no text": ("select cast(x'fffe' as text), 1 as region", "select convert_from(decode('fffe', 'hex'), 'UTF8')"),
    "not finite": ("select 9e999", "select 'NaN'::float8"),
    "less than finite": ("select -9e999", "select '-Infinity'::numeric"),
    "a list": ("select 1, 2", "select array[1]"),
    "more than one row": "select 1 as v union all select 2",
    "something that is not there": "select count(*) from nothing",
    "a mistake": ("select abs(-9223372036854775807 - 1)", "select 1 / (count(*) - count(*)) from orders"),
    "a write": ("select count(*) from (delete from orders returning id)",
                "with gone as (delete from orders returning id) select count(*) from gone"),
    "a write by a function": ("select writefile('/tmp/x', 'y')", "select lo_create(0)::text"),
    "more rights": ("select load_extension('x')", "select set_config('role', 'root', true)"),
    "another file": ("select count(*) from pragma_database_list", "select pg_read_file('/etc/passwd')"),
}  # fmt: skip
_SOME_QUERIES = ("a text", "not finite", "a write")


@pytest_asyncio.fixture
async def here(tmp_path: Path) -> AsyncIterator[Room]:
    db = await Place("sqlite", None, with_tables(tmp_path / "home")).open()
    yield await room(db)
    await db.close()


async def _read(here: Room, root: Path, settings: Mapping[str, Any]) -> Coverage:
    """Read a source within its bounds; return what its coverage says."""
    egress, clock = Egress(SystemClock(), Allowed.parse(["127.0.0.1"])), SystemClock()
    async with here.db.write(here.workspace) as stores:
        id = await stores.sources.add("there", "sql", {"timeout": 1, **settings})
    gc.collect()
    peak()
    before, begun = peak(), clock.monotonic()
    reach = Reach((), egress, clock=clock, data_roots=(root,), home=root / "home", deadline=_DEADLINE)
    coverage = await sync(here.db, here.workspace, id, reach, clock, WEEK)
    assert clock.monotonic() - begun <= _DEADLINE + _LATE
    assert peak() - before <= _GROWTH
    await egress.aclose()
    return coverage


def _is_told(coverage: Coverage) -> None:
    assert not coverage.whole
    assert coverage.problem is not None
    assert "broke; the log" not in coverage.problem.plain()  # it has a name
    assert PASSWORD not in coverage.problem.plain()


@pytest.mark.some(of=lambda params: params["does"] in _SOME_QUERIES and params["database"] == "sqlite")
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
@pytest.mark.parametrize("does", QUERIES)
async def test_what_queries_do(
    here: Room, tmp_path: Path, request: pytest.FixtureRequest, database: str, does: str
) -> None:
    """A good figure beside it is read all the same."""
    if database == "sqlite":
        settings: Mapping[str, Any] = {"database": "sqlite", "path": str(sqlite_shop(tmp_path / "shop.db"))}
    else:
        server: ShopServer = request.getfixturevalue("shop_server")
        settings = server.settings()
    written = QUERIES[does]
    query = written if isinstance(written, str) else written[database == "postgresql"]
    coverage = await _read(here, tmp_path, {**settings, "figures": f"bad = {query}\ngood = select 1"})
    _is_told(coverage)
    assert (coverage.read, coverage.of) == (1, 2)


@contextmanager
def _held(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        yield


def _spoiled(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        path.write_bytes(change(path.read_bytes()))

    return spoil


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


# What becomes of a file before it is read.
FILES: Mapping[str, Callable[[Path], Any]] = {
    "locked": _held,
    "gone": Path.unlink,
    "a folder": _folder,
    "empty": _spoiled(lambda _: b""),
    "text": _spoiled(lambda data: b"no database at all " * len(data)),
    "cut in its head": _spoiled(lambda data: data[:50]),
    "cut": _spoiled(lambda data: data[: len(data) // 2]),
    "its pages are noise": _spoiled(lambda data: data[:4096] + bytes(range(256)) * (len(data) // 256)),
    "its schema is noise": _spoiled(lambda data: data[:100] + bytes(reversed(data[100:4096])) + data[4096:]),
    "of a later version": _spoiled(lambda data: data[:18] + b"\x09\x09" + data[20:]),
}
_SOME_FILES = ("cut",)


@pytest.mark.some(of=lambda params: params["state"] in _SOME_FILES)
@pytest.mark.parametrize("state", FILES)
async def test_what_files_are(here: Room, tmp_path: Path, state: str) -> None:
    path = sqlite_shop(tmp_path / "shop.db")
    with ExitStack() as stack:
        made = FILES[state](path)
        if made is not None:
            stack.enter_context(made)
        figures = "orders = select count(*) + sum(amount) from orders"
        coverage = await _read(here, tmp_path, {"database": "sqlite", "path": str(path), "figures": figures})
    _is_told(coverage)


Spoil = Callable[[asyncio.StreamWriter], None]


def _closes(writer: asyncio.StreamWriter) -> None:
    writer.close()


def _resets(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


def _falls_silent(_: asyncio.StreamWriter) -> None:
    """Say no more."""


def _says(noise: bytes) -> Spoil:
    return lambda writer: writer.write(noise)


# What comes between: after how many bytes of the server's, and what then.
WIRE: Mapping[str, tuple[int, Spoil]] = {
    "gone at once": (0, _closes),
    "reset at once": (0, _resets),
    "silence": (0, _falls_silent),
    "a page for people": (0, _says(b"HTTP/1.1 400 Bad Request\r\n\r\n<html>")),
    "noise": (0, _says(bytes(range(256)) * 20)),
    "an error without end": (0, _says(b"E\x7f\xff\xff\xffSFATAL\0" + b"x" * 100_000)),
    "gone in the handshake": (30, _closes),
    "silence in the handshake": (30, _falls_silent),
    "noise in the handshake": (30, _says(bytes(range(256)) * 20)),
    "gone in an answer": (2_000, _closes),
    "reset in an answer": (2_000, _resets),
    "silence in an answer": (2_000, _falls_silent),
    "noise in an answer": (2_000, _says(bytes(range(256)) * 20)),
    "zeros in an answer": (2_000, _says(bytes(4096))),
}


@asynccontextmanager
async def _between(port: int, after: int, spoil: Spoil) -> AsyncIterator[int]:
    """Run what stands before a server and spoils what it says; yield its port."""
    spoiled = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        away, there = await asyncio.open_connection("127.0.0.1", port)
        upwards = asyncio.create_task(_copy(reader, there))
        left = after
        with suppress(ConnectionError):
            while left and (data := await away.read(min(left, 65_536))):
                left -= len(data)
                writer.write(data)
                await writer.drain()
            spoil(writer)
            nonlocal spoiled
            spoiled += left == 0
            await upwards
        there.close()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]
    assert spoiled


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()


@pytest.mark.some(of=lambda _: False)  # each takes a server; one connection that breaks is in test_sql_postgres.py
@pytest.mark.parametrize("does", WIRE)
async def test_what_comes_between(here: Room, tmp_path: Path, shop_server: ShopServer, does: str) -> None:
    """A server that goes away, falls silent or speaks another language, at the beginning or in the middle."""
    figures = "\n".join(f"f{n} = select count(*) + {n} from orders" for n in range(9))
    async with _between(shop_server.port, *WIRE[does]) as port:
        settings = shop_server.settings(port=port, tls="off", figures=figures)
        coverage = await _read(here, tmp_path, settings)
    _is_told(coverage)
