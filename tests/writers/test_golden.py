from __future__ import annotations

import pytest

from tests.writers.golden import FOLDER, pictures

PICTURES = pictures()


@pytest.mark.parametrize("name", PICTURES)
def test_a_sample_card_looks_as_it_did(name: str) -> None:
    """To accept a new look: python -m tests.writers.golden, and read the difference."""
    assert PICTURES[name] == (FOLDER / name).read_text(encoding="utf-8")


def test_no_picture_is_left_over() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(PICTURES)
