"""Connections for clients that bring a library of their own, such as those that stay open: aiohttp's, vetted."""

from __future__ import annotations

import socket
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from egress.client import Egress


class Connector(aiohttp.TCPConnector):
    """Connects to addresses that the gatekeeper has checked, and to no other; nothing is remembered of a name."""

    def __init__(self, egress: Egress, **more: Any) -> None:
        super().__init__(resolver=_Vetted(egress), use_dns_cache=False, **more)
        self._egress = egress

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Any],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - the library's own name
    ) -> Any:
        """Return a connection for a request. Raises EgressError, also for an address that is written out."""
        if req.url.host is not None and req.url.port is not None:
            await self._egress.vet(req.url.host, req.url.port)
        return await super().connect(req, traces, timeout)


class _Vetted(AbstractResolver):
    """Resolves a name to the addresses that the gatekeeper has checked: these very ones are connected to."""

    def __init__(self, egress: Egress) -> None:
        self._egress = egress

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002 - the gatekeeper knows both
    ) -> list[ResolveResult]:
        """Return the addresses of a host. Raises EgressError."""
        found = await self._egress.vet(host, port)
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if address.version == 4 else socket.AF_INET6,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in found.addresses
        ]

    async def close(self) -> None:
        """Nothing is kept."""
