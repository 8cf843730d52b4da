"""What needs somebody, and in which order."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot as recorded

from analyzers import ledger_of
from analyzers.priority import WEIGHTS, factors_of, priority_of, weights_of
from analyzers.why import arithmetic
from model.errors import UsageError
from model.language import Language
from model.ledger import Factor, Finding
from model.record import Branch, Record
from tests.analyzers.snapshots import SETTINGS, WINDOW, branch, coverage, snapshot, snapshot_of

ONE, ZERO = Decimal(1), Decimal(0)


def _hundredths(count: int) -> Decimal:
    return Decimal(count) / 100


@pytest.mark.parametrize(
    ("found", "factor", "score"),
    [
        (branch("x", age=0), "urgency", "0.00"),
        (branch("x", age=15), "urgency", "0.50"),
        (branch("x", age=400), "urgency", "1.00"),
        (branch("x", lines=500, files=0), "impact", "0.25"),
        (branch("x", lines=5000, files=50), "impact", "1.00"),
        (branch("x"), "impact", "0.00"),
        (branch("x", stacked=("y",)), "dependencies", "0.33"),
        (branch("x", stacked=("a", "b", "c", "d")), "dependencies", "1.00"),
        (branch("x", ahead=0, behind=0), "effort", "1.00"),
        (branch("x", ahead=10, behind=50), "effort", "0.50"),
        (branch("x", ahead=99, behind=999), "effort", "0.00"),
        (branch("by-2026-11-20"), "deadline", "0"),
    ],
)
def test_a_factor(found: Record, factor: str, score: str) -> None:
    scores = {f.name: f.score for f in _factors(found)}
    assert scores[factor] == Decimal(score)


@given(
    st.builds(
        branch,
        st.just("x"),
        age=st.floats(-100, 5000),
        ahead=st.integers(0, 10**6),
        behind=st.integers(0, 10**6),
        files=st.integers(0, 10**6),
        lines=st.integers(0, 10**9),
        stacked=st.lists(st.text(max_size=2), max_size=9).map(tuple),
    ),
    st.dictionaries(st.sampled_from(sorted(WEIGHTS)), st.integers(0, 10_000).map(_hundredths)),
)
def test_every_factor_and_the_priority_are_bounded(found: Record, asked: dict[str, Decimal]) -> None:
    if not any({**WEIGHTS, **asked}.values()):
        return
    factors = _factors(found, tuple(asked.items()))
    assert all(ZERO <= f.score <= ONE and ZERO <= f.weight <= ONE for f in factors)
    assert ZERO <= priority_of(factors) <= ONE
    assert abs(sum((f.weight for f in factors), ZERO) - 1) <= Decimal("0.0005")


def test_weights_are_the_usual_ones_unless_asked() -> None:
    assert weights_of(()) == WEIGHTS
    assert weights_of((("urgency", Decimal(0)), ("impact", Decimal(0)), ("deadline", Decimal(0)))) == {
        "urgency": ZERO,
        "impact": ZERO,
        "dependencies": Decimal("0.6667"),
        "effort": Decimal("0.3333"),
        "deadline": ZERO,
    }


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ((("speed", ONE),), "The priority has no factor called “speed”."),
        ((("impact", -ONE),), "The weight of impact must be 0 or more."),
        ((("impact", Decimal("NaN")),), "The weight of impact must be 0 or more."),
        (tuple((name, ZERO) for name in WEIGHTS), "At least one weight must be more than 0."),
    ],
)
def test_weights_that_make_no_sense(asked: tuple[tuple[str, Decimal], ...], text: str) -> None:
    with pytest.raises(UsageError) as raised:
        weights_of(asked)
    assert raised.value.message.plain() == text
    assert raised.value.hint is not None


def test_only_branches_that_lie_still_with_work_of_their_own_need_somebody() -> None:
    records = [
        branch("waits", 3),
        branch("moves", 2.9),
        branch("merged", 9, merged=True),
        branch("bare", 9, ahead=0),
        branch("later", -2),
    ]
    assert _names(ledger_of(snapshot(*records)).findings) == ["waits"]


def test_the_most_pressing_comes_first_and_names_break_ties() -> None:
    records = [branch("b", 9), branch("a", 9), branch("old", 30), branch("big", 9, lines=900, files=40)]
    assert _names(ledger_of(snapshot(*records)).findings) == ["big", "old", "a", "b"]


def test_changed_weights_change_the_order() -> None:
    records = [branch("old", 30), branch("big", 9, lines=900, files=40)]
    settings = replace(SETTINGS, weights=(("impact", ZERO),))
    assert _names(ledger_of(snapshot(*records, settings=settings)).findings) == ["old", "big"]


def test_what_is_left_of_an_unread_source_is_not_told() -> None:
    held = [("s1", branch("x")), ("s2", branch("y"))]
    ledger = ledger_of(snapshot_of(held, [coverage("s1"), coverage("s2", read=0)]))
    assert _names(ledger.findings) == ["x"]


def test_the_arithmetic_adds_up() -> None:
    settings = replace(SETTINGS, language="ko")
    found = branch("x", 17, ahead=4, behind=12, lines=1234, files=1, stacked=("y",))
    english = ledger_of(snapshot(found)).findings[0]
    korean = ledger_of(snapshot(found, settings=settings)).findings[0]
    assert english.priority == sum(f.weight * f.score for f in english.factors)
    assert arithmetic(english, Language("en")).split(" + ") == recorded(
        [
            "0.3 × 0.57 (urgency: 17 calendar days without a commit; 30 or more count as 1)",
            "0.3 × 0.51 (impact: 1,234 lines in 1 file; 1,000 and 50 count as 1)",
            "0.2 × 0.33 (dependencies: 1 branch builds on it; 3 or more count as 1)",
            "0.1 × 0.84 (ease: 4 ahead and 12 behind; 20 and 100 count as 0)",
            "0.1 × 0.00 (deadline: nothing names a date) = 0.474",
        ]
    )
    assert arithmetic(korean, Language("ko")).split(" + ") == recorded(
        [
            "0.3 × 0.57 (긴급도: 달력으로 17일 동안 커밋 없음, 30일 이상이면 1)",
            "0.3 × 0.51 (영향: 파일 1개에서 1,234줄, 50개와 1,000줄 이상이면 1)",
            "0.2 × 0.33 (의존성: 이 위에 쌓인 브랜치 1개, 3개 이상이면 1)",
            "0.1 × 0.84 (쉬움: 4건 앞서고 12건 뒤처짐, 20건과 100건 이상이면 0)",
            "0.1 × 0.00 (기한: 정해진 날짜 없음) = 0.474",
        ]
    )


def _factors(found: Record, asked: tuple[tuple[str, Decimal], ...] = ()) -> tuple[Factor, ...]:
    assert isinstance(found.body, Branch)
    return factors_of(found.body, WINDOW.end, weights_of(asked), Language("en"))


def _names(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.record.title for finding in findings]
