"""The names of all metrics, for people, and the versions of their definitions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analyzers import branches, filters, git, github, priority, probe, samples, targets
from model.language import Language, Message
from model.ready import READY, ready_of
from model.unit import Unit


@dataclass(frozen=True, slots=True)
class Named:
    """What people call a metric, and what it counts."""

    label: Message
    meaning: Message


NAMES: Mapping[str, Named] = {
    "commits": Named(Message("Commits"), Message("commits by people, merges left out, by the committer's date")),
    "merges": Named(Message("Merges"), Message("commits with more than one parent")),
    "authors": Named(Message("Authors"), Message("different authors of these commits")),
    "new_authors": Named(Message("New authors"), Message("authors who have no commit from before the window")),
    "lines_added": Named(Message("Lines added"), Message("lines that commits by people added, merges left out")),
    "lines_removed": Named(Message("Lines removed"), Message("lines that commits by people removed, merges left out")),
    "files_changed": Named(Message("Files changed"), Message("different paths that commits by people changed")),
    "active_days": Named(Message("Active days"), Message("days with at least one commit by a person")),
    "bot_commits": Named(Message("Commits by bots"), Message("commits by bots, merges among them")),
    "open_branches": Named(
        Message("Open branches"), Message("branches whose work is not in the main branch, as they stood when read")
    ),
    "stale_branches": Named(
        Message("Stale branches"), Message("open branches that had no commit for a long time, as they stood when read")
    ),
    "opened_pull_requests": Named(Message("Pull requests opened"), Message("pull requests that people opened")),
    "merged_pull_requests": Named(Message("Pull requests merged"), Message("pull requests of people that were merged")),
    "bot_pull_requests": Named(Message("Pull requests by bots"), Message("pull requests that bots opened")),
    "open_pull_requests": Named(
        Message("Open pull requests"), Message("pull requests of people that were open at the window's end")
    ),
    "stale_pull_requests": Named(
        Message("Stale pull requests"),
        Message("open pull requests of people that nobody touched for a long time, as they stood when read"),
    ),
    "time_to_first_review": Named(
        Message("Time to first review"),
        Message("median working hours from opening to the first review by another person"),
    ),
    "time_to_first_review_p90": Named(
        Message("Time to first review (p90)"), Message("the same hours, those that nine of ten do not exceed")
    ),
    "time_to_merge": Named(Message("Time to merge"), Message("median working hours from opening to merging")),
    "time_to_merge_p90": Named(
        Message("Time to merge (p90)"), Message("the same hours, those that nine of ten do not exceed")
    ),
    "review_count": Named(Message("Reviews"), Message("reviews that people gave")),
    "reviewers": Named(Message("Reviewers"), Message("different people who gave reviews")),
    "first_time_contributors": Named(
        Message("First-time contributors"),
        Message("people of whom a pull request was merged in a repository for the first time"),
    ),
    "opened_issues": Named(Message("Issues opened"), Message("issues that people opened")),
    "closed_issues": Named(Message("Issues closed"), Message("issues of people that were closed")),
    "open_issues": Named(Message("Open issues"), Message("issues of people that were open at the window's end")),
    "time_to_first_response": Named(
        Message("Time to first response"),
        Message("median working hours from opening to the first comment by another person"),
    ),
    "time_to_first_response_p90": Named(
        Message("Time to first response (p90)"), Message("the same hours, those that nine of ten do not exceed")
    ),
    "releases": Named(Message("Releases"), Message("releases that were published")),
    "deployments": Named(Message("Deployments"), Message("deployments that succeeded")),
    "lead_time": Named(Message("Lead time"), Message("median hours from a commit to its deployment")),
    "change_failure_rate": Named(
        Message("Change failure rate"), Message("share of the deployments that failed, among those that ended")
    ),
    "time_to_restore": Named(
        Message("Time to restore"), Message("median hours from a failed deployment to the next good one")
    ),
    "workflow_failure_rate": Named(
        Message("Workflow failure rate"), Message("share of the workflow runs that failed, among those that ended")
    ),
    "stars": Named(Message("Stars"), Message("stars of the repositories, when they were read")),
    "orders": Named(Message("Orders"), Message("orders, as the source counts them")),
    "revenue": Named(Message("Revenue"), Message("revenue, as the source adds it up")),
    "average_order": Named(Message("Average order"), Message("revenue of one order on average")),
    "conversion": Named(Message("Conversion"), Message("share of the visits that ended with an order")),
    "registrations": Named(Message("Registrations"), Message("users who registered")),
    "retention": Named(Message("Retention"), Message("share of earlier users who came back")),
    "active_users": Named(Message("Active users"), Message("different users who did something")),
    "churn": Named(Message("Churn"), Message("share of earlier users who did not come back")),
    "low_stock": Named(Message("Low stock"), Message("products of which few are left, when they were counted last")),
    "out_of_stock": Named(
        Message("Out of stock"), Message("products of which none is left, when they were counted last")
    ),
    "stock_turnover": Named(Message("Stock turnover"), Message("how many times the stock was sold")),
    "request_rate": Named(Message("Requests per second"), Message("requests per second on average")),
    "error_rate": Named(Message("Error rate"), Message("share of the requests that failed")),
    "latency_p50": Named(Message("Latency (p50)"), Message("the time that half of the requests do not exceed")),
    "latency_p95": Named(Message("Latency (p95)"), Message("the time that 95 of 100 requests do not exceed")),
    "latency_p99": Named(Message("Latency (p99)"), Message("the time that 99 of 100 requests do not exceed")),
    "availability": Named(Message("Availability"), Message("share of the measured time in which it answered")),
    "downtime": Named(Message("Downtime"), Message("measured time in which it did not answer")),
    "incidents": Named(Message("Incidents"), Message("times that it stopped answering")),
    "response_time": Named(Message("Response time"), Message("how long good answers took on average")),
    "response_time_p95": Named(
        Message("Response time (p95)"), Message("the time that 95 of 100 good answers do not exceed")
    ),
    "not_measured": Named(
        Message("Not measured"), Message("time in which nobody tried, which counts neither as up nor as down")
    ),
    "cpu": Named(Message("CPU use"), Message("share of the processors' time that was used")),
    "memory": Named(Message("Memory use"), Message("share of the memory that was used")),
    "disk": Named(Message("Disk use"), Message("share of the disk that was used")),
    "network_in": Named(Message("Network in"), Message("bytes per second received")),
    "network_out": Named(Message("Network out"), Message("bytes per second sent")),
    "performance_score": Named(Message("Performance score"), Message("Lighthouse’s score, when it was measured last")),
    "accessibility_score": Named(
        Message("Accessibility score"), Message("Lighthouse’s score, when it was measured last")
    ),
    "best_practices_score": Named(
        Message("Best practices score"), Message("Lighthouse’s score, when it was measured last")
    ),
    "seo_score": Named(Message("SEO score"), Message("Lighthouse’s score, when it was measured last")),
    "lcp": Named(Message("LCP"), Message("largest contentful paint: until the largest part of the page is there")),
    "inp": Named(Message("INP"), Message("interaction to next paint: until the page shows that it was touched")),
    "fcp": Named(Message("FCP"), Message("first contentful paint: until the first part of the page is there")),
    "tbt": Named(Message("TBT"), Message("total blocking time: in which the page could not be touched")),
    "ttfb": Named(Message("TTFB"), Message("time to first byte: until the answer begins")),
    "cls": Named(Message("CLS"), Message("cumulative layout shift: how far parts of the page jumped")),
    "errors": Named(Message("Errors"), Message("errors that were recorded")),
    "messages": Named(Message("Messages written"), Message("messages that people wrote where it is heard")),
    "reactions": Named(Message("Reactions"), Message("reactions that people gave where it is heard")),
    "qc_reports": Named(Message("QC reports"), Message("reports of quality checks that were pushed in")),
    "qc_failed_reports": Named(
        Message("Failed QC reports"), Message("of these reports, those with a check that failed")
    ),
    "qc_checks": Named(Message("Checks"), Message("checks in these reports, without those that were skipped")),
    "qc_failures": Named(Message("Failed checks"), Message("checks in these reports that failed")),
    "qc_pass_rate": Named(Message("Pass rate"), Message("share of the checks that passed; a warning is none")),
}
GROUPS: Mapping[str, tuple[str, ...]] = {  # what each metric is broken down by
    metric.name: metric.by for metric in (*git.METRICS, *github.METRICS, *probe.METRICS)
}
_UNITS: Mapping[str, Unit] = {
    **{metric.name: metric.unit for metric in (*git.METRICS, *github.METRICS)},
    **dict.fromkeys(branches.VERSIONS, Unit.COUNT),
}


def groups_by(metric: str, dimension: str) -> bool:
    """Tell whether a metric may be broken down by a dimension: what a source defines has dimensions of its own."""
    return metric not in NAMES or metric in READY or dimension in GROUPS.get(metric, ())


_OTHERS: Mapping[str, Message] = {
    "author": Message("Author"),
    "path": Message("Area"),
    "day": Message("Day"),
    "repository": Message("Repository"),
    "label": Message("Label"),
    "region": Message("Region"),
    "urgency": Message("urgency"),
    "impact": Message("impact"),
    "dependencies": Message("dependencies"),
    "effort": Message("ease"),
    "deadline": Message("deadline"),
    "check": Message("Check"),
    "page": Message("Web page"),
    "service": Message("Service"),
    "instance": Message("Machine"),
    "kind": Message("Kind"),
    "filters": Message("Filters"),
    "samples": Message("Figures of sources"),
}


def versions() -> Mapping[str, int]:
    """Return the version of each metric's definition, and those of the priority, the targets and the filters."""
    others = {
        "priority": priority.VERSION,
        "targets": targets.VERSION,
        "filters": filters.VERSION,
        "samples": samples.VERSION,
    }
    own = {metric.name: metric.version for metric in (*git.METRICS, *github.METRICS)}
    return own | branches.VERSIONS | probe.VERSIONS | others


def unit_of(metric: str) -> Unit:
    """Return the unit in which a metric is usually measured."""
    return _UNITS.get(metric) or ready_of(metric).unit


def label_of(name: str, language: Language, title: str = "") -> str:
    """Return what people call a metric, a dimension or a factor: by its owner's title, if it has one.

    An unknown name stays as it is.
    """
    if title:
        return title
    label = NAMES[name].label if name in NAMES else _OTHERS.get(name)
    return name if label is None else language.say(label)


def fact_label(metric: str, labels: Sequence[tuple[str, str]], language: Language, title: str = "") -> str:
    """Return what people call a fact: "Commits", "Commits · Mina", "Lines added · (root)"."""
    return " · ".join([label_of(metric, language, title), *(group_label(value, language) for _, value in labels)])


def group_label(value: str, language: Language) -> str:
    """Return what people call a group that a metric is broken down by."""
    return language.say(Message("(root)")) if value == "." else value
