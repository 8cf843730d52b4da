"""What servers do to those who ask them, one way each: none of it is an answer that may be taken for a whole one."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache

from tests.support.outside import Answer, Asked, response, saying

_OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
_OPEN = b'{"data":{"items":['
_METADATA = "http://169.254.169.254/latest/meta-data/"


def _raw(data: bytes) -> Answer:
    """Say this and hang up."""

    async def answer(_: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        with suppress(ConnectionError):
            await writer.drain()
        writer.close()

    return answer


def _for_ever(start: bytes, again: bytes, pause: float = 0.0) -> Answer:
    """Say something again and again, as fast as it is taken or now and then."""

    async def answer(_: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        while not writer.is_closing():
            writer.write(again)
            await writer.drain()
            await asyncio.sleep(pause)

    return answer


async def _silence(_: Asked, writer: asyncio.StreamWriter) -> None:
    await writer.wait_closed()


async def _reset(_: Asked, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def _on_and_on(asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Name a further page each time."""
    where = asked.target.partition("?")[0]
    head = {"link": f'<{where}?p={len(asked.target)}{"0" * len(asked.target)}>; rel="next"'}
    writer.write(response(200, b'{"data":{"items":[]}}', **head))


def _json(body: bytes, **more: str) -> Answer:
    return saying(response(200, body, content_type="application/json", **more))


def _zipped(pieces: Callable[[], bytes]) -> Answer:
    """Say something that is small until it is inflated; made when it is asked for, once."""
    made = cache(pieces)

    async def answer(_: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(response(200, made(), content_encoding="gzip", content_type="application/json"))

    return answer


def _bomb() -> bytes:
    """Return 300 MiB as 300 KiB."""
    return gzip.compress(bytes(10 << 20), 1) * 30


BEHAVIOURS: Mapping[str, Answer] = {
    # what it says of itself
    "500": saying(response(500, b"{}")),
    "502 with a page": saying(response(502, b"<html>Bad Gateway</html>")),
    "503 for an hour": saying(response(503, retry_after="3600")),
    "504": saying(response(504)),
    "429": saying(response(429)),
    "429 for ever": saying(response(429, retry_after="99999999999")),
    "401": saying(response(401, b"{}")),
    "403": saying(response(403, b"{}")),
    "404": saying(response(404, b"{}")),
    "204": saying(response(204)),
    "206": saying(response(206, _OPEN + b"]}}")),
    "304 that nobody asked for": saying(response(304)),
    # where it leads
    "to the metadata": saying(response(302, location=_METADATA)),
    "to the metadata, keeping the method": saying(response(307, location=_METADATA)),
    "to a file": saying(response(302, location="file:///etc/passwd")),
    "to itself": saying(response(302, location="/again")),
    "to nowhere": saying(response(302)),
    "one page after the other": _on_and_on,
    # what it holds
    "nothing": _json(b""),
    "a page for people": saying(response(200, b"<html></html>", content_type="text/html")),
    "null": _json(b"null"),
    "another form": _json(b"[[[1]]]"),
    "garbage": _json(bytes(range(256)) * 20),
    "NaN": _json(_OPEN + b'{"id":NaN}]}}'),
    "lists in lists": _json(b"[" * 200_000),
    "objects in objects": _json(b'{"data":' * 100_000),
    "a million names": _json(b'{"data":{%s}}' % b",".join(b'"%d":1' % n for n in range(200_000))),
    "UTF-16": _json('{"data":{"items":[]}}'.encode("utf-16")),
    # how large it is
    "a text without end": _for_ever(_OK + b'\r\n{"data":"', b"a" * 65_536),
    "space without end": _for_ever(_OK + b"\r\n", b" " * 65_536),
    "a number without end": _for_ever(_OK + b'\r\n{"data":{"items":[', b"9" * 65_536),
    "elements without end": _for_ever(_OK + b"\r\n" + _OPEN, b"[[],[],[],[],[]]," * 4000),
    "a bomb": _zipped(_bomb),
    "hollow": _zipped(lambda: gzip.compress(_OPEN + b"[]," * (10 << 20) + b"[]]}}", 1)),
    "twice zipped": _zipped(lambda: gzip.compress(gzip.compress(_OPEN + b"]}}"))),
    "zipped in another way": saying(response(200, b"\x0b\x02\x80{}\x03", content_encoding="br")),
    "heads without end": _for_ever(b"HTTP/1.1 200 OK\r\n", b"x-more: " + b"a" * 60_000 + b"\r\n"),
    # how it breaks
    "zipped, cut": saying(response(200, gzip.compress(_OPEN + b"]}}")[:-9], content_encoding="gzip")),
    "cut": _raw(_OK + b"content-length: 9999\r\n\r\n" + _OPEN),
    "cut between chunks": _raw(_OK + b"transfer-encoding: chunked\r\n\r\n12\r\n" + _OPEN + b"\r\n"),
    "cut as if it were whole": _raw(_OK + b"\r\n" + _OPEN + b'{"id":1,"at":1},'),
    "a chunk of no size": _raw(_OK + b"transfer-encoding: chunked\r\n\r\nzz\r\n" + _OPEN + b"\r\n"),
    "two lengths": _raw(_OK + b"content-length: 3\r\ncontent-length: 4\r\n\r\n{}{}"),
    "no protocol": _raw(b"+OK ready\r\n" * 50),
    "gone at once": _raw(b""),
    "reset": _reset,
    # how slow it is
    "silence": _silence,
    "a head that drips": _for_ever(b"HTTP/1.1 200 OK\r\nx-", b"x", 0.05),
    "a body that drips": _for_ever(_OK + b"content-length: 99999\r\n\r\n{", b" ", 0.05),
    "chunks that drip": _for_ever(_OK + b"transfer-encoding: chunked\r\n\r\n", b"1\r\n \r\n", 0.05),
}
