"""Carry-over and views, without a database: what is announced, for how long, and what became of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from analyzers import ledger_of
from model.language import Code, Language
from model.record import Record
from model.report import (
    Announced,
    FiguresSection,
    Filters,
    HappenedSection,
    ItemsSection,
    Settings,
    Snapshot,
    Spoken,
    TableSection,
    View,
)
from reports.carry import announcing, followed, open_for
from reports.snapshot import pack, unpack, unpack_head
from reports.views import filter_line, sections_of
from tests.analyzers.snapshots import DEMO, SETTINGS, TEMPLATE, WINDOW, branch, commit, coverage, snapshot, snapshot_of

TITLE = Spoken(en="T", ko="제목")
ITEMS = TEMPLATE.model_copy(update={"sections": (ItemsSection(show="items", title=TITLE, most=2),)})


def _week(*records: Record, announced: tuple[Announced, ...] = (), weeks: int = 0) -> Snapshot:
    length = timedelta(days=7 * weeks)
    window = replace(WINDOW, start=WINDOW.start + length, end=WINDOW.end + length)
    return replace(snapshot(*records), template=ITEMS, announced=announced, window=window, taken=window.end)


def test_only_what_the_card_shows_is_announced() -> None:
    taken = _week(branch("a", 30), branch("b", 20), branch("c", 10))
    ledger = ledger_of(taken)
    assert [(a.title, a.since, a.times) for a in announcing(taken, ledger)] == [
        ("a", WINDOW.end, 1),
        ("b", WINDOW.end, 1),
    ]
    assert announcing(replace(taken, template=TEMPLATE), ledger) == ()


@pytest.mark.parametrize(
    ("code", "first", "second"),
    [("en", "still open for 1 week", "still open for 3 weeks"), ("ko", "1주째 남아 있음", "3주째 남아 있음")],
)
def test_how_long_it_goes_on(code: Code, first: str, second: str) -> None:
    language = Language(code)
    announced = announcing(_week(branch("a", 30)), ledger_of(_week(branch("a", 30))))
    for weeks, said in ((1, first), (3, second)):
        taken = _week(branch("a", 30), branch(f"new{weeks}", 5), announced=announced, weeks=weeks)
        ledger = ledger_of(taken)
        words = {f.record.title: open_for(taken, f, language) for f in ledger.findings}
        assert words == {"a": said, f"new{weeks}": None}
        announced = announcing(taken, ledger)
    assert [(a.title, a.times) for a in announced if a.title == "a"] == [("a", 3)]


def test_shorter_windows_are_counted_as_runs() -> None:
    (announced,) = announcing(_week(branch("a", 30)), ledger_of(_week(branch("a", 30))))
    taken = _week(branch("a", 30), announced=(replace(announced, since=WINDOW.end - timedelta(days=2), times=2),))
    (finding,) = ledger_of(taken).findings
    assert open_for(taken, finding, Language("en")) == "still open for 2 runs"
    assert open_for(taken, finding, Language("ko")) == "보고서 2회째 남아 있음"


OLD = Announced(DEMO, "branch", "refs/heads/a", "a", WINDOW.start, 1)


@pytest.mark.parametrize(
    ("records", "lines"),
    [
        ((branch("a", 30),), ()),
        ((), ("a: gone, it is no longer there.",)),
        ((branch("a", 30, merged=True),), ("a: done, merged.",)),
        ((branch("a", 30, ahead=0),), ("a: gone, nothing is left on it.",)),
        ((branch("a", 1),), ("a: somebody works on it again.",)),
    ],
)
def test_what_became_of_it(records: tuple[Record, ...], lines: tuple[str, ...]) -> None:
    taken = _week(*records, announced=(OLD,))
    assert followed(taken, ledger_of(taken), Language("en")) == lines


def test_nothing_is_said_where_nothing_is_known() -> None:
    unread = replace(snapshot_of([], [coverage(read=0)]), announced=(OLD,))
    elsewhere = replace(snapshot_of([], [coverage("s2")]), announced=(OLD,))
    mina = Settings("en", people=True, filters=Filters(exclude_people=("Mina",)))
    paths = Settings("en", people=True, filters=Filters(include_paths=("api/",)))
    hidden = [replace(_week(branch("a", 30), announced=(OLD,)), settings=settings) for settings in (mina, paths)]
    for taken in (unread, elsewhere, *hidden):
        assert followed(taken, ledger_of(taken), Language("en")) == ()


def test_a_snapshot_holds_it() -> None:
    taken = _week(commit("a"), branch("b"), announced=(OLD,))
    assert unpack(pack(taken)) == taken
    assert unpack_head(pack(taken)) == replace(taken, records=())


SECTIONS = (
    FiguresSection(show="figures", metrics=("commits",)),
    HappenedSection(show="happened", title=TITLE),
    TableSection(show="table", title=TITLE, by="path", metrics=("commits",)),
    ItemsSection(show="items", title=TITLE),
    TableSection(show="table", title=TITLE, by="author", metrics=("commits",)),
)


@pytest.mark.parametrize(
    ("view", "order"), [("development", (0, 1, 2, 3, 4)), ("operations", (3, 0, 1, 2, 4)), ("management", (0, 2, 3))]
)
def test_views(view: View, order: tuple[int, ...]) -> None:
    template = TEMPLATE.model_copy(update={"sections": SECTIONS})
    assert sections_of(template, view) == tuple(SECTIONS[n] for n in order)
    assert sections_of(TEMPLATE, view) == TEMPLATE.sections


@pytest.mark.parametrize(
    ("people", "code", "said"),
    [
        (True, "en", "This counts not the paths *.md; only Mina; not dep*."),
        (True, "ko", "집계 범위: *.md 경로 제외; Mina만; dep* 제외."),
        (False, "en", "This counts not the paths *.md; some people only."),
    ],
)
def test_a_card_says_what_it_counts(people: bool, code: Code, said: str) -> None:
    filters = Filters(exclude_paths=("*.md",), include_people=("Mina",), exclude_people=("dep*",))
    line = filter_line(Settings(code, people, filters=filters), Language(code))
    assert line is not None
    assert line.startswith(said)
    assert filter_line(SETTINGS, Language(code)) is None
