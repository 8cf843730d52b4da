"""The gatekeeper: a name is resolved once, and all its addresses are checked."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress

from egress.addresses import PORTS, Address, Allowed, is_name, is_ours, is_public, literal
from model.errors import AddressRefused, Unreachable
from model.language import Message
from model.outside import Vetted

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]

_NOWHERE = "Nothing can be reached at that address: no public host stands there, or its port is neither 80 nor 443."
_OPENING = Message("Look for a typing error. A host or network inside is opened by the operator, in ARB_EGRESS_ALLOW.")
_LOOKUPS = 8  # names looked up at once
_PATIENCE = 10.0  # seconds that a name server has: whoever owns a name can have his never answer


def refused() -> AddressRefused:
    """Return the one error for whatever may not be reached, so that nobody learns what stands inside."""
    return AddressRefused(_NOWHERE, hint=_OPENING)


class Gatekeeper:
    """Decides who may be connected to."""

    def __init__(
        self,
        allowed: Allowed,
        own_ports: Iterable[int] = (),
        resolve: Resolver | None = None,
        patience: float = _PATIENCE,
    ) -> None:
        self._allowed = allowed
        self._patience = patience
        self._own_ports = frozenset(own_ports)
        self._resolve = resolve or Names()

    async def vet(self, host: str, port: int) -> Vetted:
        """Return the addresses of a host, all of them checked.

        Raises:
            AddressRefused: one of them may not be reached.
            Unreachable: there is no such host, with the same words.
        """
        named = self._allowed.name(host, port)
        written = literal(host)
        if written is None and not is_name(host):
            raise refused()
        found = (written,) if written is not None else await self._addresses(host, port)
        opened = named or all(self._allowed.address(address, port) for address in found)
        if any(not self._fits(address, port, named) for address in found):
            raise refused()
        return Vetted(found, opened)

    def fits(self, address: str, host: str, port: int) -> bool:
        """Tell whether an address that was connected to may be: asked once more, of the socket itself."""
        reached = literal(address)
        return reached is not None and self._fits(reached, port, self._allowed.name(host, port))

    def _fits(self, address: Address, port: int, named: bool) -> bool:
        if port in self._own_ports and is_ours(address):  # ARB itself, whatever is opened
            return False
        return named or self._allowed.address(address, port) or (port in PORTS and is_public(address))

    async def _addresses(self, host: str, port: int) -> tuple[Address, ...]:
        try:
            async with asyncio.timeout(self._patience):
                texts = await self._resolve(host, port)
        except OSError as error:  # a TimeoutError is one
            raise Unreachable(_NOWHERE, hint=_OPENING) from error
        found = tuple(dict.fromkeys(literal(text) for text in texts))
        if not found:
            raise Unreachable(_NOWHERE, hint=_OPENING)
        if None in found:  # it carries a zone, or is no address at all
            raise refused()
        return tuple(address for address in found if address is not None)


class Names:
    """Looks names up as the machine does, in threads that hold nobody up when the process ends."""

    def __init__(self) -> None:
        self._seats = asyncio.Semaphore(_LOOKUPS)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """Return the addresses of a name. Raises OSError."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Sequence[str]] = loop.create_future()

        def settle(found: Sequence[str], error: OSError | None) -> None:
            if answer.done():  # nobody waits any more
                return
            if error is None:
                answer.set_result(found)
            else:
                answer.set_exception(error)

        def ask() -> None:
            found: Sequence[str] = ()
            error: OSError | None = None
            try:
                found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
            except OSError as failed:
                error = failed
            with suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(settle, found, error)

        async with self._seats:
            threading.Thread(target=ask, name="look-up", daemon=True).start()
            return await answer
