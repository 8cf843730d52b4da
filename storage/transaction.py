"""One open transaction in one workspace: what every store is made of."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import JsonValue, TypeAdapter
from sqlalchemy import ColumnElement, Executable, Row, Table
from sqlalchemy.engine import CursorResult
from sqlalchemy.ext.asyncio import AsyncConnection

from model.clock import Clock
from model.ids import WorkspaceId
from storage.at_once import Here
from storage.inserting import finished, or_nothing
from storage.jobs import Job, Jobs
from storage.sealing import Keyring

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
    ) -> None:
        """Insert rows of this workspace, all of the same columns, in one go.

        `unless_there` passes over those that a unique one stands for.
        """
        if rows:
            mine = [{**row, "workspace_id": self.workspace} for row in rows]
            text, finish = finished(table, tuple(mine[0]), unless_there, self.connection.dialect)
            await self.connection.exec_driver_sql(text, [finish(row) for row in mine])

    async def insert_each_new(self, table: Table, rows: Sequence[Mapping[str, object]]) -> int:
        """Insert rows of this workspace in one go unless a unique one is there; return how many were new."""
        if not rows:
            return 0
        made = or_nothing(
            self.connection.dialect, table
        )  # many values in one statement would be compiled anew each time
        return await changed(self.connection, made, [{**row, "workspace_id": self.workspace} for row in rows])

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
