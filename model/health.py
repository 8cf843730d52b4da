"""Checks of an installation: how a part of it is, what that means and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from model.language import Message


class Health(IntEnum):
    """How a part is; the worst of several is the largest."""

    OK = 0
    ATTENTION = 1
    CRITICAL = 2


@dataclass(frozen=True, slots=True)
class Check:
    """One part, looked at."""

    part: Message  # "Disk"
    health: Health
    means: Message  # "512 MB are free in the data folder."
    do: Message | None = None  # what the operator does about it
