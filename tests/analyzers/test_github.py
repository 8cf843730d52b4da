"""The figures of GitHub, one row each, and what is not known."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

import pytest

from analyzers import ledger_of
from analyzers.github import BY, METRICS
from analyzers.measure import Metric
from analyzers.working import working_hours
from model.ledger import Ledger
from model.record import (
    Commit,
    Deployment,
    FirstMerge,
    Issue,
    PullRequest,
    Record,
    Release,
    Repository,
    Review,
    WorkflowRun,
)
from model.report import Filters
from tests.analyzers.snapshots import SETTINGS, at, commit, coverage, snapshot_of

_ALL = ("backlog", "commit", "deployment", "issue", "newcomer", "pull_request", "release", "review", "workflow_run")
_LONG_AGO = datetime(2020, 1, 6, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
_OF_GIT = ("commits", "lines_added", "files_changed")


def pull(
    key: str,
    day: float = 0,
    merged: datetime | None = None,
    closed: datetime | None = None,
    author: str = "mina",
    bot: bool = False,
    reviewed: datetime | None = None,
    labels: tuple[str, ...] = (),
    updated: datetime | None = None,
    repository: str = "acme/api",
) -> Record:
    body = PullRequest(author, bot, repository, labels, False, updated or merged or at(day), merged, reviewed)
    return Record(f"{repository}#{key}", at(day), merged or closed, f"#{key} Do", None, body)


def review(key: str, day: float, author: str = "jun", bot: bool = False) -> Record:
    return Record(key, at(day), at(day), "#1 Do", None, Review(author, bot, "acme/api", ("bug",), "approved"))


def issue(key: str, day: float = 0, closed: datetime | None = None, answered: datetime | None = None) -> Record:
    return Record(key, at(day), closed, "#1 Ask", None, Issue("sora", False, "acme/api", (), at(day), answered))


def deployed(key: str, day: float, state: Literal["success", "failure", "pending"] = "success") -> Record:
    body = Deployment("mina", False, "acme/api", "production", state, at(day) - 5 * HOUR)
    return Record(key, at(day), None if state == "pending" else at(day), "api → production", None, body)


def ran(key: str, day: float, state: Literal["success", "failure", "cancelled", "pending"]) -> Record:
    return Record(key, at(day), at(day), "tests #1", None, WorkflowRun("mina", False, "acme/api", "tests", state))


def first(key: str, day: float, first: bool) -> Record:
    return Record(key, at(day), at(day), "", None, FirstMerge(key.partition("#")[0], first))


def repository(name: str = "acme/api", stars: int | None = 5, holds: tuple[str, ...] = _ALL) -> Record:
    return Record(name, _LONG_AGO, None, name, None, Repository("main", True, name, stars, holds))


def ledger(*records: Record, holds: tuple[str, ...] = _ALL, **settings: object) -> Ledger:
    found = [("g1", repository(holds=holds)), *(("g1", record) for record in records)]
    made = snapshot_of(found, [coverage("g1", kind="github")])
    return ledger_of(replace(made, settings=replace(SETTINGS, **settings)))  # type: ignore[arg-type]


_WEEK = (
    pull("1", 0, merged=at(1), reviewed=at(0) + 3 * HOUR, labels=("bug", "api")),
    pull("2", 1, merged=at(1) + HOUR, author="jun", repository="acme/web"),
    pull("3", 2, bot=True, author="renovate[bot]"),
    pull("4", -40, author="sora", updated=at(-39)),
    pull("5", -3, closed=at(2)),
    pull("6", -6, merged=at(-5)),
    first("acme/api#1", 1, True), first("acme/web#2", 1, False), first("acme/api#6", -5, True),
    review("r1", 0), review("r2", 1), review("r3", 1, bot=True), review("r4", -2),
    issue("i1", 0, closed=at(3), answered=at(0) + 2 * HOUR), issue("i2", -30), issue("i3", -5, closed=at(-1)),
    deployed("d1", 0, "failure"), deployed("d2", 0.25, "failure"), deployed("d3", 1), deployed("d4", 2, "pending"),
    ran("w1", 0, "failure"), ran("w2", 1, "success"), ran("w3", 1, "success"), ran("w4", 1, "cancelled"),
    Record("v1", at(1), at(1), "api v1", None, Release("mina", False, "acme/api", "v1", False)),
)  # fmt: skip


_GROUPS = {
    "repository": {"acme/api", "acme/web"},
    "author": {"mina", "jun", "sora", "renovate[bot]"},
    "label": {"bug", "production", "tests"},
}


@pytest.mark.parametrize(
    ("metric", "value", "before", "counted"),
    [
        ("opened_pull_requests", "2", "2", 2),
        ("merged_pull_requests", "2", "1", 2),
        ("bot_pull_requests", "1", "0", 1),
        ("first_time_contributors", "1", "1", 1),
        ("open_pull_requests", "1", "2", 1),
        ("stale_pull_requests", "1", None, 1),
        ("time_to_first_review", "3", None, 1),
        ("time_to_first_review_p90", "3", None, 1),
        ("time_to_merge", "5", "9", 2),
        ("time_to_merge_p90", "9", "9", 2),
        ("review_count", "2", "1", 2),
        ("reviewers", "1", "1", 2),
        ("opened_issues", "1", "1", 1),
        ("closed_issues", "1", "1", 1),
        ("open_issues", "1", "1", 1),
        ("time_to_first_response", "2", None, 1),
        ("time_to_first_response_p90", "2", None, 1),
        ("releases", "1", "0", 1),
        ("deployments", "1", "0", 1),
        ("lead_time", "5", None, 1),
        ("change_failure_rate", "0.6667", None, 3),
        ("time_to_restore", "24", None, 1),
        ("workflow_failure_rate", "0.3333", None, 3),
        ("stars", "5", None, 1),
    ],
)  # fmt: skip
def test_each_figure(metric: str, value: str, before: str | None, counted: int) -> None:
    """Of this window, of the one before, and how many records stand behind it."""
    fact = ledger(*_WEEK).of(metric)
    assert fact is not None
    assert (fact.value, fact.before) == (Decimal(value), None if before is None else Decimal(before))
    assert fact.counted == len(fact.evidence) == counted


def test_groups() -> None:
    """By repository, by author and by label; evidence leads to the very records."""
    found = ledger(*_WEEK)
    assert {f.labels[0][1]: f.value for f in found.by("merged_pull_requests", "repository")} == {
        "acme/api": 1, "acme/web": 1,
    }  # fmt: skip
    assert {f.labels[0][1]: f.value for f in found.by("merged_pull_requests", "label")} == {"bug": 1, "api": 1}
    jun = found.of("time_to_merge", author="jun")
    assert jun is not None
    assert (jun.value, jun.evidence[0].key) == (Decimal(1), "acme/web#2")
    assert found.of("merged_pull_requests", day="2026-11-10") is not None


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_each_figure_by_each_of_its_groups(metric: Metric[Any]) -> None:
    """By repository, author and label, and by nothing that its records do not bear; "stars" are nobody's doing."""
    assert set(BY) <= set(metric.by) or metric.name == "stars"
    found = ledger(*(_labelled(record) for record in _WEEK))
    for dimension in (one for one in metric.by if one in BY):
        groups = {fact.labels[0][1] for fact in found.by(metric.name, dimension)}
        assert groups or (metric.name, dimension) == ("releases", "label"), dimension
        assert groups <= _GROUPS[dimension], dimension


def _labelled(record: Record) -> Record:
    body = record.body
    return replace(record, body=replace(body, labels=("bug",))) if isinstance(body, PullRequest | Issue) else record


def test_bots_of_the_workspace_are_folded() -> None:
    """Upper and lower case alike."""
    found = ledger(*_WEEK, bots=("MINA",))
    assert (_value(found, "merged_pull_requests"), _value(found, "bot_pull_requests")) == (Decimal(1), Decimal(2))


@pytest.mark.parametrize(
    ("lacking", "unknown", "known"),
    [
        ("deployment", ["deployments", "lead_time"], ["merged_pull_requests", "open_issues"]),
        ("backlog", ["open_issues", "open_pull_requests", "stale_pull_requests"], ["opened_issues"]),
        ("commit", ["commits", "authors"], ["review_count"]),
        ("newcomer", ["first_time_contributors"], ["merged_pull_requests"]),
    ],
)
def test_what_was_not_read_is_not_known(lacking: str, unknown: list[str], known: list[str]) -> None:
    """Rather than 0; the rest stands."""
    found = ledger(*_WEEK, holds=tuple(kind for kind in _ALL if kind != lacking))
    for metric in unknown:
        fact = found.of(metric)
        assert fact is not None
        assert (fact.value, fact.before, fact.evidence) == (None, None, ())
        assert not found.by(metric, "author")
    assert all(fact is not None and fact.value is not None for fact in map(found.of, known))


def test_a_repository_that_is_missing_spoils_the_sum() -> None:
    made = snapshot_of([("g1", repository()), *(("g1", r) for r in _WEEK)], [coverage("g1", 0, "github")])
    fact = ledger_of(made).of("merged_pull_requests")
    assert fact is not None
    assert fact.value is None


def test_who_is_new_is_known_of_all_or_not_at_all() -> None:
    """One person in two repositories is one; a merge of which nobody knows spoils the sum, and its own groups only."""
    new = (*_WEEK, pull("9", 1, merged=at(2), repository="acme/web"), first("acme/web#9", 2, True))
    found = ledger(*new)
    assert _value(found, "first_time_contributors") == 1
    assert {f.labels[0][1]: f.value for f in found.by("first_time_contributors", "repository")} == {
        "acme/api": 1, "acme/web": 1,
    }  # fmt: skip
    assert {f.labels[0][1]: f.value for f in found.by("first_time_contributors", "label")} == {"bug": 1, "api": 1}
    found = ledger(*new, pull("10", 1, merged=at(2), author="sora", repository="acme/web"))
    assert _value(found, "first_time_contributors") is None
    assert {f.labels[0][1]: f.value for f in found.by("first_time_contributors", "repository")} == {
        "acme/api": 1, "acme/web": None,
    }  # fmt: skip
    narrowed = ledger(*_WEEK, filters=Filters(include_labels=("bug",)))
    assert _value(narrowed, "first_time_contributors") == 1


def test_git_alone_has_no_figure_of_github() -> None:
    """And commits of GitHub count once beside those of a clone, with the paths that only the clone knows."""
    made = snapshot_of([("s1", commit("a"))], [coverage()])
    assert ledger_of(made).of("merged_pull_requests") is None
    body = Commit("Mina", "mina@example.org", False, 1, None, lines=(7, 1))
    both = [("g1", repository()), ("g1", replace(commit("a"), body=body)), ("s1", commit("a"))]
    found = ledger_of(snapshot_of(both, [coverage(), coverage("g1", kind="github")]))
    assert [_value(found, metric) for metric in _OF_GIT] == [1, 1, 1]
    alone = ledger_of(snapshot_of(both[:2], [coverage("g1", kind="github")]))
    assert [(f.value if f else None) for f in map(alone.of, ("commits", "lines_added", "files_changed"))] == [
        1,
        7,
        None,
    ]
    assert alone.of("open_branches") is None


def test_filters() -> None:
    """By label and by person; under paths nothing is known of what has none."""
    assert _value(ledger(*_WEEK, filters=Filters(include_labels=("bug",))), "merged_pull_requests") == 1
    assert _value(ledger(*_WEEK, filters=Filters(exclude_people=("jun",))), "merged_pull_requests") == 1
    assert _value(ledger(*_WEEK, filters=Filters(include_paths=("src/",))), "merged_pull_requests") is None


def _value(found: Ledger, metric: str) -> Decimal | None:
    fact = found.of(metric)
    assert fact is not None
    return fact.value


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-11-09T10:00", "2026-11-09T12:30", "2.5"),  # Monday
        ("2026-11-09T07:00", "2026-11-09T20:00", "9"),
        ("2026-11-09T17:00", "2026-11-10T10:00", "2"),
        ("2026-11-13T17:00", "2026-11-16T10:00", "2"),  # over a weekend
        ("2026-11-14T10:00", "2026-11-15T10:00", "0"),
        ("2026-11-09T10:00", "2026-11-09T10:00", "0"),
        ("2026-11-10T10:00", "2026-11-09T10:00", "0"),
        ("2026-11-10T17:00", "2026-11-12T10:00", "2"),  # a holiday between
        ("2026-11-02T09:00", "2026-11-16T09:00", "81"),
    ],
)  # fmt: skip
def test_working_hours(start: str, end: str, hours: str) -> None:
    """9:00 to 18:00 of working days, on the clock of the zone."""
    began, ended = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (start, end))
    assert working_hours(began, ended, "UTC", [date(2026, 11, 11)]) == Decimal(hours)
    shift = timedelta(hours=9)
    assert working_hours(began - shift, ended - shift, "Asia/Seoul", [date(2026, 11, 11)]) == Decimal(hours)
