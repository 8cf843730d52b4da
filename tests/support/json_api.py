"""A stand-in for a service that speaks JSON over HTTP: lists in pages, validators, and whatever else a test says."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.outside import Asked, Outside, outside, response

SECRET = "Bearer canary-7f3a"
Fault = Callable[[Asked, asyncio.StreamWriter], Any]


@dataclass
class Service:
    """Tickets by number, newest last."""

    there: Outside
    tickets: list[dict[str, Any]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    size: int = 100  # tickets on a page
    shape: str = "bare"  # or "link", "next", "cursor"

    @property
    def url(self) -> str:
        return self.there.url("/tickets")

    @property
    def targets(self) -> list[str]:
        return [asked.target for asked in self.there.asked]

    def add(self, number: int, at: str, **more: Any) -> None:
        self.tickets.append({"id": number, "created_at": at, "title": f"Ticket {number}", **more})

    async def answer(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        if self.faults:
            found = self.faults.pop(0)(asked, writer)
            if found is not None:
                await found
            return
        if asked.headers.get("authorization") != SECRET:
            writer.write(response(401, b"{}"))
            return
        body, more = self._page(asked)
        etag = f'"{hashlib.sha256(body + str(more).encode()).hexdigest()[:12]}"'
        if asked.headers.get("if-none-match") == etag:
            writer.write(response(304, etag=etag))
        else:
            writer.write(response(200, body, content_type="application/json", etag=etag, **more))

    def _page(self, asked: Asked) -> tuple[bytes, dict[str, str]]:
        query = parse_qs(urlsplit(asked.target).query)
        start = int(query.get("after", ["0"])[0])
        if "page" in query:
            start = (int(query["page"][0]) - 1) * self.size
        some, more = self.tickets[start : start + self.size], start + self.size < len(self.tickets)
        following = f"{self.url}?after={start + self.size}"
        match self.shape:
            case "link":
                head = {"link": f'<{self.url}>; rel="first", <{following}>; rel="next"'} if more else {}
                return json.dumps(some).encode(), head
            case "next":
                return json.dumps({"meta": {"next": following if more else None}, "data": {"items": some}}).encode(), {}
            case "cursor":
                found = {"data": {"items": some}, "meta": {"next": start + self.size if more else ""}}
                return json.dumps(found).encode(), {}
            case _:
                return json.dumps(some if "page" in query else self.tickets).encode(), {}


@asynccontextmanager
async def service() -> AsyncIterator[Service]:
    """Run a service."""

    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await here.answer(asked, writer)

    async with outside(answer) as there:
        here = Service(there)
        yield here
