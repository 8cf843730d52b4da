"""A chart as a Vega-Lite specification: https://vega.github.io/vega-lite/docs/.

What a reader sees as text is data of the specification: expressions are ours alone and look texts up by number. Values
are drawn as parts of the largest one, so that none is too large for a float.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from pydantic import JsonValue

from model.card import Chart
from model.language import Language, Message
from writers.lettering import drawable, width
from writers.scales import MOST_LABELS, MOST_ROWS, known, most_series, scale_of
from writers.theme import CELLS, DASHES, FILLS, GAP, INK, LETTER, PAPER, POINTS, RULE, SOFT, STROKES, theme

Spec = dict[str, JsonValue]

WIDTH, HEIGHT = 560, 280  # pixels, before the picture is made twice as large
_MOST_VALUES = 14  # labels that leave room for values above them
_MOST_TEXT = 60  # characters of a label or a name
_PADDING = 16
_AXIS = 64  # pixels that the labels of values take
_NAME = 190  # pixels of a label beside a row
_WIDEST = 110  # pixels that a label takes at most
_LEGEND = 24  # pixels that the legend of lying bars takes
_BEHIND = 1.12  # so many times the largest value is drawn, where values stand behind bars
_UNKNOWN = "–"
_FIELD: Spec = {"field": "v"}
_SIGN: Spec = {"field": "u"}  # of what is not known


def spec_of(chart: Chart, language: Language) -> Spec:
    """Return the specification of a chart's picture."""
    page = _Page(chart, language)
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "config": theme(),
        "width": WIDTH,
        "height": page.height,
        "padding": _PADDING,
        "autosize": {"type": "fit", "contains": "padding"},
        "title": {"text": drawable(chart.title, 2 * _MOST_TEXT), "limit": WIDTH - 2 * _PADDING, **page.head()},
        "params": [
            {"name": "labels", "value": list(page.labels)},
            {"name": "names", "value": list(page.names)},
            {"name": "ticks", "value": list(page.ticks)},
            {"name": "places", "value": list(page.places)},
        ],
        "data": {"values": list(page.rows())},
        "layer": page.layers(),
    }


class _Page:
    """One chart, with what its parts have in common."""

    def __init__(self, chart: Chart, language: Language) -> None:
        self._chart, self._language = chart, language
        self._series = chart.series[: most_series(chart)]
        self.labels = tuple(drawable(label, _MOST_TEXT) for label in chart.labels[:MOST_LABELS])
        self.names = tuple(drawable(series.name, _MOST_TEXT) for series in self._series)
        self._scale = scale_of(chart, self._series, len(self.labels))
        self.ticks = tuple(language.brief(tick, chart.unit) for tick in self._scale.ticks)
        self.places = tuple(self._scale.part(tick) for tick in self._scale.ticks)
        self._heat = chart.shape == "heat"
        self._slot = (WIDTH - (_NAME if self._heat else _AXIS)) / max(1, len(self.labels))
        self._longest = LETTER * max((width(label) for label in self.labels), default=0)
        few = len(self.labels) <= MOST_ROWS and len(self._series) <= 2
        self._lying = chart.shape == "bar" and few and self._longest > self._slot

    def head(self) -> Spec:
        """Return where the title begins: at the left edge of what is below it."""
        if self._lying:
            return {"frame": "bounds", "offset": _LEGEND + 14 if len(self._series) > 1 else 14}
        return {"frame": "bounds" if self._heat else "group"}

    def _beside_bars(self) -> float:
        """Return how many pixels the names of lying bars take."""
        return min(_NAME, self._longest) + GAP

    @property
    def height(self) -> int:
        """How high the picture is, in pixels."""
        if self._heat:
            return 90 + 28 * len(self._series)
        legend = 34 if len(self._series) > 1 else 0
        return 60 + legend + (12 + 14 * len(self._series)) * len(self.labels) if self._lying else HEIGHT

    def rows(self) -> Iterator[Spec]:
        """Yield the values: label, series, the value as a part of the scale, its text and how far that is from it.

        And where the sign of one that is not known stands: at zero, or on what is known of a stack.
        """
        stacked = self._chart.shape == "stacked"
        for n in range(len(self.labels)):
            values = [known(series, n) for series in self._series]
            top = sum((value for value in values if stacked and value is not None and value > 0), Decimal(0))
            for m, series in enumerate(self._series):
                value = known(series, n)
                row: Spec = {"i": str(n), "s": str(m), "v": None, "t": _UNKNOWN, "u": self._scale.part(top)}
                if value is not None:
                    row |= {"v": self._scale.part(value), "t": self._language.brief(value, self._chart.unit)}
                    row["d"] = self._distance(m, n, value)
                yield row

    def layers(self) -> list[JsonValue]:
        """Return the shapes, in the order in which they are drawn."""
        match self._chart.shape:
            case "line":
                return [*self._lines(), *self._values(), self._gaps()]
            case "bar":
                return [self._bars(), *self._values(), self._gaps()]
            case "stacked":
                return [self._bars(), self._gaps()]
            case "heat":
                return self._cells()

    def _distance(self, series: int, index: int, value: Decimal) -> int:
        """Return how many pixels below a shape its value stands: beneath it in a valley and below zero."""
        if self._chart.shape != "line":
            return 9 if value < 0 else -9
        beside = [known(self._series[series], n) if n >= 0 else None for n in (index - 1, index + 1)]
        valley = all(other is not None and value < other for other in beside)
        return 13 if valley and self._scale.part(value) > 0.1 else -11

    def _axes(self, what: Spec = _FIELD) -> Spec:
        """Return where labels lie, and values or their signs."""
        labels = _category("i", len(self.labels))
        if self._lying:
            extent: Spec = {"minExtent": self._beside_bars(), "maxExtent": self._beside_bars()}
            return {"y": labels | {"axis": _beside("labels") | extent}, "x": self._value(what)}
        outer = max(0.12, (WIDTH - _AXIS) / _WIDEST / 2 - len(self.labels) / 2)  # a few bars are not made wider
        scale: Spec = {"domain": _numbers(len(self.labels)), "paddingOuter": outer}
        return {"x": labels | {"axis": self._below(), "scale": scale}, "y": self._value(what)}

    def _value(self, what: Spec) -> Spec:
        low, high = self.places[0], self.places[-1]
        axis = self._across()
        if self._lying:  # no lines to end at: as far as the values reach, and room for their texts
            parts = [0.0, *self._parts()]
            low, high = min(parts) * _BEHIND, (max(parts) or -min(parts) / 9 or 1.0) * _BEHIND
            axis = {"labels": False, "title": self._note()}
        scale: Spec = {"domain": [low, high], "nice": False, "zero": False}
        stack = "zero" if self._chart.shape == "stacked" and what is _FIELD else None
        return what | {"type": "quantitative", "stack": stack, "scale": scale, "axis": axis}

    def _parts(self) -> list[float]:
        values = [known(series, n) for series in self._series for n in range(len(self.labels))]
        return [self._scale.part(value) for value in values if value is not None]

    def _across(self) -> Spec:
        """Return the axis of values, with a light line at each of its figures and a darker one at zero."""
        return {
            "grid": True,
            "gridColor": {"condition": {"test": "datum.value === 0", "value": SOFT}, "value": RULE},
            "values": list(self.places),
            "labelExpr": "ticks[indexof(places, datum.value)]",
            "labelLimit": _AXIS,
            "title": None,
        }

    def _below(self) -> Spec:
        """Return the axis with as many labels as have room, each cut to it."""
        every = max(1, round(min(self._longest, 64) / self._slot + 0.5))
        return {
            "labelExpr": "labels[toNumber(datum.value)]",
            "labelAngle": 0,
            "labelLimit": max(12, every * self._slot - 4),
            "labelOverlap": False,
            "values": _numbers(len(self.labels))[::every],
            "title": self._note(),
        }

    def _note(self) -> str | None:
        """Say what the picture does not show: what is not known, and what there was no room for."""
        parts: list[Message] = []
        if len(self._parts()) < len(self._series) * len(self.labels):
            parts.append(Message("– means not known"))
        if len(self._chart.series) > len(self._series):
            of_series: dict[str, object] = {"n": len(self._series), "all": len(self._chart.series)}
            parts.append(Message("{n} of {all} series are shown", of_series))
        if len(self._chart.labels) > len(self.labels):
            of_labels: dict[str, object] = {"n": len(self.labels), "all": len(self._chart.labels)}
            parts.append(Message("the first {n} of {all} labels are shown", of_labels))
        return " · ".join(self._language.say(part) for part in parts) or None

    def _bars(self) -> Spec:
        """Return bars beside or, stacked, on each other."""
        looks: Spec = {"fill": self._by_series(FILLS), "stroke": self._by_series(STROKES)}
        return {
            "transform": [{"filter": "datum.v !== 0"}],  # its edge alone would look like something
            "mark": {"type": "bar", "strokeWidth": 1},
            "encoding": self._axes() | looks | self._offset() | self._upwards(),
        }

    def _lines(self) -> list[JsonValue]:
        """Return lines that break where a value is not known, with a point for each value."""
        line: Spec = {"stroke": self._by_series(STROKES), "strokeDash": self._by_series(DASHES) | {"legend": None}}
        point: Spec = {"stroke": self._by_series(STROKES), "shape": self._by_series(POINTS)}
        size = 46 if len(self.labels) <= 31 else 16
        dots: Spec = {"type": "point", "fill": PAPER, "size": size, "strokeWidth": 1.5, "opacity": 1}
        return [
            {"mark": {"type": "line", "strokeWidth": 2, "strokeJoin": "round"}, "encoding": self._axes() | line},
            {"mark": dots, "encoding": self._axes() | point},
        ]

    def _values(self) -> list[JsonValue]:
        """Return the values of the first series, where there is room; a light edge parts them from lines."""
        if not self._lying and (len(self.labels) > _MOST_VALUES or self._widest() > self._slot):
            return []
        mark: Spec = {"type": "text", "baseline": "middle", "fontWeight": "bold"}
        if self._lying:
            mark["align"] = {"expr": "datum.v < 0 ? 'right' : 'left'"}
            mark["dx"] = {"expr": f"datum.v < 0 ? -{GAP} : {GAP}"}
        else:
            mark["dy"] = {"expr": "datum.d"}
        first: Spec = {
            "transform": [{"filter": "datum.s === '0' && isValid(datum.v)"}],
            "encoding": self._axes() | self._offset() | {"text": {"field": "t", "type": "nominal"}},
        }
        edge: Spec = {"stroke": PAPER, "strokeWidth": 3, "strokeJoin": "round"}
        return [first | {"mark": mark | edge}, first | {"mark": mark}]

    def _widest(self) -> float:
        """Return how many pixels the widest value takes."""
        return LETTER * max((width(str(row["t"])) for row in self.rows() if self._heat or row["s"] == "0"), default=0)

    def _gaps(self) -> Spec:
        """Return the sign where a value is not known."""
        mark: Spec = {"type": "text", "color": SOFT, "baseline": "middle"}
        mark |= {"align": "left", "dx": GAP} if self._lying else {"dy": -9}
        return {
            "transform": [{"filter": "!isValid(datum.v)"}],
            "mark": mark,
            "encoding": self._axes(_SIGN) | self._offset() | {"text": {"value": _UNKNOWN}},
        }

    def _cells(self) -> list[JsonValue]:
        """Return a cell for each value, with its text where there is room."""
        axes: Spec = {
            "x": _category("i", len(self.labels)) | {"axis": self._below(), "scale": _grid(len(self.labels))},
            "y": _category("s", len(self.names)) | {"axis": _beside("names"), "scale": _grid(len(self.names))},
        }
        low, high = min(self._parts()), max(self._parts())
        middle = low + (high - low) * 0.6 if high > low else high
        scale: Spec = {"domain": [low, high], "range": list(CELLS)}
        fill: Spec = {"field": "v", "type": "quantitative", "legend": None, "scale": scale}
        light: Spec = {"test": f"datum.v > {middle:.6f}", "value": PAPER}
        text: Spec = {"text": {"field": "t", "type": "nominal"}, "color": {"condition": light, "value": INK}}
        cells: Spec = {
            "transform": [{"filter": "isValid(datum.v)"}],
            "mark": {"type": "rect"},
            "encoding": axes | {"fill": fill},
        }
        return [cells, {"mark": {"type": "text"}, "encoding": axes | text}] if self._widest() < self._slot else [cells]

    def _by_series(self, looks: tuple[JsonValue, ...]) -> Spec:
        """Return an encoding that gives each series its own look; a single one needs no legend."""
        count = len(self._series)
        legend: Spec | None = None
        if count > 1:
            legend = {"labelExpr": "names[toNumber(datum.value)]", "title": None}
            if self._lying:  # where the title begins, and the names
                legend |= {"orient": "none", "legendX": -self._beside_bars(), "legendY": -_LEGEND}
        scale: Spec = {"domain": _numbers(count), "range": list(looks[:count])}
        return {"field": "s", "type": "nominal", "scale": scale, "legend": legend}

    def _upwards(self) -> Spec:
        """Return what stacks the series from the base, as they are named."""
        return {"order": {"field": "s", "sort": "ascending"}} if self._chart.shape == "stacked" else {}

    def _offset(self) -> Spec:
        """Return what sets the bars of a label beside each other."""
        if self._chart.shape != "bar" or len(self._series) < 2:
            return {}
        return {"yOffset" if self._lying else "xOffset": _category("s", len(self._series))}


def _category(field: str, count: int) -> Spec:
    """Return an encoding by number: each has its place, whether or not it has a value."""
    return {"field": field, "type": "nominal", "sort": None, "scale": {"domain": _numbers(count)}}


def _numbers(count: int) -> list[JsonValue]:
    return [str(n) for n in range(count)]


def _grid(count: int) -> Spec:
    """Return the scale of cells; without any padding Vega leaves out the first label."""
    return {"domain": _numbers(count), "paddingInner": 0.06, "paddingOuter": 0.03}


def _beside(names: str) -> Spec:
    """Return the axis of rows, each with its name."""
    return {"labelExpr": f"{names}[toNumber(datum.value)]", "labelLimit": _NAME, "labelColor": INK, "title": None}
