"""Entries of a source as programs ask for them: the newest, those beneath one, those of some days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, or_, select

from model.ids import SourceId
from model.record import Record
from storage.newer import READ, record_of
from storage.tables import RECORDS, SOURCES
from storage.transaction import Transaction

_MOST_DAYS = 20_000  # entries of a timeline


class Results:
    """The entries of this workspace's sources; a set's keys begin with its name."""

    def __init__(self, transaction: Transaction) -> None:
        self._in = transaction

    async def newest(
        self, source: SourceId, of: str, most: int, before: tuple[datetime, str] | None = None
    ) -> tuple[Record, ...]:
        """Return the newest entries of a set; `before`: instant and key of the last that is known already."""
        wanted = self._of(source, of).order_by(RECORDS.c.ended.desc(), RECORDS.c.key.desc()).limit(most)
        if before is not None:
            at, key = before
            same = (RECORDS.c.ended == at) & (RECORDS.c.key < f"{of} {key}")
            wanted = wanted.where(or_(RECORDS.c.ended < at, same))
        return await self._found(wanted)

    async def beneath(self, source: SourceId, sets: Sequence[str], key: str) -> tuple[Record, ...]:
        """Return the entries of sets whose keys begin with another's and a slash."""
        found: list[Record] = []
        for of in sets:
            inside = (RECORDS.c.key >= f"{of} {key}/", RECORDS.c.key < f"{of} {key}0")  # "0" follows "/"
            found += await self._found(self._of(source, of).where(*inside).order_by(RECORDS.c.key))
        return tuple(found)

    async def since(self, source: SourceId, of: str, at: datetime) -> tuple[Record, ...]:
        """Return the entries of a set from an instant on, oldest first, as many as a timeline shows."""
        wanted = self._of(source, of).where(RECORDS.c.ended >= at).order_by(RECORDS.c.ended).limit(_MOST_DAYS)
        return await self._found(wanted)

    def _of(self, source: SourceId, of: str) -> Select[*tuple[object, ...]]:
        ours: ColumnElement[int] = (
            select(SOURCES.c.number).where(self._in.ours(SOURCES), SOURCES.c.id == source).scalar_subquery()
        )
        inside = (RECORDS.c.key >= f"{of} ", RECORDS.c.key < f"{of}!")  # "!" follows the space
        return select(*READ).where(RECORDS.c.source == ours, RECORDS.c.kind == "entry", *inside)

    async def _found(self, wanted: Select[*tuple[object, ...]]) -> tuple[Record, ...]:
        return tuple([record_of(row) for row in await self._in.all(wanted)])
