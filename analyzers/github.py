"""The metrics of GitHub: one row per figure. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from analyzers.measure import DAY, Labels, Metric, Part, Seen, count, distinct, median, quantile, share, total
from model.ids import SourceId
from model.record import Deployment, Forged, Issue, PullRequest, Record, Release, Repository, Review, WorkflowRun
from model.unit import Better, Unit

NEW = "first_time_contributors"
BY = ("repository", "author", "label")
_HOUR = Decimal(3600)
_PLACES = Decimal("0.0001")
_Parts = Iterable[tuple[Labels, Part | None]]
Hours = Callable[[datetime, datetime], Decimal]
Id = tuple[SourceId, str]  # source and key of a record


@dataclass(slots=True)
class _Took(Part):
    """How many hours something took."""

    hours: Decimal


@dataclass(slots=True)
class _Went(Part):
    """Whether something failed."""

    failed: bool


@dataclass(slots=True)
class _Starred(Part):
    """How many stars a repository has."""

    stars: int


def labels_of(body: Forged) -> Labels:
    """Return the groups that a record belongs to; a deployment's label is its environment, a run's its workflow."""
    match body:
        case PullRequest() | Review() | Issue():
            labels = body.labels
        case Deployment():
            labels = (body.environment,)
        case WorkflowRun():
            labels = (body.workflow,)
        case Release():
            labels = ()
    return {"repository": (body.repository,), "author": (body.author,), "label": labels}


def _whole(seen: Seen[Any]) -> _Parts:
    yield labels_of(seen.body), Part(seen)


def _went(seen: Seen[Any]) -> _Parts:
    yield labels_of(seen.body), _Went(seen, seen.body.state == "failure")


def _lead(seen: Seen[Deployment]) -> _Parts:
    if seen.body.committed_at is not None and seen.record.ended is not None:
        yield labels_of(seen.body), _Took(seen, elapsed(seen.body.committed_at, seen.record.ended))


def _starred(seen: Seen[Repository]) -> _Parts:
    yield {"repository": (seen.body.name,)}, None if seen.body.stars is None else _Starred(seen, seen.body.stars)


def _new(firsts: Mapping[str, bool]) -> Callable[[Seen[PullRequest]], _Parts]:
    def split(seen: Seen[PullRequest]) -> _Parts:
        first = firsts.get(seen.record.key)
        if first is not False:
            yield labels_of(seen.body), None if first is None else Part(seen)

    return split


def elapsed(start: datetime, end: datetime) -> Decimal:
    """Return the hours between two instants, none below 0."""
    return (Decimal(max(0, int((end - start).total_seconds()))) / _HOUR).quantize(_PLACES)


def _began(record: Record, body: Forged) -> datetime | None:
    """Count what a person did."""
    return None if body.bot else record.at


def _by_bots(record: Record, body: Forged) -> datetime | None:
    return record.at if body.bot else None


def _merged(_: Record, body: PullRequest) -> datetime | None:
    return None if body.bot else body.merged_at


def _reviewed(_: Record, body: PullRequest) -> datetime | None:
    return None if body.bot else body.first_review_at


def _answered(_: Record, body: Issue) -> datetime | None:
    return None if body.bot else body.responded_at


def _closed(record: Record, body: Issue) -> datetime | None:
    return None if body.bot else record.ended


def _deployed(record: Record, body: Deployment) -> datetime | None:
    return record.ended if body.state == "success" else None


def _settled(record: Record, body: Deployment | WorkflowRun) -> datetime | None:
    return record.ended if body.state in ("success", "failure") else None


def _published(record: Record, _: Release) -> datetime | None:
    """Count whoever did it: machines publish what people made."""
    return record.at


def _always(record: Record, _: Repository) -> datetime | None:
    return record.at


_median: Callable[[Sequence[_Took]], Decimal | None] = median(lambda part: part.hours)
_p90: Callable[[Sequence[_Took]], Decimal | None] = quantile(lambda part: part.hours, Decimal("0.9"))
_failed: Callable[[Sequence[_Went]], Decimal | None] = share(lambda part: part.failed)
_people = distinct(lambda part: part.seen.body.author)
_stars: Callable[[Sequence[_Starred]], Decimal | None] = total(lambda part: part.stars)

_MORE, _LESS, _NEITHER = Better.MORE, Better.LESS, Better.NEITHER
_COUNT, _HOURS = Unit.COUNT, Unit.HOURS
_DAILY = (*BY, DAY)
_COUNTED: tuple[Metric[Any], ...] = (
    Metric("opened_pull_requests", 1, PullRequest, _COUNT, _NEITHER, _began, _whole, count, _DAILY),
    Metric("merged_pull_requests", 1, PullRequest, _COUNT, _MORE, _merged, _whole, count, _DAILY),
    Metric("bot_pull_requests", 1, PullRequest, _COUNT, _NEITHER, _by_bots, _whole, count, BY),
    Metric("review_count", 1, Review, _COUNT, _MORE, _began, _whole, count, _DAILY),
    Metric("reviewers", 1, Review, _COUNT, _MORE, _began, _whole, _people, BY),
    Metric("opened_issues", 1, Issue, _COUNT, _NEITHER, _began, _whole, count, _DAILY),
    Metric("closed_issues", 1, Issue, _COUNT, _MORE, _closed, _whole, count, _DAILY),
    Metric("releases", 1, Release, _COUNT, _NEITHER, _published, _whole, count, BY),
    Metric("deployments", 1, Deployment, _COUNT, _MORE, _deployed, _whole, count, _DAILY),
    Metric("change_failure_rate", 1, Deployment, Unit.SHARE, _LESS, _settled, _went, _failed, BY),
    Metric("workflow_failure_rate", 1, WorkflowRun, Unit.SHARE, _LESS, _settled, _went, _failed, BY),
)
OPEN: tuple[Metric[Any], ...] = (
    Metric("open_pull_requests", 1, PullRequest, _COUNT, _LESS, _began, _whole, count, BY),
    Metric("open_issues", 1, Issue, _COUNT, _LESS, _began, _whole, count, BY),
)
STALE: Metric[Any] = Metric("stale_pull_requests", 1, PullRequest, _COUNT, _LESS, _began, _whole, count, BY)
STARS: Metric[Any] = Metric("stars", 1, Repository, _COUNT, _MORE, _always, _starred, _stars, ("repository",))


def flowing(hours: Hours, restored: Mapping[Id, Decimal], firsts: Mapping[str, bool]) -> tuple[Metric[Any], ...]:
    """Return the metrics of what went on in a window.

    `hours` counts working hours between two instants; `restored` holds how many hours a deployment mended after;
    `firsts` tells by its key whether a merged pull request is the first of its author's in its repository.
    """

    def reviewed(seen: Seen[PullRequest]) -> _Parts:
        if seen.body.first_review_at is not None:
            yield labels_of(seen.body), _Took(seen, hours(seen.record.at, seen.body.first_review_at))

    def merged(seen: Seen[PullRequest]) -> _Parts:
        if seen.body.merged_at is not None:
            yield labels_of(seen.body), _Took(seen, hours(seen.record.at, seen.body.merged_at))

    def answered(seen: Seen[Issue]) -> _Parts:
        if seen.body.responded_at is not None:
            yield labels_of(seen.body), _Took(seen, hours(seen.record.at, seen.body.responded_at))

    def mended(seen: Seen[Deployment]) -> _Parts:
        took = restored.get((seen.source, seen.record.key))
        if took is not None:
            yield labels_of(seen.body), _Took(seen, took)

    return (
        *_COUNTED,
        Metric(NEW, 1, PullRequest, _COUNT, _MORE, _merged, _new(firsts), _people, BY),
        Metric("time_to_first_review", 1, PullRequest, _HOURS, _LESS, _reviewed, reviewed, _median, BY),
        Metric("time_to_first_review_p90", 1, PullRequest, _HOURS, _LESS, _reviewed, reviewed, _p90, BY),
        Metric("time_to_merge", 1, PullRequest, _HOURS, _LESS, _merged, merged, _median, BY),
        Metric("time_to_merge_p90", 1, PullRequest, _HOURS, _LESS, _merged, merged, _p90, BY),
        Metric("time_to_first_response", 1, Issue, _HOURS, _LESS, _answered, answered, _median, BY),
        Metric("time_to_first_response_p90", 1, Issue, _HOURS, _LESS, _answered, answered, _p90, BY),
        Metric("lead_time", 1, Deployment, _HOURS, _LESS, _deployed, _lead, _median, BY),
        Metric("time_to_restore", 1, Deployment, _HOURS, _LESS, _deployed, mended, _median, BY),
    )


METRICS: tuple[Metric[Any], ...] = (*flowing(elapsed, {}, {}), *OPEN, STALE, STARS)
