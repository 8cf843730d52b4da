"""An answer as it comes: whatever has arrived of it, only sentences that the gate lets through are shown."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from analyzers import ledger_of
from analyzers.words.answer import MOST_ANSWER, whole_sentences
from analyzers.words.fields import fields_of
from analyzers.words.gate import MOST_SHOWN, check
from model.card import Remark, plain
from model.language import Language
from model.words import Brief, Draft
from reports.asked_models import _Coming
from tests.analyzers.snapshots import commit, snapshot

_ENGLISH = Language("en")
_LEDGER = ledger_of(snapshot(commit("a"), commit("b", 1), commit("c", -3)))
_FIELDS = fields_of(_LEDGER, _ENGLISH, True)
_BRIEF = Brief(_LEDGER, "", _ENGLISH, True, fields=_FIELDS, question="how many commits?")
_TEXTS = (
    "There were {f1} commits.", "Commits rose from {f1.before} to {f1}.", "There were 99 commits.",
    "See https://evil.example", "@everyone look", "{f1} commits were made.", "", "} ] {",
)  # fmt: skip


@given(st.lists(st.sampled_from(_TEXTS), max_size=10), st.data())
def test_only_what_passed_is_shown(texts: list[str], data: st.DataObject) -> None:
    answer = json.dumps({"sentences": [{"text": text, "rests_on": ["f1"]} for text in texts]})
    cut = data.draw(st.integers(0, len(answer)))
    coming = _Coming(_BRIEF, "writing")
    hear = coming.begin()
    for n in range(0, cut, 7):
        hear(answer[n : min(n + 7, cut)])
        coming.blocks()
    whole = whole_sentences(answer)
    passed = [plain(said.line) for said in check(Draft(whole, ""), _LEDGER, _FIELDS, _ENGLISH).said]
    shown = [plain(line) for block in coming.blocks() if isinstance(block, Remark) for line in block.lines]
    assert shown == passed[: len(shown)]
    assert len(" ".join(shown)) <= MOST_SHOWN + len(shown)
    if cut == len(answer):
        assert shown == passed
    hear = coming.begin()
    assert not coming.blocks()


def test_no_more_is_kept_than_an_answer_may_have() -> None:
    coming = _Coming(_BRIEF, "writing")
    hear = coming.begin()
    for _ in range(100):
        hear("x" * MOST_ANSWER)
    assert len(coming.text) <= 2 * MOST_ANSWER
    assert not coming.blocks()
