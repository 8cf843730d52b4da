"""A sentence in clauses, and what stands beside what in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from analyzers.words.tokens import Token
from model.language import Code
from model.ledger import Fact

DIRECTIONS = frozenset({"up", "down", "same"})
_LINKING = re.compile(r"(?:고|며|지만|는데|으나|면서|다가)$")


@dataclass(frozen=True, slots=True)
class Figured:
    """A figure of a sentence with the facts that it comes from, and in which form."""

    at: int  # its token
    facts: tuple[Fact, ...]
    form: str  # as slots.Filled.form, and "times", "difference", "groups", "span"

    @property
    def value(self) -> Decimal | None:
        """Return what it counts; None where it is worked out."""
        if not self.facts or self.form not in ("value", "before"):
            return None
        return self.facts[0].value if self.form == "value" else self.facts[0].before


class Clauses:
    """The tokens of a sentence, divided at commas, conjunctions and linking verbs."""

    def __init__(self, tokens: Sequence[Token], code: Code) -> None:
        self.tokens = tokens
        self.code = code
        self.of: list[int] = []
        clause, linked = 0, False  # whether a linking verb stands before what is in brackets
        for n, token in enumerate(tokens):
            divides = (token.kind == "stop" and token.text not in "():") or "clause" in token.tags
            clause += divides or (token.text == ")" and linked)
            linked = linked and token.text != ")"
            self.of.append(clause)
            if code == "ko" and token.kind == "word" and "noun" not in token.tags and _LINKING.search(token.text):
                linked = tokens[n + 1 : n + 2] != [] and tokens[n + 1].text == "("
                clause += not linked
            elif code == "ko" and token.kind == "word" and _LINKING.search(token.text) and len(token.text) > 2:
                linked = tokens[n + 1 : n + 2] != [] and tokens[n + 1].text == "("
                clause += n + 1 < len(tokens) and not linked

    def inside(self, at: int) -> Iterator[tuple[int, Token]]:
        """Yield the tokens of the clause that holds token `at`."""
        yield from ((n, token) for n, token in enumerate(self.tokens) if self.of[n] == self.of[at])

    def before(self, at: int, steps: int = 1) -> Token | None:
        """Return the token so many steps before another in its clause."""
        there = at - steps
        return self.tokens[there] if there >= 0 and self.of[there] == self.of[at] else None

    def after(self, at: int, steps: int = 1) -> Token | None:
        """Return the token so many steps after another in its clause."""
        there = at + steps
        return self.tokens[there] if there < len(self.tokens) and self.of[there] == self.of[at] else None

    def nearest(self, at: int, among: Sequence[Figured]) -> tuple[Figured, ...]:
        """Return the figures nearest to a token: of its clause, else of the sentence; several at the same distance."""
        same = [figure for figure in among if self.of[figure.at] == self.of[at]] or among
        least = min((abs(figure.at - at) for figure in same), default=0)
        return tuple(figure for figure in same if abs(figure.at - at) == least)

    def side(self, at: int) -> tuple[int, int]:
        """Return the clause of a token, and on which side of its "than" it stands."""
        return self.of[at], sum(1 for n, token in self.inside(at) if n < at and "than" in token.tags)

    def name_beside(self, at: int) -> str | None:
        """Return the label of the person or group nearest to a figure: beside it, else before it."""
        names = [(n, t.named) for n, t in enumerate(self.tokens) if t.named and t.named.kind in ("person", "group")]
        here = [(n, named) for n, named in names if self.side(n) == self.side(at)]
        earlier = [(n, named) for n, named in names if n < at]
        if here:
            return min(here, key=lambda pair: (abs(pair[0] - at), pair[0]))[1].of
        alone = sum(token.kind == "figure" for token in self.tokens) == 1
        onward = earlier or (names if alone else [])
        return onward[-1][1].of if onward else None

    def meant(self, at: int) -> frozenset[str]:
        """Return all that the words of a clause mean."""
        return frozenset().union(*(token.tags | token.after for _, token in self.inside(at)))

    def is_from(self, at: int) -> bool:
        """Tell whether a figure is where something came from: "from 5 to 7", "5건에서 7건으로"."""
        if self.code == "en":
            before = self.before(at)
            return before is not None and "from" in before.tags
        later = (token for n, token in self.inside(at) if n > at and token.kind == "figure")
        return "from" in self.tokens[at].after and any("to" in token.after for token in later)

    def of_before(self) -> frozenset[int]:
        """Return the figures that words such as "the week before" say to be of that window."""
        claimed: set[int] = set()
        for at, token in enumerate(self.tokens):
            if "before" not in token.tags or self._governed(at):
                continue
            figures = [n for n, other in enumerate(self.tokens) if other.kind == "figure"]
            here = [n for n in figures if self.of[n] == self.of[at] and (self.code == "en" or n > at)]
            onward = [n for n in figures if n > at]
            if here:
                claimed.add(min(here, key=lambda n: (abs(n - at), n)))
            elif onward and self.of[onward[0]] == self.of[at] + 1:
                claimed.add(onward[0])
        return frozenset(claimed)

    def _governed(self, at: int) -> bool:
        """Tell whether "the week before" is only what something is compared with."""
        if self.code == "ko":
            following = (self.after(at, steps) for steps in (1, 2))
            tied = next((t for t in following if t is not None and (t.kind == "figure" or "than" in t.tags)), None)
            return "than" in self.tokens[at].after or (tied is not None and tied.kind != "figure")
        for n in range(at - 1, -1, -1):
            token = self.tokens[n]
            if self.of[n] != self.of[at] or token.kind == "figure":
                return False
            if "than" in token.tags:
                return True
        return False
