"""What a language model is asked, what it says, and what that costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Protocol

from pydantic import JsonValue, SecretStr

MILLION = 1_000_000
ModelKind = Literal["claude", "gpt", "gemini", "custom"]


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question that is answered with one JSON object."""

    orders: str  # ours, the same for every run, so that a vendor may keep them for the next one
    data: str  # what it is about: collected text, fenced
    schema: Mapping[str, JsonValue]  # JSON Schema of the answer; every property required, no others
    most: int = 4_000  # tokens of the answer, what its model thinks before it included

    @property
    def size(self) -> int:
        """Return how many tokens it has at most, as estimated: half its bytes, where vendors count a third or less."""
        return (len(self.orders.encode()) + len(self.data.encode()) + len(str(self.schema))) // 2


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a call used, as its vendor counts it."""

    fresh: int = 0  # read, and paid in full
    cached: int = 0  # read again, which is cheaper
    kept: int = 0  # read and kept for the next call
    said: int = 0

    @property
    def all(self) -> int:
        """Return their sum."""
        return self.fresh + self.cached + self.kept + self.said


NONE = Tokens()


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens of each kind."""

    fresh: Decimal
    said: Decimal
    cached: Decimal
    kept: Decimal

    def of(self, tokens: Tokens) -> Decimal:
        """Return what tokens cost, in US dollars."""
        pairs = (
            (tokens.fresh, self.fresh),
            (tokens.cached, self.cached),
            (tokens.kept, self.kept),
            (tokens.said, self.said),
        )
        return sum((n * price for n, price in pairs), Decimal(0)) / MILLION

    def most(self, prompt: Prompt) -> Decimal:
        """Return what a prompt and its answer may cost, in US dollars."""
        return (prompt.size * max(self.fresh, self.kept) + prompt.most * self.said) / MILLION


@dataclass(frozen=True, slots=True)
class Told:
    """What a model said."""

    text: str
    tokens: Tokens


@dataclass(frozen=True, slots=True)
class ModelAccess:
    """How a language model is reached."""

    kind: ModelKind
    model: str  # the vendor's name for it
    url: str
    price: Price
    key: SecretStr | None  # None: the endpoint asks for none


def dollars(amount: Decimal) -> str:
    """Return an amount of US dollars for people of any language: "$0.004", "$20.00"."""
    if not amount:
        return "$0"
    whole = amount >= Decimal("0.1") or amount == round(amount, 2)
    return f"${amount:,.{2 if whole else 3 if amount >= Decimal('0.001') else 6}f}"


def unheard(_: str) -> None:
    """Take no notice of what is said before all of it is."""


class LanguageModel(Protocol):
    """analyzers/words/<provider>.py; cls(access, egress)."""

    async def ask(self, prompt: Prompt, seconds: float, heard: Callable[[str], None] = unheard) -> Told:
        """Return the whole answer; `heard` gets each piece of its text as it comes.

        Raises:
            NarratorError: no whole answer came within `seconds`, or none that may be used.
        """
        ...
