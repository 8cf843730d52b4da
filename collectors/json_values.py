"""Entries out of the elements of a list, and figures out of a whole answer: strictly, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from collectors.file_config import FileConfig
from collectors.json_config import JsonConfig
from collectors.json_figures import ENTRIES
from collectors.json_paths import found
from collectors.measured import Figure, entry, number, sample, text
from model.errors import SourceChanged
from model.form import Unfit
from model.language import Message
from model.measured import Slice
from model.record import Record

_LONGEST, _KEY, _LINK = 500, 300, 2000  # characters of a title, a key and a link
_MOST_LABELS = 20  # of one name
_MILLISECONDS = 100_000_000_000  # seconds since 1970 that are the year 5138


class Elements:
    """Makes records of elements; counts them, so that an error can say which one it was.

    `url`: links lead below its host, where the description names no other place. An entry without a key is called by
    its number; one without a time is of `whenever`.
    """

    def __init__(
        self, config: JsonConfig | FileConfig, url: str = "", number_of: Callable[[object], Decimal] = number
    ) -> None:
        self._config, self._zone, self._number = config, ZoneInfo(config.zone), number_of
        self._labels, self._numbers = config.of_labels, config.of_numbers
        parts = urlsplit(url)
        self._links = config.links or (f"{parts.scheme}://{parts.netloc}/" if url else "")
        self.count = 0
        self.of_file = ""  # what sets its keys apart from those of other files
        self.whenever: datetime | None = None

    def record(self, element: object) -> Record | None:
        """Return the record of an element; None where it is none of those wanted. Raises SourceChanged."""
        self.count += 1
        config = self._config
        if config.only and not found(config.only, element):
            return None
        key = _text(found(config.key, element)) if config.key else str(self.count)
        if not key:
            raise self._lacks(Message("key"), config.key)
        at = instant(found(config.at, element), self._zone) if config.at else self.whenever
        if at is None:
            raise self._lacks(Message("time"), config.at)
        title = _text(found(config.title, element)) if config.title else None
        labels = tuple((name, label) for name, where in self._labels.items() for label in _texts(found(where, element)))
        shown = text(title or key, _LONGEST)
        return entry(
            ENTRIES,
            f"{self.of_file} {key[:_KEY]}".lstrip(),
            at,
            shown,
            labels,
            tuple(self._measured(element)),
            self._link(element),
        )

    def _measured(self, element: object) -> Iterator[tuple[str, Decimal]]:
        for name, where in self._numbers.items():
            given = found(where, element)
            try:
                if given is not None:
                    yield name, self._number(given)
            except Unfit:
                raise self._lacks(name, where) from None

    def _link(self, element: object) -> str | None:
        """Return a link to a page for people, if it leads where links may."""
        link = found(self._config.link, element) if self._config.link else None
        fits = (
            bool(self._links)
            and isinstance(link, str)
            and link.startswith(self._links)
            and link.isprintable()
            and len(link) < 2000
        )
        return str(link) if fits else None

    def _lacks(self, what: Message | str, where: str) -> SourceChanged:
        said = "Entry {n} has no {what} that can be read ({where})."
        return SourceChanged(said, n=self.count, what=what, where=where[:60])


def samples(measured: Iterable[tuple[Figure, str]], answer: object, start: datetime, end: datetime) -> Iterator[Record]:
    """Yield the figures of a whole answer, measured over a span or at an instant. Raises SourceChanged."""
    for figure, where in measured:
        try:
            value = number(found(where, answer))
        except Unfit:
            said = "The answer has no number for {name} ({where})."
            raise SourceChanged(said, name=figure.name, where=where[:60]) from None
        yield sample(figure.name, start, (Slice(value),), end)


def instant(given: object, zone: ZoneInfo) -> datetime | None:
    """Return an instant: ISO 8601, a day, or seconds or milliseconds since 1970; without a zone it is in `zone`."""
    try:
        match given:
            case bool():
                return None
            case int() | float():
                return datetime.fromtimestamp(given / 1000 if abs(given) >= _MILLISECONDS else given, UTC)
            case str():
                at = datetime.fromisoformat(given.strip())
                return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
            case _:
                return None
    except (ValueError, OverflowError, OSError):
        return None


def _texts(given: Any) -> Iterator[str]:
    """Yield the labels that a value gives: a text, a number or a switch, or a list of these."""
    for one in (given if isinstance(given, list) else [given])[:_MOST_LABELS]:
        found = _text(one)
        if found:
            yield text(found)


def _text(given: object) -> str | None:
    match given:
        case bool():
            return "true" if given else "false"
        case int() | float():
            return str(given)
        case str():
            return given.strip() or None
        case _:
            return None
