"""Reading the entries of a list, page by page, each as it comes; what broke off is read again from its page on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from datetime import datetime

from collectors.json_api import JsonApi
from collectors.json_config import JsonConfig
from collectors.json_cursor import Cursor, Seen
from collectors.json_pages import Pages
from collectors.json_paths import path
from collectors.json_values import Elements
from egress import strict
from model.clock import Clock
from model.errors import SourceChanged, SourceRefused, SourceUnavailable
from model.language import Message
from model.outside import Answer
from model.record import Record

BATCH = 1000  # records of one page
_MOST = 2_000_000  # entries in one reading
_AT_ONCE = 50  # entries that are made without letting others go on
_TRIES = 3
_FIRST_WAIT = 0.2  # seconds; twice as long after each further failure


class Reading:
    """One reading of a whole list; what it has seen of it is known when it has ended."""

    def __init__(self, config: JsonConfig, api: JsonApi, state: Cursor, clock: Clock) -> None:
        self._config, self._api, self._state, self._clock = config, api, state, clock
        self._elements = Elements(config, config.url)
        self._conditional = config.paging == "none" or not config.whole  # all of it is anew, or nothing
        self.oldest: datetime | None = None
        self.newest: datetime | None = None
        self.unchanged = False  # whether a page was not sent again

    async def batches(self, url: str, body: str) -> AsyncGenerator[list[Record], None]:
        """Yield the records of all pages. Raises SourceError."""
        pages = Pages(self._config, url)
        while pages.url is not None:
            async with aclosing(self._page(pages, pages.url, body)) as batches:
                async for batch in batches:
                    yield batch

    async def _page(self, pages: Pages, url: str, body: str) -> AsyncGenerator[list[Record], None]:
        before = self._elements.count
        for tried in range(1, _TRIES + 1):
            self._elements.count = before
            try:
                async with aclosing(self._read(pages, url, body)) as batches:
                    async for batch in batches:
                        yield batch
                return
            except SourceUnavailable:
                if tried == _TRIES:
                    raise
                await self._clock.sleep(_FIRST_WAIT * 2 ** (tried - 1))

    async def _read(self, pages: Pages, url: str, body: str) -> AsyncGenerator[list[Record], None]:
        known = self._state.seen(url) if self._conditional and self._config.method == "GET" else None
        reader = strict.Elements(path(self._config.records), [path(self._config.next)] if self._config.next else ())
        first: Record | None = None
        last: Record | None = None
        async with self._api.ask(url, body, known.headers if known else {}) as answer:
            if answer.status == 304 and known is not None:
                self._skip(pages, known)
                return
            async with aclosing(self._batches(answer, reader)) as batches:
                async for batch in batches:
                    first, last = first or batch[0], batch[-1]
                    yield batch
            if not reader.is_there:
                raise SourceChanged("The answer has no list at {path}.", path=self._config.records)
            found = reader.found.get(path(self._config.next)) if self._config.next else None
            following = pages.follow(answer.headers, found, (first, last) if first else None)
            self._state.see(url, answer.headers, following)

    def _skip(self, pages: Pages, known: Seen) -> None:
        self.unchanged = True
        pages.skip(known.next)

    async def _batches(self, answer: Answer, reader: strict.Elements) -> AsyncGenerator[list[Record], None]:
        batch: list[Record] = []
        async for piece in answer.pieces:
            for some in _some(reader.feed(piece)):
                batch += self._records(some)
                if len(batch) >= BATCH:
                    yield batch
                    batch = []
                await asyncio.sleep(0)
        for some in _some(reader.finish()):
            batch += self._records(some)
        if batch:
            yield batch

    def _records(self, elements: Iterable[object]) -> list[Record]:
        made = [record for element in elements if (record := self._elements.record(element)) is not None]
        if self._elements.count > _MOST:
            hint = Message("Ask for what is new only: {start} in the address.")
            raise SourceRefused("The list holds more than {most} entries.", hint=hint, most=_MOST)
        for record in made:
            self.oldest = record.at if self.oldest is None else min(self.oldest, record.at)
            self.newest = record.at if self.newest is None else max(self.newest, record.at)
        return made


def _some(elements: Iterable[object]) -> Iterable[list[object]]:
    """Yield elements a few at a time."""
    found: list[object] = []
    for element in elements:
        found.append(element)
        if len(found) == _AT_ONCE:
            yield found
            found = []
    if found:
        yield found
