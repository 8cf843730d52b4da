from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth

from model.card import Card, Chart, Heading, Item, Items, Series, Span, Table, Text, Tone, text_line
from model.language import CODES
from model.unit import Unit
from tests.support.cards import HOSTILE, SAMPLES, hostile, week
from tests.writers.hostile import ANYTHING, ORDINARY, unwelcome
from writers import plain, terminal

OURS = re.compile(r"\x1b\[(?:0|1|2|3|36|1;3[123])m")
WIDTHS = st.integers(24, 120)


def check(text: str, width: int) -> None:
    assert not unwelcome(text)
    for line in text.splitlines():
        assert not line.endswith(" ")
        assert wcswidth(line) <= width


@given(ANYTHING, WIDTHS)
def test_nothing_hostile_gets_through(text: str, width: int) -> None:
    check(plain.render(hostile(text), width), width)
    painted = terminal.render(hostile(text), width, colour=True)
    assert OURS.sub("", painted) == terminal.render(hostile(text), width, colour=False)
    check(OURS.sub("", painted), width)


@pytest.mark.parametrize("text", HOSTILE)
def test_the_hostile_list(text: str) -> None:
    check(plain.render(hostile(text)), 100)
    assert not unwelcome(terminal.render(hostile(text), 80, colour=False))


@given(ORDINARY, WIDTHS)
def test_no_ordinary_text_is_lost(text: str, width: int) -> None:
    rendered = plain.render(Card("t", (Heading(text), Text((text_line(text),), bullets=True)), "en"), width)
    wanted = re.sub(" ", "", text)
    assert re.sub("[ \n]", "", rendered) == "t" + wanted + ("•" + wanted if wanted else "")


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("width", [24, 40, 72, 100, 200])
def test_samples_fit_and_break_between_words(name: str, code: str, width: int) -> None:
    card = SAMPLES[name]("ko" if code == "ko" else "en")
    rendered = plain.render(card, width)
    check(rendered, width)
    if width >= 72 or (width == 40 and name != "week"):  # a narrow chart is a line of small bars
        words = set(rendered.split())
        for word in plain.render(card, 200).split():
            assert word in words or set(word) & set("█│─▏▎▍▌▋▊▉")


@pytest.mark.parametrize("width", [-5, 0, 1])
def test_a_width_that_nothing_fits_into_is_widened(width: int) -> None:
    check(plain.render(week("en"), width), 24)


def test_actions_are_numbered_for_a_person_and_left_out_of_the_text() -> None:
    assert terminal.render(week("en"), 100, colour=False).endswith("\n\n[1] Why?  [2] Run again  [3] Export\n")
    assert "Run again" not in plain.render(week("en"))


def test_a_tone_is_a_word() -> None:
    assert plain.render(Card("Disk", (), "en", tone=Tone.CRITICAL)) == "Critical · Disk\n"


def test_korean_columns_line_up() -> None:
    table = Table(
        ("이름", "n"), ((text_line("김하늘"), text_line("8")), (text_line("Jean-Luc"), text_line("14"))), frozenset({1})
    )
    lines = plain.render(Card("t", (table,), "ko")).splitlines()[2:]
    assert {wcswidth(line) for line in lines} == {len("Jean-Luc") + 4}


def test_ranked_work_shares_its_columns_or_stacks() -> None:
    items = Items(
        (Item(text_line("one"), text_line("first"), "0.81"), Item(text_line("two two"), text_line("second"), "0.7"))
    )
    assert plain.render(Card("t", (items,), "en"), 30).splitlines()[2:] == [
        "1  one       first        0.81",
        "2  two two   second        0.7",
    ]
    assert plain.render(Card("t", (items,), "en"), 24).splitlines()[2:] == [
        "1  one              0.81",
        "   first",
        "2  two two           0.7",
        "   second",
    ]


def test_a_table_too_wide_for_the_place_is_told_row_by_row() -> None:
    table = Table(("Name", "Arithmetic"), ((text_line("Urgency"), text_line("0.3 × 0.90 = 0.27")),), frozenset({1}))
    assert plain.render(Card("t", (table,), "en"), 24).splitlines()[2:] == [
        "Urgency",
        "  Arithmetic 0.3 × 0.90",
        "  = 0.27",
    ]


def test_unknown_values_of_a_chart_are_dashes() -> None:
    chart = Chart(
        "c", ("a", "b"), (Series("now", (None, Decimal(2))), Series("then", (Decimal(1),))), Unit.COUNT, "alt"
    )
    lines = plain.render(Card("t", (chart,), "en"), 60).splitlines()
    assert lines[4].split()[-2:] == ["–", "1"]
    assert lines[5].split()[-2:] == ["2", "–"]


@given(
    st.lists(st.one_of(st.none(), st.decimals(-10, 10**9, allow_nan=False, places=1)), max_size=40),
    st.sampled_from(Unit),
    st.integers(0, 40),
)
def test_any_chart_can_be_drawn(values: list[Decimal | None], unit: Unit, labels: int) -> None:
    names = tuple(str(n) for n in range(labels))
    chart = Chart("c", names, (Series("now", tuple(values)), Series("then", tuple(reversed(values)))), unit, "alt")
    for width in (24, 60, 100):
        check(plain.render(Card("t", (chart,), "ko"), width), width)


def test_long_text_is_cut_visibly() -> None:
    assert plain.render(Card("t", (Heading("x" * 10_000),), "en"), 400).splitlines()[2] == "x" * 299 + "…"
    assert Span("x").text in plain.render(Card("t", (Text((text_line("x" * 1999),)),), "en"), 3000)
