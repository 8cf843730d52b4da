"""Records: pages in with their cursor, and windows of them out as a stream."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from datetime import datetime

from sqlalchemy import ScalarSelect, bindparam, column, delete, func, select, union_all, update, values

from model.ids import SourceId
from model.record import Page, Record
from model.window import Window
from storage.columns import PlainText
from storage.erasing import Erasing
from storage.hiding import Forgotten
from storage.newer import READ, is_hooked, newest, record_of
from storage.record_rows import Rows, rows_of, upserts
from storage.sources import no_source
from storage.tables import RECORDS, SOURCES
from storage.transaction import Transaction

_STREAMED = 1000  # rows that a stream holds in memory
_ACTORS = 500  # names in one statement
_ALL = slice(None)
Moved = Callable[[str | None], str]


_GONE = delete(RECORDS).where(
    RECORDS.c.source == bindparam("of"),
    RECORDS.c.kind == bindparam("gone_kind"),
    RECORDS.c.key == bindparam("gone_key"),
)


class Records:
    """What the sources of this workspace hold. A record is ours by its source, which is looked up first."""

    def __init__(self, transaction: Transaction) -> None:
        self._in = transaction

    async def put(
        self, source: SourceId, page: Page, part: slice = _ALL, moved: Moved | None = None, rows: Rows | None = None
    ) -> None:
        """Store a page and its cursor, or a part of it: the cursor comes with the last, so that nothing is left out.

        `moved`: makes the cursor to store out of the one that stands there. `rows`: those of the page's records, where
        they are made already.

        Raises:
            UnknownName: the source is not here (any more).
        """
        last = part.stop is None or part.stop >= len(page.records)
        anew = page.restart and not part.start
        cursor = await self._moved(source, page, moved) if last else None if anew else SOURCES.c.cursor
        ours = update(SOURCES).where(self._in.ours(SOURCES), SOURCES.c.id == source)
        row = await self._in.first(ours.values(cursor=cursor).returning(SOURCES.c.number))
        if row is None:
            raise no_source()
        if anew:
            await self._in.connection.execute(delete(RECORDS).where(RECORDS.c.source == row.number))
        forgotten = await self._forgotten()
        records = _without(forgotten, page.records[part])
        if records and await is_hooked(self._in, source):  # something newer may have been pushed since it was read
            await self._upserted(row.number, await newest(self._in, row.number, records, read=True))
        elif rows is not None and forgotten is None:
            await self._written(row.number, rows[part])
        else:
            await self._upserted(row.number, records)
        if page.gone and last:
            gone = page.gone if forgotten is None else [(kind, forgotten.key(kind, key)) for kind, key in page.gone]
            await self._in.connection.execute(
                _GONE, [{"of": row.number, "gone_kind": kind, "gone_key": key} for kind, key in gone]
            )

    async def add(self, source: SourceId, records: Sequence[Record]) -> None:
        """Store what came by itself; reading goes on where it would have. Raises UnknownName as `put` does."""
        number = await self._in.connection.scalar(select(self._number(source)))
        if number is None:
            raise no_source()
        await self._upserted(number, _without(await self._forgotten(), records))

    async def push(self, source: SourceId, records: Sequence[Record], cursor: str | None) -> None:
        """Store what was pushed, and where reading goes on now where that is another; raises UnknownName."""
        stands = SOURCES.c.cursor if cursor is None else cursor
        held = update(SOURCES).where(self._in.ours(SOURCES), SOURCES.c.id == source)
        row = await self._in.first(held.values(cursor=stands).returning(SOURCES.c.number))
        if row is None:
            raise no_source()
        clean = _without(await self._forgotten(), records)
        await self._upserted(row.number, await newest(self._in, row.number, clean, read=False))

    async def _moved(self, source: SourceId, page: Page, moved: Moved | None) -> str:
        return page.cursor if moved is None else moved(await self.cursor(source, held=True))

    async def _upserted(self, number: int, records: Sequence[Record]) -> None:
        await self._written(number, rows_of(records, self._in.connection.dialect))

    async def _written(self, number: int, rows: Rows) -> None:
        whose = (self._in.workspace, number)
        mine = [(*whose, *row) for row in rows]
        for statement, given in upserts(self._in.connection.dialect, mine):
            await self._in.connection.exec_driver_sql(statement, given)

    async def _forgotten(self) -> Forgotten | None:
        """Return the people who were erased here; None where nobody was."""
        found = await Erasing(self._in).forgotten()
        return Forgotten(self._in.workspace, found) if found else None

    async def cursor(self, source: SourceId, *, held: bool = False) -> str | None:
        """Return where reading goes on; None before the first page. `held`: nobody else moves it meanwhile."""
        found = select(SOURCES.c.cursor).where(self._in.ours(SOURCES), SOURCES.c.id == source)
        row = await self._in.first(found.with_for_update() if held else found)
        return None if row is None else row.cursor

    async def overlapping(self, sources: Sequence[SourceId], window: Window) -> AsyncIterator[tuple[SourceId, Record]]:
        """Stream what was going on in a window: by source, kind, instant and key."""
        for source, number in await self._numbers(sources):
            began = (RECORDS.c.source == number, RECORDS.c.at < window.end)
            found = union_all(  # two selects: each of them is one range of an index
                select(*READ).where(*began, RECORDS.c.ended.is_(None)),
                select(*READ).where(*began, RECORDS.c.ended >= window.start),
            )
            ordered = found.order_by("kind", "at", "key").execution_options(yield_per=_STREAMED)
            rows = await self._in.connection.stream(ordered)
            try:  # the library's own context manager does not close a stream that its reader left
                async for part in rows.partitions():
                    for row in part:
                        yield source, record_of(row)
            finally:
                await rows.close()

    async def firsts(
        self, sources: Sequence[SourceId], actors: Collection[str]
    ) -> tuple[tuple[SourceId, str, datetime], ...]:
        """Return the earliest commit of each actor in each source where he has one, sorted."""
        names = sorted(set(actors))
        return tuple(
            sorted(
                [
                    (source, actor, at)
                    for source, number in await self._numbers(sources)
                    for start in range(0, len(names), _ACTORS)
                    for actor, at in await self._firsts(number, names[start : start + _ACTORS])
                ]
            )
        )

    async def count(self, source: SourceId) -> int:
        """Return how many records of a source are stored."""
        counted = select(func.count()).select_from(RECORDS).where(RECORDS.c.source == self._number(source))
        return await self._in.connection.scalar(counted) or 0

    async def began(self, source: SourceId, window: Window) -> int:
        """Return how many records of a source begin in a window; a million others cost nothing."""
        of = (RECORDS.c.source == self._number(source), RECORDS.c.at >= window.start, RECORDS.c.at < window.end)
        found = union_all(  # two selects: each of them is one range of an index, and needs no row
            select(func.count().label("n")).where(*of, RECORDS.c.ended.is_(None)),
            select(func.count().label("n")).where(*of, RECORDS.c.ended >= window.start),
        ).subquery()
        return await self._in.connection.scalar(select(func.sum(found.c.n))) or 0

    async def newest(self, source: SourceId) -> datetime | None:
        """Return when the newest commit of a source was made."""
        row = await self._in.first(
            select(RECORDS.c.at)  # a commit ends where it begins, so the index by end has them in order
            .where(RECORDS.c.source == self._number(source), RECORDS.c.kind == "commit", RECORDS.c.ended.is_not(None))
            .order_by(RECORDS.c.ended.desc())
            .limit(1)
        )
        return None if row is None else row.at

    async def one(self, source: SourceId, kind: str, key: str) -> Record | None:
        """Return one record."""
        row = await self._in.first(
            select(*READ).where(RECORDS.c.source == self._number(source), RECORDS.c.kind == kind, RECORDS.c.key == key)
        )
        return None if row is None else record_of(row)

    def _number(self, source: SourceId) -> ScalarSelect[int]:
        """Return the number of a source as a subquery; there is none for another workspace's source."""
        return select(SOURCES.c.number).where(self._in.ours(SOURCES), SOURCES.c.id == source).scalar_subquery()

    async def _numbers(self, sources: Sequence[SourceId]) -> list[tuple[SourceId, int]]:
        """Return those of the sources that are this workspace's, sorted, with their numbers."""
        rows = await self._in.all(
            select(SOURCES.c.id, SOURCES.c.number)
            .where(self._in.ours(SOURCES), SOURCES.c.id.in_(sources))
            .order_by(SOURCES.c.id)
        )
        return [(SourceId(row.id), row.number) for row in rows]

    async def _firsts(self, number: int, actors: Sequence[str]) -> list[tuple[str, datetime]]:
        """Look up one instant for each actor: a million commits cost no more than a thousand."""
        names = values(column("actor", PlainText), name="names").data([(actor,) for actor in actors]).cte("names")
        earliest = (
            select(RECORDS.c.at)
            .where(RECORDS.c.source == number, RECORDS.c.actor == names.c.actor, RECORDS.c.kind == "commit")
            .order_by(RECORDS.c.at)
            .limit(1)
            .scalar_subquery()
        )
        rows = await self._in.all(select(names.c.actor, earliest.label("at")))
        return [(row.actor, row.at) for row in rows if row.at is not None]


def _without(forgotten: Forgotten | None, records: Sequence[Record]) -> Sequence[Record]:
    """Return the records without the people who were erased here."""
    return records if forgotten is None else tuple(map(forgotten.record, records))
