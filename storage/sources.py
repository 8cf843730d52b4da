"""Sources: their configuration is sealed and opened here and nowhere else."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import cast

from pydantic import JsonValue
from sqlalchemy import Row, Select, delete, select, update

from model.errors import UnknownName, UsageError
from model.ids import MemberId, SourceId, row_id
from model.language import Message
from model.source import READING, Reading, Source
from storage.hooks import Hooks
from storage.jobs import Job
from storage.limits import refuse_beyond
from storage.messages import dump_message, load_message
from storage.tables import PROBES, RECORDS, SOURCES
from storage.transaction import Transaction

BLIP = timedelta(minutes=5)  # what may pass by itself is not told of before


class Sources:
    """The sources of this workspace."""

    def __init__(self, transaction: Transaction) -> None:
        self._in = transaction

    async def add(self, name: str, kind: str, config: Mapping[str, JsonValue], by: MemberId | None = None) -> SourceId:
        """Keep a source with its configuration sealed; raises UsageError when the name is taken, or no more may be.

        `by`: who is told when it breaks.
        """
        await refuse_beyond(self._in, "most_sources")
        id = SourceId(row_id())
        sealed = self._in.seal(config, SOURCES, id)
        now = self._in.clock.now()
        values = {"id": id, "name": name, "kind": kind, "config": sealed, "added": now, "member_id": by}
        if not await self._in.insert_new(SOURCES, **values):
            raise UsageError(
                "There is a source called {name} already.", hint=Message("Choose another name."), name=name
            )
        await self._in.submit(Job("sync", id))
        return id

    async def named(self, name: str) -> Source:
        """Return the source of a name; raises UnknownName with the names that look like it."""
        row = await self._in.first(self._rows().where(SOURCES.c.name == name))
        if row is None:
            names = [source.name for source in await self.all()]
            raise UnknownName(
                "There is no source called {name}.",
                hint=Message("All of them: /source list"),
                close=get_close_matches(name, names),
                name=name,
            )
        return _source(row)

    async def of(self, id: SourceId) -> Source:
        """Return a source; raises UnknownName."""
        row = await self._in.first(self._rows().where(SOURCES.c.id == id))
        if row is None:
            raise no_source()
        return _source(row)

    async def all(self) -> tuple[Source, ...]:
        """Return every source, by name."""
        return tuple(_source(row) for row in await self._in.all(self._rows().order_by(SOURCES.c.name)))

    async def config(self, id: SourceId) -> Mapping[str, JsonValue]:
        """Return the configuration of a source; raises UnknownName, or SealBroken when it does not open."""
        row = await self._in.first(self._rows().where(SOURCES.c.id == id))
        if row is None:
            raise no_source()
        return self._in.opened(row.config, SOURCES, id)

    async def change(self, id: SourceId, name: str, config: Mapping[str, JsonValue], *, again: bool = True) -> None:
        """Keep another name and configuration; what was read stays while the configuration is the same.

        `again`: what was read can be read again. Else it stays in any case.

        Raises:
            UsageError: another source has that name.
            UnknownName: there is no such source here.
        """
        taken = await self._in.first(self._rows().where(SOURCES.c.name == name, SOURCES.c.id != id))
        if taken is not None:
            raise UsageError(
                "There is a source called {name} already.", hint=Message("Choose another name."), name=name
            )
        other = await self.config(id) != config
        values: dict[str, object] = {"name": name, "config": self._in.seal(config, SOURCES, id)}
        if other and again:
            row = await self._in.first(select(SOURCES.c.number).where(self._in.ours(SOURCES), SOURCES.c.id == id))
            await self._in.change(delete(RECORDS).where(RECORDS.c.source == (row.number if row else -1)))
            values |= {"cursor": None, "last_good": None, "problem": None, "problem_since": None, "reading": None}
        await self._in.change(update(SOURCES).where(self._in.ours(SOURCES), SOURCES.c.id == id).values(values))
        await self._in.submit(Job("sync", id))

    async def remove(self, id: SourceId) -> None:
        """Remove a source with its cursor and records; runs that used it stay. Raises UnknownName."""
        await Hooks(self._in).remove(id)
        gone = delete(SOURCES).where(self._in.ours(SOURCES), SOURCES.c.id == id).returning(SOURCES.c.number)
        row = await self._in.first(gone)
        if row is None:
            raise no_source()
        await self._in.change(
            delete(PROBES).where(self._in.ours(PROBES), PROBES.c.source_id == id)
        )  # waits for its prober
        await self._in.change(delete(RECORDS).where(RECORDS.c.source == row.number))

    async def read_well(
        self, id: SourceId, at: datetime, problem: Message | None, reading: Reading | None = None
    ) -> datetime | None:
        """Note that a source was read whole; `problem` is what about it is not known all the same.

        Returns since when it could not be read, where its owner was told of that: he is to be told that it is over.
        """
        row = await self._held(id)
        if row is None:
            return None
        text = None if reading is None else READING.dump_json(reading).decode()
        await self._note(row, at, problem, {"last_good": at, "reading": text, "failing": None, "told": None})
        return None if row.told is None else cast("datetime | None", row.failing)

    async def failed(self, id: SourceId, at: datetime, problem: Message, *, lasting: bool = True) -> bool:
        """Note why a source could not be read whole; `problem_since` stays at the first of several failures.

        Returns whether its owner is to be told now: once until it is read well, and of what may pass by itself
        (not `lasting`) only when it has gone on for a while.
        """
        row = await self._held(id)
        if row is None:
            return False
        failing: datetime = row.failing or at
        due = row.told is None and (lasting or at - failing >= BLIP)
        await self._note(row, at, problem, {"failing": failing, "told": at if due else row.told})
        return due

    async def _held(self, id: SourceId) -> Row[*tuple[object, ...]] | None:
        """Return a source's row, held until the transaction ends: of two machines that find it broken, one tells.

        One that was removed meanwhile has nothing to be noted at.
        """
        return await self._in.first(self._rows().where(SOURCES.c.id == id).with_for_update())

    async def _note(
        self, row: Row[*tuple[object, ...]], at: datetime, problem: Message | None, more: Mapping[str, object]
    ) -> None:
        text, since = (None, None) if problem is None else (dump_message(problem), row.problem_since or at)
        await self._in.change(
            update(SOURCES)
            .where(self._in.ours(SOURCES), SOURCES.c.id == row.id)
            .values(problem=text, problem_since=since, **more)
        )

    def _rows(self) -> Select[*tuple[object, ...]]:
        return select(SOURCES).where(self._in.ours(SOURCES))


def no_source() -> UnknownName:
    """Return the error for a source that is not here, or no longer."""
    return UnknownName("There is no such source here.")


def _source(row: Row[*tuple[object, ...]]) -> Source:
    problem = None if row.problem is None else load_message(row.problem)
    return Source(
        SourceId(row.id),
        row.name,
        row.kind,
        row.added,
        row.last_good,
        problem,
        row.problem_since,
        None if row.member_id is None else MemberId(row.member_id),
        None if row.reading is None else READING.validate_json(row.reading),
        row.failing,
        hashlib.sha256(row.config).hexdigest()[:16],
    )
