"""Units of figures, and which way is better."""

from __future__ import annotations

from enum import Enum, StrEnum


class Unit(StrEnum):
    """What a figure counts or measures; values are kept in this unit, unrounded."""

    COUNT = "count"
    LINES = "lines"
    DAYS = "days"
    HOURS = "hours"
    SHARE = "share"  # 0…1, shown as a percentage

    @property
    def whole(self) -> bool:
        """Whether people read it without a decimal place."""
        return self is not Unit.HOURS


class Better(Enum):
    """Which direction is good news."""

    MORE = 1
    LESS = -1
    NEITHER = 0
