"""The client of every room that asks the world outside for something. Loads its library when first asked."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from egress.addresses import Allowed
from egress.gatekeeper import Gatekeeper, Resolver
from egress.pacing import Lanes
from model.clock import Clock
from model.outside import USUAL, Answer, Limits, Outside, Request, Response, Vetted, WayOut

if TYPE_CHECKING:
    import httpx2 as httpx

    from egress.fetching import Fetcher

__all__ = ["Allowed", "Egress", "Limits", "Response"]


class Egress(WayOut):
    """The HTTP way out of one process.

    Addresses are checked when they are connected to, time and size are bounded, cookies are never kept, and nothing is
    read from the environment.
    """

    def __init__(
        self,
        clock: Clock,
        allowed: Allowed | None = None,
        *,
        own_ports: Iterable[int] = (),
        resolve: Resolver | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._clock = clock
        self._gatekeeper = Gatekeeper(allowed or Allowed(), own_ports, resolve)
        self._context = context
        self._lanes = Lanes(self, clock)
        self._made: Fetcher | None = None

    @property
    def _fetcher(self) -> Fetcher:
        if self._made is None:  # the library and the machine's certificates take a moment to load
            from egress.fetching import Fetcher

            self._made = Fetcher(self._gatekeeper, self._clock, self._context)
        return self._made

    def client(self, limits: Limits = USUAL) -> httpx.AsyncClient:
        """Return a client for a vendor's SDK; the same checks hold for it, and these bounds for each of its requests.

        Closing it closes no connection of others.
        """
        return self._fetcher.client(limits)

    async def vet(self, host: str, port: int) -> Vetted:
        """Return the checked addresses of a host, for protocols other than HTTP. Raises EgressError."""
        return await self._gatekeeper.vet(host, port)

    async def check(self, url: str) -> Vetted:
        """Return the checked addresses that a URL leads to; nothing is connected to. Raises EgressError."""
        from egress.fetching import host_and_port

        return await self.vet(*host_and_port(url))

    def open(self, request: Request) -> AbstractAsyncContextManager[Answer]:
        """Ask for a URL; the answer may be read until the block ends. Raises EgressError."""
        return self._fetcher.open(request)

    def lane(self, owner: str) -> Outside:
        """Return the way out of one workspace: few requests to a host at once, and none to one that keeps failing."""
        return self._lanes.of(owner)

    async def aclose(self) -> None:
        """Close every connection."""
        if self._made is not None:
            await self._made.aclose()
