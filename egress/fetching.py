"""Fetching: redirects by hand, and answers that are read as they come."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx2 as httpx

from egress.client import Limits
from egress.gatekeeper import Gatekeeper, refused
from egress.network import Network
from egress.transport import Shared, Task, Transport, refuse_unclear
from model.clock import Clock
from model.errors import NoAnswer
from model.outside import Answer, Request

_MOST_REDIRECTS = 3
_REDIRECTS = (301, 302, 303, 307, 308)
_HARMLESS = ("accept", "accept-language", "user-agent")  # headers that another origin may see
_LONGEST_WAIT = 3600.0  # seconds of a Retry-After that are believed
_AGENT = "auto-report-builder"


class Fetcher:
    """Sends requests over one pool of connections."""

    def __init__(self, gatekeeper: Gatekeeper, clock: Clock, context: ssl.SSLContext | None) -> None:
        self._clock = clock
        self._transport = Transport(Network(gatekeeper), context)

    def client(self, limits: Limits) -> httpx.AsyncClient:
        """Return a client that keeps no cookie."""
        nobody = CookieJar(DefaultCookiePolicy(allowed_domains=()))
        return httpx.AsyncClient(transport=Shared(self._transport, limits), trust_env=False, cookies=nobody)

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncIterator[Answer]:
        """Ask for a URL; see Outside.open."""
        task = Task.begin(request.limits)
        answer = await self._asked(request, task)
        async with aclosing(answer):
            headers = dict(answer.headers.items())
            wait = retry_after(headers.get("retry-after", ""), self._clock.now())
            async with aclosing(_read(answer, task)) as pieces:
                yield Answer(answer.status_code, headers, pieces, wait)

    async def _asked(self, request: Request, task: Task) -> httpx.Response:
        """Return the answer at the end of all redirects."""
        method, address, given = request.method, _parse(request.url), {"user-agent": _AGENT, **request.headers}
        most = min(request.limits.redirects, _MOST_REDIRECTS)
        for left in range(most, -1, -1):
            sent = httpx.Request(method, address, headers=given, content=request.body, extensions={"task": task})
            answer = await self._transport.handle_async_request(sent)
            following = answer.status_code in _REDIRECTS and method in ("GET", "HEAD") and most > 0
            if not following:
                return answer
            await answer.aclose()
            if left:
                further = _next(address, answer.headers.get("location", ""))
                given = given if _origin(further) == _origin(address) else _without_secrets(given)
                address = further
        raise NoAnswer("It leads on and on: more than {most} {most:redirect|redirects}.", sent=True, most=most)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._transport.aclose()


async def _read(answer: httpx.Response, task: Task) -> AsyncGenerator[bytes, None]:
    with task.failures():
        async for piece in answer.aiter_raw():
            yield piece


def retry_after(said: str, now: datetime) -> float | None:
    """Return the seconds that a Retry-After asks to wait, at most an hour; None where it says nothing."""
    said = said.strip()
    if said.isascii() and said.isdigit():
        return min(float(said[:9]), _LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(said)
    except (ValueError, TypeError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max((at - now).total_seconds(), 0.0), _LONGEST_WAIT)


def host_and_port(url: str) -> tuple[str, int]:
    """Return where a URL leads, as it will be connected to. Raises AddressRefused."""
    parsed = _parse(url)
    return parsed.raw_host.decode("ascii"), _port(parsed)


def _parse(url: str) -> httpx.URL:
    if not url.isprintable() or any(character in url for character in "\\ "):
        raise refused()
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        raise refused() from None
    refuse_unclear(parsed)
    return parsed


def _next(address: httpx.URL, location: str) -> httpx.URL:
    """Return where a redirect leads; what was asked for in secret is not asked for again in the clear."""
    try:
        further = _parse(str(address.join(location)))
    except httpx.InvalidURL:
        raise refused() from None
    if address.scheme == "https" and further.scheme != "https":
        raise refused()
    return further


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _origin(url: httpx.URL) -> tuple[str, bytes, int]:
    return url.scheme, url.raw_host, _port(url)


def _without_secrets(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() in _HARMLESS}
