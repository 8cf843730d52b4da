"""A chart in text: a bar per label with the earlier value as a mark, or a line of small bars where labels are many."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from model.card import Chart, Series
from model.language import Code, Language
from model.unit import Unit
from writers.rows import Look, Piece, Row, gap, left, right, width_of, words, wrap

_MOST_LABELS = 31  # days of a month
_WIDEST = 40  # columns of a bar
_MARK = "│"
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_STEPS = "▁▂▃▄▅▆▇█"
_UNKNOWN = "–"


def draw(chart: Chart, code: Code, width: int) -> list[Row]:
    """Return a chart as rows: a title, its values, and what they show."""
    rows = wrap(words(chart.title, Look.STRONG), width)
    if chart.series and chart.labels:
        bars = _bars(chart, code, width) if len(chart.labels) <= _MOST_LABELS else []
        fits = bars and max(width_of(row) for row in bars) <= width
        rows += bars if fits else _sparklines(chart, code, width)
    return rows + wrap(words(chart.alt, Look.DIM), width)


def spoken(value: Decimal | None, unit: Unit, code: Code) -> str:
    """Return a value of a chart for people; a dash where it is not known."""
    return _UNKNOWN if value is None else Language(code).figure(value, unit)


def value_at(series: Series, index: int) -> Decimal | None:
    """Return the value under a label, None where there is none."""
    return series.values[index] if index < len(series.values) else None


def highest(chart: Chart) -> Decimal:
    """Return the largest known value of a chart; at least a little above zero, to divide by."""
    known = [value for series in chart.series for value in series.values if value is not None]
    return max([*known, Decimal(0)]) or Decimal(1)


def _bars(chart: Chart, code: Code, width: int) -> list[Row]:
    """Draw one row per label: label, bar, the value of each series in a column of its own."""
    names = [_named(series, index) for index, series in enumerate(chart.series)]
    cells = [[words(spoken(value_at(s, i), chart.unit, code)) for s in chart.series] for i in range(len(chart.labels))]
    sizes = [max(width_of(row) for row in column) for column in zip(names, *cells, strict=True)]
    labels = [words(label, Look.DIM) for label in chart.labels]
    widest = max(width_of(label) for label in labels)
    room = max(8, min(_WIDEST, width - widest - 2 - sum(size + 2 for size in sizes)))
    head = gap(widest + 2 + room) + _in_columns(names, sizes)
    top = highest(chart)
    return [head] + [
        left(label, widest + 2) + left(_bar(chart, index, top, room), room) + _in_columns(cells[index], sizes)
        for index, label in enumerate(labels)
    ]


def _in_columns(cells: Sequence[Row], sizes: Sequence[int]) -> Row:
    return tuple(p for cell, size in zip(cells, sizes, strict=True) for p in gap(2) + right(cell, size))


def _named(series: Series, index: int) -> Row:
    """Return the name of a series with what stands for it in the rows."""
    sign = {0: "█ ", 1: f"{_MARK} "}.get(index, "")
    return (Piece(sign), *words(series.name, Look.DIM))


def _bar(chart: Chart, index: int, top: Decimal, room: int) -> Row:
    """Return the bar of the first series; the value of the second stands in it, or beyond it, as a mark."""
    bar = _filled(value_at(chart.series[0], index), top, room)
    before = value_at(chart.series[1], index) if len(chart.series) > 1 else None
    if before is None or before < 0:
        return (Piece(bar),) if bar else ()
    place = min(room - 1, int(before * room / top))
    bar = bar.ljust(place + 1)
    return tuple(p for p in (Piece(bar[:place]), Piece(_MARK, Look.DIM), Piece(bar[place + 1 :])) if p.text)


def _filled(value: Decimal | None, top: Decimal, room: int) -> str:
    """Return a bar; a value above zero is never nothing, one below zero is."""
    if value is None or value <= 0:
        return ""
    eighths = max(1, round(value * room * 8 / top))
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _sparklines(chart: Chart, code: Code, width: int) -> list[Row]:
    """Draw each series as a line of small bars over its name, from the first label to the last."""
    top = highest(chart)
    rows: list[Row] = []
    for series in chart.series:
        known = [value for value in series.values if value is not None]
        most = words(f"≤ {spoken(max(known, default=None), chart.unit, code)}", Look.DIM)
        line = "".join(_step(value_at(series, i), top) for i in range(len(chart.labels)))
        rows += wrap((*words(series.name), Piece("  "), *most), width)
        rows += wrap((Piece(line),), width)
    ends = words(f"{chart.labels[0]} … {chart.labels[-1]}", Look.DIM)
    return rows + wrap(ends, width)


def _step(value: Decimal | None, top: Decimal) -> str:
    if value is None:
        return "·"
    return _STEPS[max(0, min(7, int(value * 8 / top)))]
