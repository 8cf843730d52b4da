"""Ready-made figures: what sources measure under names that every report knows, and how each is made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from model.measured import How, Together
from model.unit import Better, Unit

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
MOST_TITLE = 60  # characters of what an owner calls a figure


@dataclass(frozen=True, slots=True)
class Ready:
    """What is usual for a ready-made figure; its owner may set another unit."""

    unit: Unit
    better: Better
    how: How = "window"
    together: Together = "sum"


_MORE, _LESS, _NEITHER = Better.MORE, Better.LESS, Better.NEITHER
READY: Mapping[str, Ready] = {
    # business
    "orders": Ready(Unit.COUNT, _MORE),
    "revenue": Ready(Unit.NUMBER, _MORE),
    "average_order": Ready(Unit.NUMBER, _MORE, together="none"),
    "conversion": Ready(Unit.RATE, _MORE, together="none"),
    "registrations": Ready(Unit.COUNT, _MORE),
    "retention": Ready(Unit.RATE, _MORE, together="none"),
    "active_users": Ready(Unit.COUNT, _MORE, together="none"),  # who is in two groups is one user
    "churn": Ready(Unit.RATE, _LESS, together="none"),
    "low_stock": Ready(Unit.COUNT, _LESS, "last"),
    "out_of_stock": Ready(Unit.COUNT, _LESS, "last"),
    "stock_turnover": Ready(Unit.NUMBER, _MORE, together="none"),
    # services
    "request_rate": Ready(Unit.PER_SECOND, _NEITHER),
    "error_rate": Ready(Unit.RATE, _LESS, together="none"),
    "latency_p50": Ready(Unit.MILLISECONDS, _LESS, together="none"),
    "latency_p95": Ready(Unit.MILLISECONDS, _LESS, together="none"),
    "latency_p99": Ready(Unit.MILLISECONDS, _LESS, together="none"),
    "availability": Ready(Unit.RATE, _MORE, together="none"),
    "downtime": Ready(Unit.MINUTES, _LESS),
    "incidents": Ready(Unit.COUNT, _LESS),
    "response_time": Ready(Unit.MILLISECONDS, _LESS, together="none"),
    "response_time_p95": Ready(Unit.MILLISECONDS, _LESS, together="none"),
    "not_measured": Ready(Unit.MINUTES, _LESS),
    # machines
    "cpu": Ready(Unit.RATE, _LESS, together="none"),
    "memory": Ready(Unit.RATE, _LESS, together="none"),
    "disk": Ready(Unit.RATE, _LESS, together="none"),
    "network_in": Ready(Unit.BYTES_PER_SECOND, _NEITHER),
    "network_out": Ready(Unit.BYTES_PER_SECOND, _NEITHER),
    # pages, as Lighthouse and the browsers measure them
    "performance_score": Ready(Unit.SHARE, _MORE, "last", "mean"),
    "accessibility_score": Ready(Unit.SHARE, _MORE, "last", "mean"),
    "best_practices_score": Ready(Unit.SHARE, _MORE, "last", "mean"),
    "seo_score": Ready(Unit.SHARE, _MORE, "last", "mean"),
    "lcp": Ready(Unit.MILLISECONDS, _LESS, "last", "max"),
    "inp": Ready(Unit.MILLISECONDS, _LESS, "last", "max"),
    "fcp": Ready(Unit.MILLISECONDS, _LESS, "last", "max"),
    "tbt": Ready(Unit.MILLISECONDS, _LESS, "last", "max"),
    "ttfb": Ready(Unit.MILLISECONDS, _LESS, "last", "max"),
    "cls": Ready(Unit.NUMBER, _LESS, "last", "max"),
    # errors
    "errors": Ready(Unit.COUNT, _LESS, "count"),
    # what people write
    "messages": Ready(Unit.COUNT, _NEITHER, "count"),
    "reactions": Ready(Unit.COUNT, _NEITHER, "count"),
    # quality checks
    "qc_reports": Ready(Unit.COUNT, _NEITHER, "count"),
    "qc_failed_reports": Ready(Unit.COUNT, _LESS, "count"),
    "qc_checks": Ready(Unit.COUNT, _NEITHER, "count"),
    "qc_failures": Ready(Unit.COUNT, _LESS, "count"),
    "qc_pass_rate": Ready(Unit.RATE, _MORE, "share", "none"),
}
# What git and the forges measure: an owner's figure must not bear such a name. A test compares them with the metrics.
_TAKEN = (
    "commits merges authors new_authors lines_added lines_removed files_changed active_days bot_commits open_branches"
    " stale_branches opened_pull_requests merged_pull_requests bot_pull_requests open_pull_requests stale_pull_requests"
    " first_time_contributors"
    " time_to_first_review time_to_first_review_p90 time_to_merge time_to_merge_p90 review_count reviewers"
    " opened_issues closed_issues open_issues time_to_first_response time_to_first_response_p90 releases deployments"
    " lead_time change_failure_rate time_to_restore workflow_failure_rate stars"
)
TAKEN = frozenset(_TAKEN.split())


def ready_of(metric: str) -> Ready:
    """Return what is usual for a metric: of an owner's own, a plain number with no direction that is good news."""
    return READY.get(metric, Ready(Unit.NUMBER, Better.NEITHER))
