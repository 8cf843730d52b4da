"""PostgreSQL in and out as pg_dump's own text: a consistent snapshot out, one transaction in.

https://www.postgresql.org/docs/current/app-pgdump.html
"""

from __future__ import annotations

import os
import re
import select
import shutil
import subprocess
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from model.errors import BackupError, ConfigError
from model.language import Message
from storage.schema import unreachable
from storage.transactions import libpq_url

if TYPE_CHECKING:
    from psycopg import AsyncConnection

_INSTALLED = Path("/usr/lib/postgresql")
_VERSION = re.compile(rb"\(PostgreSQL\) (\d+)")
_PIECE = 1 << 20  # bytes
_LOOK = 0.2  # seconds between two looks whether to stop
_COPY = re.compile(rb"COPY .+ FROM stdin;\n")
_END = b"\\.\n"
# lines of psql's, and a setting that servers before 17 do not know: neither changes what is restored
_NOT_OURS = re.compile(rb"\\(un)?restrict .*\n|SET transaction_timeout = 0;\n")
_OPTIONS = (
    "--encoding=UTF8", "--no-owner", "--no-privileges", "--no-publications", "--no-subscriptions",
    "--no-security-labels", "--no-tablespaces", "--lock-wait-timeout=60s", "--no-password",
)  # fmt: skip

# what every libpq since 9.6 understands; psycopg brings a newer one along than pg_dump has
_TOLD = (
    "host", "hostaddr", "port", "dbname", "user", "connect_timeout", "options",
    "krbsrvname", "sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Server:
    """Where a database is, as pg_dump is told; the password goes apart, so that no list of processes shows it."""

    conninfo: str
    password: str
    version: int  # major
    schema: str


def server_of(url: str) -> Server:
    """Ask a server what it is; raises ConfigError where it cannot be reached."""
    import psycopg
    from psycopg.conninfo import make_conninfo

    try:
        with closing(psycopg.connect(libpq_url(url))) as connection:
            row = connection.execute("SELECT current_schema()").fetchone()
            info = connection.info
            told = {name: value for name, value in info.get_parameters().items() if name in _TOLD}
            schema = str(row[0]) if row and row[0] else "public"
            return Server(make_conninfo(**told), info.password or "", info.server_version // 10000, schema)
    except psycopg.OperationalError as error:
        raise unreachable() from error


def dump(server: Server, stop: threading.Event) -> Iterator[bytes]:
    """Yield all tables of a database's schema as SQL.

    Raises:
        ConfigError: there is no pg_dump, or none that is new enough for the server.
        BackupError: pg_dump failed, or `stop` was set.
    """
    command = (pg_dump_for(server.version), *_OPTIONS, f"--schema={_quoted(server.schema)}", "-d", server.conninfo)
    env = {"PATH": os.defpath, "LC_ALL": "C", "PGPASSWORD": server.password}
    with tempfile.TemporaryFile() as said:
        nothing = subprocess.DEVNULL
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, stdin=nothing, env=env) as process:
            ended = False
            try:
                yield from _pieces(process.stdout, stop)
                ended = True
            finally:
                if not ended:
                    process.kill()
        if process.returncode != 0:
            said.seek(0)
            raise BackupError("pg_dump failed: {reason}", reason=_last_line(said.read()))


def _pieces(output: IO[bytes] | None, stop: threading.Event) -> Iterator[bytes]:
    while output is not None:
        if stop.is_set():
            raise BackupError("The backup was stopped.")
        ready, _, _ = select.select([output], [], [], _LOOK)
        if ready:
            piece = os.read(output.fileno(), _PIECE)
            if not piece:
                return
            yield piece


def pg_dump_for(server: int) -> Path:
    """Return the pg_dump that suits a server of this major version; raises ConfigError where there is none."""
    found = _installed()
    if not found:
        raise ConfigError(
            "A backup of PostgreSQL needs pg_dump, and there is none on this machine.",
            hint=Message("Install the package postgresql-client, of the server's version or newer."),
        )
    fit = sorted(version for version in found if version >= server)
    if not fit:
        raise ConfigError(
            "The server is PostgreSQL {server}, and the newest pg_dump on this machine is {newest}.",
            hint=Message("Install postgresql-client-{server} or newer.", {"server": server}),
            server=server,
            newest=max(found),
        )
    return found[fit[0]]


def _installed() -> Mapping[int, Path]:
    """Return every pg_dump by its major version: those of the distribution, else the one on the path."""
    paths = [*sorted(_INSTALLED.glob("*/bin/pg_dump"))]
    on_path = shutil.which("pg_dump")
    if on_path:
        paths.insert(0, Path(on_path))
    found: dict[int, Path] = {}
    for path in paths:
        try:
            told = subprocess.run((path, "--version"), capture_output=True, check=False, timeout=10).stdout
        except (OSError, subprocess.TimeoutExpired):
            continue
        version = _VERSION.search(told)
        if version is not None:
            found[int(version[1])] = path
    return found


async def play(connection: AsyncConnection[Any], plain: AsyncIterator[bytes]) -> None:
    """Execute what `dump` gave, on an open transaction. What fails is psycopg's error, and nothing has happened."""
    lines = _lines(plain)
    said: list[bytes] = []
    async for line in lines:
        if _COPY.fullmatch(line):
            await _execute(connection, said)
            said = []
            await _copy(connection, line, lines)
        elif not _NOT_OURS.fullmatch(line):
            said.append(line)
    await _execute(connection, said)


async def _execute(connection: AsyncConnection[Any], said: list[bytes]) -> None:
    statements = b"".join(said)
    if statements.strip():
        await connection.execute(statements, prepare=False)


async def _copy(connection: AsyncConnection[Any], statement: bytes, lines: AsyncIterator[bytes]) -> None:
    held, size = [], 0
    async with connection.cursor() as cursor, cursor.copy(statement) as copy:
        async for line in lines:
            if line == _END:
                break
            held.append(line)
            size += len(line)
            if size >= _PIECE:
                await copy.write(b"".join(held))
                held, size = [], 0
        await copy.write(b"".join(held))


async def _lines(plain: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    rest = b""
    async for piece in plain:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield line + b"\n"
    if rest:
        yield rest


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _last_line(said: bytes) -> str:
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:300] if lines else "?"
