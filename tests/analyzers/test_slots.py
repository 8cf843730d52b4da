"""Slots are filled with what stands in the ledger and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers import ledger_of
from analyzers.words.slots import filled as check
from model.card import Figure, Span, plain
from model.ids import FactId
from model.language import Language
from model.words import Checked, Draft, Sentence
from tests.analyzers.snapshots import branch, commit, repository, snapshot

# f1 commits 2 (1 before) · f4 new_authors unknown · f5 lines_added 1201 (1 before) · f10 open_branches 1, no before
LEDGER = ledger_of(
    snapshot(
        commit("a", paths={"a/b": (1200, 0)}),
        commit("b", 1),
        commit("p", -3),
        branch("x"),
        repository(shallow=True),
    )
)
EN, KO = Language("en"), Language("ko")


def _check(text: str, *rests_on: str, language: Language = EN) -> Checked:
    sentence = Sentence(text, tuple(FactId(id) for id in rests_on), "changed")
    return check(Draft((sentence,), "some model"), LEDGER, language)


def test_slots_become_figures() -> None:
    checked = _check("Now {f1}, {f1.before} before: {f1.change}.", "f1")
    assert checked.said[0].line == (
        Span("Now "),
        Figure("2", FactId("f1")),
        Span(", "),
        Figure("1", FactId("f1")),
        Span(" before: "),
        Figure("+1", FactId("f1")),
        Span("."),
    )
    assert (checked.said[0].rests_on, checked.said[0].part, checked.by) == (("f1",), "changed", "some model")


def test_a_slot_counts_as_what_the_sentence_rests_on() -> None:
    assert _check("{f5}{f1}", "f2").said[0].rests_on == ("f2", "f5", "f1")


def test_figures_are_written_as_people_write_them() -> None:
    assert plain(_check("{f5} {f8}").said[0].line) == "1,201 2 days"
    assert plain(_check("{f5} {f8}", language=KO).said[0].line) == "1,201 2일"


def test_doubled_braces_are_braces() -> None:
    checked = _check("{{f1}} and {{}} and {{{f1}}}", "f1")
    assert plain(checked.said[0].line) == "{f1} and {} and {2}"
    assert [node.text for node in checked.said[0].line if isinstance(node, Figure)] == ["2"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{f999}", "There is no fact f999."),
        ("{f0}", "“{f0}” is no slot: write {f3}."),
        ("{f-1}", "“{f-1}” is no slot: write {f3}."),
        ("{f01}", "“{f01}” is no slot: write {f3}."),
        ("{f１}", "“{f１}” is no slot: write {f3}."),
        ("{f1.after}", "“{f1.after}” is no slot: write {f3}."),
        ("{f1:02}", "“{f1:02}” is no slot: write {f3}."),
        ("{f1.__class__}", "“{f1.__class__}” is no slot: write {f3}."),
        ("{f1 }", "“{f1 }” is no slot: write {f3}."),
        ("{}", "“{}” is no slot: write {f3}."),
        ("{f1", "“{” is no slot: write {f3}."),
        ("f1}", "“}” is no slot: write {f3}."),
        ("{{f1}", "“}” is no slot: write {f3}."),
        ("{f4}", "f4 is not known."),
        ("{f4.before}", "f4 is not known."),
        ("{f10.before}", "f10 is not known for the window before."),
        ("{f10.change}", "f10 is not known for the window before."),
        ("", "The sentence is empty."),
    ],
)
def test_what_is_refused(text: str, reason: str) -> None:
    checked = _check(text)
    assert checked.said == ()
    assert [refusal.reason.plain() for refusal in checked.refusals] == [reason]


@pytest.mark.parametrize("id", ["f999", "f4", "x1", "f", "", "f1\n", "f99999999999999999999"])
def test_what_no_sentence_may_rest_on(id: str) -> None:
    assert _check("Plain words.", id).said == ()


def test_one_refusal_stops_no_other_sentence() -> None:
    draft = Draft((Sentence("{f999}", ()), Sentence("{f1}", ())), "m")
    checked = check(draft, LEDGER, EN)
    assert [plain(said.line) for said in checked.said] == ["2"]
    assert [refusal.sentence.text for refusal in checked.refusals] == ["{f999}"]


@given(st.text(alphabet="{}f1.2before ", max_size=20))
def test_a_text_passes_whole_or_not_at_all(text: str) -> None:
    checked = _check(text)
    assert len(checked.said) + len(checked.refusals) == 1
    for said in checked.said:
        assert all(
            node.fact in ("f1", "f2", "f11", "f12", "f21", "f22") for node in said.line if isinstance(node, Figure)
        )


@given(st.text(max_size=30))
def test_doubling_makes_any_text_plain(text: str) -> None:
    said = _check("x" + text.replace("{", "{{").replace("}", "}}")).said
    assert said[0].line == (Span("x" + text),)
