"""The connections of Slack's client: only to addresses that were checked, without redirects, proxies or cookies."""

from __future__ import annotations

import socket

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from egress.client import Egress


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


def session_of(egress: Egress, timeout: float) -> aiohttp.ClientSession:
    """Return the one session of a process; `timeout` in seconds, of a whole request."""
    trace = aiohttp.TraceConfig()
    trace.on_request_redirect.append(_refuse)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(resolver=_Vetted(egress), use_dns_cache=False, keepalive_timeout=5.0),
        timeout=aiohttp.ClientTimeout(total=timeout, connect=10.0),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        trace_configs=[trace],
    )


async def _refuse(*_: object) -> None:
    raise aiohttp.ClientPayloadError("redirects are not followed")
