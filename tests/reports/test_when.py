"""What can be said about when, in both languages, and what is refused."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from model.errors import UsageError
from model.language import Language
from model.rule import (
    DAY_MINUTES,
    EPOCH,
    HALF,
    LAST,
    QUARTER,
    RULE,
    At,
    Cron,
    Days,
    Every,
    MonthDays,
    NthWeekdays,
    NthWorking,
    Paced,
    Plain,
    Rule,
    Weekly,
    WorkingDays,
)
from reports.slots import shortest_interval
from reports.when import parse_when, spoken

EN, KO = Language("en"), Language("ko")

HERE = Path(__file__).parent


def paragraphs(name: str) -> Iterator[tuple[str, str]]:
    """Yield (what is meant, what is typed) of a file: "= what is meant" heads the lines that people type for it."""
    meant = ""
    for line in (HERE / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("= "):
            meant = line.removeprefix("= ")
        elif line:
            yield meant, line


@pytest.mark.parametrize(("meant", "typed"), [*paragraphs("said.txt")])
def test_what_can_be_said(meant: str, typed: str) -> None:
    rule = parse_when(typed)
    assert f"{spoken(rule, EN)} | {spoken(rule, KO)}" == meant


@pytest.mark.parametrize(
    ("told", "typed"),
    [
        *paragraphs("refused.txt"),
        *(("Say when", text) for text in ("", "   ", "weekdays " * 40, "*," * 5000)),
        *(("five fields", text) for text in ("1 " * 5000, "* " * 5000)),
    ],
)
def test_what_is_refused(told: str, typed: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_when(typed)
    assert told in raised.value.message.plain()
    assert raised.value.hint is not None
    assert KO.say(raised.value.message) != raised.value.message.plain()


def seconds_to_read(text: str) -> float:
    """Return the processor time that a text takes, understood or refused."""
    began = time.process_time()
    with suppress(UsageError):
        parse_when(text)
    return time.process_time() - began


@pytest.mark.parametrize(
    "text",
    [
        *("* * * * * *", "0 0 30 2 *", "*/0 * * * *", "0 0 29 2 */7", "0 0 */29 2 1-5", "59 23 31 */2 *"),
        *("*/1," * 2500 + " * * * *", "0 0 " + "1-31," * 2000 + "1 * *", "1" * 10_000, "* " * 5_000),
        *("0 0 1 1 mon," * 800, "every " * 2_000, "9:00 and " * 1_200, "월" * 10_000, "\u0344" * 10_000, "ﷺ" * 10_000),
        *(
            "1st and " * 24,
            "from 9 to " * 20,
            "every other " * 16,
            "월, 화, " * 20,
            "9 " * 100,
            "12:00 " * 33,
            "월·" * 99,
        ),
    ],
)
def test_hostile_texts_take_at_most_50_milliseconds(text: str) -> None:
    parse_when("0 9 29 2 *")  # the first one compiles and imports
    assert min(seconds_to_read(text) for _ in range(3)) <= 0.050


VOCABULARY = """
every other second 2nd first last of the month quarter year on at from to and , : - 9 9:00 18 am pm noon monday fri
weekdays working day days hours minutes * */2 1-5 0 30 2 twice a daily @daily cron 2026-12-07 from 2026-12-07
매일 매주 매월 격주 분기 월요일 월 수 금 마지막 첫째 영업일 말일 15일 3월 오전 9시
반 마다 부터 까지 시간 에 의 2026-12-07부터
"""
WORDS = st.lists(st.sampled_from(VOCABULARY.split()), max_size=12)


@given(st.one_of(st.text(max_size=300), WORDS.map(" ".join), WORDS.map("".join)))
@example("0" * 5)
@example("from 0000-00-00")
@example("every other monday 9:00 from 0001-01-01")
@example("every 9999 weeks monday 9:00")
def test_any_text_is_a_rule_or_a_refusal(text: str) -> None:
    with suppress(UsageError):
        rule = parse_when(text)
        assert RULE.validate_json(RULE.dump_json(rule)) == rule
        assert shortest_interval(rule).total_seconds() >= 60
        for language in (EN, KO):
            assert_understood(spoken(rule, language), rule)


def assert_understood(text: str, rule: Rule) -> None:
    """Fail, rather than raise a UsageError, where a rule's own words are not understood."""
    try:
        found: object = parse_when(text)
    except UsageError as refused:
        found = refused
    assert found == rule


def numbers(least: int, most: int, size: int = 4) -> st.SearchStrategy[tuple[int, ...]]:
    found = st.sets(st.integers(least, most), min_size=1, max_size=size)
    return found.map(lambda several: tuple(sorted(several)))


def ordinals(most: int) -> st.SearchStrategy[tuple[int, ...]]:
    some = st.one_of(st.just(()), numbers(1, most))
    return st.tuples(some, st.booleans()).map(lambda of: (*of[0], LAST) if of[1] or not of[0] else of[0])


months = st.one_of(st.sampled_from([(), QUARTER.starts, QUARTER.ends, HALF.starts, HALF.ends]), numbers(1, 12, 12))
dates = st.dates(date(2000, 1, 1), date(2090, 1, 1))
days: st.SearchStrategy[Days] = st.one_of(
    numbers(1, 7, 7).map(Weekly),
    st.builds(Weekly, numbers(1, 7, 7), st.integers(2, 52), st.one_of(st.just(EPOCH), dates)),
    st.builds(Paced, st.integers(2, 366), dates),
    st.just(WorkingDays()),
    st.builds(MonthDays, ordinals(31), months).filter(lambda found: found.days[0] < 29),
    st.builds(NthWeekdays, ordinals(5), numbers(1, 7), months),
    st.builds(NthWorking, ordinals(23), months),
)  # fmt: skip
times = st.one_of(
    numbers(0, DAY_MINUTES - 1).map(At),
    st.tuples(st.integers(1, 720), st.integers(0, 700), st.integers(1, 24))
    .filter(lambda of: of[1] + of[0] * of[2] < DAY_MINUTES)
    .map(lambda of: Every(of[0], of[1], of[1] + of[0] * of[2])),
    st.sampled_from([1, 5, 15, 30, 60, 120, 360, 720]).map(lambda step: Every(step, 0, DAY_MINUTES - step)),
    st.integers(0, 59).map(lambda minute: Every(60, minute, DAY_MINUTES - 60 + minute)),
)


@given(st.builds(Plain, days, times), st.sampled_from([EN, KO]))
def test_what_is_spoken_is_understood_as_the_same(rule: Rule, language: Language) -> None:
    assert_understood(spoken(rule, language), rule)


@given(st.builds(Plain, days, times))
def test_a_rule_goes_through_its_row(rule: Rule) -> None:
    assert RULE.validate_json(RULE.dump_json(rule)) == rule


def test_cron_goes_through_its_row() -> None:
    rule = parse_when("0 9 13 * FRI")
    assert rule == Cron("0 9 13 * fri")
    assert RULE.validate_json(RULE.dump_json(rule)) == rule


def test_what_the_documentation_shows_is_understood() -> None:
    page = (HERE.parent.parent / "docs" / "schedules.md").read_text(encoding="utf-8")
    block = page.split("## When", 1)[1].split("```text\n", 1)[1].split("```", 1)[0]
    for line in block.splitlines():
        english, korean = (parse_when(text) for text in re.split(r" {2,}", line))
        assert english == korean or line.startswith("0 ")
