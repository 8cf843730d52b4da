"""A sentence on trial: its tokens, its figures, and the facts that it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from analyzers.words.clauses import Clauses, Figured
from analyzers.words.tokens import Token
from model.ledger import Fact, Ledger


@dataclass(frozen=True, slots=True)
class Case:
    """A sentence as it is judged."""

    clauses: Clauses
    figures: Sequence[Figured]
    facts: Sequence[Fact]  # that it rests on, those of its figures among them
    ledger: Ledger

    @property
    def tokens(self) -> Sequence[Token]:
        """Return the tokens of the sentence."""
        return self.clauses.tokens

    def named(self, fact: Fact) -> bool:
        """Tell whether the sentence names the part that a fact is about; a total is about all."""
        return all(self._says(name, value) for name, value in fact.labels)

    def _says(self, name: str, value: str) -> bool:
        for token in self.tokens:
            if token.named is not None and token.named.of == value:
                return True
            if name == "day" and token.days and token.days[0].fits(date.fromisoformat(value)):
                return True
        return False

    def as_many(self, at: int) -> bool:
        """Tell whether this is "as many … as", which says that a figure stayed the same."""
        before = self.clauses.before(at)
        return (
            before is not None
            and before.text.lower() == "as"
            and self.tokens[at].text.lower() in ("many", "much", "few")
        )
