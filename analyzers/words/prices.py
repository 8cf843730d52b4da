"""Prices: the table of prices.toml, with what is usual where nothing else is named."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal

from model.prompt import ModelKind, Price


@dataclass(frozen=True, slots=True)
class Listed:
    """What a vendor's list says."""

    usual: str  # the model where none is named
    read: date  # when somebody looked
    prices: Mapping[str, Price]
    effort: Literal["low"] | None  # how long the listed models are asked to think; None: they are not asked


@cache
def listed(kind: ModelKind) -> Listed | None:
    """Return a vendor's list; None where there is none: who has an endpoint of his own knows what it costs."""
    table = tomllib.loads(Path(__file__).with_name("prices.toml").read_text(encoding="utf-8"), parse_float=Decimal)
    found = table.get(kind)
    if found is None:
        return None
    prices = {name: _price(*row) for name, row in found["models"].items()}
    return Listed(found["usual"], found["read"], prices, found.get("effort"))


def price_of(kind: ModelKind, model: str) -> Price | None:
    """Return the listed price of a model; one that is named with a date costs what the one without it does."""
    found = listed(kind)
    if found is None:
        return None
    longest = max((name for name in found.prices if _is(model, name)), key=len, default=None)
    return None if longest is None else found.prices[longest]


def _is(model: str, name: str) -> bool:
    """Tell whether a model is the one of a name, or that of a day: claude-sonnet-5-20260901, gpt-6-sol-2026-09-22."""
    rest = model.removeprefix(name)
    return model == name or (model.startswith(f"{name}-2") and rest.replace("-", "").isdigit() and len(rest) >= 9)


def _price(read: Decimal, said: Decimal, cached: Decimal, kept: Decimal) -> Price:
    return Price(fresh=Decimal(read), said=Decimal(said), cached=Decimal(cached), kept=Decimal(kept))
