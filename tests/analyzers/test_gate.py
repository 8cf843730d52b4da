"""The gate: right sentences pass, and whatever is changed in them is caught, in both languages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random

import pytest

from analyzers.words.fields import fields_of
from analyzers.words.gate import check
from model.ids import FactId
from model.language import Code, Language
from model.ledger import Ledger
from model.words import Checked, Draft, Fields, Sentence
from tests.analyzers.gate_ledgers import ledger
from tests.analyzers.gate_mutations import KINDS, mutants
from tests.analyzers.gate_sentences import rights

LANGUAGES: tuple[Code, ...] = ("en", "ko")


def tried(text: str, rests_on: tuple[str, ...], found: Ledger, fields: Fields, language: Language) -> Checked:
    sentence = Sentence(text, tuple(map(FactId, rests_on)))
    return check(Draft((sentence,), "some model"), found, fields, language)


def also_true(name: str, text: str, found: Ledger) -> bool:
    """Tell whether a figure that the text gives to somebody is that of another name as well."""
    mine = [f.value for kind in ("author", "path") for f in found.by("commits", kind) if f.labels[0][1] in text]
    return any(
        f.value in mine for kind in ("author", "path") for f in found.by("commits", kind) if f.labels[0][1] == name
    )


@pytest.mark.some(of=lambda given: given["part"] == 0)
@pytest.mark.parametrize("part", range(4))
@pytest.mark.parametrize("code", LANGUAGES)
def test_of_1000_reports_every_mutant_is_caught_and_hardly_a_right_sentence(
    code: Code, part: int, scaled: Callable[[int], int]
) -> None:
    language = Language(code)
    passed: list[str] = []
    refused: list[str] = []
    seen = Counter[str]()
    right_ones = 0
    for seed in range(part * 250, part * 250 + scaled(250)):
        chance = Random(seed)
        found = ledger(seed)
        fields = fields_of(found, language, people=True)
        names = tuple(named.text for named in fields.named if named.kind != "source")
        for right in rights(found, code, chance):
            right_ones += 1
            checked = tried(right.text, right.rests_on, found, fields, language)
            refused += [f"{seed}: {r.sentence.text} | {r.reason.plain()}" for r in checked.refusals]
            wrong = tuple(name for name in names if not also_true(name, right.text, found))
            for kind, text in mutants(right, code, wrong, found.window.start.year, chance):
                seen[kind] += 1
                if tried(text, right.rests_on, found, fields, language).said:
                    passed.append(f"{seed} {kind}: {text}  ({right.text})")
    assert set(seen) == set(KINDS)
    assert not passed, f"{len(passed)} of {seen.total()}"
    assert len(refused) < right_ones / 100, f"{len(refused)} of {right_ones}"
