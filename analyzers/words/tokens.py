"""The pieces that a sentence is read as."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analyzers.words.days import Day
from analyzers.words.numbers import Number
from analyzers.words.slots import Filled
from model.words import Named

_NOTHING = frozenset[str]()


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of a sentence with what it means; `after`: what the particles and words tied to it mean."""

    kind: Literal["figure", "day", "name", "word", "stop"]
    text: str
    start: int
    end: int
    tags: frozenset[str] = _NOTHING
    after: frozenset[str] = _NOTHING
    unit: str = ""  # of numbers.UNITS, as written beside a figure
    number: Number | None = None
    filled: Filled | None = None
    named: Named | None = None
    days: tuple[Day, ...] = ()
