"""Connections of the HTTP server: each of their states has a deadline, and an address has so many of them.

Uvicorn waits for a request as long as it takes (Kludex/uvicorn#157): whoever sends half a header, or nothing, would
hold a connection for ever.
"""

from __future__ import annotations

import asyncio
import ipaddress
import resource
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

_LATE = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long a connection may be in each state, in seconds, and how many there may be."""

    receive: float = 10.0  # a request's headers and its body
    answer: float = 30.0
    idle: int = 5  # between two requests
    per_address: int = 100
    in_all: int = 1000


class State(Enum):
    """What a connection is waiting for."""

    RECEIVING = auto()  # a request, or the rest of it
    ANSWERING = auto()  # us, or that the answer is taken
    IDLE = auto()  # another request


class Doorkeeper:
    """Counts the connections. At a limit, the one that has been waiting longest without a request makes room."""

    def __init__(self, bounds: Bounds) -> None:
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.bounds = bounds
        self._in_all = min(bounds.in_all, files // 2) if files > 0 else bounds.in_all
        self._all: dict[Connection, str] = {}  # oldest first

    def admit(self, connection: Connection, host: str) -> bool:
        """Note a new connection; False where there is no room and nobody can make any."""
        address = _address(host)
        same = [one for one, of in self._all.items() if of == address]
        if len(same) >= self.bounds.per_address and not _make_room(same):
            return False
        if len(self._all) >= self._in_all and not _make_room(list(self._all)):
            return False
        self._all[connection] = address
        return True

    def forget(self, connection: Connection) -> None:
        """Note that a connection is closed."""
        self._all.pop(connection, None)


def _make_room(connections: list[Connection]) -> bool:
    found = next((one for one in connections if one.state is not State.ANSWERING), None)
    if found is None:
        return False
    found.abort()
    return True


def _address(host: str) -> str:
    """Return what one party has: an IPv4 address, a /64 of IPv6."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    return str(address) if address.version == 4 else str(ipaddress.ip_network((address, 64), strict=False))


class Connection(H11Protocol):
    """Uvicorn's protocol with a deadline at any time."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        doorkeeper: Doorkeeper,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.state = State.RECEIVING
        self._doorkeeper = doorkeeper
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Take a connection, or close it at once where there are too many."""
        peer = transport.get_extra_info("peername")
        super().connection_made(transport)
        if not self._doorkeeper.admit(self, str(peer[0]) if isinstance(peer, tuple) else ""):
            transport.abort()
            return
        self._enter(State.RECEIVING)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._disarm()
        self._doorkeeper.forget(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; a request that begins after another one has its own deadline."""
        if self.state is State.IDLE:
            self._enter(State.RECEIVING)
        super().data_received(data)
        if self.state is State.RECEIVING and self._received():
            self._enter(State.ANSWERING)

    def on_response_complete(self) -> None:
        """Wait for the rest of the request where it is not whole, or for the next one."""
        super().on_response_complete()
        if self._received():  # the next one came whole right behind it, or the answer has still to be taken
            self._enter(State.ANSWERING)
        elif self.conn.their_state is h11.IDLE and not self.conn.trailing_data[0]:
            self._enter(State.IDLE)
        elif self.state is State.ANSWERING:  # the next one has begun
            self._enter(State.RECEIVING)

    def abort(self) -> None:
        """Close at once, whatever is under way."""
        self._disarm()
        self._doorkeeper.forget(self)
        self.transport.abort()

    def _received(self) -> bool:
        return self.conn.their_state not in (h11.IDLE, h11.SEND_BODY)

    def _enter(self, state: State) -> None:
        bounds = self._doorkeeper.bounds
        # Uvicorn ends an idle one by itself; what it has still to flush by then is cut off a little later.
        seconds = {State.RECEIVING: bounds.receive, State.ANSWERING: bounds.answer, State.IDLE: 2.0 * bounds.idle}
        self._disarm()
        self.state = state
        self._deadline = self.loop.call_later(seconds[state], self._late)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _late(self) -> None:
        """Close: politely where the other side may still be listening."""
        untouched = self.state is State.RECEIVING and self.conn.our_state is h11.IDLE
        if untouched and not self.transport.is_closing() and self.transport.get_write_buffer_size() == 0:
            self.transport.write(_LATE)
            self.transport.close()
            if self.transport.get_write_buffer_size() == 0:
                return
        self.abort()
