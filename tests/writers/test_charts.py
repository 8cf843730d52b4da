"""Pictures of charts: what they are made of, and what is drawn whatever stands in a chart."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import AsyncIterator
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.card import Chart, Series, Shape
from model.errors import PictureError
from model.language import Code, Language
from model.unit import Unit
from tests.conftest import PROVE
from tests.writers.hostile import ANYTHING
from writers.charts import spec_of
from writers.lettering import BOLD, HANGUL, REGULAR, drawable, letters, letters_of
from writers.painting import Painting
from writers.process import RenderProcess
from writers.scales import MOST_LABELS, can_draw, scale_of

SHAPES: tuple[Shape, ...] = ("line", "bar", "stacked", "heat")
WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
HOSTILE = "<script>alert(1)</script>\"]; datum.x = \u202ealert('\\u0041') {{7*7}} 한글" + "가" * 10_000
VALUES = st.one_of(st.none(), st.decimals(-(10**20), 10**20), st.sampled_from([Decimal("NaN"), Decimal("Infinity")]))


@st.composite
def _charts(draw: st.DrawFn) -> Chart:
    labels = draw(st.integers(1, 60))
    series = [
        Series(draw(ANYTHING), tuple(draw(st.lists(VALUES, max_size=labels)))) for _ in range(draw(st.integers(1, 7)))
    ]
    texts = [draw(ANYTHING), f"label {draw(ANYTHING)}"]
    names = tuple(texts[n % 2] for n in range(labels))
    return Chart(
        draw(ANYTHING), names, tuple(series), draw(st.sampled_from(Unit)), "alt", draw(st.sampled_from(SHAPES))
    )


def _week(shape: Shape, *rows: tuple[int | None, ...], labels: tuple[str, ...] = WEEK) -> Chart:
    series = [Series(f"s{n}", tuple(None if v is None else Decimal(v) for v in row)) for n, row in enumerate(rows)]
    return Chart("Commits per day", labels, tuple(series), Unit.COUNT, "alt", shape)


@pytest.fixture
async def render() -> AsyncIterator[RenderProcess]:
    async with RenderProcess() as process:
        yield process


@given(_charts(), st.sampled_from(["en", "ko"]))
def test_any_chart_has_a_specification_whose_expressions_are_ours(chart: Chart, code: Code) -> None:
    """No text of the chart's is part of an expression, and each value lies within its scale."""
    if not can_draw(chart):
        return
    spec = spec_of(chart, Language(code))
    assert json.loads(json.dumps(spec, allow_nan=False)) == spec
    known = {"labels[toNumber(datum.value)]", "names[toNumber(datum.value)]", "ticks[indexof(places, datum.value)]"}
    assert set(_values_of(spec, "labelExpr")) <= known
    assert all(str(one).startswith("datum.") for one in _values_of(spec, "expr"))
    data = spec["data"]
    assert isinstance(data, dict)
    rows = data["values"]
    assert isinstance(rows, list)
    assert len(rows) <= MOST_LABELS * 24
    for row in rows:
        assert isinstance(row, dict)
        value = row["v"]
        assert value is None or (isinstance(value, float) and -1 <= value <= 1)


def _values_of(node: object, key: str) -> list[object]:
    """Return everything that stands under a key, however deep; texts of the data are not looked into."""
    if isinstance(node, dict):
        return [v for k, v in node.items() if k == key] + [f for v in node.values() for f in _values_of(v, key)]
    return [found for one in node for found in _values_of(one, key)] if isinstance(node, list) else []


async def test_whatever_is_drawn_is_inert_small_and_the_same_each_time(render: RenderProcess) -> None:
    """One painter for all: it takes a second to start."""
    for shape in SHAPES:
        await _texts_stay_text(render, shape)
    await _pictures_are_small(render)


async def _texts_stay_text(render: RenderProcess, shape: Shape) -> None:
    chart = Chart(
        HOSTILE, (HOSTILE,) * 9, (Series(HOSTILE, (Decimal(3), None, Decimal(-1))),) * 3, Unit.HOURS, "a", shape
    )
    picture = (await render.chart(chart, "ko", "svg")).decode()
    root = ElementTree.fromstring(picture)
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert names <= {"svg", "g", "path", "rect", "line", "text", "defs", "pattern", "clipPath", "title"}
    assert not any("href" in key or key.startswith("on") for element in root.iter() for key in element.attrib)
    assert "\u202e" not in picture
    assert any("<script>" in (element.text or "") for element in root.iter())


async def _pictures_are_small(render: RenderProcess) -> None:
    many = tuple((n * 37) % 90 for n in range(53))
    charts = [_week(shape, *([many] * 6), labels=tuple(f"주 {n}" for n in range(53))) for shape in SHAPES]
    if PROVE:
        charts += [_week(shape, (7, 9, 4, None, 8, 1, 0), (5, -6, 8, 7, 6, 0, 0)) for shape in SHAPES]
        charts += [_week("bar", (0,) * 7), _week("line", (3,), labels=("월",))]
    for chart in charts:
        first = await render.chart(chart, "ko", "png")
        if PROVE or chart is charts[0]:
            assert await render.chart(chart, "ko", "png") == first
        assert len(first) <= 150_000
        wide, high = struct.unpack_from(">II", first, 16)
        assert wide in (560, 1120)
        assert high <= 2 * 1000


def test_the_font_has_every_korean_letter_in_both_weights() -> None:
    assert letters().keys() >= HANGUL | set(b"".join(bytes([n]) for n in range(32, 127)))
    assert letters_of(REGULAR) >= HANGUL
    assert letters_of(BOLD) >= HANGUL
    assert drawable("하늘 Ann 漢 🎉", 60) == "하늘 Ann □ □"
    assert drawable("\u1112\u1161\u11ab", 60) == "한"  # as a Mac writes it


async def test_a_chart_without_a_value_or_a_painter_that_died_is_an_error_and_the_next_one_is_drawn() -> None:
    painting, chart = Painting(), _week("bar", (1, 2))
    try:
        with pytest.raises(PictureError):
            await painting.draw(_week("heat", (None,)), "en", "png")
        first = await painting.draw(chart, "en", "png")
        painter = painting._painter
        assert painter is not None
        painter.process.kill()
        await painter.process.wait()
        assert await painting.draw(chart, "en", "png") == first
        task = asyncio.create_task(painting.draw(chart, "en", "png"))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert await painting.draw(chart, "en", "png") == first
    finally:
        await painting.close()
    with pytest.raises(PictureError):
        await painting.draw(chart, "en", "png")


def test_a_scale_reaches_around_what_is_stacked_at_numbers_that_people_like() -> None:
    chart = _week("stacked", (7, 9), (5, 6), labels=("a", "b"))
    assert scale_of(chart, chart.series, 2).ticks == tuple(map(Decimal, (0, 5, 10, 15)))
    assert scale_of(_week("bar", (0,)), _week("bar", (0,)).series, 1).ticks == tuple(map(Decimal, (0, 1)))


def test_long_names_lie_and_short_ones_stand() -> None:
    for labels, along in ((("a", "b"), "x"), (("payments/checkout/" * 3, "web"), "y")):
        layers = spec_of(_week("bar", (3, 2), labels=labels), Language("en"))["layer"]
        assert isinstance(layers, list)
        first = layers[0]
        assert isinstance(first, dict)
        encoding = first["encoding"]
        assert isinstance(encoding, dict)
        place = encoding[along]
        assert isinstance(place, dict)
        assert place["field"] == "i"


def test_what_is_not_shown_is_said() -> None:
    spec = spec_of(_week("line", *([(1, None)] * 8), labels=("월",) * 60), Language("ko"))
    said = json.dumps(spec, ensure_ascii=False)
    for piece in ("–는 알 수 없음", "계열 8개 중 6개만 표시", "항목 60개 중 처음 53개만 표시"):
        assert piece in said
