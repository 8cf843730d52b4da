"""Metrics for Prometheus: counted where the work is done, the rest read when somebody asks. No label names anybody."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.loops import Loops
from bot.readiness import Pulse, Readiness
from model.clock import Clock
from model.report import Run, RunState
from reports.templates import builtin
from storage.transactions import Pool

TEXT = prometheus_client.CONTENT_TYPE_LATEST
_OWN = "own"  # every template that a workspace wrote itself
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
_RUN_SECONDS = (0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800)
_REQUEST_SECONDS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """What one process counts."""

    def __init__(self) -> None:
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]  # a series beside each counter
        self.registry = CollectorRegistry()
        self._reports = Counter(
            "arb_reports_generated",
            "Runs that ended in this process, by template (own: one of a workspace's) and status.",
            ("template", "status"),
            registry=self.registry,
        )
        self._run_seconds = Histogram(
            "arb_report_generation_duration_seconds",
            "Seconds that a run took from being taken up to its end, in this process.",
            registry=self.registry,
            buckets=_RUN_SECONDS,
        )
        self._request_seconds = Histogram(
            "arb_api_request_duration_seconds",
            "Seconds that an HTTP request took, by method, route and status.",
            ("method", "route", "status"),
            registry=self.registry,
            buckets=_REQUEST_SECONDS,
        )
        ProcessCollector(registry=self.registry)
        for template in (*builtin(), _OWN):  # a rate needs the nought before the first one
            for status in (RunState.DONE, RunState.FAILED):
                self._reports.labels(template, status)

    def ended(self, run: Run, seconds: float) -> None:
        """Count a run that ended here."""
        self._reports.labels(run.template if run.template in builtin() else _OWN, run.state).inc()
        self._run_seconds.observe(seconds)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request; `route` is the path as it was declared, never as it was asked for."""
        self._request_seconds.labels(method if method in _METHODS else "other", route, status).observe(seconds)

    def watch(self, loops: Loops, readiness: Readiness, pool: Callable[[], Pool], clock: Clock) -> None:
        """Show how these stand, too, whenever somebody asks."""
        self.registry.register(_Standing(loops, readiness, pool, clock))

    def text(self) -> bytes:
        """Return everything in Prometheus's text format."""
        return generate_latest(self.registry)


class _Standing(Collector):
    """Reads how things stand."""

    def __init__(self, loops: Loops, readiness: Readiness, pool: Callable[[], Pool], clock: Clock) -> None:
        self._loops = loops
        self._readiness = readiness
        self._pool = pool
        self._clock = clock

    def collect(self) -> Iterator[Metric]:
        """Yield each metric with its samples."""
        yield _gauge("arb_ready", "1 while /ready says so, else 0.", float(not self._readiness.complaints()))
        yield from self._of_loops()
        yield from self._of_database(self._readiness.pulse)

    def _of_loops(self) -> Iterator[Metric]:
        age = GaugeMetricFamily("arb_loop_age_seconds", "Seconds since a loop's last sign of life.", labels=["loop"])
        failures = CounterMetricFamily("arb_loop_failures", "How often a loop's work broke.", labels=["loop"])
        for name, seconds in self._readiness.ages().items():
            age.add_metric([name], seconds)
            failures.add_metric([name], self._loops.all[name].failures)
        yield age
        yield failures

    def _of_database(self, pulse: Pulse) -> Iterator[Metric]:
        pool = self._pool()
        used = GaugeMetricFamily(
            "arb_database_connection_pool",
            "Database connections; waiting: transactions without one.",
            labels=["status"],
        )
        for status, number in (("active", pool.active), ("idle", pool.idle), ("waiting", pool.waiting)):
            used.add_metric([status], number)
        yield used
        yield _gauge("arb_database_probe_seconds", "Seconds that the last write of a row took.", pulse.took)
        if pulse.active is not None:
            yield _gauge("arb_active_users", "Members who said something in the last 30 days.", pulse.active)
        if pulse.backup.done is not None:
            age = (self._clock.now() - pulse.backup.done).total_seconds()
            yield _gauge("arb_backup_age_seconds", "Seconds since the last backup that went well.", age)
        if pulse.backlog is not None:
            waiting, now = pulse.backlog, self._clock.now()
            yield _gauge("arb_runs_waiting", "Runs that nobody has taken up.", waiting.runs.number)
            yield _gauge("arb_runs_oldest_seconds", "How long the oldest of them waits.", waiting.runs.seconds(now))
            yield _gauge("arb_outbox_waiting", "Messages whose time has come.", waiting.outbox.number)
            yield _gauge(
                "arb_outbox_oldest_seconds",
                "For how long the oldest of them could be sent.",
                waiting.outbox.seconds(now),
            )
            yield _gauge("arb_schedules_due", "Schedules that are due and not fired.", waiting.schedules.number)
            yield _gauge(
                "arb_schedules_oldest_seconds", "How late the oldest of them is.", waiting.schedules.seconds(now)
            )


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(name, about, value)
