"""The column types: text that every database can hold, and instants that keep their zone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import TIMESTAMP, BigInteger, Dialect, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """Return the text with U+FFFD for NUL and lone surrogates: PostgreSQL holds no NUL, UTF-8 no surrogate."""
    if text.isascii() and "\x00" not in text:  # most text, and much quicker
        return text
    return _UNSTORABLE.sub("\ufffd", text)


def _text(value: str | None) -> str | None:
    return None if value is None else storable(str(value))


class PlainText(TypeDecorator[str]):
    """Text that is stored by both databases, and sorted by code point in both."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        """Return text in the "C" collation: an installation's locale must not change the order of a report."""
        return dialect.type_descriptor(Text(collation="C") if dialect.name == "postgresql" else Text())

    def bind_processor(self, dialect: Dialect) -> Callable[[str | None], str | None]:  # noqa: ARG002  SQLAlchemy's signature
        """Replace what cannot be stored; an enum goes in as its text."""
        return _text


class UtcDateTime(TypeDecorator[datetime]):
    """An instant, aware in UTC on both sides; microseconds since 1970 on SQLite, which has no type for it.

    Its processors are given as they are, like those of the text: SQLAlchemy's own way puts two calls around each value.
    """

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime] | TypeEngine[int]:
        """Return the type that holds it in this database."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(TIMESTAMP(timezone=True))
        return dialect.type_descriptor(BigInteger())

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], datetime | int | None]:
        """Refuse an instant without a zone; raises ValueError."""
        return _utc if dialect.name == "postgresql" else _microseconds

    def result_processor(
        self,
        dialect: Dialect,
        coltype: object,  # noqa: ARG002  SQLAlchemy's signature
    ) -> Callable[[Any], datetime | None]:
        """Return the instant in UTC."""
        return _utc if dialect.name == "postgresql" else _instant


def _utc(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    if value.utcoffset() is None:
        raise ValueError("an instant needs a zone")
    return value.astimezone(UTC)


def _microseconds(value: datetime | None) -> int | None:
    if value is None:
        return None
    try:
        return (value - _EPOCH) // _MICROSECOND
    except TypeError:  # asking for it first would take as long again
        raise ValueError("an instant needs a zone") from None


def _instant(value: int | None) -> datetime | None:
    return None if value is None else _EPOCH + timedelta(microseconds=value)
