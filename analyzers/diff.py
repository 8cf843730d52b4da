"""What moved between two ledgers, item by item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from analyzers.coverage import unread
from analyzers.measure import DAY
from model.ids import FactId
from model.ledger import Fact, Finding, Ledger
from model.unit import Unit

_Key = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class FactMoved:
    """A figure that is another one now; None where it is not known."""

    metric: str
    labels: tuple[tuple[str, str], ...]
    unit: Unit
    then: Decimal | None
    now: Decimal | None
    fact: FactId | None  # in the later ledger; None where nothing of that label is left
    title: str = ""  # what a source's owner calls the metric


@dataclass(frozen=True, slots=True)
class FindingMoved:
    """A finding that came, went or stayed."""

    state: Literal["new", "gone", "still"]
    finding: Finding  # as it is now; as it was, where it is gone
    then: Decimal | None  # its priority in the earlier ledger


Movement = FactMoved | FindingMoved


def moved(then: Ledger, now: Ledger) -> tuple[Movement, ...]:
    """Return the facts whose value differs, totals first, and then every finding of either ledger."""
    return (*_facts(then, now), *_findings(then, now))


def _facts(then: Ledger, now: Ledger) -> Iterator[FactMoved]:
    earlier, later = _keyed(then, now), _keyed(now, then)
    for key in (*later, *(key for key in earlier if key not in later)):
        before, after = earlier.get(key), later.get(key)
        was, is_now = _value(before, then, key[0]), _value(after, now, key[0])
        some = after or before
        if was != is_now and some is not None:
            yield FactMoved(key[0], key[1], some.unit, was, is_now, after.id if after else None, some.title)


def _keyed(ledger: Ledger, other: Ledger) -> Mapping[_Key, Fact]:
    """Return facts by what they count; single days compare only where both ledgers have the same ones."""
    same_days = ledger.window.days() == other.window.days()
    return {(f.metric, f.labels): f for f in ledger.facts if same_days or not any(name == DAY for name, _ in f.labels)}


def _value(fact: Fact | None, ledger: Ledger, metric: str) -> Decimal | None:
    """Return a fact's value; a label that a ledger does not have counts 0 if the total there is known."""
    if fact is not None:
        return fact.value
    total = ledger.of(metric)
    return None if total is None or total.value is None else Decimal(0)


def _findings(then: Ledger, now: Ledger) -> Iterator[FindingMoved]:
    """Yield what came, went or stayed; nobody knows of what was not read on both sides."""
    unread_then, unread_now = unread(then.coverage), unread(now.coverage)
    earlier = {_identity(f): f for f in then.findings}
    later = {_identity(f): f for f in now.findings}
    for key, finding in later.items():
        before = earlier.get(key)
        if before is not None or finding.source not in unread_then:
            yield FindingMoved("still" if before else "new", finding, before.priority if before else None)
    for key, finding in earlier.items():
        if key not in later and finding.source not in unread_now:
            yield FindingMoved("gone", finding, finding.priority)


def _identity(finding: Finding) -> tuple[str, str, str]:
    return finding.source, finding.record.kind, finding.record.key
