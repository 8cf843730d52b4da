from __future__ import annotations

import pytest

from tests.writers import golden_charts
from tests.writers.golden import FOLDER, pictures

PICTURES, CHARTS = pictures(), golden_charts.drawn()


@pytest.mark.parametrize("name", PICTURES)
def test_a_sample_card_looks_as_it_did(name: str) -> None:
    """To accept a new look: python -m tests.writers.golden, and read the difference."""
    assert PICTURES[name] == (FOLDER / name).read_text(encoding="utf-8")


def test_no_picture_is_left_over() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(PICTURES)


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_drawn_as_it_was(name: str) -> None:
    """To accept a new look: python -m tests.writers.golden_charts, read the difference, and look at the pictures."""
    assert CHARTS[name] == (golden_charts.FOLDER / name).read_text(encoding="utf-8")


def test_no_chart_is_left_over() -> None:
    assert {path.name for path in golden_charts.FOLDER.iterdir()} == set(CHARTS)
