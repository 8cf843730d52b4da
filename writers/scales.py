"""The scale of a chart: which values it reaches from and to, and where its lines lie, at numbers that people like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from model.card import Chart, Series
from model.unit import Unit

MOST_LABELS = 53  # weeks of a year
MOST_ROWS = 24  # of bars or cells
_MOST_SERIES = 6  # that can be told apart
_MOST = Decimal(10) ** 18  # nobody counts further; what is beyond is not drawn
_STEPS = 4  # that a scale has about
_ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Scale:
    """From the first of `ticks` to the last, zero among them."""

    ticks: tuple[Decimal, ...]

    def part(self, value: Decimal) -> float:
        """Return a value as a part of the largest one that the scale reaches: from −1 to 1."""
        return float(value / max(abs(self.ticks[0]), abs(self.ticks[-1])))


def most_series(chart: Chart) -> int:
    """Return how many series of a chart are drawn."""
    return MOST_ROWS if chart.shape == "heat" else _MOST_SERIES


def can_draw(chart: Chart) -> bool:
    """Tell whether there is anything to see: a value that is known."""
    labels = range(len(chart.labels[:MOST_LABELS]))
    return any(known(series, n) is not None for series in chart.series[: most_series(chart)] for n in labels)


def known(series: Series, index: int) -> Decimal | None:
    """Return the value under a label; None where it is not known or cannot be drawn."""
    value = series.values[index] if index < len(series.values) else None
    return value if value is not None and value.is_finite() and abs(value) <= _MOST else None


def scale_of(chart: Chart, series: Sequence[Series], labels: int) -> Scale:
    """Return the scale that these series need under so many labels."""
    columns = [[v for s in series if (v := known(s, n)) is not None] for n in range(labels)]
    if chart.shape == "stacked":
        reached = [sum((v for v in column if (v < 0) == below), Decimal(0)) for column in columns for below in (0, 1)]
    else:
        reached = [value for column in columns for value in column]
    return Scale(_ticks(min([Decimal(0), *reached]), max([Decimal(0), *reached]), chart.unit))


def _ticks(low: Decimal, high: Decimal, unit: Unit) -> tuple[Decimal, ...]:
    step = max(_step((high - low) / _STEPS), _least(unit))
    first = (low / step).to_integral_value(ROUND_FLOOR)
    last = max((high / step).to_integral_value(ROUND_CEILING), first + 1)
    return tuple(step * (first + n) for n in range(int(last - first) + 1))


def _step(rough: Decimal) -> Decimal:
    """Return the next larger 1, 2 or 5 with zeros."""
    if rough <= 0:
        return _ONE
    size = _ONE.scaleb(rough.adjusted())
    return next(size * times for times in (1, 2, 5, 10) if size * times >= rough)


def _least(unit: Unit) -> Decimal:
    """Return the smallest step that people can read off in a unit."""
    return _ONE.scaleb(-unit.places)
