"""The pieces of built-in sentences: figures as slots, collected names as harmless text."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from analyzers.git import ROOT
from model.ids import FactId
from model.language import Counted, Language, Message
from model.ledger import Fact
from model.window import Window
from model.words import Part, Sentence

_LONGEST = 60  # characters of a name: a sentence must stay one
_JOINERS = "\u200c\u200d"  # these belong to the spelling of some scripts


@dataclass(frozen=True, slots=True)
class Known:
    """A fact whose value is known, ready to be put into a sentence."""

    id: FactId
    label: str  # of its group; empty for a total
    value: Decimal
    then: Decimal | None  # in the window before

    @property
    def now(self) -> Counted:
        """Return the slot of the figure."""
        return Counted(f"{{{self.id}}}", self.value)

    @property
    def before(self) -> Counted:
        """Return the slot of the figure in the window before."""
        return Counted(f"{{{self.id}.before}}", Decimal(0) if self.then is None else self.then)


@dataclass(frozen=True, slots=True)
class Clause:
    """One sentence and the facts that it stands on."""

    message: Message
    rests_on: tuple[FactId, ...]


def known(fact: Fact | None) -> Known | None:
    """Return the fact, if it is there and known."""
    if fact is None or fact.value is None:
        return None
    return Known(fact.id, fact.labels[0][1] if fact.labels else "", fact.value, fact.before)


def some(fact: Fact | None) -> Known | None:
    """Return the fact, if it is known and not 0."""
    found = known(fact)
    return found if found is not None and found.value else None


def clause(template: Message, *facts: Known, **values: object) -> Clause:
    """Return a template with its values, resting on `facts`."""
    return Clause(Message(template.text, values), tuple(fact.id for fact in facts))


def sentence(language: Language, part: Part, *clauses: Clause) -> Sentence:
    """Return the clauses, one after the other."""
    text = " ".join(language.say(c.message) for c in clauses)
    return Sentence(text, tuple(dict.fromkeys(id for c in clauses for id in c.rests_on)), part)


def shortened(name: str) -> str:
    """Return a collected name on one line, short, without invisible characters."""
    shown = " ".join("".join(map(_harmless, name)).split())
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"


def quoted(name: str) -> str:
    """Return a collected name as text that no gate takes for a slot and no screen for an instruction."""
    return shortened(name).replace("{", "{{").replace("}", "}}")


def area(name: str) -> str | Message:
    """Return the name of a top directory."""
    return Message("the top folder") if name == ROOT else quoted(name)


def span_before(window: Window) -> Message:
    """Return what people call the window before."""
    days = len(window.days())
    match days:
        case 1:
            return Message("the day before")
        case 7:
            return Message("the week before")
        case _:
            return Message("in the {n} days before", {"n": days})


def _harmless(character: str) -> str:
    kind = unicodedata.category(character)
    if kind in ("Cc", "Zl", "Zp"):
        return " "
    return "" if kind in ("Cf", "Cs") and character not in _JOINERS else character
