from __future__ import annotations

from decimal import Decimal
from typing import Literal
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.card import Chart, Series
from model.unit import Unit
from tests.support.charts import chart
from tests.writers.hostile import ANYTHING
from writers.drawing import svg, swatch
from writers.safe import inert

VALUES = st.lists(st.one_of(st.none(), st.decimals(-10, 10**9, allow_nan=False, places=1)), max_size=40).map(tuple)


@given(VALUES, VALUES, st.integers(0, 40), st.sampled_from(["bar", "line", "stacked"]), ANYTHING)
def test_any_chart_is_a_well_formed_picture_inside_its_frame(
    now: tuple[Decimal | None, ...],
    before: tuple[Decimal | None, ...],
    labels: int,
    shape: Literal["bar", "line", "stacked"],
    text: str,
) -> None:
    chart = Chart(text, (text,) * labels, (Series(text, now), Series(text, before)), Unit.HOURS, text, shape)
    picture = ElementTree.fromstring(svg(chart, "en", "c1"))
    assert [picture.findtext("title"), picture.findtext("desc")] == [inert(text).strip(" ")] * 2
    for bar in picture.iter("rect"):
        x, y, width, height = (float(bar.get(name, "")) for name in ("x", "y", "width", "height"))
        assert x >= 0
        assert y >= 0
        assert height >= 0
        assert x + width <= 360
    for dot in picture.iter("circle"):
        assert 0 <= float(dot.get("cy", "")) <= 176


def test_series_differ_in_more_than_colour() -> None:
    chart = Chart("c", ("a",), (Series("now", (Decimal(1),)), Series("then", (Decimal(2),))), Unit.COUNT, "alt")
    picture = ElementTree.fromstring(svg(chart, "en", "c1"))
    assert [bar.get("fill") for bar in picture.iter("rect")] == [None, "url(#c1h)"]
    assert "url(#c1h)" in swatch(chart, 1, "c1")


def test_a_line_does_not_cross_what_is_not_known() -> None:
    values = (Decimal(1), Decimal(2), None, Decimal(3))
    chart = Chart("c", ("a", "b", "c", "d"), (Series("now", values),), Unit.COUNT, "alt", "line")
    picture = ElementTree.fromstring(svg(chart, "en", "c1"))
    assert sum(path.get("class") == "line s0" for path in picture.iter("path")) == 2


def test_what_is_stacked_stands_on_what_is_below_it() -> None:
    picture = ElementTree.fromstring(svg(chart("stacked", "en"), "en", "c1"))
    first, second, third = [
        [float(bar.get(name, "")) for name in ("x", "y", "height")]
        for bar in picture.iter("rect")
        if bar.get("x") == "6.2"
    ]
    assert first[1] + first[2] == pytest.approx(152, abs=0.1)
    assert second[1] + second[2] == pytest.approx(first[1], abs=0.2)
    assert third[1] + third[2] == pytest.approx(second[1], abs=0.2)
    assert second[2] / first[2] == pytest.approx(5 / 7, abs=0.01)
    assert [text.text for text in picture.iter("text") if text.get("class") == "value"] == ["–"]  # on Thursday
