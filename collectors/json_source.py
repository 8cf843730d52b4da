"""JSON over HTTP: the entries of a list, or figures that stand in an answer."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote

from pydantic import BaseModel, JsonValue

from collectors.json_config import JsonConfig
from model.errors import SourceError, SourceRefused
from model.language import Message
from model.measured import How
from model.record import Page, Record
from model.source import Reach
from model.window import Window

if TYPE_CHECKING:
    from collectors.json_api import JsonApi
    from collectors.json_cursor import Cursor
    from collectors.json_reading import Reading

_USUAL = timedelta(days=7)  # the window where nobody names one


class JsonCollector:
    """Reads a list as it comes, however long it is, or a small answer whole."""

    kind: ClassVar[str] = "json"
    Config: ClassVar[type[BaseModel]] = JsonConfig

    def __init__(self, config: BaseModel, reach: Reach) -> None:
        self._config = config if isinstance(config, JsonConfig) else JsonConfig.model_validate(config.model_dump())
        self._reach = reach

    def kept(self) -> Mapping[str, JsonValue]:
        """Return the configuration to keep."""
        return self._config.kept()

    async def check(self) -> Sequence[Message]:
        """Return what keeps it from being read; empty means well. Of a list the first entries are read."""
        from collectors.json_cursor import Cursor

        try:
            async with aclosing(self.collect(None, Cursor().text())) as pages:
                await anext(pages)
        except SourceError as error:
            return (error.message,) if error.hint is None else (error.message, error.hint)
        return ()

    async def collect(self, window: Window | None, cursor: str | None) -> AsyncGenerator[Page, None]:
        """Yield what is in the list, or one page with the figures; raises SourceError."""
        from collectors.json_cursor import Cursor

        now = self._reach.clock.now()
        asked = window or Window(now - _USUAL, now, "UTC")
        if not self._config.records:
            how: How = "window" if self._config.windowed else "last"
            gauges = (replace(of, how=how).gauge(query=query) for of, query in self._config.measured)
            yield Page((*gauges, *await self._samples(asked)), "")
            return
        state = Cursor.of(cursor)
        async with aclosing(self._entries(asked, state)) as pages:
            async for page in pages:
                yield page

    async def _entries(self, window: Window, state: Cursor) -> AsyncGenerator[Page, None]:
        from collectors.json_cursor import Cursor
        from collectors.json_reading import Reading

        restart, windowed = self._config.whole, self._config.windowed
        kept = Cursor().text() if restart else state.text()  # what is half read anew is not what it was
        start, end = state.reach(window.previous().start, window.end) if windowed else (window.start, window.end)
        url, body = _filled(self._config, Window(start, end, window.zone))
        reading = Reading(self._config, self._api(), state, self._reach.clock)
        async with aclosing(reading.batches(url, body)) as batches:
            async for batch in batches:  # how far it came is not kept before the end: it is read again from the start
                yield Page(tuple(batch), kept, restart=restart)
                restart = False
        restart = restart and not reading.unchanged
        since = self._since(state, reading)
        gauges = tuple(total.gauge(since) for total in self._config.totals)
        yield Page(gauges, state.text(), restart=restart, since=since)

    def _since(self, state: Cursor, reading: Reading) -> datetime | None:
        """Return since when all entries are held: a list of the newest ones may have left some out in between."""
        if self._config.whole:
            return None
        if not self._config.windowed:
            oldest, newest = reading.oldest, reading.newest
            gap = oldest is not None and state.until is not None and oldest > state.until and not reading.unchanged
            known = () if gap or state.since is None else (state.since,)
            state.since = min((*known, *((oldest,) if oldest else ())), default=self._reach.clock.now())
            state.until = max(filter(None, (state.until, newest)), default=state.since)
        return state.since

    async def _samples(self, window: Window) -> list[Record]:
        """Return the figures: now, or of the window and the one before."""
        from collectors.json_values import samples
        from egress.strict import strict

        found: list[Record] = []
        for span in (window, window.previous()) if self._config.windowed else (None,):
            async with self._api().whole(*_filled(self._config, span or window)) as answer:
                said = b"".join([piece async for piece in answer.pieces])
                now = self._reach.clock.now()
                start, end = (span.start, span.end) if span else (now, now)
                found += samples(self._config.measured, strict(said), start, end)
        return found

    def _api(self) -> JsonApi:
        from collectors.json_api import JsonApi

        if self._reach.outside is None:
            raise SourceRefused("Nothing outside may be asked here.")
        return JsonApi(self._config, self._reach.outside)


def _filled(config: JsonConfig, window: Window) -> tuple[str, str]:
    """Return address and body with the window in them: instants in UTC, and its first and last day."""
    days = tuple(window.days())
    values = {
        "{start}": window.start.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "{end}": window.end.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "{first_day}": days[0].isoformat(),
        "{last_day}": days[-1].isoformat(),
    }
    url, body = config.url, config.body
    for name, value in values.items():
        url, body = url.replace(name, quote(value, safe=":")), body.replace(name, value)
    return url, body
