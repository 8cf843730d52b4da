"""Made-up figures of a source of figures, for templates to be looked at before anything was read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from model.measured import Gauge, Listing, Sample, Slice
from model.ready import Ready, ready_of
from model.record import Record
from model.unit import Unit
from model.window import Window

_START = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
_DAY = timedelta(days=1)
_PLACES = Decimal("0.0001")
_VALUES: Mapping[str, tuple[str, str]] = {  # of the window, and of the one before
    "orders": ("42", "36"), "revenue": ("1284.5", "1190"), "average_order": ("30.58", "33.06"),
    "conversion": ("0.0342", "0.0317"), "registrations": ("18", "15"), "retention": ("0.62", "0.6"),
    "active_users": ("310", "296"), "churn": ("0.021", "0.024"), "low_stock": ("2", "3"), "out_of_stock": ("1", "0"),
    "stock_turnover": ("0.84", "0.79"),
    "request_rate": ("128.5", "119"), "error_rate": ("0.0042", "0.0031"), "availability": ("0.9972", "0.9991"),
    "latency_p50": ("86", "82"), "latency_p95": ("212", "198"), "latency_p99": ("540", "512"),
    "cpu": ("0.34", "0.31"), "memory": ("0.62", "0.6"), "disk": ("0.71", "0.7"),
    "network_in": ("1840000", "1620000"), "network_out": ("5210000", "4900000"),
    "performance_score": ("0.91", "0.88"), "accessibility_score": ("0.97", "0.97"),
    "best_practices_score": ("0.95", "0.95"), "seo_score": ("0.92", "0.9"),
    "lcp": ("2100", "2350"), "inp": ("160", "184"), "fcp": ("1200", "1310"), "tbt": ("140", "190"),
    "ttfb": ("210", "240"), "cls": ("0.06", "0.08"),
}  # fmt: skip
_OTHERS = ("42", "36")
_OF_SERVICES = ("request_rate", "error_rate", "availability", "latency_p50", "latency_p95", "latency_p99")
_OF_MACHINES = ("cpu", "memory", "disk", "network_in", "network_out")
_OF_PAGES = ("performance_score", "accessibility_score", "best_practices_score", "seo_score", "lcp", "inp", "fcp")
_DIMENSIONS: Mapping[str, str] = {
    **dict.fromkeys(_OF_SERVICES, "service"),
    **dict.fromkeys(_OF_MACHINES, "instance"),
    **dict.fromkeys((*_OF_PAGES, "tbt", "ttfb", "cls"), "page"),
}
_GROUPS: Mapping[str, tuple[str, str]] = {
    "region": ("north", "south"), "service": ("api", "web"), "instance": ("app-1", "app-2"), "page": ("/", "/pay"),
}  # fmt: skip
_WEEKDAYS = (5, 7, 6, 6, 7, 5, 6)  # of 42 parts


def figures_for(metrics: Iterable[str], window: Window) -> Iterator[Record]:
    """Yield each metric with a value for the window and for the one before, its days, and two groups; then a list."""
    for metric in metrics:
        usual, by = ready_of(metric), _DIMENSIONS.get(metric, "region")
        yield Record(metric, _START, None, "", None, Gauge(usual.unit, usual.better, usual.how, (by,), usual.together))
        now, before = (Decimal(value) for value in _VALUES.get(metric, _OTHERS))
        if usual.how == "last":
            for n in range(7):  # the last of them is how it stands
                at = window.start + (n + 1) * _DAY - _TICK
                yield _sample(metric, at, at, _slices(usual, by, _between(before, now, n + 1, usual.unit)))
            at = window.start - _TICK
            yield _sample(metric, at, at, _slices(usual, by, before))
            continue
        for half, value in ((window, now), (window.previous(), before)):
            yield _sample(metric, half.start, half.end, _slices(usual, by, value))
        for n, value in enumerate(_days(usual, now)):
            start = window.start + n * _DAY
            yield _sample(metric, start, start + _DAY, (Slice(value),))
    yield Record("low", _START, None, "Running low", None, _LOW)


def _sample(metric: str, at: datetime, until: datetime, slices: Sequence[Slice]) -> Record:
    return Record(f"{metric} {at} {until}", at, until, metric, None, Sample(metric, tuple(slices)))


def _slices(usual: Ready, by: str, value: Decimal) -> tuple[Slice, ...]:
    """Return a value with two groups that fit it."""
    one, other = _GROUPS[by]
    match usual.together:
        case "sum":
            most = (value * 3 / 5).quantize(value)
            parts = (most, value - most)
        case "max":
            parts = (value, (value * 4 / 5).quantize(_PLACES))
        case _:
            apart = value / (500 if usual.unit.percent else 10)
            parts = ((value + apart).quantize(_PLACES), (value - apart).quantize(_PLACES))
    return (Slice(value), Slice(parts[0], ((by, one),)), Slice(parts[1], ((by, other),)))


def _days(usual: Ready, value: Decimal) -> Iterator[Decimal]:
    """Yield a value for each of seven days: what is added up makes the value, anything else goes about it."""
    passed, given = 0, Decimal(0)
    for part in _WEEKDAYS:
        passed += part
        if usual.together == "sum" and usual.unit is not Unit.PER_SECOND and usual.unit is not Unit.BYTES_PER_SECOND:
            up_to = (value * passed / sum(_WEEKDAYS)).quantize(value)
            yield up_to - given
            given = up_to
        else:
            yield (value * (94 + part) / 100).quantize(_PLACES)


def _between(before: Decimal, now: Decimal, day: int, unit: Unit) -> Decimal:
    found = before + (now - before) * day / 7
    return found.quantize(Decimal(1) if unit is Unit.COUNT else _PLACES)


_LOW = Listing((("product", None), ("stock", Unit.NUMBER)), (("Lamp", "0"), ("Desk", "3")))
