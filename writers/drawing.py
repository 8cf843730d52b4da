"""A chart as an inline SVG: shapes only, coloured by the style sheet, its series told apart without colour too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from html import escape

from model.card import Chart, Series
from model.language import Code
from writers.bars import highest, spoken, value_at
from writers.safe import inert

_WIDTH, _HEIGHT = 360, 176  # units of the view box: about as many pixels on a phone
_TOP, _BASE = 20, 152
_MOST_SERIES = 4
_MOST_VALUES = 14  # bars that have room for their value above them
_LETTER = 6.5  # width of a letter of a label


def svg(chart: Chart, code: Code, key: str) -> str:
    """Return the picture of a chart; `key` makes its ids unique in the document."""
    match chart.shape:
        case "line":
            shapes = _lines(chart)
        case "stacked":
            shapes = _stacked(chart, key)
        case _:
            shapes = _bars(chart, key)
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-labelledby="{key}t {key}d">'
        f'<title id="{key}t">{_text(chart.title)}</title><desc id="{key}d">{_text(chart.alt)}</desc>'
        f"{_pattern(key)}{_top_line(chart, code)}{''.join(shapes)}{''.join(_values(chart, code))}"
        f'<path class="axis" d="M0 {_BASE}H{_WIDTH}"/>{"".join(_labels(chart.labels))}</svg>'
    )


def swatch(chart: Chart, index: int, key: str) -> str:
    """Return the small sample of a series for the legend."""
    number = index % _MOST_SERIES
    if chart.shape == "line":
        shape = f'<path class="line s{number}" d="M0 5H18"/><circle class="dot s{number}" cx="9" cy="5" r="3"/>'
    else:
        shape = f'<rect class="bar s{number}"{_fill(number, key)} x="1" y="1" width="16" height="8"/>'
    return f'<svg class="swatch" viewBox="0 0 18 10" aria-hidden="true">{shape}</svg>'


def _pattern(key: str) -> str:
    """Return the hatching of the second series."""
    return (
        f'<defs><pattern id="{key}h" width="5" height="5" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><path class="hatch" d="M0 0V5"/></pattern></defs>'
    )


def _fill(number: int, key: str) -> str:
    return f' fill="url(#{key}h)"' if number == 1 else ""


def _bars(chart: Chart, key: str) -> Iterator[str]:
    top, slot = highest(chart), _slot(chart.labels)
    shown = chart.series[:_MOST_SERIES]
    width = slot * 0.76 / max(1, len(shown))
    for number, series in enumerate(shown):
        for index in range(len(chart.labels)):
            value = value_at(series, index)
            if value is not None and value > 0:
                x, y = index * slot + slot * 0.12 + number * width, _y(value, top)
                size = f'width="{max(0.5, width - 1):.1f}" height="{_BASE - y:.1f}"'
                yield f'<rect class="bar s{number}"{_fill(number, key)} x="{x:.1f}" y="{y:.1f}" {size}/>'


def _stacked(chart: Chart, key: str) -> Iterator[str]:
    """Draw the series of each label on each other, the first one at the base."""
    top, slot = _reached(chart), _slot(chart.labels)
    for index in range(len(chart.labels)):
        below = Decimal(0)
        for number, value in enumerate(_positive(chart, index)):
            if value > 0:
                y, base = _y(below + value, top), _y(below, top)
                size = f'width="{max(0.5, slot * 0.76 - 1):.1f}" height="{base - y:.1f}"'
                x = index * slot + slot * 0.12
                yield f'<rect class="bar s{number}"{_fill(number, key)} x="{x:.1f}" y="{y:.1f}" {size}/>'
                below += value


def _positive(chart: Chart, index: int) -> list[Decimal]:
    """Return what is drawn of each series under a label: nothing where it is not known, or below zero."""
    values = (value_at(series, index) for series in chart.series[:_MOST_SERIES])
    return [max(value or Decimal(0), Decimal(0)) for value in values]


def _reached(chart: Chart) -> Decimal:
    """Return the highest that the shapes of a chart reach; a little above zero at least, to divide by."""
    if chart.shape != "stacked":
        return highest(chart)
    return max((sum(_positive(chart, n), Decimal(0)) for n in range(len(chart.labels))), default=Decimal(0)) or Decimal(
        1
    )


def _lines(chart: Chart) -> Iterator[str]:
    top, slot = highest(chart), _slot(chart.labels)
    for number, series in reversed(list(enumerate(chart.series[:_MOST_SERIES]))):  # the first one on top
        for run in _known_runs(series, len(chart.labels)):
            points = [((index + 0.5) * slot, _y(value, top)) for index, value in run]
            path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
            yield f'<path class="line s{number}" d="M{path}"/>'
            if len(chart.labels) <= _MOST_VALUES or len(points) == 1:
                yield from (f'<circle class="dot s{number}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in points)


def _known_runs(series: Series, count: int) -> Iterator[list[tuple[int, Decimal]]]:
    """Yield the stretches of a series without an unknown value: a line must not cross what nobody knows."""
    run: list[tuple[int, Decimal]] = []
    for index in range(count + 1):
        value = value_at(series, index) if index < count else None
        if value is not None:
            run.append((index, value))
        elif run:
            yield run
            run = []


def _values(chart: Chart, code: Code) -> Iterator[str]:
    """Write the value of the first series above its shapes, where there is room."""
    if not chart.series or len(chart.labels) > _MOST_VALUES:
        return
    if chart.shape == "stacked":
        yield from _gaps(chart, code)
        return
    top, slot = highest(chart), _slot(chart.labels)
    bars = chart.shape == "bar"
    offset = 0.12 + 0.38 / max(1, min(_MOST_SERIES, len(chart.series))) if bars else 0.5
    for index in range(len(chart.labels)):
        value = value_at(chart.series[0], index)
        if value is not None:
            at = f'x="{(index + offset) * slot:.1f}" y="{_y(value, top) - (4 if bars else 7):.1f}"'
            yield f'<text class="value" {at}>{_text(spoken(value, chart.unit, code))}</text>'


def _gaps(chart: Chart, code: Code) -> Iterator[str]:
    """Write a dash on a stack in which something is not known."""
    for index in range(len(chart.labels)):
        if any(value_at(series, index) is None for series in chart.series):
            y = _y(sum(_positive(chart, index), Decimal(0)), _reached(chart)) - 4
            at = f'x="{(index + 0.5) * _slot(chart.labels):.1f}" y="{y:.1f}"'
            yield f'<text class="value" {at}>{spoken(None, chart.unit, code)}</text>'


def _top_line(chart: Chart, code: Code) -> str:
    """Draw what the highest value is, where the shapes do not say it themselves."""
    if not chart.series or (len(chart.labels) <= _MOST_VALUES and chart.shape != "stacked"):
        return ""
    value = _text(spoken(_reached(chart), chart.unit, code))
    return f'<path class="grid" d="M0 {_TOP}H{_WIDTH}"/><text class="top" x="0" y="{_TOP - 5}">{value}</text>'


def _labels(labels: Sequence[str]) -> Iterator[str]:
    """Write as many labels as have room, cut to it; the table below the picture has them whole."""
    slot = _slot(labels)
    texts = [inert(label).strip(" ") for label in labels]
    longest = max((_letters(text) for text in texts), default=0)
    every = max(1, min(-(-len(labels) // 6), round(longest * _LETTER / slot + 0.5)))
    room = max(2, int(every * slot / _LETTER))
    for index in range(0, len(labels), every):
        text = _shortened(texts[index], room)
        yield f'<text class="label" x="{(index + 0.5) * slot:.1f}" y="{_BASE + 16}">{escape(text)}</text>'


def _shortened(text: str, room: int) -> str:
    """Return text cut with "…" to so many letters, a wide one counting as two."""
    if _letters(text) <= room:
        return text
    kept = text[:room]
    while kept and _letters(kept) > room - 1:
        kept = kept[:-1]
    return kept.rstrip(" ") + "…"


def _letters(text: str) -> int:
    return sum(1 if letter.isascii() else 2 for letter in text)


def _slot(labels: Sequence[str]) -> float:
    return _WIDTH / max(1, len(labels))


def _y(value: Decimal, top: Decimal) -> float:
    return _BASE - max(0.0, float(value / top)) * (_BASE - _TOP)


def _text(text: str) -> str:
    return escape(inert(text).strip(" "))
