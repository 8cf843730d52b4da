"""Sentences, numbers and dates in both languages."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from model.errors import UnknownName
from model.language import Code, Counted, Language, Message
from model.particles import particle
from model.unit import Unit

EN, KO = Language("en"), Language("ko", "Asia/Seoul")


@pytest.mark.parametrize(
    ("value", "unit", "english", "korean"),
    [
        ("1234", Unit.COUNT, "1,234", "1,234"),
        ("1234567", Unit.LINES, "1,234,567", "1,234,567"),
        ("-3", Unit.COUNT, "−3", "−3"),
        ("0", Unit.COUNT, "0", "0"),
        ("1", Unit.DAYS, "1 day", "1일"),
        ("11", Unit.DAYS, "11 days", "11일"),
        ("6.25", Unit.HOURS, "6.2 h", "6.2시간"),
        ("6", Unit.HOURS, "6 h", "6시간"),
        ("0.07", Unit.SHARE, "7%", "7%"),
    ],
)
def test_figures(value: str, unit: Unit, english: str, korean: str) -> None:
    assert [EN.figure(Decimal(value), unit), KO.figure(Decimal(value), unit)] == [english, korean]


@pytest.mark.parametrize(
    ("now", "before", "unit", "english", "korean"),
    [
        ("41", "32", Unit.COUNT, "+9", "+9"),
        ("32", "41", Unit.COUNT, "−9", "−9"),
        ("3", "3", Unit.COUNT, "±0", "±0"),
        ("0.10", "0.07", Unit.SHARE, "+3 pt", "+3%p"),
        ("0.071", "0.07", Unit.SHARE, "±0", "±0"),
        ("6.2", "4.1", Unit.HOURS, "+2.1 h", "+2.1시간"),
        ("4", "5", Unit.DAYS, "−1 day", "−1일"),
        ("1500", "250", Unit.LINES, "+1,250", "+1,250"),
    ],
)
def test_changes(now: str, before: str, unit: Unit, english: str, korean: str) -> None:
    pair = Decimal(now), Decimal(before)
    assert [EN.change(*pair, unit), KO.change(*pair, unit)] == [english, korean]


@pytest.mark.parametrize(
    ("first", "last", "english", "korean"),
    [
        ((2026, 11, 9), (2026, 11, 9), "9 Nov 2026", "2026년 11월 9일"),
        ((2026, 11, 9), (2026, 11, 15), "9–15 Nov 2026", "2026년 11월 9–15일"),
        ((2026, 10, 26), (2026, 11, 1), "26 Oct–1 Nov 2026", "2026년 10월 26일–11월 1일"),
        ((2026, 12, 28), (2027, 1, 3), "28 Dec 2026 – 3 Jan 2027", "2026년 12월 28일 – 2027년 1월 3일"),
    ],
)
def test_days(first: tuple[int, int, int], last: tuple[int, int, int], english: str, korean: str) -> None:
    span = date(*first), date(*last)
    assert [EN.days(*span), KO.days(*span)] == [english, korean]


@pytest.mark.parametrize(
    ("span", "english", "korean"),
    [
        (timedelta(days=3, hours=20), "3 days", "3일"),
        (timedelta(days=1), "1 day", "1일"),
        (timedelta(hours=5), "5 hours", "5시간"),
        (timedelta(seconds=61), "1 minute", "1분"),
        (timedelta(seconds=-5), "0 minutes", "0분"),
    ],
)
def test_spans(span: timedelta, english: str, korean: str) -> None:
    assert [EN.ago(span), KO.ago(span)] == [english, korean]


def test_weekdays_lists_and_instants() -> None:
    assert [EN.weekday(date(2026, 11, 9)), KO.weekday(date(2026, 11, 9))] == ["Monday", "월요일"]
    assert [EN.listed(["a", "b", "c"]), KO.listed(["a", "b", "c"])] == ["a, b and c", "a, b, c"]
    assert [EN.listed([]), EN.listed(["a"])] == ["", "a"]
    moment = datetime(2026, 11, 20, 23, 36, tzinfo=UTC)
    assert [EN.instant(moment), KO.instant(moment)] == ["20 Nov 2026 23:36 UTC", "2026년 11월 21일 08:36 KST"]


@pytest.mark.parametrize(("n", "text"), [(1, "1 commit was"), (0, "0 commits were"), (1000, "1,000 commits were")])
def test_plurals(n: int, text: str) -> None:
    assert EN.say(Message("{n} {n:commit was|commits were}", {"n": n})) == text


@pytest.mark.parametrize(("number", "text"), [(1, "{f3} commit"), (2, "{f3} commits")])
def test_a_slot_agrees_like_its_number(number: int, text: str) -> None:
    slot = Counted("{f3}", Decimal(number))
    assert EN.say(Message("{n} {n:commit|commits}", {"n": slot})) == text


def test_values_are_never_read_as_templates() -> None:
    assert EN.say(Message("No {name}.", {"name": "{name.__class__} {0} {{x}}"})) == "No {name.__class__} {0} {{x}}."


def test_a_message_may_hold_messages_and_days() -> None:
    message = Message("{span} {day}", {"span": Message("the week before"), "day": date(2026, 11, 9)})
    assert KO.say(message) == "전주 2026년 11월 9일"


def test_a_text_without_korean_stays_english() -> None:
    assert KO.say(Message("Nobody translated {this}.", {"this": "it"})) == "Nobody translated it."


def test_an_error_carries_its_message() -> None:
    error = UnknownName("No report {name}.", close=["weekly"], name="weakly")
    assert str(error) == error.message.plain() == "No report weakly."
    assert error.close == ("weekly",)


@pytest.mark.parametrize("code", ["en", "ko"])
def test_braces_survive(code: Code) -> None:
    assert Language(code).say(Message("{{f1}} {x}", {"x": "{f1}"})) == "{f1} {f1}"


@pytest.mark.parametrize(
    ("word", "pair", "fits"),
    [
        ("커밋", "이/가", "이"),
        ("저장소", "이/가", "가"),
        ("PR", "을/를", "을"),
        ("LLM", "은/는", "은"),
        ("API", "은/는", "는"),
        ("main", "으로/로", "으로"),
        ("web", "으로/로", "으로"),
        ("cloud", "을/를", "를"),
        ("bug", "을/를", "를"),
        ("서울", "으로/로", "로"),
        ("email", "으로/로", "로"),
        ("11일", "으로/로", "로"),
        ("3", "을/를", "을"),
        ("2", "을/를", "를"),
        ("7", "으로/로", "로"),
        ("6", "으로/로", "으로"),
        ("“weekly”", "이라는/라는", "라는"),
        ("결제(신규)", "은/는", "는"),
        ("50%", "이/가", "가"),
        ("!?", "을/를", "을(를)"),
        ("", "이/가", "이(가)"),
        ("漢字", "은/는", "은(는)"),
    ],
)
def test_particles(word: str, pair: str, fits: str) -> None:
    assert particle(word, pair) == fits


def test_a_particle_follows_its_value() -> None:
    assert KO.say(Message("{name:을/를}", {"name": "main"})) == "main을"
    decomposed = "\u1100\u1161\u11a8"  # 각, letter by letter
    assert particle(decomposed, "을/를") == "을"
