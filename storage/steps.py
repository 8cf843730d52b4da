"""What the steps of a run leave, on its way into their rows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finished:
    """What a step has made, and how long that took."""

    name: str
    data: bytes
    seconds: float
