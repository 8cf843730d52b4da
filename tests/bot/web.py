"""A served process to ask over real sockets, and the smallest client that can also misbehave."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bot.app import App, running
from bot.http import Front, Server, front, listen
from bot.http_connections import Bounds
from bot.http_wire import wire
from bot.metrics import Metrics
from bot.readiness import Limits
from bot.settings import Settings
from tests.support.talk import FixedClock


@dataclass(frozen=True)
class Got:
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Web:
    """A bot and where its server listens."""

    app: App
    metrics: Metrics
    port: int

    async def get(self, path: str, method: str = "GET", **headers: str) -> Got:
        return await got(self.port, request(path, method, **headers))

    async def post(self, path: str, body: bytes, **headers: str) -> Got:
        return await got(self.port, request(path, "POST", content_length=str(len(body)), **headers) + body)


def request(path: str, method: str = "GET", **headers: str) -> bytes:
    headers = {"host": "localhost", **headers}
    lines = [f"{method} {path} HTTP/1.1", "connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


async def got(port: int, sent: bytes, local: str | None = None) -> Got:
    """Send bytes, read until the end."""
    address = None if local is None else (local, 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=address)
    try:
        writer.write(sent)
        return parsed(await asyncio.wait_for(reader.read(), 20))
    finally:
        writer.close()


def parsed(data: bytes) -> Got:
    head, _, body = data.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    return Got(int(first.split()[1]), headers, body)


@asynccontextmanager
async def served(answers: Front, bounds: Bounds | None = None) -> AsyncIterator[int]:
    """Serve on a free port of loopback."""
    listening = listen("127.0.0.1", 0)
    port: int = listening.getsockname()[1]
    server = Server(answers, bounds)
    serving = asyncio.create_task(server.serve_until_cancelled(listening))
    try:
        yield port
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


@asynccontextmanager
async def web(
    home: Path,
    bounds: Bounds | None = None,
    limits: Limits | None = None,
    token: str | None = None,
    **further: Any,
) -> AsyncIterator[Web]:
    """A whole bot with its server; its loops stand still."""
    settings = Settings(
        home=home,
        git_roots=(home.parent,),
        language="en",
        time_zone="UTC",
        database_url=None,
        http_token=token and SecretStr(token),
        **further,
    )
    metrics = Metrics()
    async with (
        running(settings, FixedClock(), metrics.ended) as app,
        served(front(app, metrics, "front", limits, [wire(app)]), bounds) as port,
    ):
        yield Web(app, metrics, port)
