"""No figure stands that rests on what was not read: whatever a lost source holds, nothing of a report changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers import ledger_of, versions
from analyzers.filters import filtered
from model.card import plain
from model.ids import SourceId
from model.language import Code, Language, Message
from model.ledger import Fact, Ledger
from model.measured import Gauge, Sample, Slice
from model.record import Commit, Coverage, Record
from model.report import Settings, Snapshot, Target
from model.unit import Better, Unit
from reports.compose import compose
from reports.covered import coverage_footer
from reports.narrating import worded
from reports.sample import WEEK, sample_for
from reports.templates import template as template_of
from reports.textdata import text_data
from reports.views import sections_of
from writers.process import RenderProcess

_STATES = {
    "whole": (1, 1, None),
    "lost": (0, 1, None),
    "in part": (19, 20, None),
    "young": (1, 1, WEEK.start + timedelta(days=1)),
    "of this window": (1, 1, WEEK.start),
}
_TARGETS = tuple(Target(name, Decimal(1), "at most") for name in ("commits", "merged_pull_requests"))


def _records() -> Iterator[tuple[SourceId, Record]]:
    """Yield a week of two repositories and a forge, and the same a week earlier."""
    _, found = sample_for(template_of("github"))
    for source, record in found:
        yield source, record
        if record.at in WEEK and record.ended is not None:
            week = timedelta(days=7)
            yield source, replace(record, key=f"{record.key}-", at=record.at - week, ended=record.ended - week)
        if isinstance(record.body, Commit):
            yield SourceId("other"), replace(record, key=f"{record.key}+")
    for till in ("till", "till2"):  # both sell, and all orders are the sum
        gauge = Gauge(Unit.COUNT, Better.MORE, "sum")
        yield SourceId(till), Record("orders", WEEK.start - timedelta(days=900), None, "", None, gauge)
        for day in (-2, 2):
            at = WEEK.start + timedelta(days=day)
            sold = Sample("orders", (Slice(Decimal(5)),))
            yield SourceId(till), Record(f"orders {day}", at, at, "orders", None, sold)


RECORDS = tuple(_records())
SOURCES = tuple(dict.fromkeys(source for source, _ in RECORDS))


def _coverage(states: Sequence[str]) -> tuple[Coverage, ...]:
    kinds = {"sample-forge": "github", "till": "sql", "till2": "sql"}
    return tuple(
        Coverage(source, f"source {source}", kinds.get(source, "git"), read, of, None, WEEK.end, since)
        for source, (read, of, since) in zip(SOURCES, (_STATES[state] for state in states), strict=True)
    )


def _shot(states: Sequence[str], template: str, code: Code = "en", *, held: bool = True) -> Snapshot:
    """Return a snapshot; without what is lost, unless it is `held` all the same."""
    covered = _coverage(states)
    lost = {c.source for c in covered if not c.whole}
    records = tuple(pair for pair in RECORDS if held or pair[0] not in lost or isinstance(pair[1].body, Gauge))
    firsts = tuple((s, r.body.author, r.at) for s, r in records if isinstance(r.body, Commit))
    settings, taken = Settings(code, people=True), WEEK.end + timedelta(hours=9)
    return Snapshot(WEEK, settings, template_of(template), taken, versions(), covered, records, firsts, _TARGETS)


_ANY = st.tuples(*(st.sampled_from(tuple(_STATES)) for _ in SOURCES))


@given(_ANY, st.sampled_from(("weekly", "daily", "github")), st.sampled_from(("en", "ko")))
async def test_what_a_lost_source_holds_changes_nothing(states: tuple[str, ...], template: str, code: Code) -> None:
    """Figures, findings, targets, words, charts, tables, footnotes: all that the card and each export are made of."""
    said = []
    for held in (True, False):
        shot = _shot(states, template, code, held=held)
        ledger = ledger_of(shot)
        checked = await worded(shot, ledger)
        card = await compose("7Q2F", shot, ledger, checked, RenderProcess())
        said.append((ledger, checked, card, text_data(filtered(shot), ledger, Language(code))))
    assert said[0] == said[1]


@given(_ANY)
def test_no_figure_rests_on_what_was_not_read(states: tuple[str, ...]) -> None:
    ledger = ledger_of(_shot(states, "github"))
    state = dict(zip(SOURCES, states, strict=True))
    for fact in ledger.facts:
        rests_on = {state[source] for source in fact.sources}
        if rests_on & {"lost", "in part"}:
            assert (fact.value, fact.before, fact.evidence, fact.counted) == (None, None, (), 0)
        elif _flows(fact) and "young" in rests_on:
            assert (fact.value, fact.before) == (None, None)
        elif _flows(fact) and "of this window" in rests_on:
            assert fact.before is None
    orders = _of(ledger, "orders")
    if set(states[3:]) == {"whole"}:
        assert (orders.value, orders.before) == (Decimal(10), Decimal(10))
    commits = _of(ledger, "commits")
    if set(states[:3]) == {"whole"}:
        assert (commits.value, commits.before) == (Decimal(6), Decimal(3))
        assert _of(ledger, "merged_pull_requests").value == 2
    if set(states[:3]) == {"whole", "of this window"}:
        assert (commits.value, commits.before) == (Decimal(6), None)
    assert not {finding.source for finding in ledger.findings} & {s for s in SOURCES if state[s] in ("lost", "in part")}


def _of(ledger: Ledger, metric: str) -> Fact:
    found = ledger.of(metric)
    assert found is not None
    return found


def _flows(fact: Fact) -> bool:
    """Tell whether a figure counts what happened: others say how things stood."""
    return not fact.metric.startswith(("open_", "stale_", "stars"))


@pytest.mark.parametrize(
    ("code", "states", "line"),
    [
        (
            "en",
            ("whole", "lost", "in part", "whole", "whole"),
            (
                "Read: source sample 1/1, read 3 minutes ago · source other 0/1 (it answered 403), last good Fri 09:02"
                " · source sample-forge 19/20 (it answered 403), last good Fri 09:02"
                " · source till 1/1, read 3 minutes ago · source till2 1/1, read 3 minutes ago"
                " · left out: Pull requests opened, Pull requests merged, Open pull requests and 18 more figures"
                " · run 7Q2F"
            ),
        ),
        (
            "ko",
            ("whole", "young", "whole", "whole", "whole"),
            (
                "읽음: source sample 1/1, 3분 전에 읽음 · source other 1/1, 화요일 09:00부터만 온전함"
                " · source sample-forge 1/1, 3분 전에 읽음 · source till 1/1, 3분 전에 읽음"
                " · source till2 1/1, 3분 전에 읽음 · 제외: 커밋 · 실행 7Q2F"
            ),
        ),
    ],
)
def test_the_last_line(code: Code, states: tuple[str, ...], line: str) -> None:
    shot = replace(_shot(states, "github", code), window=replace(WEEK, zone="Asia/Seoul"))
    friday = WEEK.start + timedelta(days=4, minutes=2)
    told = [_told(c, shot.taken, friday) for c in shot.coverage]
    shot = replace(shot, coverage=tuple(told))
    language = Language(code, "Asia/Seoul")
    sections = sections_of(shot.template, "development")
    footer = coverage_footer(shot, ledger_of(shot), sections, "7Q2F", language)
    assert plain(footer.line) == line
    instants = [node.at for node in footer.line if node.kind == "instant"]
    assert instants == ([friday] * 2 if "lost" in states else [WEEK.start + timedelta(days=1)])


def _told(c: Coverage, taken: datetime, good: datetime) -> Coverage:
    if not c.whole:
        return replace(c, problem=Message("it answered 403"), last_good=good)
    return c if c.since else replace(c, used=taken - timedelta(minutes=3))
