"""How good the words are: `python -m benchmarks.words [claude|gpt|gemini …]`.

Thirty frozen ledgers (`data/ledgers.jsonl`: rising, falling, flat, empty, unknown, outlier, one person, Korean names,
huge, contradictory) are put into words in both languages by the built-in narrator, and by each model that is named and
whose key the settings hold. Each sentence is held against its ledger by the gate. Printed: how many sentences there
are, which share holds, how many say a wrong figure, a wrong direction or something else that cannot be proved, how many
rest on what is not known, words a sentence, and how often three words in a row come again; then the worst sentences.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from analyzers.words.answer import Answer, read_answer
from analyzers.words.builtin import BuiltIn
from analyzers.words.fields import fields_of
from analyzers.words.gate import check
from analyzers.words.prompt import prompt_of
from analyzers.words.schema import schema_of
from analyzers.words.slots import filled
from bot.models import models_of
from bot.places import way_out
from bot.settings import load
from model.card import plain
from model.clock import SystemClock
from model.errors import NarratorError
from model.language import CODES, Language
from model.ledger import LEDGER, Ledger
from model.prompt import LanguageModel, Prompt
from model.words import Brief, Draft, Narrator, Sentence

_FROZEN = Path(__file__).parent / "data" / "ledgers.jsonl"
_WORST = 10
_DIRECTION = "is not what the facts say"
_FIGURE = ("is no figure of these facts", "counts something else", "is of the other window", "has no unit")


@dataclass(frozen=True, slots=True)
class Judged:
    """One sentence: what it says, and why it does not hold."""

    kind: str
    text: str
    why: str  # empty: it holds
    unknown: bool  # it rests on a figure that is not known


@dataclass(frozen=True, slots=True)
class Asked:
    """A model as a narrator, without the books."""

    name: str
    model: LanguageModel

    async def narrate(self, brief: Brief) -> Draft:
        """Return what the model says."""
        written = prompt_of(brief)
        told = await self.model.ask(Prompt(written.system, written.user, schema_of(Answer)), 45)
        return Draft(read_answer(told.text), self.name)


def frozen() -> Iterator[tuple[str, Ledger]]:
    """Yield (kind, ledger)."""
    for line in _FROZEN.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        yield entry["kind"], LEDGER.validate_json(json.dumps(entry["ledger"]))


async def judged(narrator: Narrator | Asked, language: Language) -> list[Judged]:
    """Return all that a narrator says in one language, sentence by sentence."""
    found = []
    for kind, ledger in frozen():
        fields = fields_of(ledger, language, people=True)
        brief = Brief(ledger, "Say what moved.", language, people=True, fields=fields)
        try:
            draft = await narrator.narrate(brief)
        except NarratorError as error:
            found.append(Judged(kind, f"(nothing: {error})", "no answer", unknown=False))
            continue
        for sentence in draft.sentences:
            checked = check(Draft((sentence,), draft.by), ledger, fields, language)
            shown = filled(Draft((sentence,), draft.by), ledger, language).said
            text = plain(shown[0].line) if shown else sentence.text
            says_so = not sentence.rests_on and not any(
                fact.value is not None for fact in ledger.facts if not fact.labels
            )
            why = checked.refusals[0].reason.plain() if checked.refusals and not says_so else ""
            found.append(Judged(kind, text, why, _unknown(sentence, ledger)))
    return found


def _unknown(sentence: Sentence, ledger: Ledger) -> bool:
    values = {fact.id: fact.value for fact in ledger.facts}
    return any(values.get(id) is None for id in sentence.rests_on)


def repetition(texts: Iterable[str]) -> float:
    """Return which share of three words in a row has stood before in the same text."""
    seen, again, total = set[tuple[str, ...]](), 0, 0
    for text in texts:
        words = text.lower().split()
        for three in zip(words, words[1:], words[2:], strict=False):
            again, total = again + (three in seen), total + 1
            seen.add(three)
    return again / total if total else 0.0


def row(name: str, code: str, found: Sequence[Judged]) -> str:
    """Return one line of the table."""
    bad = [one for one in found if one.why]
    figures = sum(any(part in one.why for part in _FIGURE) for one in bad)
    ways = sum(_DIRECTION in one.why for one in bad)
    words = sum(len(one.text.split()) for one in found) / max(1, len(found))
    kinds = dict.fromkeys(one.kind for one in found)
    again = sum(repetition(one.text for one in found if one.kind == kind) for kind in kinds) / max(1, len(kinds))
    held = (len(found) - len(bad)) / max(1, len(found))
    unknown = sum(one.unknown for one in found)
    rest = len(bad) - figures - ways
    counts = f"{len(found):>9} {held:>6.0%} {figures:>8} {ways:>10} {rest:>6} {unknown:>8}"
    return f"{name:<12} {code:<3} {counts} {words:>6.1f} {again:>7.0%}"


async def main(names: Sequence[str]) -> None:
    """Print the table and the worst sentences."""
    narrators: list[Narrator | Asked] = [BuiltIn()]
    if names:
        settings, clock = load(), SystemClock()
        models = models_of(settings, way_out(settings, clock))
        narrators += [Asked(name, models.make(models.given[name])) for name in names if name in models.given]
        print(*(f"{name}: its key is not set" for name in names if name not in models.given), sep="\n")
    print("who          in  sentences   hold  figures directions   else  unknown  words  again")
    worst: list[tuple[str, Judged]] = []
    for narrator in narrators:
        for code in CODES:
            found = await judged(narrator, Language(code))
            print(row(narrator.name, code, found))
            worst += [(f"{narrator.name} {code}", one) for one in found if one.why]
    for who, one in worst[:_WORST]:
        print(f"\n{who}, {one.kind}: {one.text}\n  {one.why}")
    print(f"\n{len(worst)} sentences do not hold" if worst else "\nevery sentence holds")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
