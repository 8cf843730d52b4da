"""What a prober sees: each check's hours, what was down, and which checks there are. All of them stand in records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

QUARTER = timedelta(minutes=15)
QUARTERS = 4  # in an hour: every zone's days begin on one
Trouble = Literal["status", "text", "late", "away", "broken"]


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter of an hour: each answer stands for the seconds until the next try, and what was not tried for none."""

    up: int = 0  # seconds
    down: int = 0
    took: tuple[int, ...] = ()  # milliseconds of each good answer


@dataclass(frozen=True, slots=True)
class Probed:
    """An hour of one check; its record begins with the hour and ends with the last of its quarters' beginnings."""

    check: str
    quarters: tuple[Quarter, ...]
    kind: Literal["probed"] = "probed"


@dataclass(frozen=True, slots=True)
class Outage:
    """A check that failed several times in a row; its record begins with the first and ends when it went well again."""

    check: str
    trouble: Trouble  # of the last failure
    said: int | None = None  # the status, where it is that
    kind: Literal["outage"] = "outage"


@dataclass(frozen=True, slots=True)
class Probe:
    """Which checks a source has; one record that overlaps every window."""

    checks: tuple[str, ...]
    every: int  # seconds
    kind: Literal["probe"] = "probe"


Watched = Probed | Outage | Probe
