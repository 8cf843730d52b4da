"""Destinations that were given a name: their configuration is sealed and opened here and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from difflib import get_close_matches

from pydantic import JsonValue
from sqlalchemy import ColumnElement, Row, Select, delete, exists, select, update

from model.delivery import Address, NamedDestination, Platform
from model.errors import UnknownName, UsageError
from model.ids import DestinationId, MemberId, ReportId, row_id
from model.language import Message
from storage.messages import load_message
from storage.tables import DESTINATIONS, PLACES, REPORTS, SCHEDULES
from storage.transaction import Transaction


class Destinations:
    """The named destinations of this workspace."""

    def __init__(self, transaction: Transaction) -> None:
        self._in = transaction

    async def add(
        self, name: str, kind: str, config: Mapping[str, JsonValue], member: MemberId, at: Address | None = None
    ) -> NamedDestination:
        """Keep a destination with its configuration sealed; raises UsageError when the name is taken.

        `at`: where it is, where that is no secret; None: its configuration says so when something is sent.
        """
        id = DestinationId(row_id())
        to = at or Address(Platform(kind), self._in.workspace, id)
        sealed = self._in.seal(config, DESTINATIONS, id)
        values = {"id": id, "name": name, "kind": kind, "config": sealed, "member_id": member}
        where = {"account": to.account, "target": to.target, "thread": to.thread}
        if not await self._in.insert_new(DESTINATIONS, added=self._in.clock.now(), **values, **where):
            raise _taken(name)
        return await self.of(id)

    async def named(self, name: str) -> NamedDestination:
        """Return the destination of a name; raises UnknownName with the names that look like it."""
        row = await self._in.first(self._rows().where(DESTINATIONS.c.name == name))
        if row is None:
            names = [destination.name for destination in await self.all()]
            raise UnknownName(
                "There is no destination called {name}.",
                hint=Message("All of them: /destination list"),
                close=get_close_matches(name, names),
                name=name,
            )
        return self._destination(row)

    async def of(self, id: DestinationId) -> NamedDestination:
        """Return a destination; raises UnknownName."""
        return self._destination(await self._row(id))

    async def at(self, to: Address) -> NamedDestination | None:
        """Return the destination that an address is, if it has a name here."""
        row = await self._in.first(self._rows().where(*at(to), DESTINATIONS.c.thread.is_not_distinct_from(to.thread)))
        return None if row is None else self._destination(row)

    async def all(self) -> tuple[NamedDestination, ...]:
        """Return every destination, by name."""
        return tuple([self._destination(row) for row in await self._in.all(self._rows().order_by(DESTINATIONS.c.name))])

    async def config(self, id: DestinationId) -> Mapping[str, JsonValue]:
        """Return the configuration of a destination; raises UnknownName, or SealBroken when it does not open."""
        row = await self._row(id)
        return self._in.opened(row.config, DESTINATIONS, id)

    async def change(
        self, id: DestinationId, name: str, config: Mapping[str, JsonValue], at: Address | None = None
    ) -> None:
        """Keep another name and configuration, and, where there is one `at`, another address.

        Raises:
            UsageError: another destination has that name.
            UnknownName: there is no such destination here.
        """
        await self._row(id)
        other = self._rows().where(DESTINATIONS.c.name == name, DESTINATIONS.c.id != id)
        if await self._in.first(other) is not None:
            raise _taken(name)
        sealed = self._in.seal(config, DESTINATIONS, id)
        ours = (self._in.ours(DESTINATIONS), DESTINATIONS.c.id == id)
        moved = {} if at is None else {"account": at.account, "target": at.target, "thread": at.thread}
        await self._in.change(update(DESTINATIONS).where(*ours).values(name=name, config=sealed, **moved))

    async def remove(self, id: DestinationId) -> None:
        """Forget a destination; what was sent there stays. Raises UnknownName."""
        found = await self.of(id)
        await self._in.change(delete(DESTINATIONS).where(self._in.ours(DESTINATIONS), DESTINATIONS.c.id == id))
        to = found.address
        here = (PLACES.c.platform == to.platform, PLACES.c.account == to.account, PLACES.c.target == to.target)
        others = exists().where(self._in.ours(DESTINATIONS), *at(to))  # a thread of the same channel
        await self._in.change(delete(PLACES).where(self._in.ours(PLACES), *here, ~others))

    async def users(self, name: str) -> tuple[ReportId, ...]:
        """Return the saved reports that go to a destination, of themselves or by a schedule."""
        reports = await self._in.all(
            select(REPORTS.c.id, REPORTS.c.definition).where(self._in.ours(REPORTS), REPORTS.c.deleted.is_(None))
        )
        schedules = await self._in.all(
            select(SCHEDULES.c.report_id, SCHEDULES.c.destinations).where(self._in.ours(SCHEDULES))
        )
        there = {row.id for row in reports}
        found = {row.id for row in reports if name in json.loads(row.definition).get("destinations", ())}
        found |= {row.report_id for row in schedules if name in json.loads(row.destinations)} & there
        return tuple(ReportId(id) for id in sorted(found))

    async def _row(self, id: DestinationId) -> Row[*tuple[object, ...]]:
        row = await self._in.first(self._rows().where(DESTINATIONS.c.id == id))
        if row is None:
            raise UnknownName("There is no such destination here.")
        return row

    def _rows(self) -> Select[*tuple[object, ...]]:
        return select(DESTINATIONS).where(self._in.ours(DESTINATIONS))

    def _destination(self, row: Row[*tuple[object, ...]]) -> NamedDestination:
        return NamedDestination(
            id=DestinationId(row.id),
            name=row.name,
            kind=row.kind,
            member=MemberId(row.member_id),
            added=row.added,
            address=Address(Platform(row.kind), row.account, row.target, row.thread),
            paused=row.paused,
            problem=None if row.problem is None else load_message(row.problem),
        )


def at(to: Address) -> tuple[ColumnElement[bool], ...]:
    """Return the condition that a destination is at an address, or in a thread there."""
    return *within(to), DESTINATIONS.c.target == to.target


def within(to: Address) -> tuple[ColumnElement[bool], ...]:
    """Return the condition that a destination belongs to the same account as an address."""
    return DESTINATIONS.c.kind == to.platform, DESTINATIONS.c.account == to.account


def _taken(name: str) -> UsageError:
    hint = Message("Choose another name.")
    return UsageError("There is a destination called {name} already.", hint=hint, name=name)
