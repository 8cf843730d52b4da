"""Made-up things that happened: results of checks, errors, and what a prober saw."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from model.measured import Entry, Gauge, Pairs
from model.probed import QUARTER, QUARTERS, Outage, Probe, Probed, Quarter
from model.ready import ready_of
from model.record import Record
from model.window import Window

_START = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_RESULTS = ("pass pass pass", "pass fail pass", "pass pass warn", "pass pass pass", "fail fail pass", "pass pass pass")
_CHECKS = ("api", "web", "docs")
_ERRORS = (  # day, hour, service, kind, what it says; the last three are of the window before
    (0, 9, "pay", "timeout", "No answer from the bank after 30 s"),
    (1, 14, "pay", "timeout", "No answer from the bank after 12 s"),
    (1, 15, "pay", "timeout", "No answer from the bank after 31 s"),
    (2, 11, "shop", "missing", "There is no product 4711"),
    (4, 10, "shop", "missing", "There is no product 12"),
    (5, 20, "search", "memory", "The index 7 does not fit"),
    (-6, 9, "pay", "timeout", "No answer from the bank after 30 s"),
    (-5, 13, "shop", "missing", "There is no product 99"),
    (-3, 13, "shop", "missing", "There is no product 100"),
)
_SITES = ("pay", "shop")
_DOWN = (1, 14)  # the day and the hour in which one of them was away for ten minutes


def checked(window: Window) -> Iterator[Record]:
    """Yield the reports of nightly checks, of the window and the one before, with their figures."""
    yield _counted("qc_reports", "reports", ("decision",))
    yield _counted("qc_failed_reports", "reports", (), (("decision", "fail"),))
    yield _counted("qc_checks", "checks", ("check", "result"))
    yield _counted("qc_failures", "checks", ("check",), (("result", "fail"),))
    yield _counted("qc_pass_rate", "checks", ("check",), (("result", "pass"),))
    for n in range(-7, 7):
        at = window.start + n * _DAY + 3 * _HOUR
        results = _RESULTS[n % len(_RESULTS)].split()
        worst = next(one for one in ("fail", "warn", "pass") if one in results)
        yield _entry("reports", f"{n}", at, "nightly", (("decision", worst),))
        for check, result in zip(_CHECKS, results, strict=True):
            yield _entry("checks", f"{n}/{check}", at, f"{check} · nightly", (("check", check), ("result", result)))


def failed(window: Window) -> Iterator[Record]:
    """Yield errors of the window and of the one before, with their figure."""
    yield _counted("errors", "errors", ("service", "kind"))
    for n, (day, hour, service, kind, says) in enumerate(_ERRORS):
        at = window.start + day * _DAY + hour * _HOUR
        yield _entry("errors", str(n), at, says, (("service", service), ("kind", kind)))


def watched(window: Window) -> Iterator[Record]:
    """Yield the hours of two sites that were tried every five minutes, and an outage."""
    yield Record("probe", _START, None, "", None, Probe(_SITES, 300))
    away = window.start + _DOWN[0] * _DAY + _DOWN[1] * _HOUR
    yield Record("pay outage", away, away + 2 * _HOUR / 12, "pay", None, Outage("pay", "status", 503))
    begins = window.previous().start
    for n in range((window.end - begins) // _HOUR):
        at = begins + n * _HOUR
        for site in _SITES:
            took = 140 + 5 * (n % 24 > 8) + (n * 7 + len(site)) % 30
            good = Quarter(900, 0, (took, took + 12, took + 35))
            quarters = [good] * QUARTERS
            if site == "pay" and at == away:
                quarters[0] = Quarter(300, 600, (took,))
            last = at + (QUARTERS - 1) * QUARTER
            yield Record(f"{site} {at}", at, last, site, None, Probed(site, tuple(quarters)))


def _counted(metric: str, entries: str, by: tuple[str, ...], where: Pairs = ()) -> Record:
    usual = ready_of(metric)
    body = Gauge(usual.unit, usual.better, usual.how, by, usual.together, entries=entries, where=where)
    return Record(metric, _START, None, "", None, body)


def _entry(of: str, key: str, at: datetime, title: str, labels: Pairs) -> Record:
    return Record(f"{of} {key}", at, at, title, None, Entry(of, labels))
