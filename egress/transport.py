"""The transport under every request: its address checked, its time and its size bounded, whoever's client sends it."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import httpcore2 as httpcore
import httpx2 as httpx

from egress.bodies import body_of, too_large
from egress.client import Limits
from egress.gatekeeper import refused
from egress.network import Network
from model.errors import NoAnswer, Unreachable
from model.language import Message

# At INFO and DEBUG they print addresses with all that stands in them, and headers.
for _name in ("httpx2", "httpcore2"):
    logging.getLogger(_name).setLevel(logging.WARNING)

_KEEP = 5.0  # seconds that an idle connection is kept
_SCHEMES = ("http", "https")


@dataclass(slots=True)
class Task:
    """One request on its way; redirects share it. Goes along in the request's extensions."""

    limits: Limits
    end: float  # in the loop's seconds
    sent: bool = False  # whether a byte of it may have left

    @classmethod
    def begin(cls, limits: Limits) -> Task:
        """Return a task whose time runs from now."""
        return cls(limits, asyncio.get_running_loop().time() + limits.deadline)

    @contextmanager
    def failures(self) -> Iterator[None]:
        """Turn what the library raises into our errors, never with its words: these may hold the address."""
        try:
            yield
        except (TimeoutError, httpx.TimeoutException):
            raise self._failed("It did not answer within {seconds} {seconds:second|seconds}.") from None
        except httpx.TransportError:
            raise self._failed("The connection broke.") from None

    @asynccontextmanager
    async def in_time(self) -> AsyncIterator[None]:
        """Do something before the deadline. Raises EgressError."""
        with self.failures():
            async with asyncio.timeout_at(self.end):
                yield

    def _failed(self, text: str) -> NoAnswer | Unreachable:
        seconds = max(1, round(self.limits.deadline))
        if self.sent:
            return NoAnswer(text, sent=True, seconds=seconds)
        hint = Message("Look whether the address is right and its host is up.")
        return Unreachable("No connection could be made.", hint=hint)


class Transport(httpx.AsyncBaseTransport):
    """Sends requests through vetted connections; bodies come out inflated, without their Content-Encoding."""

    def __init__(self, network: Network, context: ssl.SSLContext | None = None) -> None:
        self._pool = _Pool(network, context)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the answer, its body still to be read. Raises EgressError."""
        refuse_unclear(request.url)
        task: Task = request.extensions.get("task") or Task.begin(Limits())

        async def trace(event: str, _: dict[str, Any]) -> None:
            task.sent = task.sent or event.endswith("send_request_headers.started")

        request.headers["accept-encoding"] = "gzip"
        request.extensions = {**request.extensions, "trace": trace}
        async with task.in_time():
            response = await self._pool.handle_async_request(request)
        return _bounded(response, task)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._pool.aclose()


class Shared(httpx.AsyncBaseTransport):
    """Another's transport under bounds of its own; it stays open when this one is closed."""

    def __init__(self, transport: Transport, limits: Limits) -> None:
        self._transport, self._limits = transport, limits

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the answer, its body still to be read. Raises EgressError."""
        request.extensions = {**request.extensions, "task": Task.begin(self._limits)}
        return await self._transport.handle_async_request(request)


@cache
def _trusted() -> ssl.SSLContext:
    """Return the authorities that everybody trusts; to load them takes some 20 ms."""
    return httpx.create_ssl_context(trust_env=False)


class _Pool(httpx.AsyncHTTPTransport):
    """Connections that are kept for a moment; no proxy, nothing of the environment."""

    def __init__(self, network: Network, context: ssl.SSLContext | None) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context or _trusted(),
            max_connections=100,
            max_keepalive_connections=20,
            keepalive_expiry=_KEEP,
            network_backend=network,
        )


class _Body(httpx.AsyncByteStream):
    """A body as it is read; one that nobody reads may be as it likes."""

    def __init__(self, inner: httpx.AsyncByteStream, encoding: str, task: Task) -> None:
        self._inner, self._encoding, self._task = inner, encoding, task

    async def __aiter__(self) -> AsyncIterator[bytes]:
        raw, reader = 0, body_of(self._encoding, self._task.limits.decoded)
        async with aclosing(cast(AsyncGenerator[bytes, None], aiter(self._inner))) as chunks:
            while (chunk := await self._next(chunks)) is not None:
                raw += len(chunk)
                if raw > self._task.limits.raw:
                    raise too_large(self._task.limits.raw)
                for piece in reader.feed(chunk):
                    yield piece
                    async with self._task.in_time():  # inflating must not hold the loop
                        await asyncio.sleep(0)
        reader.finish()

    async def _next(self, chunks: AsyncGenerator[bytes, None]) -> bytes | None:
        async with self._task.in_time():
            return await anext(chunks, None)

    async def aclose(self) -> None:
        await self._inner.aclose()


def _bounded(response: httpx.Response, task: Task) -> httpx.Response:
    stream = response.stream
    if not isinstance(stream, httpx.AsyncByteStream):
        raise TypeError("an asynchronous transport gives an asynchronous stream")
    body = _Body(stream, response.headers.get("content-encoding", ""), task)
    headers = [(k, v) for k, v in response.headers.raw if k.lower() not in (b"content-encoding", b"content-length")]
    return httpx.Response(response.status_code, headers=headers, stream=body, extensions=response.extensions)


def refuse_unclear(url: httpx.URL) -> None:
    """Raise AddressRefused for an address that two parsers may read in two ways."""
    if url.scheme not in _SCHEMES or not url.host or url.userinfo or url.fragment:
        raise refused()
