"""How much anybody may ask of the HTTP server: so many requests in any sixty seconds, and whose address it is."""

from __future__ import annotations

import ipaddress
from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import Request

from model.clock import Clock

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_SPAN = 60.0  # seconds
_MOST = 10_000  # subjects of a kind that are remembered; whoever asked longest ago makes room
_HOPS = 20  # entries of X-Forwarded-For that are looked at


@dataclass(frozen=True, slots=True)
class Standing:
    """Where somebody stands with one limit after a request."""

    limit: int
    left: int
    reset: float  # seconds until there is room again; until all is free, where there is some left
    admitted: bool

    def headers(self, now: float) -> Mapping[str, str]:
        """Return what the answer says of it; `now` in Unix seconds, as is X-RateLimit-Reset."""
        found = {
            "x-ratelimit-limit": str(self.limit),
            "x-ratelimit-remaining": str(self.left),
            "x-ratelimit-reset": str(int(now + self.reset) + 1),
        }
        return found if self.admitted else {**found, "retry-after": str(int(self.reset) + 1)}


class Limiter:
    """At most `limit` requests of a subject in any sixty seconds; what is refused does not count."""

    def __init__(self, limit: int, clock: Clock) -> None:
        self.limit = limit
        self._clock = clock
        self._asked: OrderedDict[str, array[float]] = OrderedDict()  # who asked last stands last

    def admit(self, subject: str) -> Standing:
        """Count a request, where there is room for it."""
        now, asked = self._clock.monotonic(), self._of(subject)
        admitted = len(asked) < self.limit
        if admitted:
            asked.append(now)
        return self._standing(asked, now, admitted=admitted)

    def look(self, subject: str) -> Standing:
        """Tell whether there is room, counting nothing."""
        asked = self._of(subject)
        return self._standing(asked, self._clock.monotonic(), admitted=len(asked) < self.limit)

    def _of(self, subject: str) -> array[float]:
        asked = self._asked.get(subject)
        if asked is None:
            if len(self._asked) >= _MOST:
                self._asked.popitem(last=False)
            asked = self._asked[subject] = array("d")
        else:
            self._asked.move_to_end(subject)
        del asked[: bisect_right(asked, self._clock.monotonic() - _SPAN)]
        return asked

    def _standing(self, asked: array[float], now: float, *, admitted: bool) -> Standing:
        frees = asked[0] if not admitted else asked[-1] if asked else now - _SPAN
        return Standing(self.limit, self.limit - len(asked), max(0.0, frees + _SPAN - now), admitted)


def tightest(standings: Sequence[Standing]) -> Standing:
    """Return the limit that is told: the one that refuses, else the one that has least left."""
    return min(standings, key=lambda one: (one.admitted, one.left))


def client_of(request: Request, trusted: Sequence[Network]) -> str:
    """Return the address that asks: X-Forwarded-For is believed from a trusted proxy only, from its end inwards."""
    peer = request.client.host if request.client else ""
    if not _is_in(peer, trusted):
        return party(peer)
    given = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
    for hop in reversed(given[-_HOPS:]):
        if not _is_in(hop.strip(), trusted):
            return party(hop.strip())
    return party(peer)


def party(host: str) -> str:
    """Return what one party has: an IPv4 address, a /64 of IPv6; whatever is no address is one of many."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return "?"
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return str(address) if address.version == 4 else str(ipaddress.ip_network((address, 64), strict=False))


def _is_in(host: str, networks: Sequence[Network]) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in networks)
