"""Columns: instants keep their microsecond and zone, text that no database holds is replaced."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from storage.columns import UtcDateTime, storable

_SQLITE = sqlite.dialect()


@given(
    st.datetimes(
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=9)), timezone(-timedelta(hours=11, minutes=30))]),
        min_value=datetime(2, 1, 1),  # noqa: DTZ001  Hypothesis wants it naive
        max_value=datetime(9998, 1, 1),  # noqa: DTZ001
    )
)
def test_an_instant_comes_back_in_utc(at: datetime) -> None:
    column = UtcDateTime()
    stored = column.bind_processor(_SQLITE)(at)
    found = column.result_processor(_SQLITE, None)(stored)
    assert isinstance(stored, int)
    assert found == at
    assert found.tzinfo is UTC


def test_an_instant_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        UtcDateTime().bind_processor(_SQLITE)(datetime(2026, 11, 9))  # noqa: DTZ001  that is the point


@given(st.text(st.characters(codec=None), max_size=20))
def test_stored_text_is_valid_utf8_without_nul(text: str) -> None:
    found = storable(text)
    assert "\0" not in found
    assert len(found) == len(text)
    found.encode()
