"""Targets: which figures keep their bounds, while the window runs and after it, and the sentence on missed ones."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Literal

import pytest

from analyzers import ledger_of
from analyzers.targets import standings
from analyzers.words.builtin import BuiltIn
from analyzers.words.slots import filled as check
from model.card import plain
from model.language import Code, Language
from model.ledger import Ledger
from model.report import Standing, Target
from model.words import Brief
from tests.analyzers.snapshots import DEMO, SETTINGS, WINDOW, commit, coverage, snapshot, snapshot_of, whole

LEDGER = ledger_of(snapshot(*(commit(f"a{n}", n) for n in range(4)), commit("before", -3)))  # 4 commits after 1
AFTER, WITHIN = WINDOW.end + timedelta(hours=9), WINDOW.end - timedelta(days=1)


def _stands(keep: Literal["at least", "at most"], bound: int, running: bool = False) -> Standing:
    (found,) = standings([Target("commits", Decimal(bound), keep)], LEDGER, WITHIN if running else AFTER)
    return found


@pytest.mark.parametrize(
    ("keep", "bound", "state", "left", "while_running", "left_then"),
    [
        ("at least", 3, "met", 0, "met", 0),
        ("at least", 4, "met", 0, "met", 0),
        ("at least", 5, "missed", 1, "open", 1),
        ("at most", 3, "missed", 1, "missed", 1),
        ("at most", 4, "met", 0, "open", 0),
        ("at most", 9, "met", 5, "open", 5),
    ],
)
def test_how_a_figure_stands(
    keep: Literal["at least", "at most"], bound: int, state: str, left: int, while_running: str, left_then: int
) -> None:
    """What may still change while the window runs is open; what is over an upper bound is missed at once."""
    done, running = _stands(keep, bound), _stands(keep, bound, running=True)
    assert (done.state, whole(done.left)) == (state, left)
    assert (running.state, whole(running.left)) == (while_running, left_then)
    assert (whole(done.value), whole(done.before)) == (4, 1)


def test_what_is_not_known_is_never_missed() -> None:
    """A source that was not read, or a metric that is none."""
    unread = ledger_of(snapshot_of([(DEMO, commit("a"))], [coverage(read=0)]))
    found = standings(
        [Target("commits", Decimal(9), "at least"), Target("gone", Decimal(9), "at least")], unread, AFTER
    )
    assert [(s.state, s.value, s.left) for s in found] == [("not known", None, None)] * 2
    assert [s.fact is None for s in found] == [False, True]


async def _headlines(ledger: Ledger, code: Code, *targets: Target) -> list[str]:
    language = Language(code, "UTC")
    brief = Brief(ledger, "", language, SETTINGS.people, targets=standings(targets, ledger, AFTER))
    checked = check(await BuiltIn().narrate(brief), ledger, language)
    assert checked.refusals == ()
    return [plain(said.line) for said in checked.of("headline")]


async def test_missed_targets_get_one_sentence() -> None:
    """It names each with its figure and its bound; met ones get none."""
    missed, met = Target("commits", Decimal(5), "at least"), Target("authors", Decimal(1), "at least")
    also = Target("active_days", Decimal(3), "at most")
    assert (await _headlines(LEDGER, "en", missed, met, also))[1:] == [
        "2 of 3 targets missed: Commits 4 (at least 5) and Active days 4 days (at most 3)."
    ]
    assert (await _headlines(LEDGER, "ko", missed, met))[1:] == [
        "목표 2개 중 1개를 달성하지 못했습니다: 커밋 4(5 이상)."
    ]
    assert len(await _headlines(LEDGER, "en", met)) == 1
