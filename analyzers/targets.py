"""Targets: which figures keep their bounds, and what is left. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Literal

from model.language import Language, Message
from model.ledger import Fact, Ledger
from model.report import Standing, Target
from model.unit import Unit

VERSION = 2


def standings(targets: Iterable[Target], ledger: Ledger, taken: datetime) -> tuple[Standing, ...]:
    """Return how each target stands; `taken` is when the records were read: a window that ends later still runs."""
    running = taken < ledger.window.end
    return tuple(_standing(target, ledger, running) for target in targets)


def bound_words(target: Target, unit: Unit, language: Language) -> str:
    """Return a bound for people: "at least 20", "at most 0.5%"."""
    values = {"n": language.figure(target.bound, unit.bare)}
    if target.keep == "at least":
        return language.say(Message("at least {n}", values))
    return language.say(Message("at most {n}", values))


def _standing(target: Target, ledger: Ledger, running: bool) -> Standing:
    fact = ledger.of(target.metric)
    if fact is None:
        return Standing(target, None, None, None, "not known", None)
    if fact.value is None:
        return Standing(target, fact.id, None, fact.before, "not known", None, fact.unit, fact.title)
    state = _state(target, fact, fact.value, running)
    safe = state != "missed" and target.keep == "at least" and fact.value >= target.bound
    left = Decimal(0) if safe else abs(target.bound - fact.value)
    return Standing(target, fact.id, fact.value, fact.before, state, left, fact.unit, fact.title)


def _state(target: Target, fact: Fact, value: Decimal, running: bool) -> Literal["met", "missed", "open"]:
    """Return how a known figure stands; while its window runs it may still rise, over either kind of bound."""
    if running and not fact.unit.adds_up:
        return "open"
    if target.keep == "at least":
        return "met" if value >= target.bound else "open" if running else "missed"
    return "missed" if value > target.bound else "open" if running else "met"
