"""The ledger: every figure of a run with unit, window, source and the records behind it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from pydantic import Field, TypeAdapter

from model.ids import FactId, SourceId
from model.record import Coverage, Record
from model.unit import Unit
from model.window import Window

MOST_EVIDENCE = 100


@dataclass(frozen=True, slots=True)
class Evidence:
    """One record behind a figure."""

    source: SourceId
    kind: str
    key: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure. `value` None means not known; then so is all that rests on it."""

    id: FactId
    metric: str
    labels: tuple[tuple[str, str], ...]  # (("author", "Mina"),): a total has none
    value: Decimal | None
    before: Decimal | None  # the same in window.previous()
    unit: Unit
    sources: tuple[SourceId, ...]
    evidence: tuple[Evidence, ...]  # newest first, at most MOST_EVIDENCE
    counted: int  # how many records there were
    title: Annotated[str, Field(exclude_if=lambda title: not title)] = ""  # what a source's owner calls the metric


@dataclass(frozen=True, slots=True)
class Factor:
    """One addend of a priority: weight × score, both 0…1; `why` says in plain figures where the score comes from."""

    name: str
    weight: Decimal
    score: Decimal
    why: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that needs somebody."""

    source: SourceId
    record: Record
    priority: Decimal  # 0…1, the sum of its factors
    factors: tuple[Factor, ...]


@dataclass(frozen=True, slots=True)
class Ledger:
    """All that a run knows."""

    window: Window
    facts: tuple[Fact, ...]
    findings: tuple[Finding, ...]
    coverage: tuple[Coverage, ...]

    def __getitem__(self, id: FactId) -> Fact:
        index = int(id[1:]) - 1
        if not 0 <= index < len(self.facts):
            raise KeyError(id)
        return self.facts[index]

    def of(self, metric: str, **labels: str) -> Fact | None:
        """Return the fact of a metric with exactly these labels."""
        wanted = tuple(sorted(labels.items()))
        return next((f for f in self.facts if f.metric == metric and f.labels == wanted), None)

    def by(self, metric: str, label: str) -> tuple[Fact, ...]:
        """Return the facts of a metric broken down by one label, largest value first, then by name."""
        found = [f for f in self.facts if f.metric == metric and len(f.labels) == 1 and f.labels[0][0] == label]
        return tuple(sorted(found, key=lambda f: (-(f.value or Decimal(0)), f.labels)))


LEDGER: TypeAdapter[Ledger] = TypeAdapter(Ledger)
