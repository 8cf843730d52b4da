"""The world outside, as rooms see it that must not know how it is reached: what one asks for, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may take: seconds from its beginning to its last byte, and bytes."""

    deadline: float = 30.0
    raw: int = 8 << 20  # as they come
    decoded: int = 32 << 20  # as they are once inflated
    redirects: int = 0  # that are followed


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    retry_after: float | None = None  # seconds that the other side asked to wait, at most an hour


USUAL = Limits()


class Outside(Protocol):
    """A way out: the process's own (egress.client.Egress), or a workspace's lane of it (egress.pacing.Lane)."""

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
        """Ask for a URL and return the answer. Raises EgressError."""
        ...


class WayOut(Outside, Protocol):
    """The process's way out, from which every workspace has its own."""

    def lane(self, owner: str) -> Outside:
        """Return the way out of one workspace: paced, and resting from hosts that fail."""
        ...
