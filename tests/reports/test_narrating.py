"""A model's remark: asked twice at most, labelled, with evidence, and never the end of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import ClassVar

import pytest

from analyzers import ledger_of
from model.card import Card, Figure, Remark, plain
from model.errors import NarratorError
from model.ids import FactId
from model.language import Code
from model.words import CHECKED, Brief, Draft, Sentence
from reports.compose import compose
from reports.narrating import narrated, worded
from tests.analyzers.snapshots import SETTINGS, TEMPLATE, commit, snapshot
from writers.process import RenderProcess

RIGHT, WRONG = "Commits rose from {f1.before} to {f1}.", "Commits fell to {f1}."
_TEMPLATE = TEMPLATE.model_copy(update={"sections": (), "instruction": "Say what moved."})
WEEK = replace(snapshot(commit("a"), commit("b", 1), commit("p", -3)), template=_TEMPLATE)
LEDGER = ledger_of(WEEK)


@dataclass
class Model:
    """Answers with one list of sentences after the other; None is a failure."""

    name: ClassVar[str] = "Some model"
    answers: Sequence[Sequence[str] | None]
    briefs: list[Brief] = field(default_factory=list)

    async def narrate(self, brief: Brief) -> Draft:
        self.briefs.append(brief)
        answer = self.answers[len(self.briefs) - 1]
        if answer is None:
            raise NarratorError("it did not answer in time")
        return Draft(tuple(Sentence(text, (FactId("f1"),)) for text in answer), self.name, 90, Decimal("0.0021"))


async def remarked(*answers: Sequence[str] | None, code: Code = "en") -> tuple[Remark, Card, Model]:
    model = Model(answers)
    given = replace(WEEK, settings=replace(SETTINGS, language=code))
    card = await compose("7Q2F", given, LEDGER, await narrated(given, LEDGER, model), RenderProcess())
    (remark,) = [block for block in card.blocks if isinstance(block, Remark)]
    return remark, card, model


async def test_what_holds_is_said_with_its_label_and_its_evidence() -> None:
    remark, card, model = await remarked([RIGHT])
    assert [plain(line) for line in remark.lines] == ["Commits rose from 1 to 2."]
    assert remark.label == "Some model · 2 of 2 figures checked · $0.003 · sources: demo"
    assert [node.fact for node in remark.lines[0] if isinstance(node, Figure)] == ["f1", "f1"]
    assert "f1" in [note.fact for note in card.notes]
    assert model.briefs[0].instruction == "Say what moved."


async def test_the_label_is_in_the_language_of_the_report() -> None:
    remark, _, _ = await remarked(["커밋은 {f1}건으로 늘었습니다."], code="ko")
    assert remark.label == "Some model · 수치 1개 중 1개 확인 · $0.003 · 소스: demo"
    assert [plain(line) for line in remark.lines] == ["커밋은 2건으로 늘었습니다."]


async def test_what_does_not_hold_is_asked_for_once_more_with_the_reason() -> None:
    remark, _, model = await remarked([WRONG], [RIGHT])
    assert [r.reason.plain() for r in model.briefs[1].refused] == ["“fell” is not what the facts say."]
    assert [plain(line) for line in remark.lines] == ["Commits rose from 1 to 2."]
    assert "$0.005" in remark.label, "both tries cost"


async def test_what_does_not_hold_twice_is_dropped() -> None:
    remark, _, model = await remarked([RIGHT, WRONG], [RIGHT, WRONG])
    assert len(model.briefs) == 2
    assert [plain(line) for line in remark.lines] == ["Commits rose from 1 to 2."]
    assert remark.label.endswith("1 sentence dropped")


@pytest.mark.parametrize(
    ("answers", "label"),
    [
        ([None], "Some model says nothing: it did not answer in time."),
        ([[WRONG], None], "Some model says nothing: it did not answer in time."),
        ([[WRONG], [WRONG]], "Some model says nothing: none of its sentences could be proved."),
        ([[]], "Some model says nothing: none of its sentences could be proved."),
    ],
)
async def test_a_model_that_fails_costs_one_line(answers: list[list[str] | None], label: str) -> None:
    remark, card, _ = await remarked(*answers)
    assert remark == Remark(label, ())
    without = await compose("7Q2F", WEEK, LEDGER, await narrated(WEEK, LEDGER, None), RenderProcess())
    assert tuple(block for block in card.blocks if not isinstance(block, Remark)) == without.blocks


async def test_what_held_at_first_stands_though_the_second_try_fails() -> None:
    remark, _, _ = await remarked([RIGHT, WRONG], None)
    assert [plain(line) for line in remark.lines] == ["Commits rose from 1 to 2."]


async def test_a_run_without_a_model_leaves_the_bytes_that_it_always_left() -> None:
    own = await worded(WEEK, LEDGER)
    assert await narrated(WEEK, LEDGER, None) == own
    assert b"aside" not in CHECKED.dump_json(own)
    with_it = await narrated(WEEK, LEDGER, Model([[RIGHT]]))
    assert CHECKED.validate_json(CHECKED.dump_json(with_it)) == with_it
