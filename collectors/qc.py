"""Results of quality checks: they fit qc.schema.json, and become an entry for each report and each check of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from collectors.measured import Figure, entry, text
from collectors.pushed import PushedCollector
from egress.strict import strict
from model.errors import EgressError
from model.record import Record

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

REPORTS, CHECKS, SKIPPED = "qc_reports", "qc_checks", "qc_skipped"  # the sets of entries
_RESULTS = {"pass": "passed", "warn": "warned", "fail": "failed", "skip": "skipped"}
_WORST = ("fail", "warn", "pass", "skip")
_AHEAD = timedelta(days=1)  # that a sender's clock may be ahead of ours
_EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
_MOST = 500  # checks, as in the schema
_MOST_TOLD = 20  # problems
_EXPECTED = 300  # characters of what the schema expects


@dataclass(frozen=True, slots=True)
class Misfit:
    """What in a report does not fit: where, and which rule; what was sent is not repeated."""

    path: str
    rule: str
    expected: str = ""


class Unfitting(ValueError):
    """A report does not fit its schema."""

    def __init__(self, misfits: Sequence[Misfit]) -> None:
        self.misfits = tuple(misfits)
        super().__init__(f"{len(misfits)} misfits")


@dataclass(frozen=True, slots=True)
class QcReport:
    """A report that fits."""

    id: str | None
    at: datetime | None  # None: when it came
    name: str
    url: str | None
    status: Mapping[str, str]

    @property
    def decision(self) -> str:
        """Return the worst of its results."""
        return next(one for one in _WORST if one in self.status.values())

    def records(self, id: str, at: datetime) -> tuple[Record, ...]:
        """Return its entries: one for the report, one for each check."""
        return tuple(self._entries(id, at))

    def _entries(self, id: str, at: datetime) -> Iterator[Record]:
        counted = Counter(self.status.values())
        numbers = [(word, Decimal(counted[result])) for result, word in _RESULTS.items()]
        title = text(self.name, 120)
        yield entry(REPORTS, id, at, title, (("decision", self.decision),), numbers, self.url)
        for check, result in sorted(self.status.items()):
            labels = (("check", text(check)), ("result", result))
            of = SKIPPED if result == "skip" else CHECKS
            yield entry(of, f"{id}/{check}", at, f"{text(check)} · {title}", labels, (), self.url)


def report_of(body: bytes, now: datetime) -> QcReport:
    """Return the report that a body holds; raises Unfitting."""
    try:
        given = strict(body)
    except EgressError:
        raise Unfitting([Misfit("", "json")]) from None
    status = given.get("status") if isinstance(given, dict) else None
    if isinstance(status, dict) and len(status) > _MOST:  # before the schema looks at each of them
        raise Unfitting([Misfit("status", "maxProperties", str(_MOST))])
    errors = sorted(_validator().iter_errors(given), key=lambda error: [str(part) for part in error.absolute_path])
    if errors or not isinstance(given, dict):
        raise Unfitting([_misfit(error) for error in errors[:_MOST_TOLD]])
    if not isinstance(status, dict):
        raise Unfitting([Misfit("status", "type", "object")])
    name, id, url, at = given.get("name", "qc"), given.get("id"), given.get("url"), given.get("at")
    return QcReport(
        None if id is None else str(id),
        None if at is None else _instant(str(at), now),
        str(name),
        None if url is None else str(url),
        {check: str(result) for check, result in status.items()},
    )


def _instant(said: str, now: datetime) -> datetime:
    try:
        at = datetime.fromisoformat(said)
        if at.tzinfo is not None and _EARLIEST <= at <= now + _AHEAD:
            return at.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise Unfitting([Misfit("at", "instant", "ISO 8601 with a zone, not after tomorrow")])


def _misfit(error: Any) -> Misfit:
    path = [*map(str, error.absolute_path)]
    if error.validator == "additionalProperties":
        return Misfit(".".join(path), "additionalProperties", "no other name")
    expected = error.validator_value
    shown = expected if isinstance(expected, str) else json.dumps(expected)
    return Misfit(".".join(path)[:200], str(error.validator), shown[:_EXPECTED])


def schema() -> Mapping[str, Any]:
    """Return what a report has to look like, as JSON Schema."""
    found: dict[str, Any] = json.loads(Path(__file__).with_name("qc.schema.json").read_text("utf-8"))
    return found


@cache
def _validator() -> Validator:
    from jsonschema import Draft202012Validator  # a tenth of a second to import

    found: Validator = Draft202012Validator(schema())
    return found


class QcCollector(PushedCollector):
    """A source that quality checks are pushed to, with an API key."""

    kind: ClassVar[str] = "qc"

    def figures(self, since: str) -> tuple[Record, ...]:  # noqa: ARG002  whoever pushes may push the past
        """Return the figures of reports and checks."""
        return (
            Figure("qc_reports", by=("decision",)).gauge(entries=REPORTS),
            Figure("qc_failed_reports").gauge(entries=REPORTS, where=(("decision", "fail"),)),
            Figure("qc_checks", by=("check", "result")).gauge(entries=CHECKS),
            Figure("qc_failures", by=("check",)).gauge(entries=CHECKS, where=(("result", "fail"),)),
            Figure("qc_pass_rate", by=("check",)).gauge(entries=CHECKS, where=(("result", "pass"),)),
        )
