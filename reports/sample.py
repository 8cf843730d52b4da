"""A week of made-up work, for templates to be looked at before anything was read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from datetime import UTC, datetime, timedelta

from analyzers.github import METRICS
from model.ids import SourceId
from model.ready import READY, TAKEN
from model.record import (
    Branch,
    Change,
    Commit,
    Coverage,
    Deployment,
    FirstMerge,
    Issue,
    PullRequest,
    Record,
    Repository,
    Review,
    WorkflowRun,
)
from model.report import ChartSection, FiguresSection, TableSection, Template
from model.window import Window
from reports.sample_events import checked, failed, watched
from reports.sample_figures import figures_for
from reports.snapshot import ordered

Records = tuple[tuple[SourceId, Record], ...]
_MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
WEEK = Window(_MONDAY, _MONDAY + timedelta(days=7), "UTC")
SAMPLE = SourceId("sample")
_FORGE, _DATA, _CHECKED = SourceId("sample-forge"), SourceId("sample-data"), SourceId("sample-checks")
_LOGGED, _WATCHED = SourceId("sample-log"), SourceId("sample-probe")
MADE_UP = frozenset({SAMPLE, _FORGE, _DATA, _CHECKED, _LOGGED, _WATCHED})
_API = "acme/api"
_OF_FORGES = frozenset(metric.name for metric in METRICS)
_OF_CHECKS = frozenset(name for name in READY if name.startswith("qc_"))
_OF_PROBES = frozenset({"downtime", "incidents", "response_time", "response_time_p95", "not_measured"})
_ALSO_OF_PROBES = frozenset({"availability"})
_ERRORS = frozenset({"errors"})
_NOT_MEASURED = frozenset({"messages", "reactions"})  # counted of what people write: no template of ours shows them


def sample_for(template: Template) -> tuple[tuple[Coverage, ...], Records]:
    """Return what is made up for a template: of each kind of source whose figures it shows, one.

    Where it shows neither figures of a repository nor any of a source of figures, there is a repository.
    """
    shown = _shown(template)
    covered: list[Coverage] = []
    records: list[tuple[SourceId, Record]] = []
    for source, name, kind, made in _sources(shown):
        covered.append(Coverage(source, name, kind, 1, 1, None, WEEK.end))
        records += [(source, record) for record in made]
    return tuple(covered), ordered(records)


def _sources(shown: Set[str]) -> Iterator[tuple[SourceId, str, str, Iterable[Record]]]:
    """Yield the sources whose figures are shown: id, name, kind, records."""
    of_probes = _OF_PROBES | _ALSO_OF_PROBES if shown & _OF_PROBES else frozenset()
    measured = (shown & READY.keys()) - _OF_CHECKS - of_probes - _ERRORS - _NOT_MEASURED
    if not shown & READY.keys() or shown & TAKEN:
        yield SAMPLE, "shop", "git", _of_git()
    if measured:
        yield _DATA, "shop-data", "sql", figures_for(sorted(measured), WEEK)
    if shown & _OF_CHECKS:
        yield _CHECKED, "shop-checks", "qc", checked(WEEK)
    if shown & _ERRORS:
        yield _LOGGED, "shop-log", "json", failed(WEEK)
    if shown & _OF_PROBES:
        yield _WATCHED, "shop-probe", "probe", watched(WEEK)
    if _OF_FORGES & shown:
        yield _FORGE, "shop-forge", "github", _of_forge()


def _shown(template: Template) -> set[str]:
    """Return the metrics that a template shows."""
    found: set[str] = set()
    for section in template.sections:
        match section:
            case FiguresSection() | TableSection():
                found.update(section.metrics)
            case ChartSection():
                found.add(section.metric)
            case _:
                pass
    return found


def _of_git() -> Iterator[Record]:
    """Yield three commits by two people, and a branch that waits."""
    yield Record("repository", _MONDAY, None, "shop", None, Repository("main", shallow=False))
    yield _commit("a", 1, "Round prices", "Mina", Change("api/price.py", 12, 3))
    yield _commit("b", 2, "Fix the checkout", "Jun", Change("web/pay.html", 5, 5))
    yield _commit("c", 4, "Sell gift cards", "Mina", Change("web/gift.html", 40, 0))
    branch = Branch("f" * 40, _MONDAY - timedelta(days=30), "Jun", 3, 9, False, 4, 120)
    yield Record("feature/search", _MONDAY - timedelta(days=40), None, "feature/search", None, branch)


def _commit(letter: str, day: int, title: str, author: str, change: Change) -> Record:
    at = _at(day)
    address = f"{author.lower()}@example.org"
    return Record(letter * 40, at, at, title, None, Commit(author, address, False, 1, (change,)))


def _of_forge() -> Iterator[Record]:
    """Yield two pull requests with a review, an issue, two deployments and a run."""
    more = ("backlog", "commit", "deployment", "issue", "newcomer")
    kinds = (*more, "pull_request", "release", "review", "workflow_run")
    yield Record(_API, _MONDAY, None, _API, None, Repository("main", True, _API, 12, kinds))
    merged = PullRequest("Mina", False, _API, ("feature",), False, _at(1, 16), _at(1, 16), _at(1, 12))
    yield Record(f"{_API}#1", _at(1), _at(1, 16), "#1 Round prices", None, merged)
    yield Record(f"{_API}#1", _at(1, 16), _at(1, 16), "#1", None, FirstMerge(_API, first=True))
    waiting = PullRequest("Jun", False, _API, ("bug",), False, _at(2))
    yield Record(f"{_API}#2", _at(2), None, "#2 Fix the checkout", None, waiting)
    review = Review("Jun", False, _API, ("feature",), "approved")
    yield Record(f"{_API}#1/1", _at(1, 12), _at(1, 12), "#1 Round prices", None, review)
    issue = Issue("Sora", False, _API, ("bug",), _at(3), _at(1, 11))
    yield Record(f"{_API}#3", _at(1), _at(3), "#3 The total is wrong", None, issue)
    failed = Deployment("Mina", False, _API, "production", "failure", _at(1, 16))
    yield Record("1", _at(1, 17), _at(1, 17), f"{_API} → production", None, failed)
    good = Deployment("Mina", False, _API, "production", "success", _at(1, 16))
    yield Record("2", _at(2, 10), _at(2, 10), f"{_API} → production", None, good)
    run = WorkflowRun("Mina", False, _API, "tests", "success")
    yield Record("3", _at(1, 16), _at(1, 17), f"tests #1 · {_API}", None, run)


def _at(day: int, hour: int = 10) -> datetime:
    return _MONDAY + timedelta(days=day, hours=hour)
