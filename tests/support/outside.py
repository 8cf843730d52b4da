"""The world outside, over a loopback socket: a server that answers, dawdles, lies or breaks as a test says."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    target: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes


Answer = Callable[[Asked, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Outside:
    """A server and all that it was asked."""

    host: str
    port: int
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0

    def url(self, path: str = "/", host: str | None = None, scheme: str = "http") -> str:
        return f"{scheme}://{host or self.host}:{self.port}{path}"


def response(status: int = 200, body: bytes = b"", **headers: str) -> bytes:
    """Return the bytes of an answer; underscores in names of headers stand for hyphens."""
    given = {"content-length": str(len(body)), **{k.replace("_", "-"): v for k, v in headers.items()}}
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"HTTP/1.1 {status} Said\r\n{head}\r\n".encode() + body


def saying(data: bytes) -> Answer:
    """Return an answer that is always the same."""

    async def answer(_: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(data)

    return answer


@asynccontextmanager
async def outside(
    answer: Answer, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Outside]:
    """Run a server; each connection answers until the other side closes it."""
    here = Outside(host, port)
    open_: set[asyncio.StreamWriter] = set()
    serving: set[asyncio.Task[object]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        here.connections += 1
        open_.add(writer)
        if (task := asyncio.current_task()) is not None:
            serving.add(task)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                asked = await _read(reader)
                here.asked.append(asked)
                await answer(asked, writer)
                await writer.drain()
                if writer.is_closing():
                    break
        open_.discard(writer)
        writer.close()

    server = await asyncio.start_server(serve, host, port, ssl=tls)
    here.port = server.sockets[0].getsockname()[1]
    try:
        yield here
    finally:
        server.close()
        for writer in list(open_):
            writer.transport.abort()
        await asyncio.gather(*serving, return_exceptions=True)
        await server.wait_closed()


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ", 2)
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
    return Asked(method, target, headers, await reader.readexactly(int(headers.get("content-length", "0"))))


@dataclass
class Book:
    """A resolver out of a table; a name with several entries gives them in turn."""

    names: Mapping[str, Sequence[Sequence[str]]]
    looked_up: list[str] = field(default_factory=list)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        turns = self.names.get(host)
        if turns is None:
            raise OSError("no such name")
        self.looked_up.append(host)
        return turns[(self.looked_up.count(host) - 1) % len(turns)]
