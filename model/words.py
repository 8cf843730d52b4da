"""Words about a ledger: what a narrator drafts and what the gate makes of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Protocol

from pydantic import Field, TypeAdapter

from model.card import Inline
from model.ids import FactId
from model.language import Language, Message
from model.ledger import Ledger
from model.report import Standing

_ACTS = re.compile(r"://|[<>{}\[\]`|\\^@!*]|www\.|^/", re.IGNORECASE)
Part = Literal["headline", "happened", "changed", "needs"]
Kind = Literal["person", "group", "thing", "source"]


@dataclass(frozen=True, slots=True)
class Named:
    """Something collected that words may name; its URL is the only one that a link is ever made from."""

    id: str  # "n2": the slot `{n2}` stands for it
    text: str
    kind: Kind
    url: str | None = None
    days: tuple[date, ...] = ()  # the only ones that a sentence may say of it
    facts: tuple[FactId, ...] = ()  # those that count it
    about: str = ""  # for the reader of a brief: "11 commits that main lacks"
    label: str = ""  # as facts have it, where people call it something else

    @property
    def plain(self) -> bool:
        """Whether its text can neither be taken for a link nor for a mention nor for markup."""
        return _ACTS.search(self.text) is None and _ACTS.search(self.label) is None

    @property
    def of(self) -> str:
        """Return the label of the facts that count it."""
        return self.label or self.text


@dataclass(frozen=True, slots=True)
class Fields:
    """All that a model's words may rest on and name: what it was shown, and nothing else."""

    facts: frozenset[FactId] = frozenset()
    named: tuple[Named, ...] = ()


@dataclass(frozen=True, slots=True)
class Sentence:
    """Text with slots `{f3}` (the figure), `{f3.before}` and `{f3.change}`; a brace of the text itself is doubled.

    A model may also write `{f3.percent}`, `{f3/f1}`, `{f3+f4}` and `{n2}` (analyzers/words/slots.py).
    """

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
    fields: Fields = Fields()
    names: tuple[str, ...] = ()  # of persons, to be masked wherever they stand in what a model reads
    question: str = ""  # that is to be answered; empty: a report gets its remark


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence that passed the gate: its slots are Figure nodes."""

    line: tuple[Inline, ...]
    rests_on: tuple[FactId, ...]
    part: Part


@dataclass(frozen=True, slots=True)
class Aside:
    """A language model's words as they stand in a report: checked, labelled, apart from everything else."""

    said: tuple[Said, ...]
    by: str  # "Claude Opus 5"
    cost: Decimal  # US dollars, of all tries
    figures: int  # in what is said; each was checked
    refused: int  # sentences that did not pass
    why: Message | None = None  # why nothing is said


def _is_none(value: object) -> bool:
    return value is None


@dataclass(frozen=True, slots=True)
class Checked:
    """What the gate lets through, and what not; a run's own words and, where it has one, a model's beside them."""

    said: tuple[Said, ...]
    refusals: tuple[Refusal, ...]
    by: str = "built-in"
    aside: Annotated[Aside | None, Field(exclude_if=_is_none)] = None

    def of(self, part: Part) -> tuple[Said, ...]:
        """Return the sentences of one part, in order."""
        return tuple(s for s in self.said if s.part == part)


class Narrator(Protocol):
    """analyzers/words/<provider>.py; the built-in words are one of them."""

    @property
    def name(self) -> str:
        """Return who it is: "built-in", "claude-sonnet-5"."""
        ...

    async def narrate(self, brief: Brief) -> Draft:
        """Return sentences about the brief's ledger. Raises NarratorError where a model gives none."""
        ...


CHECKED: TypeAdapter[Checked] = TypeAdapter(Checked)
