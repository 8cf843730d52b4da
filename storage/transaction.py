"""One open transaction in one workspace: what every store is made of."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import JsonValue, TypeAdapter
from sqlalchemy import ARRAY, ColumnElement, Executable, Row, String, Table, any_, literal, select
from sqlalchemy.engine import CursorResult
from sqlalchemy.ext.asyncio import AsyncConnection

from model.clock import Clock
from model.ids import WorkspaceId
from storage import bulk
from storage.at_once import Here
from storage.bulk import or_nothing
from storage.jobs import Job, Jobs
from storage.sealing import Keyring
from storage.tables import WORKSPACES

_T = TypeVar("_T")
_JSON: TypeAdapter[dict[str, JsonValue]] = TypeAdapter(dict[str, JsonValue])


@dataclass(frozen=True, slots=True)
class Transaction:
    """A connection, whose rows it may touch, and what seals them."""

    connection: AsyncConnection
    workspace: WorkspaceId
    keyring: Keyring
    clock: Clock
    jobs: Jobs
    submitted: list[Job] = field(default_factory=list)

    async def submit(self, job: Job) -> None:
        """Have somebody woken once this is committed; several jobs of a kind, with the same time, are one."""
        if not any((job.what, job.not_before) == (other.what, other.not_before) for other in self.submitted):
            await self.jobs.submit(self.connection, job)
            self.submitted.append(job)

    def ours(self, table: Table) -> ColumnElement[bool]:
        """Return the condition that stands in every statement: the row is this workspace's."""
        return table.c.workspace_id == self.workspace

    async def beside(self, work: Callable[..., _T], *values: Any) -> _T:
        """Return what `work` takes longer for and needs no row for; whoever shares our thread goes on meanwhile."""
        alone = isinstance(self.connection, Here)
        return work(*values) if alone else await asyncio.to_thread(work, *values)

    def among(self, column: ColumnElement[str], values: Collection[str]) -> ColumnElement[bool]:
        """Return the condition that a column holds one of many values; PostgreSQL is given them as one."""
        if self.connection.dialect.name == "sqlite":
            return column.in_(values)
        return column == any_(literal(list(values), ARRAY(String())))

    async def alone(self) -> None:
        """Have whoever else wants to be alone in this workspace wait for our end.

        Not who adds rows to it, as that only refers to it: two who had both done so would wait for each other.
        """
        ours = select(WORKSPACES.c.id).where(WORKSPACES.c.id == self.workspace)
        await self.first(ours.with_for_update(key_share=True))

    async def first(self, statement: Executable) -> Row[*tuple[object, ...]] | None:
        """Return the first row, if there is one."""
        return (await self.connection.execute(statement)).first()

    async def all(self, statement: Executable) -> Sequence[Row[*tuple[object, ...]]]:
        """Return all rows."""
        return (await self.connection.execute(statement)).all()

    async def change(self, statement: Executable) -> int:
        """Execute a change and return how many rows it touched."""
        return await changed(self.connection, statement)

    async def insert_new(self, table: Table, **values: object) -> bool:
        """Insert a row of this workspace unless a unique one is there; tell whether it was inserted."""
        return await insert_new(self.connection, table, workspace_id=self.workspace, **values)

    async def insert_all(
        self, table: Table, rows: Sequence[Mapping[str, object]], *, unless_there: bool = False
    ) -> int:
        """Insert rows of this workspace, all of the same columns, in one go; return how many.

        `unless_there` passes over those that a unique one stands for.
        """
        if not rows:
            return 0
        mine = [{**row, "workspace_id": self.workspace} for row in rows]
        return await self._in_bulk(bulk.insertion(table, tuple(mine[0]), unless_there, self.connection.dialect), mine)

    async def change_all(self, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
        """Give some rows of this workspace new values in one go, all in the same columns; `id` says which row."""
        if rows:
            mine = [{**row, "workspace_id": self.workspace} for row in rows]
            columns = tuple([name for name in rows[0] if name != "id"])
            await self._in_bulk(bulk.change(table, columns, self.connection.dialect), mine)

    async def _in_bulk(self, made: bulk.Bulk, rows: Sequence[Mapping[str, object]]) -> int:
        kept, touched = {"preserve_rowcount": True}, 0
        for text, values in made.statements(rows):
            touched += (await self.connection.exec_driver_sql(text, values, execution_options=kept)).rowcount
        return touched

    def seal(self, value: Mapping[str, JsonValue], table: Table, row: str) -> bytes:
        """Return a JSON object sealed for one row."""
        return sealed(self.keyring, self.workspace, value, table, row)

    def opened(self, sealed: bytes, table: Table, row: str) -> dict[str, JsonValue]:
        """Return the JSON object that was sealed for a row; raises SealBroken."""
        plain = self.keyring.open_sealed(sealed, workspace=self.workspace, table=table.name, row=row)
        return _JSON.validate_python(json.loads(plain))


def sealed(keyring: Keyring, workspace: WorkspaceId, value: Mapping[str, JsonValue], table: Table, row: str) -> bytes:
    """Return a JSON object sealed for one row of a workspace."""
    return keyring.seal(json.dumps(dict(value)).encode("ascii"), workspace=workspace, table=table.name, row=row)


async def insert_new(connection: AsyncConnection, table: Table, **values: object) -> bool:
    """Insert a row unless a unique one is there; tell whether it was inserted."""
    return await changed(connection, or_nothing(connection.dialect, table).values(values)) == 1


async def changed(
    connection: AsyncConnection, statement: Executable, values: Sequence[Mapping[str, object]] | None = None
) -> int:
    """Execute a change, for each set of values where there are some, and return how many rows it touched."""
    result = await connection.execute(statement, values, execution_options={"preserve_rowcount": True})
    if not isinstance(result, CursorResult):
        raise TypeError("a change gives a cursor's result")
    return result.rowcount
