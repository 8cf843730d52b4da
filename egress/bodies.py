"""Bodies of answers, within bounds: what a server may make us read, and what that may grow into."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from model.errors import AnswerRefused, NoAnswer
from model.language import Message

_PIECE = 256 << 10  # bytes inflated at once


class Plain:
    """Passes bytes on, up to a bound."""

    def __init__(self, most: int) -> None:
        self._left = self._most = most

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what the data becomes, in small pieces. Raises AnswerRefused."""
        yield self._counted(data)

    def finish(self) -> None:
        """Raise NoAnswer where the end is missing."""

    def _counted(self, piece: bytes) -> bytes:
        self._left -= len(piece)
        if self._left < 0:
            raise too_large(self._most)
        return piece


class Gzip(Plain):
    """Inflates gzip, one layer of it; nothing beyond the bound is ever made."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self._member: zlib._Decompress | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what the data becomes, in small pieces. Raises AnswerRefused."""
        pending = True
        while data or pending:
            if self._member is None:
                if not data:
                    return
                self._member = zlib.decompressobj(wbits=31)
            try:
                piece = self._member.decompress(data, _PIECE)
            except zlib.error as error:
                raise unreadable() from error
            if piece:
                yield self._counted(piece)
            pending = len(piece) == _PIECE  # zlib may hold more back
            data = self._member.unconsumed_tail
            if self._member.eof:
                data, self._member = self._member.unused_data, None

    def finish(self) -> None:
        """Raise NoAnswer where the end is missing."""
        if self._member is not None:
            raise NoAnswer("The answer broke off before its end.", sent=True)


def body_of(encoding: str, most: int) -> Plain:
    """Return what reads a body of that Content-Encoding; raises AnswerRefused for one that was not asked for."""
    match encoding.strip().lower():
        case "" | "identity":
            return Plain(most)
        case "gzip" | "x-gzip":
            return Gzip(most)
        case _:
            raise unreadable()


def too_large(most: int) -> AnswerRefused:
    """Return the error for an answer beyond its bound, in bytes."""
    hint = Message("Ask for less at once.")
    return AnswerRefused("The answer is larger than {most} bytes.", hint=hint, sent=True, most=most)


def unreadable() -> AnswerRefused:
    """Return the error for an answer that cannot be decoded."""
    return AnswerRefused("The answer is compressed in a way that cannot be read.", sent=True)
