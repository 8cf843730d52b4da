"""Connections: to an address that was checked, and to no other.

So a name that answers differently the next time (DNS rebinding) reaches nothing: there is no next time.
"""

from __future__ import annotations

from collections.abc import Iterable

import httpcore2 as httpcore

from egress.addresses import literal
from egress.gatekeeper import Gatekeeper, refused

Option = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]

_EACH = 10.0  # seconds that one address is tried


class Network(httpcore.AsyncNetworkBackend):
    """Connects to vetted addresses only; TLS and the Host header keep the name."""

    def __init__(self, gatekeeper: Gatekeeper, inner: httpcore.AsyncNetworkBackend | None = None) -> None:
        self._gatekeeper = gatekeeper
        self._inner = inner or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's own name
        local_address: str | None = None,
        socket_options: Iterable[Option] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Return a connection to one of the host's addresses, tried in their order."""
        vetted = await self._gatekeeper.vet(host, port)
        patience = min(_EACH, timeout or _EACH)
        failed: Exception | None = None
        for address in vetted.addresses:
            try:
                stream = await self._inner.connect_tcp(str(address), port, patience, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
                continue
            peer = stream.get_extra_info("server_addr")
            if peer is None or literal(peer[0]) != address or not self._gatekeeper.fits(peer[0], host, port):
                await stream.aclose()
                raise refused()
            return stream
        raise failed or httpcore.ConnectError("no address")
