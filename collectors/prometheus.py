"""Prometheus: what services and machines did, asked for each window of a report as a whole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, ClassVar, TypeVar

from pydantic import BaseModel, JsonValue

from collectors.prometheus_config import Asked, PrometheusConfig
from collectors.prometheus_sets import READY
from model.errors import SourceError, SourceRefused
from model.form import Unfit
from model.language import Message
from model.record import Page
from model.source import Reach
from model.window import Window, days_window

if TYPE_CHECKING:
    from collectors.prometheus_api import Prometheus
    from collectors.prometheus_reading import Reading

_AT_ONCE = 4  # figures
_USUAL = 7  # days that are read where nobody names a window
_TRIED = timedelta(hours=1)  # that a check looks at
_T = TypeVar("_T")
_Readings = Sequence[tuple[Asked, "Reading"]]


class PrometheusCollector:
    """Asks for each figure for the window and the one before it, and for the days that are not stored yet."""

    kind: ClassVar[str] = "prometheus"
    Config: ClassVar[type[BaseModel]] = PrometheusConfig

    def __init__(self, config: BaseModel, reach: Reach) -> None:
        if not isinstance(config, PrometheusConfig):
            config = PrometheusConfig.model_validate(config.model_dump())
        self._config = config
        self._reach = reach

    def kept(self) -> Mapping[str, JsonValue]:
        """Return the configuration to keep."""
        return self._config.kept()

    async def check(self) -> Sequence[Message]:
        """Return what keeps it from being read, and what is wrong with each query; empty means well."""
        try:
            prometheus = self._prometheus()
            found = await _all(self._config.asked, partial(self._tried, prometheus))
        except SourceError as error:
            return (error.message,) if error.hint is None else (error.message, error.hint)
        wrong = [one for one in found if isinstance(one, Message)]
        if wrong or any(found):
            return wrong
        hint = Message("Look at the names of the metrics, and at selector= and nodes=.")
        return Message("None of the figures has any data in the last hour."), hint

    async def collect(self, window: Window | None, cursor: str | None) -> AsyncGenerator[Page, None]:
        """Yield one page with every figure; raises SourceError."""
        from collectors.prometheus_cursor import Cursor
        from collectors.prometheus_reading import read, record_of, spans_of

        now, asked = self._reach.clock.now(), self._config.asked
        window = window or _usual(now)
        prometheus, state, seats = self._prometheus(), Cursor.of(cursor), asyncio.Semaphore(_AT_ONCE)
        stored = partial(state.holds, window.zone)

        async def one(figure: Asked) -> Reading:
            async with seats:
                return await read(prometheus, figure, window, now, stored)

        readings = list(zip(asked, await _all(asked, one), strict=True))
        wholes, days = spans_of(window, now)
        if all(reading.problem is None for _, reading in readings):
            state.read(window.zone, days, now)
        gone = [record_of(figure, span, ()).key for span in state.asked(wholes) for figure in asked]
        gone += [key for _, reading in readings for key in reading.gone]
        gauges = [figure.gauge(known=reading.problem is None) for figure, reading in readings]
        records = (*gauges, *(record for _, reading in readings for record in reading.records))
        problem, well = _problem(list(_problems(readings))), sum(reading.problem is None for _, reading in readings)
        goes = tuple(("sample", key) for key in gone)
        yield Page(records, state.text(), goes, problem=problem, parts=(well, len(readings)))

    async def _tried(self, prometheus: Prometheus, asked: Asked) -> bool | Message:
        """Tell whether a figure has data now, or what is wrong with its query. Raises SourceError."""
        from collectors.prometheus_reading import Span, value_of

        now = self._reach.clock.now()
        try:
            return await value_of(prometheus, asked, Span(now - _TRIED, now, now)) is not None
        except Unfit as unfit:
            return Message("{name}: {problem}", {"name": asked.figure.name, "problem": unfit.message})

    def _prometheus(self) -> Prometheus:
        from collectors.prometheus_api import Prometheus

        if self._reach.outside is None:
            raise SourceRefused("Nothing outside may be asked here.")
        return Prometheus(self._config, self._reach.outside, self._reach.clock)


async def _all(asked: Sequence[Asked], ask: Callable[[Asked], Coroutine[None, None, _T]]) -> Sequence[_T]:
    """Return what is asked for each figure, the first one alone: where it cannot be asked, none can.

    Raises:
        SourceError: and nothing is asked any more.
    """
    first = await ask(asked[0])
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(ask(one)) for one in asked[1:]]
    except ExceptionGroup as failed:
        sources, others = failed.split(SourceError)
        if sources is None or others is not None:
            raise
        raise sources.exceptions[0] from None
    return [first, *(task.result() for task in tasks)]


def _usual(now: datetime) -> Window:
    return days_window(now.date() - timedelta(days=_USUAL), now.date(), "UTC")


def _problems(readings: _Readings) -> Iterator[Message]:
    """Yield what is not known, the weightiest first."""
    yield from (reading.problem for _, reading in readings if reading.problem is not None)
    empty = {figure.figure.name for figure, reading in readings if reading.empty and reading.problem is None}
    for ready in READY.values():  # of machines nobody need know anything: a set without any data is not missed
        if set(ready) <= empty:
            empty -= set(ready)
    late = {figure.figure.name for figure, reading in readings if reading.late}
    if empty:
        yield Message("There are no data for {names}.", {"names": ", ".join(sorted(empty))})
    if late:
        yield Message("The data begin within the window for {names}.", {"names": ", ".join(sorted(late))})
    notes = [note for _, reading in readings for note in reading.notes]
    yield from (note for n, note in enumerate(notes) if note not in notes[:n])


def _problem(problems: Sequence[Message]) -> Message | None:
    if len(problems) < 2:
        return problems[0] if problems else None
    values = {"problem": problems[0], "n": len(problems) - 1}
    return Message("{problem} (and {n} more)", values)
