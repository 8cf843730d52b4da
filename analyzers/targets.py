"""Targets: which figures keep their bounds, and what is left. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Literal

from model.language import Message
from model.ledger import Ledger
from model.report import Standing, Target

VERSION = 1


def standings(targets: Iterable[Target], ledger: Ledger, taken: datetime) -> tuple[Standing, ...]:
    """Return how each target stands; `taken` is when the records were read: a window that ends later still runs."""
    running = taken < ledger.window.end
    return tuple(_standing(target, ledger, running) for target in targets)


def bound_words(target: Target) -> Message:
    """Return a bound for people: "at least 20"."""
    if target.keep == "at least":
        return Message("at least {n}", {"n": target.bound})
    return Message("at most {n}", {"n": target.bound})


def _standing(target: Target, ledger: Ledger, running: bool) -> Standing:
    fact = ledger.of(target.metric)
    if fact is None or fact.value is None:
        return Standing(target, fact.id if fact else None, None, fact.before if fact else None, "not known", None)
    state = _state(target, fact.value, running)
    safe = state == "met" and target.keep == "at least"
    left = Decimal(0) if safe else abs(target.bound - fact.value)
    return Standing(target, fact.id, fact.value, fact.before, state, left)


def _state(target: Target, value: Decimal, running: bool) -> Literal["met", "missed", "open"]:
    """Return how a known figure stands; while its window runs it may still rise, over either kind of bound."""
    if target.keep == "at least":
        return "met" if value >= target.bound else "open" if running else "missed"
    return "missed" if value > target.bound else "open" if running else "met"
