"""Records become facts and findings. Pure: no clock, no I/O."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from analyzers.branches import branch_facts, findings
from analyzers.coverage import known, unread
from analyzers.filters import by_path, filtered
from analyzers.git import commit_metrics, counted_once
from analyzers.github_facts import FORGES, commits_known, github_facts
from analyzers.measure import measure
from analyzers.metrics import versions
from analyzers.probe import probe_facts
from analyzers.samples import sample_facts, told_apart
from model.ids import FactId
from model.ledger import Fact, Ledger
from model.report import Snapshot

__all__ = ["ledger_of", "versions"]
CODE = frozenset({"git"}) | FORGES  # the kinds of source that hold commits


def ledger_of(snapshot: Snapshot) -> Ledger:
    """Return all that the snapshot says; the same snapshot always gives the same bytes.

    Raises:
        UsageError: the weights of the priority make no sense.
    """
    snapshot = filtered(snapshot)
    measured = (*probe_facts(snapshot), *sample_facts(snapshot))
    apart, found = told_apart(snapshot), (*_code_facts(snapshot), *github_facts(snapshot), *measured)
    facts = known(found, snapshot.coverage, snapshot.window, apart)
    return Ledger(snapshot.window, _numbered(facts), findings(snapshot), snapshot.coverage)


def _code_facts(snapshot: Snapshot) -> tuple[Fact, ...]:
    """Return the figures of commits and branches; none where other kinds of source are all there is."""
    code = tuple(c for c in snapshot.coverage if c.kind in CODE)
    if snapshot.coverage and not code:
        return ()
    sources = tuple(c.source for c in code)
    readable = bool(sources) and not unread(code)  # where filters leave no source, nothing is known
    counted = readable and commits_known(snapshot)
    commits = measure(commit_metrics(snapshot), counted_once(snapshot), snapshot.window, sources, counted)
    git = any(c.kind not in FORGES for c in code)
    branches = branch_facts(snapshot, sources, readable and not by_path(snapshot.settings.filters)) if git else ()
    return (*commits, *branches)


def _numbered(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """Number the facts, totals first: f1 is always the same metric."""
    ordered = sorted(facts, key=lambda fact: bool(fact.labels))
    return tuple(replace(fact, id=FactId(f"f{n}")) for n, fact in enumerate(ordered, 1))
