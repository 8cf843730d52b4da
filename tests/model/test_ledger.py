"""Asking a ledger."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from model.ids import FactId
from model.ledger import Fact, Ledger
from model.unit import Unit
from model.window import Window

WINDOW = Window(datetime(2026, 11, 9, tzinfo=UTC), datetime(2026, 11, 16, tzinfo=UTC), "UTC")


def _fact(n: int, value: int | None, *labels: tuple[str, str]) -> Fact:
    known = None if value is None else Decimal(value)
    return Fact(FactId(f"f{n}"), "commits", labels, known, None, Unit.COUNT, (), (), 0)


LEDGER_OF_FOUR = Ledger(
    WINDOW,
    (_fact(1, 5), _fact(2, 2, ("author", "B")), _fact(3, 2, ("author", "A")), _fact(4, None, ("author", "C"))),
    (),
    (),
)


def test_a_fact_by_its_id() -> None:
    assert LEDGER_OF_FOUR[FactId("f2")].labels == (("author", "B"),)


@pytest.mark.parametrize("id", ["f0", "f5", "f99"])
def test_an_unknown_id(id: str) -> None:
    with pytest.raises(KeyError):
        LEDGER_OF_FOUR[FactId(id)]


def test_a_fact_by_metric_and_labels() -> None:
    total, one = LEDGER_OF_FOUR.of("commits"), LEDGER_OF_FOUR.of("commits", author="A")
    assert total is not None
    assert one is not None
    assert [total.id, one.id] == ["f1", "f3"]
    assert LEDGER_OF_FOUR.of("commits", author="Z") is None
    assert LEDGER_OF_FOUR.of("merges") is None


def test_groups_largest_first_then_by_name() -> None:
    assert [f.labels[0][1] for f in LEDGER_OF_FOUR.by("commits", "author")] == ["A", "B", "C"]
    assert LEDGER_OF_FOUR.by("commits", "path") == ()
