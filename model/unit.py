"""Units of figures, and which way is better."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, StrEnum


class Unit(StrEnum):
    """What a figure counts or measures; values are kept in this unit, unrounded."""

    COUNT = "count"
    LINES = "lines"
    DAYS = "days"
    HOURS = "hours"
    SHARE = "share"  # 0…1, shown as a percentage
    RATE = "rate"  # 0…1, shown as a percentage with two decimal places: 99.95% is not 100%
    NUMBER = "number"  # anything else
    MINUTES = "minutes"
    SECONDS = "seconds"
    MILLISECONDS = "milliseconds"
    PER_SECOND = "per_second"
    BYTES = "bytes"
    BYTES_PER_SECOND = "bytes_per_second"
    KRW = "krw"
    USD = "usd"
    EUR = "eur"
    JPY = "jpy"
    GBP = "gbp"
    CNY = "cny"

    @property
    def places(self) -> int:
        """Decimal places of the kept value that people read."""
        return _PLACES.get(self, 0)

    @property
    def percent(self) -> bool:
        """Whether it is kept as 0…1 and shown as a percentage."""
        return self in (Unit.SHARE, Unit.RATE)

    @property
    def adds_up(self) -> bool:
        """Whether a figure can only rise while its window runs: a count does, a share or a median may fall too."""
        return self in (Unit.COUNT, Unit.LINES, Unit.DAYS)

    @property
    def bare(self) -> Unit:
        """The unit to show where the label beside a figure says already what it counts: "Active days 3"."""
        return Unit.COUNT if self in (Unit.LINES, Unit.DAYS) else self

    @property
    def money(self) -> bool:
        """Whether it is an amount in a currency."""
        return self in _MONEY


_MONEY = frozenset((Unit.KRW, Unit.USD, Unit.EUR, Unit.JPY, Unit.GBP, Unit.CNY))
_PLACES: Mapping[Unit, int] = {
    Unit.HOURS: 1,
    Unit.SHARE: 2,
    Unit.RATE: 4,
    Unit.NUMBER: 2,
    Unit.MINUTES: 1,
    Unit.SECONDS: 2,
    Unit.PER_SECOND: 2,
    **dict.fromkeys((Unit.USD, Unit.EUR, Unit.GBP, Unit.CNY), 2),
}


class Better(Enum):
    """Which direction is good news."""

    MORE = 1
    LESS = -1
    NEITHER = 0
