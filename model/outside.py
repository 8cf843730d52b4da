"""The world outside, as rooms see it that must not know how it is reached: what one asks for, and what comes back."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may take: seconds from its beginning to its last byte, and bytes."""

    deadline: float = 30.0
    raw: int = 8 << 20  # as they come
    decoded: int = 32 << 20  # as they are once inflated
    redirects: int = 0  # that are followed


USUAL = Limits()


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    limits: Limits = USUAL


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer whose body is still to be read; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    pieces: AsyncIterator[bytes]  # the body, inflated; raises EgressError
    retry_after: float | None = None  # seconds that the other side asked to wait, at most an hour


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Vetted:
    """Addresses that may be connected to; `opened`: the operator has opened them, they may lie inside."""

    addresses: tuple[IPv4Address | IPv6Address, ...]
    opened: bool


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of the requests that a service allows, and when they are all there again."""

    left: int
    of: int
    again: datetime


class Outside(Protocol):
    """A way out: the process's own (egress.client.Egress), or a workspace's lane of it (egress.pacing.Lane)."""

    @abstractmethod
    def open(self, request: Request) -> AbstractAsyncContextManager[Answer]:
        """Ask for a URL; the answer may be read until the block ends.

        Redirects of GET and HEAD are followed up to `limits.redirects`, at most three. Another origin gets no header
        but the harmless ones.

        Raises:
            AddressRefused, Unreachable: nothing was sent.
            NoAnswer, AnswerRefused: it was sent; also while the body is read.
        """
        ...

    async def fetch(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        limits: Limits = USUAL,
        read: bool = True,
    ) -> Response:
        """Ask for a URL and return the whole answer; `read=False` leaves its body away. Raises EgressError."""
        async with self.open(Request(method, url, headers or {}, body, limits)) as answer:
            found = b"".join([piece async for piece in answer.pieces]) if read else b""
            return Response(answer.status, answer.headers, found, answer.retry_after)


class WayOut(Outside, Protocol):
    """The process's way out, from which every workspace has its own."""

    @abstractmethod
    def lane(self, owner: str) -> Outside:
        """Return the way out of one workspace: paced, and resting from hosts that fail."""
        ...

    @abstractmethod
    async def vet(self, host: str, port: int) -> Vetted:
        """Return the checked addresses of a host, for protocols other than HTTP. Raises EgressError."""
        ...
