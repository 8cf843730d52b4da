"""The one look of ARB's pictures: colours that colour-blind people tell apart, and what tells series apart without."""

from __future__ import annotations

from pydantic import JsonValue

from writers.lettering import FAMILY

INK, SOFT, RULE, PAPER = "#1B1F24", "#57606A", "#E3E6EA", "#FFFFFF"
_BLUE, _GREEN, _VERMILLION, _PURPLE = "#0072B2", "#009E73", "#D55E00", "#CC79A7"  # of Okabe and Ito
LETTER = 11  # pixels of a label
GAP = 6  # pixels between a shape and its value

# What a series looks like, by its number; the second is mostly the time before, and stands back.
STROKES: tuple[JsonValue, ...] = (_BLUE, SOFT, _VERMILLION, _GREEN, _PURPLE, INK)
FILLS: tuple[JsonValue, ...] = (_BLUE, "#E9ECEF", "url(#rows)", "url(#dots)", "url(#columns)", INK)
DASHES: tuple[JsonValue, ...] = ([1, 0], [6, 4], [2, 3], [10, 3, 2, 3], [12, 4], [1, 4])
POINTS: tuple[JsonValue, ...] = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
CELLS: tuple[JsonValue, ...] = ("#EEF5FA", "#0A4C78")  # from the least to the most


def theme() -> dict[str, JsonValue]:
    """Return the `config` of a specification: https://vega.github.io/vega-lite/docs/config.html."""
    return {
        "font": FAMILY,
        "background": PAPER,
        "view": {"stroke": None},
        "title": {"anchor": "start", "fontSize": 15, "fontWeight": "bold", "color": INK, "offset": 12},
        "axis": {"domain": False, "ticks": False, "grid": False, "labelColor": SOFT, "labelFontSize": LETTER,
                 "labelPadding": GAP, "titleColor": SOFT, "titleFontSize": LETTER, "titleFontWeight": "normal",
                 "titleAnchor": "start", "titlePadding": 10},
        "legend": {"orient": "top", "direction": "horizontal", "labelColor": INK, "labelFontSize": 12,
                   "labelLimit": 160, "symbolSize": 110, "columnPadding": 16, "offset": 14, "columns": 3},
        "scale": {"bandPaddingInner": 0.24, "bandPaddingOuter": 0.12, "bandWithNestedOffsetPaddingInner": 0.26,
                  "bandWithNestedOffsetPaddingOuter": 0.13, "offsetBandPaddingInner": 0.06},
        "text": {"fontSize": LETTER, "color": INK},
    }  # fmt: skip


def _pattern(name: str, colour: str, wide: int, high: int) -> str:
    """Return a pattern that runs along the pixels, which keeps a picture small."""
    return (
        f'<pattern id="{name}" width="4" height="4" patternUnits="userSpaceOnUse"><rect width="4" height="4" '
        f'fill="{PAPER}"/><rect width="{wide}" height="{high}" fill="{colour}"/></pattern>'
    )


# What `FILLS` names: Vega knows no patterns, so they are put into its picture.
PATTERNS = (
    "<defs>"
    + _pattern("rows", _VERMILLION, 4, 2)
    + _pattern("dots", _GREEN, 2, 2)
    + _pattern("columns", _PURPLE, 2, 4)
    + "</defs>"
)
