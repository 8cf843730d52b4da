"""Words about a ledger: what a narrator drafts and what the gate makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Literal, Protocol

from pydantic import TypeAdapter

from model.card import Inline
from model.ids import FactId
from model.language import Language, Message
from model.ledger import Ledger
from model.report import Standing

Part = Literal["headline", "happened", "changed", "needs"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """Text with slots `{f3}` (the figure), `{f3.before}` and `{f3.change}`; a brace of the text itself is doubled."""

    text: str  # "Merged {f3}, {f3.change} than the week before."
    rests_on: tuple[FactId, ...]
    part: Part = "happened"


@dataclass(frozen=True, slots=True)
class Draft:
    """A narrator's sentences, unchecked."""

    sentences: tuple[Sentence, ...]
    by: str  # "built-in", "claude-…"
    tokens: int = 0
    cost: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A sentence that the gate did not let through, and why."""

    sentence: Sentence
    reason: Message


@dataclass(frozen=True, slots=True)
class Brief:
    """All that a narrator gets."""

    ledger: Ledger
    instruction: str  # the template's own
    language: Language
    people: bool  # whether persons may be named
    refused: tuple[Refusal, ...] = ()  # why the first draft failed, for the second try
    targets: tuple[Standing, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence that passed the gate: its slots are Figure nodes."""

    line: tuple[Inline, ...]
    rests_on: tuple[FactId, ...]
    part: Part


@dataclass(frozen=True, slots=True)
class Checked:
    """What the gate lets through, and what not."""

    said: tuple[Said, ...]
    refusals: tuple[Refusal, ...]
    by: str = "built-in"

    def of(self, part: Part) -> tuple[Said, ...]:
        """Return the sentences of one part, in order."""
        return tuple(s for s in self.said if s.part == part)


class Narrator(Protocol):
    """analyzers/words/<provider>.py; the built-in words are one of them."""

    name: ClassVar[str]

    async def narrate(self, brief: Brief) -> Draft:
        """Return sentences about the brief's ledger."""
        ...


CHECKED: TypeAdapter[Checked] = TypeAdapter(Checked)
