"""A PostgreSQL that is asked in one transaction that cannot write, at an address that was vetted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import psycopg
from psycopg import AsyncConnection, sql

from collectors.measured import text
from collectors.sql_asking import Rows, Value, columns_of
from collectors.sql_config import SqlConfig
from collectors.sql_connecting import connected
from collectors.sql_text import Query
from model.errors import SourceUnavailable
from model.form import Unfit
from model.language import Message
from model.outside import WayOut

_MOST_ADDRESSES = 4  # of one host that are tried
_WIDTH = 400  # characters of one value
_GRACE = 3.0  # seconds that the database has to end a query by itself
_NUMBERS = frozenset((20, 21, 23, 700, 701, 1700))  # the types of whole, binary and decimal numbers
_BINARY = 17
_SAFE = ("42",)  # classes of errors whose words name tables and columns, and no data
_WRITABLE = """
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
AND (has_table_privilege(c.oid, 'DELETE, TRUNCATE') OR has_any_column_privilege(c.oid, 'INSERT, UPDATE'))
ORDER BY 1 LIMIT 5
"""
_POWERS = """
SELECT CASE WHEN rolsuper THEN 'SUPERUSER' WHEN rolcreaterole THEN 'CREATEROLE' WHEN rolreplication THEN 'REPLICATION'
WHEN rolbypassrls THEN 'BYPASSRLS' END FROM pg_roles WHERE rolname = current_user
UNION ALL
SELECT rolname FROM pg_roles WHERE pg_has_role(current_user, oid, 'MEMBER') AND rolname IN ('pg_write_all_data',
'pg_write_server_files', 'pg_read_server_files', 'pg_execute_server_program', 'pg_signal_backend')
"""


@asynccontextmanager
async def opened(config: SqlConfig, way_out: WayOut) -> AsyncIterator[PostgresAsking]:
    """Connect; raises EgressError where the address is not vetted, SourceError where the database says no."""
    host = config.host or ""
    vetted = await way_out.vet(host, config.port)
    connection = await connected(config, [str(address) for address in vetted.addresses[:_MOST_ADDRESSES]])
    try:
        await connection.set_read_only(True)
        await connection.set_isolation_level(psycopg.IsolationLevel.REPEATABLE_READ)
        async with connection.transaction(force_rollback=True):
            yield PostgresAsking(connection, config.timeout)
    except psycopg.Error as error:  # what the database says to a query is told there: this is what is left
        raise SourceUnavailable("The connection to the database at {host} broke.", host=host) from error
    finally:
        await connection.close()


class PostgresAsking:
    """One connection and one transaction, so that all figures are of the same instant."""

    def __init__(self, connection: AsyncConnection, timeout: float) -> None:
        self._connection, self._timeout = connection, timeout

    async def ask(self, query: Query, values: Mapping[str, Value], most: int) -> Rows:
        """Return up to `most` + 1 rows; raises Unfit."""
        body = query.rendered("%(", ")s", double="%")
        try:
            async with asyncio.timeout(2 * self._timeout + _GRACE), self._connection.transaction():
                await self._connection.execute(
                    sql.SQL("SET LOCAL statement_timeout = {}").format(sql.Literal(int(self._timeout * 1000)))
                )
                columns, types = await self._described(body, values)
                if not most:
                    return Rows(columns, tuple(kind in _NUMBERS for kind in types), ())
                return await self._fetched(body, values, columns, types, most)
        except TimeoutError:
            raise Unfit("it took longer than {n} s", n=int(self._timeout)) from None
        except psycopg.Error as error:
            if self._connection.broken or self._connection.closed:
                raise
            raise self._refusal(error) from None

    async def lacking(self) -> Sequence[Message]:
        """Return how its user can do more than read."""
        async with self._connection.transaction():
            powers = [row[0] for row in await (await self._connection.execute(_POWERS)).fetchall() if row[0]]
            tables = [row[0] for row in await (await self._connection.execute(_WRITABLE)).fetchall()]
        said: list[Message] = []
        if powers:
            said.append(Message("The user can do more than read: {powers}.", {"powers": ", ".join(powers)}))
        if tables:
            said.append(Message("The user can change tables: {tables}.", {"tables": text(", ".join(tables), 200)}))
        if said:
            said.append(
                Message("Give ARB a user of its own that can only read: docs/sources/sql.md has the statements.")
            )
        return said

    async def _described(self, body: str, values: Mapping[str, Value]) -> tuple[tuple[str, ...], tuple[int, ...]]:
        """Return the columns: nothing is executed yet, but rights and names are checked."""
        cursor = await self._connection.execute(_inside("SELECT * FROM (\n{}\n) AS q LIMIT 0", body), values)
        described = cursor.description or []
        for column in described:
            if column.type_code == _BINARY:
                raise Unfit("the column {name} is binary", name=text(column.name))
        return columns_of([column.name for column in described]), tuple(column.type_code for column in described)

    async def _fetched(
        self, body: str, values: Mapping[str, Value], columns: tuple[str, ...], types: tuple[int, ...], most: int
    ) -> Rows:
        """Return the rows, each value cut by the database: what is too long never comes here."""
        names = ", ".join(f"c{n}" for n in range(len(columns)))
        cut = "SELECT " + ", ".join(f"left(q.c{n}::text, {_WIDTH})" for n in range(len(columns)))
        cursor = await self._connection.execute(
            _inside(f"{cut} FROM (\n{{}}\n) AS q({names}) LIMIT {most + 1}", body), values
        )
        return Rows(columns, tuple(kind in _NUMBERS for kind in types), await cursor.fetchall())

    def _refusal(self, error: psycopg.Error) -> Unfit:
        state = error.sqlstate or ""
        if state == "57014":
            return Unfit("it took longer than {n} s", n=int(self._timeout))
        if state in ("25006", "0A000"):
            return Unfit("it may only read")
        if state.startswith(_SAFE):
            return Unfit("{said}", said=text(error.diag.message_primary or state))
        return Unfit("the database refuses it ({code})", code=state or "?")


def _inside(around: str, body: str) -> sql.Composed:
    """Return an owner's query as a subquery: there it can only read, and be one statement."""
    return sql.SQL(cast(Any, around)).format(sql.SQL(cast(Any, body)))
