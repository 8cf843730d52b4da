"""Made-up figures of a source of figures, for templates to be looked at before anything was read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from model.measured import Gauge, Listing, Sample, Slice
from model.ready import ready_of
from model.record import Record
from model.unit import Unit
from model.window import Window

_START = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
_REGIONS = ("north", "south")
_VALUES: Mapping[Unit, tuple[str, str]] = {  # of the window, and of the one before
    Unit.COUNT: ("42", "36"),
    Unit.RATE: ("0.0342", "0.0317"),
    Unit.SHARE: ("0.34", "0.31"),
    Unit.MILLISECONDS: ("212", "198"),
    Unit.MINUTES: ("12.5", "4"),
    Unit.BYTES_PER_SECOND: ("1840000", "1620000"),
}
_OTHERS = ("1284.5", "1190")
_HIGH = frozenset({"availability", "retention"})


def figures_for(metrics: Sequence[str], window: Window) -> Iterator[Record]:
    """Yield each metric with a value for the window and for the one before, its days, and two groups."""
    for metric in metrics:
        usual = ready_of(metric)
        gauge = Gauge(usual.unit, usual.better, usual.how, ("region",), "sum")
        yield Record(metric, _START, None, "", None, gauge)
        now, before = (Decimal(value) for value in _VALUES.get(usual.unit, _OTHERS))
        if metric in _HIGH:
            now, before = 1 - now / 100, 1 - before / 100
        for half, value in ((window, now), (window.previous(), before)):
            at = half.end - _TICK if usual.how == "last" else half.start
            yield _sample(metric, at, at if usual.how == "last" else half.end, value, value)
        for n in range(7 if usual.how == "window" else 0):
            start = window.start + timedelta(days=n)
            yield _sample(metric, start, start + timedelta(days=1), now if usual.unit.percent else now / 7 + n)
    yield Record("low", _START, None, "Running low", None, _LOW)


def _sample(metric: str, at: datetime, until: datetime, value: Decimal, split: Decimal | None = None) -> Record:
    halves = () if split is None else tuple(Slice(split / 2, (("region", region),)) for region in _REGIONS)
    return Record(f"{metric} {at} {until}", at, until, metric, None, Sample(metric, (Slice(value), *halves)))


_LOW = Listing((("product", None), ("stock", Unit.NUMBER)), (("Lamp", "0"), ("Desk", "3")))
