"""A question as one of the few things that may be asked of what a run has frozen: no text, no code, no other rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

# "figure": one total. "groups": a total broken down. "moved": where a total moved. "records": what stands behind it.
# "needs": what waits for somebody. "changes": all totals beside those of the window before.
What = Literal["figure", "groups", "moved", "records", "needs", "changes"]
Dimension = str  # one of DIMENSIONS, or what a source's own figures are broken down by: "region", "check"
DIMENSIONS: tuple[Dimension, ...] = ("author", "path", "repository", "label", "day")


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked up; whatever stands in it was collected or counted, or the query is refused."""

    what: What
    metric: str = ""  # empty for needs and changes
    by: Dimension | None = None  # how groups are told apart
    only: tuple[tuple[Dimension, str], ...] = ()  # each dimension once
    days: tuple[date, date] | None = None  # the first and the last; None: the whole window
    least: bool = False  # the smallest group first
