"""What collectors make of measured values: numbers, names and keys."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from collectors.measured import MOST_SLICES, Figure, number, sample, text
from model.form import Unfit
from model.measured import Gauge, Slice
from model.unit import Better, Unit

NOON = datetime(2026, 11, 9, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "found"),
    [(3, "3"), ("3.50", "3.50"), (0.1, "0.1"), (Decimal("1e3"), "1E+3"), (" -2e-3 ", "-0.002"), ("1e-999", "0E-9"),
     (1 / 3, "0.333333333"), (".5", "0.5")],
)  # fmt: skip
def test_numbers(given: object, found: str) -> None:
    assert number(given) == Decimal(found)


@pytest.mark.parametrize(
    "given",
    [None, True, "", "x", "1,5", "1_000", "１２", "NaN", "Infinity", float("inf"), float("nan"), Decimal("sNaN"),
     "1e18", 10**18, 10**400, "1e99999", b"3", [3], "--1", "1" * 500],
)  # fmt: skip
def test_what_is_no_number(given: object) -> None:
    with pytest.raises(Unfit):
        number(given)


def test_a_figure_is_as_usual_where_its_owner_says_nothing() -> None:
    usual, own = Figure("revenue", unit=Unit.KRW).gauge(), Figure("refunds", " 환불\u202e률\n ", by=("region",)).gauge()
    assert isinstance(usual.body, Gauge)
    assert isinstance(own.body, Gauge)
    assert (usual.key, usual.title, usual.body.unit, usual.body.better) == ("revenue", "", Unit.KRW, Better.MORE)
    assert (own.key, own.title, own.body.unit, own.body.by) == ("refunds", "환불 률", Unit.NUMBER, ("region",))


@pytest.mark.parametrize("name", ["commits", "stars", "Refunds", "re funds", "", "1st", "a" * 41, "주문"])
def test_names_that_no_figure_can_have(name: str) -> None:
    with pytest.raises(Unfit):
        Figure(name)


def test_what_is_measured_again_has_the_same_key() -> None:
    first, again = (sample("orders", NOON, [Slice(Decimal(n))], NOON + timedelta(days=1)) for n in (1, 2))
    assert first.key == again.key
    assert sample("orders", NOON, [Slice(Decimal(1))]).key != first.key
    with pytest.raises(Unfit):
        sample("orders", NOON, [Slice(Decimal(1), (("n", str(n)),)) for n in range(MOST_SLICES + 1)])


def test_text_from_outside_is_one_line() -> None:
    assert text("a\n\u200bb\x00  c") == "a b c"
    assert len(text("x" * 10_000)) == 120
