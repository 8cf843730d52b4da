"""SQL: figures and tables that are asked of a SQLite or a PostgreSQL, each for exactly the window of the report."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

from pydantic import BaseModel, JsonValue

from collectors.data_place import place_of
from collectors.definitions import Definition
from collectors.measured import MOST_SLICES, listing, sample, stands_at
from collectors.sql_asking import Asking, Opened, listing_of, slices_of, values_of
from collectors.sql_config import TABLE, SqlConfig, by_day, rows_of
from collectors.sql_text import query_of
from model.errors import EgressError, SourceError, SourceRefused, SourceUnavailable
from model.form import Unfit
from model.language import Message
from model.record import Page, Record
from model.source import Reach
from model.window import Window, days_window

_USUAL = 7  # days that are read where nobody names a window
_MOST_DAYS = 31  # that are asked for one by one
_MOST_KEPT = 2000  # samples, those forgotten first that were read longest ago


class SqlCollector:
    """Asks each query once for the window and once for the one before it."""

    kind: ClassVar[str] = "sql"
    Config: ClassVar[type[BaseModel]] = SqlConfig

    def __init__(self, config: BaseModel, reach: Reach) -> None:
        self._config = config if isinstance(config, SqlConfig) else SqlConfig.model_validate(config.model_dump())
        self._reach = reach

    def kept(self) -> Mapping[str, JsonValue]:
        """Return the configuration to keep."""
        return self._config.kept()

    async def check(self) -> Sequence[Message]:
        """Return what keeps it from being read, and what is wrong with each query; empty means well."""
        try:
            async with self._opened() as asking:
                return [*await asking.lacking(), *await self._problems(asking)]
        except (SourceError, EgressError) as error:
            return (error.message,) if error.hint is None else (error.message, error.hint)

    async def collect(self, window: Window | None, cursor: str | None) -> AsyncGenerator[Page, None]:
        """Yield one page with every figure and table; raises SourceError."""
        reading = _Reading(window or self._usual(), self._reach.clock.now(), json.loads(cursor) if cursor else [])
        try:
            async with self._opened() as asking:
                lacking = await asking.lacking()
                if lacking:
                    raise SourceRefused(lacking[0].text, lacking[-1], **lacking[0].values)
                for one in self._config.asked:
                    await reading.read(asking, one)
        except EgressError as error:
            raise SourceUnavailable(error.message.text, error.hint, **error.message.values) from error
        yield reading.page()

    def _opened(self) -> Opened:
        config, reach = self._config, self._reach
        if config.database == "sqlite":
            from collectors.sql_sqlite import opened as opened_file

            return opened_file(place_of(config.path or "", reach), reach.clock, config.timeout)
        if reach.way_out is None:
            raise SourceRefused("Nothing outside may be asked here.")
        from collectors.sql_postgres import opened

        return opened(config, reach.way_out)

    async def _problems(self, asking: Asking) -> list[Message]:
        """Return what the database says to each query, without running it."""
        found: list[Message] = []
        values = values_of(self._usual(), self._reach.clock.now())
        for one in self._config.asked:
            try:
                like = await asking.ask(query_of(one.body), values, 0)
                if one.word != TABLE:
                    slices_of(one, like)
            except Unfit as unfit:
                found.append(_named(one, unfit))
        return found

    def _usual(self) -> Window:
        today = self._reach.clock.now().date()
        return days_window(today - timedelta(days=_USUAL), today, "UTC")


@dataclass(slots=True)
class _Reading:
    """One reading: what came, what could not be asked, and which samples are there."""

    window: Window
    now: datetime
    kept: list[str]  # keys of samples, the one read longest ago first
    records: list[Record] = field(default_factory=list)
    gone: list[tuple[str, str]] = field(default_factory=list)
    problems: list[Message] = field(default_factory=list)
    asked: int = 0

    async def read(self, asking: Asking, one: Definition) -> None:
        """Ask for a figure or a table; what the database refuses makes this one unknown and no other."""
        self.asked += 1
        try:
            found = await self._asked(asking, one)
        except Unfit as unfit:
            self.problems.append(_named(one, unfit))
            if one.word != TABLE:
                self.records.append(one.figure.gauge(query=one.body, known=False))
            else:
                self.gone.append(("listing", one.figure.name))
            return
        self.records += found

    def page(self) -> Page:
        """Return all of it."""
        old = self.kept[:-_MOST_KEPT]
        gone = [*self.gone, *(("sample", key) for key in old)]
        parts = (self.asked - len(self.problems), self.asked) if self.asked else None
        problem = self.problems[0] if self.problems else None
        return Page(tuple(self.records), json.dumps(self.kept[-_MOST_KEPT:]), tuple(gone), problem=problem, parts=parts)

    async def _asked(self, asking: Asking, one: Definition) -> list[Record]:
        query, gauge = query_of(one.body), one.figure.gauge(query=one.body, known=True)
        if one.word == TABLE:
            most = rows_of(one)
            found = await asking.ask(query, values_of(self.window, self.now), most)
            return [listing(one.figure.name, one.figure.title, listing_of(found, most))]
        made = [gauge]
        for start, end, half in self._spans(one):
            found = await asking.ask(query, values_of(half, self.now), MOST_SLICES)
            made.append(sample(one.figure.name, start, slices_of(one, found), end))
        for record in made[1:]:
            if record.key in self.kept:
                self.kept.remove(record.key)
            self.kept.append(record.key)
        return made

    def _spans(self, one: Definition) -> Iterator[tuple[datetime, datetime, Window]]:
        """Yield the spans to ask for, each with the window that its parameters say."""
        if one.figure.usual_how == "last":
            at = stands_at(self.now, self.window)
            if at is not None:
                yield at, at, self.window
            return
        for half in (self.window, self.window.previous()):
            yield half.start, half.end, half
        days = self.window.days()
        if by_day(one) and 1 < len(days) <= _MOST_DAYS:
            for day in days:
                whole = days_window(day, day + timedelta(days=1), self.window.zone)
                yield whole.start, whole.end, whole


def _named(one: Definition, unfit: Unfit) -> Message:
    return Message("{name}: {problem}", {"name": one.figure.name, "problem": unfit.message})
