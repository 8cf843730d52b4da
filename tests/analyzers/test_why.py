"""Why? in one sentence, in both languages."""

from __future__ import annotations

from textwrap import wrap

from inline_snapshot import snapshot as recorded

from analyzers import ledger_of
from analyzers.metrics import NAMES, label_of
from analyzers.why import arithmetic
from model.language import Language
from model.ready import READY
from tests.analyzers.snapshots import branch, commit, coverage, repository, snapshot, snapshot_of

EN, KO = Language("en"), Language("ko")


def _whys(metric: str, language: Language) -> list[str]:
    records = [commit("a"), commit("b", 1), commit("p", -2), branch("x"), repository(shallow=True)]
    fact = ledger_of(snapshot(*records)).of(metric)
    assert fact is not None
    return wrap(arithmetic(fact, language), 90)


def test_a_figure_with_the_window_before() -> None:
    assert _whys("commits", EN) == recorded(
        [
            "Commits (commits by people, merges left out, by the committer's date): 2, from 2 records;",
            "1 in the window before (+1).",
        ]
    )
    assert _whys("commits", KO) == recorded(
        ["커밋(병합을 뺀 사람의 커밋, 커밋한 시각 기준): 2. 근거가 된 기록은 2건이며, 이전 기간은 1입니다(+1)."]
    )


def test_a_figure_without_one() -> None:
    assert _whys("open_branches", EN) == recorded(
        ["Open branches (branches whose work is not in the main branch, as they stood when read): 1,", "from 1 record."]
    )
    assert _whys("open_branches", KO) == recorded(
        ["열린 브랜치(작업이 아직 메인 브랜치에 없는 브랜치, 읽은 시점 기준): 1. 근거가 된 기록은 1건입니다."]
    )


def test_a_figure_that_is_not_known() -> None:
    assert _whys("new_authors", EN) == recorded(
        ["New authors (authors who have no commit from before the window): not known."]
    )
    assert _whys("new_authors", KO) == recorded(["새 작성자(이 기간 전에는 커밋이 없던 작성자): 알 수 없습니다."])


def test_every_metric_has_a_name_and_a_meaning() -> None:
    both = snapshot_of([], [coverage(), coverage("s2", kind="github")])
    assert set(NAMES) == {fact.metric for fact in ledger_of(both).facts} | set(READY)
    assert all(KO.say(named.meaning) != EN.say(named.meaning) for named in NAMES.values())


def test_labels() -> None:
    assert [label_of(name, KO) for name in ("commits", "path", "effort", "other")] == ["커밋", "영역", "쉬움", "other"]
