"""Places where something can be said."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Platform(StrEnum):
    """A kind of place."""

    TERMINAL = "terminal"


@dataclass(frozen=True, slots=True)
class Address:
    """One place: the terminal of a member, later a channel, a thread, a hook."""

    platform: Platform
    account: str
    target: str
    thread: str | None = None

    @property
    def private(self) -> bool:
        """Whether only the caller reads what is said here."""
        return self.platform is Platform.TERMINAL
