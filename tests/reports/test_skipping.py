"""When there is nothing to say: what happened, whatever counts it, and not how things stand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from analyzers.metrics import NAMES
from model.ids import FactId, SourceId
from model.ledger import Fact, Ledger
from model.record import Coverage
from model.unit import Unit
from reports.skipping import STANDING, is_empty
from tests.storage.world import WEEK

_READ = Coverage(SourceId("s"), "shop", "git", 2, 2)


def _ledger(**facts: str | None) -> Ledger:
    """Return a ledger of these figures; of what has none, nothing was counted."""
    made = [
        Fact(FactId(f"f{n}"), name, (), None if value is None else Decimal(value), None, Unit.COUNT, (), (), 0)
        for n, (name, value) in enumerate(facts.items(), 1)
    ]
    return Ledger(WEEK, tuple(made), (), (_READ,))


@pytest.mark.parametrize(
    "happened",
    ["commits", "bot_commits", "merged_pull_requests", "opened_issues", "releases", "deployments", "review_count",
     "workflow_failure_rate", "incidents", "downtime", "orders", "messages", "qc_reports", "a metric of its own"],
)  # fmt: skip
def test_whatever_happened_is_something(happened: str) -> None:
    assert is_empty(_ledger(**{"merges": "0", happened: "0"}))
    assert not is_empty(_ledger(**{"merges": "0", happened: "1"}))


def test_how_things_stand_is_nothing_that_happened() -> None:
    assert NAMES.keys() >= STANDING
    standing = dict.fromkeys(STANDING, "0.5")
    assert is_empty(_ledger(commits="0", time_to_merge=None, **standing))
    assert not is_empty(_ledger(**standing)), "nothing in such a report can tell that nothing happened"


def test_what_is_not_known_is_not_empty() -> None:
    quiet = _ledger(commits="0", opened_issues=None)
    assert is_empty(quiet)
    counted = [replace(fact, counted=fact.value is None) for fact in quiet.facts]
    assert not is_empty(replace(quiet, facts=tuple(counted)))
    assert not is_empty(replace(quiet, coverage=(_READ, replace(_READ, read=1))))
