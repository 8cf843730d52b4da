"""Slots: changes of the clock, holidays, order, and that nothing is computed before it is asked for."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise, takewhile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import UsageError
from model.language import Language
from model.schedule import Calendar, OnHoliday, Slot
from reports.days_off import holiday, known_country, next_working, works
from reports.slots import shortest_interval, slots
from reports.when import parse_when

DAY = 24 * 60
NEW_YORK = "America/New_York"
AFTER_GAP = "this is the first minute after"
SEOUL = Calendar("Asia/Seoul")
ZONES = ("UTC", "Asia/Seoul", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca")
RULES = (
    *("every day 02:30", "weekdays 00:00", "hourly", "every 20 minutes", "every weekday every 2 hours from 1 to 9"),
    *("every other Sunday 01:30, 02:00 and 02:30", "last Sunday of the month 03:00", "2nd working day 09:00"),
    *(
        "영업일 9시",
        "매월 마지막 영업일 18시",
        "31st of the month 23:59",
        "0 9 13 * 5",
        "*/7 2 * * *",
        "every 3 days 12:00",
    ),
)


def coming(text: str, calendar: Calendar, after: str, count: int) -> list[Slot]:
    start = datetime.fromisoformat(after).replace(tzinfo=UTC)
    return list(islice(slots(parse_when(text), calendar, after=start), count))


@pytest.mark.parametrize(
    ("text", "zone", "after", "due"),
    [
        # the clock goes from 02:00 to 03:00: the first minute after; shown twice: the first time
        ("every day 02:30", NEW_YORK, "2026-03-07T12:00", ["2026-03-08T02:30 07:00", "2026-03-09T02:30 06:30"]),
        ("every day 01:30", NEW_YORK, "2026-10-31T12:00", ["2026-11-01T01:30 05:30", "2026-11-02T01:30 06:30"]),
        # every real hour: neither one too many nor one too few
        ("hourly", NEW_YORK, "2026-03-08T05:30", ["2026-03-08T01:00 06:00", "2026-03-08T03:00 07:00"]),
        ("hourly", NEW_YORK, "2026-11-01T05:00", ["2026-11-01T01:00-05:00 06:00", "2026-11-01T02:00 07:00"]),
        # several times that a skipped hour moves to one instant are one slot, of the time that the clock shows
        ("every day 02:00, 02:30 and 03:00", "Europe/Berlin", "2026-03-28T12:00", ["2026-03-29T03:00 01:00"]),
        ("every day 02:00 and 02:30", "Europe/Berlin", "2026-03-28T12:00", ["2026-03-29T02:00 01:00"]),
        # half an hour; midnight itself; a whole day that was left out
        ("every day 02:15", "Australia/Lord_Howe", "2026-10-03T00:00", ["2026-10-04T02:15 15:30"]),
        ("every day 00:00", "Africa/Cairo", "2026-04-23T12:00", ["2026-04-24T00:00 22:00", "2026-04-25T00:00 21:00"]),
        ("every day 10:00", "Pacific/Apia", "2011-12-29T21:00", ["2011-12-30T10:00 10:00", "2011-12-31T10:00 20:00"]),
    ],
)
def test_where_the_clock_changes(text: str, zone: str, after: str, due: list[str]) -> None:
    found = coming(text, Calendar(zone), after, len(due))
    assert [f"{slot.civil} {slot.due:%H:%M}" for slot in found] == due


@pytest.mark.parametrize(
    ("text", "zone", "after", "said"),
    [
        ("daily 02:30", NEW_YORK, "2026-03-07T12:00", f"the clock skips 02:30 that day; {AFTER_GAP}"),
        ("daily 01:30", NEW_YORK, "2026-10-31T12:00", "the clock shows 01:30 twice that day; this is the first time"),
        ("hourly", NEW_YORK, "2026-11-01T05:00", "the clock shows 01:00 a second time"),
        (
            "daily 2:00, 2:30, 3:00",
            "Europe/Berlin",
            "2026-03-28T12:00",
            f"the clock skips 02:00, 02:30 that day; {AFTER_GAP}",
        ),
        ("daily 10:00", "Pacific/Apia", "2011-12-29T21:00", f"the clock skips 2011-12-30 10:00 that day; {AFTER_GAP}"),
    ],
)
def test_what_is_unusual_is_said(text: str, zone: str, after: str, said: str) -> None:
    (slot,) = coming(text, Calendar(zone), after, 1)
    assert slot.note is not None
    assert slot.note.plain() == said
    assert Language("ko").say(slot.note) != said


def holidays_of(text: str, on_holiday: OnHoliday, after: str, count: int) -> list[str]:
    found = coming(text, Calendar("Asia/Seoul", "KR", on_holiday), after, count)
    skipped = [" skipped" if slot.skipped else "" for slot in found]
    notes = [slot.note.plain() if slot.note else "-" for slot in found]
    return [f"{found[n].civil}{skipped[n]} {found[n].holiday or '-'}: {notes[n]}" for n in range(count)]


def test_a_holiday_is_named_and_posted_on() -> None:
    assert holidays_of("weekdays 10:00", "post", "2026-10-08T12:00", 2) == [
        "2026-10-09T10:00 Hangul Day: -",
        "2026-10-12T10:00 -: -",
    ]


def test_a_holiday_is_skipped_and_still_listed() -> None:
    assert holidays_of("weekdays 10:00", "skip", "2026-10-08T12:00", 2) == [
        "2026-10-09T10:00 skipped Hangul Day: -",
        "2026-10-12T10:00 -: -",
    ]


def test_a_holiday_moves_to_the_next_working_day() -> None:
    assert holidays_of("every Friday 10:00", "move", "2026-10-08T12:00", 2) == [
        "2026-10-12T10:00 Hangul Day: moved from 9 Oct 2026 (Hangul Day)",
        "2026-10-16T10:00 -: -",
    ]


def test_several_holidays_move_to_one_slot() -> None:
    chuseok = "also stands for 24 Sep 2026 (The day preceding Chuseok); also stands for 25 Sep 2026 (Chuseok)"
    assert holidays_of("weekdays 10:00", "move", "2026-09-23T03:00", 2) == [
        f"2026-09-28T10:00 Chuseok: {chuseok}",
        "2026-09-29T10:00 -: -",
    ]


def test_a_moved_slot_is_found_from_just_before_it() -> None:
    (slot,) = coming("every Thursday 10:00", Calendar("Asia/Seoul", "KR", "move"), "2026-09-28T00:59", 1)
    assert slot.civil == "2026-09-28T10:00"


def test_working_days_leave_holidays_out() -> None:
    korea = Calendar("Asia/Seoul", "KR")
    around_chuseok = coming("영업일 9시", korea, "2026-09-22T12:00", 3)
    assert [slot.civil[:10] for slot in around_chuseok] == ["2026-09-23", "2026-09-28", "2026-09-29"]
    assert coming("1st working day 9:00", korea, "2026-12-20T00:00", 1)[0].civil == "2027-01-04T09:00"
    assert coming("1st working day 9:00", SEOUL, "2026-12-20T00:00", 1)[0].civil == "2027-01-01T09:00"
    assert coming("last working day 9:00", korea, "2026-12-20T00:00", 1)[0].civil == "2026-12-31T09:00"


def test_days_off() -> None:
    assert holiday(date(2026, 10, 9), "KR") == "Hangul Day"
    assert holiday(date(2026, 10, 9), "KR", "ko") == "한글날"
    assert holiday(date(2026, 10, 9), "") is None
    assert not works(date(2026, 10, 9), "KR")
    assert works(date(2026, 10, 9), "DE")
    assert not works(date(2026, 10, 10), "")
    assert next_working(date(2026, 10, 9), "KR") == date(2026, 10, 12)
    assert [known_country(text) for text in ("kr", " DE ", "")] == ["KR", "DE", ""]
    for text in ("XX", "KOR", "Korea", "🇰🇷"):
        with pytest.raises(UsageError):
            known_country(text)


def test_every_other_monday_keeps_its_step_over_a_year_of_53_weeks() -> None:
    found = [slot.due.date() for slot in coming("every other Monday 9:00", SEOUL, "2026-12-01T00:00", 5)]
    assert {later - earlier for earlier, later in pairwise(found)} == {timedelta(days=14)}


def test_no_slot_comes_before_the_start() -> None:
    (slot,) = coming("every other Monday 9:00 from 2026-12-09", SEOUL, "2026-01-01T00:00", 1)
    assert slot.civil == "2026-12-21T09:00"  # the week of the 9th counts, its Monday was before


def test_rare_days_are_found_and_the_search_ends() -> None:
    assert coming("0 9 29 2 */7", SEOUL, "2026-01-01T00:00", 2)[1].civil == "2060-02-29T09:00"
    assert coming("every other day 9:00 from 2950-01-01", SEOUL, "2026-01-01T00:00", 1) == []
    assert coming("every day 9:00", SEOUL, "9999-12-20T00:00", 30)[-1].civil < "9999-12-31"


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        *(("every 15 minutes", 15), ("every 7 minutes from 9:00 to 9:50", 7), ("* * * * *", 1), ("*/25 * * * *", 10)),
        *(("daily 9 and 18", 9 * 60), ("daily 1 and 23", 2 * 60), ("mon, fri 9 and 18", 9 * 60)),
        *(("every Monday 9:00", 7 * DAY), ("sat, sun 9:00", DAY), ("every other Monday 9:00", 14 * DAY)),
        *(("every 3 days 9:00", 3 * DAY), ("1st and 15th 9:00", 14 * DAY), ("30th and 1st 9:00", DAY)),
        *(("15th and last day of the month 9:00", 13 * DAY), ("1st and 3rd Monday 9:00", 7 * DAY), ("0 9 13 * 5", DAY)),
    ],
)
def test_the_shortest_interval(text: str, minutes: int) -> None:
    assert shortest_interval(parse_when(text)) == timedelta(minutes=minutes)


def test_nothing_is_computed_before_it_is_asked_for() -> None:
    endless = slots(parse_when("* * * * *"), SEOUL, after=datetime(2026, 1, 1, tzinfo=UTC))
    assert [slot.civil for slot in islice(endless, 2)] == ["2026-01-01T09:01", "2026-01-01T09:02"]


def test_holidays_are_imported_for_a_country_only() -> None:
    code = """if True:
        import sys
        from datetime import UTC, datetime
        from model.schedule import Calendar
        from reports.slots import slots
        from reports.when import parse_when
        for country in ("", "KR"):
            next(slots(parse_when("영업일 9시"), Calendar("UTC", country), datetime(2026, 1, 1, tzinfo=UTC)))
            print("holidays" in sys.modules)
    """
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["False", "True"]


START = datetime(2024, 1, 1, tzinfo=UTC)
starts = st.integers(0, 12 * 365 * DAY).map(lambda minutes: START + timedelta(minutes=minutes))
policies = st.sampled_from(("post", "skip", "move"))
calendars = st.builds(Calendar, st.sampled_from(ZONES), st.sampled_from(("", "KR")), policies)


@given(st.sampled_from(RULES), calendars, starts)
def test_slots_ascend_and_have_their_own_names(text: str, calendar: Calendar, after: datetime) -> None:
    found = list(islice(slots(parse_when(text), calendar, after), 30))
    assert after < found[0].due
    assert all(earlier.due < later.due for earlier, later in pairwise(found))
    assert len({slot.civil for slot in found}) == len(found)
    assert all(slot.due.tzinfo is UTC and slot.due.second == 0 for slot in found)


@given(st.sampled_from(RULES), calendars, starts, st.integers(0, 20))
def test_from_any_slot_on_the_same_ones_come(text: str, calendar: Calendar, after: datetime, place: int) -> None:
    """Whoever asks from a slot on, or from a moment before one, is told the same: nothing hangs on where one began."""
    rule = parse_when(text)
    found = list(islice(slots(rule, calendar, after), 25))
    middle = found[place]
    assert list(islice(slots(rule, calendar, middle.due), 24 - place)) == found[place + 1 :]
    assert next(slots(rule, calendar, middle.due - timedelta(microseconds=1))) == middle


@given(st.sampled_from([text for text in RULES if "working" not in text and "영업일" not in text]), starts)
def test_none_comes_sooner_than_the_shortest_interval(text: str, after: datetime) -> None:
    rule = parse_when(text)
    until = after + timedelta(days=800)
    found = list(takewhile(lambda slot: slot.due < until, islice(slots(rule, Calendar("UTC"), after), 200)))
    assert min(later.due - earlier.due for earlier, later in pairwise(found)) >= shortest_interval(rule)
