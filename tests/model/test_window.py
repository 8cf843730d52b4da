"""Windows: half-open, in a zone, and the words for them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import UsageError
from model.language import Language
from model.window import Window, days_window, parse_window, week_of

NOW = datetime(2026, 11, 20, 23, 36, tzinfo=UTC)  # Friday; Saturday already in Seoul
ZONES = ("UTC", "Asia/Seoul", "Europe/Berlin", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe")


@pytest.mark.parametrize(
    ("words", "typed"),
    [
        ("today", "2026-11-20..2026-11-21"),
        ("오늘", "2026-11-20..2026-11-21"),
        ("Yesterday", "2026-11-19..2026-11-20"),
        ("어제", "2026-11-19..2026-11-20"),
        ("this week", "2026-11-16..2026-11-23"),
        ("  last   week ", "2026-11-09..2026-11-16"),
        ("지난주", "2026-11-09..2026-11-16"),
        ("지난 주", "2026-11-09..2026-11-16"),
        ("this month", "2026-11-01..2026-12-01"),
        ("지난달", "2026-10-01..2026-11-01"),
        ("7d", "2026-11-14..2026-11-21"),
        ("last 2 weeks", "2026-11-07..2026-11-21"),
        ("최근 3일", "2026-11-18..2026-11-21"),
        ("2주", "2026-11-07..2026-11-21"),
        ("last working day", "2026-11-19..2026-11-20"),
        ("지난 근무일", "2026-11-19..2026-11-20"),
        ("2026-11-09", "2026-11-09..2026-11-10"),
        ("2026-11-09..2026-11-16", "2026-11-09..2026-11-16"),
        ("2026-11-09 .. 2026-11-16", "2026-11-09..2026-11-16"),
    ],
)
def test_words_for_a_window(words: str, typed: str) -> None:
    assert parse_window(words, NOW, "UTC").typed() == typed


@pytest.mark.parametrize(
    ("today", "typed"),
    [
        (21, "2026-11-20..2026-11-21"),
        (23, "2026-11-20..2026-11-23"),
        (24, "2026-11-23..2026-11-24"),
    ],
)
def test_since_the_last_working_day(today: int, typed: str) -> None:
    """On a Monday all that happened since Friday."""
    now = datetime(2026, 11, today, 9, tzinfo=UTC)
    assert parse_window("last working day", now, "UTC").typed() == typed


def test_holidays_are_no_working_days() -> None:
    now = datetime(2026, 11, 23, 9, tzinfo=UTC)
    free = {date(2026, 11, 20), date(2026, 11, 19), date(2026, 11, 22), date(2026, 11, 21)}
    window = parse_window("지난 근무일", now, "UTC", lambda day: day not in free)
    assert window.typed() == "2026-11-18..2026-11-23"


def test_today_is_the_day_of_the_zone() -> None:
    assert parse_window("today", NOW, "Asia/Seoul").days() == (date(2026, 11, 21),)


@pytest.mark.parametrize(
    "words",
    ["", "soon", "0d", "99999d", "2026-02-30", "2026-11-16..2026-11-09", "2026-11-09..2026-11-09", "0001-01-01", "٣d"],
)
def test_words_that_name_no_window(words: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_window(words, NOW, "UTC")
    assert raised.value.hint is not None


def test_the_end_is_left_out() -> None:
    window = week_of(date(2026, 11, 11), "Asia/Seoul")
    assert window.start == datetime(2026, 11, 8, 15, tzinfo=UTC)
    assert window.start in window
    assert window.end not in window
    assert window.end - timedelta(microseconds=1) in window


@given(st.dates(date(1971, 1, 1), date(2990, 1, 1)), st.integers(1, 60), st.sampled_from(ZONES))
def test_the_window_before_ends_where_this_one_starts(first: date, length: int, zone: str) -> None:
    window = days_window(first, first + timedelta(days=length), zone)
    before = window.previous()
    assert before.end == window.start
    assert window.start < window.end
    assert window.day_of(window.start) == first


@pytest.mark.parametrize("monday", [date(2026, 3, 30), date(2026, 10, 26)])  # a clock changed the Sunday before
def test_whole_days_stay_whole_where_clocks_change(monday: date) -> None:
    before = week_of(monday, "Europe/Berlin").previous()
    assert before == week_of(monday - timedelta(days=7), "Europe/Berlin")
    assert len(before.days()) == 7


def test_a_window_of_hours_is_as_long_before() -> None:
    window = Window(NOW, NOW + timedelta(hours=5), "UTC")
    assert window.previous() == Window(NOW - timedelta(hours=5), NOW, "UTC")


def test_days_are_spoken_as_short_as_can_be() -> None:
    week = week_of(date(2026, 11, 11), "UTC")
    assert [week.spoken(Language("en")), week.spoken(Language("ko"))] == ["9–15 Nov 2026", "2026년 11월 9–15일"]


@given(st.dates(date(1971, 1, 1), date(2990, 1, 1)), st.integers(1, 400))
def test_what_is_typed_names_the_same_window(first: date, length: int) -> None:
    window = days_window(first, first + timedelta(days=length), "Asia/Seoul")
    assert parse_window(window.typed(), NOW, "Asia/Seoul") == window
