"""Sentences about one small week, right and wrong: what docs/words.md says, and what somebody tried to get through."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzers import ledger_of
from analyzers.words.fields import fields_of
from analyzers.words.gate import check
from model.card import Mention, plain
from model.ids import FactId
from model.language import Code, Language
from model.words import Checked, Draft, Sentence
from tests.analyzers.snapshots import branch, commit, snapshot

_DAYS = {"Mina": (0, 0, 1, 2, 3, 0, 1), "Jun Park": (0, 4, 5), "octocat": (2,)}


def _week() -> list[tuple[str, int]]:
    return [(author, day) for author, days in _DAYS.items() for day in days]


# f1 commits 11 (4) · f2 merges 0 · f3 authors 3 (1) · f5 lines added 198 (16) · f6 lines removed 66 (4) · f8 days 6 (3)
# f10 open_branches 2 · f12 Jun Park 3 · f13 Mina 7 (4) · f15 docs 3 · f16 src 8 (4) · f17 Monday 4
_WORK = [
    commit(f"c{n}", day, author, {("src" if n % 3 else "docs") + "/a.py": (n * 3, n)})
    for n, (author, day) in enumerate(_week(), 1)
]
_BEFORE = [commit(f"p{n}", day, "Mina", {"src/a.py": (4, 1)}) for n, day in enumerate((-1, -2, -3, -3))]
_OPEN = [branch("feature/pay", 20), branch("fix/login", 9)]
LEDGER = ledger_of(snapshot(*_WORK, *_BEFORE, *_OPEN, commit("b1", 1, "dep", bot=True)))


def _checked(code: Code, text: str, rests_on: str) -> Checked:
    language = Language(code)
    draft = Draft((Sentence(text, tuple(map(FactId, rests_on.split()))),), "some model")
    return check(draft, LEDGER, fields_of(LEDGER, language, people=True), language)


_RIGHT_EN = (
    ("{f17} commits were made on Monday and {f18} on Tuesday.", ""),
    ("The team made 11 commits, seven more than the week before.", "f1"),
    ("Mina made seven commits, three more than the week before.", "f13"),
    ("Commits rose from {f1.before} to {f1}.", "f1"),
    ("Of {f1} commits, {f16} touched src.", "f1 f16"),
    ("Commits rose by {f1.percent} to {f1}.", ""),
    ("{f16/f1} of all commits touched src.", ""),
    ("{f16/f1} of the commits touched src.", ""),
    ("Most commits touched src.", "f16"),
    ("About 200 lines were added.", "f5"),
    ("{n2} has waited longest.", "f10"),
    ("The branch {n2} has waited longest, since 27 Oct.", "f10"),
    ("Lines removed rose to 66, 62 more than before.", "f6"),
    ("There were no merges.", "f2"),
    ("{f17} commits were made on 9 Nov.", ""),
    ("{f17} commits were made on Monday.", ""),
    ("Mina made {f13} commits and Jun Park {f12}.", ""),
    ("Mina made more commits ({f13}) than Jun Park ({f12}).", ""),
    ("The team made **{f1}** commits, `seven` more than the week before.", ""),
    ("Between 9 and 15 Nov, {f1} commits were made.", ""),
    ("From 9 Nov to 15 Nov {f1} commits were made.", ""),
    ("Activity grew: {f8} with commits against {f8.before} the week before.", ""),
    ("Authors tripled from {f3.before} to {f3}.", ""),
    ("Mina's commits rose from {f13.before} to {f13}.", "f13"),
)
_WRONG_EN = (
    ("{f1} commits were made on 9 Nov.", "f17"),
    ("{f18} commits were made on Monday and {f17} on Tuesday.", ""),
    ("rose", "f1"),
    ("{f1} commits on 월요일.", "f17"),
    ("The team made 12 commits, seven more than the week before.", "f1"),
    ("The team made 11 commits, eight more than the week before.", "f1"),
    ("The team made 4 commits.", "f1"),
    ("The team made 7 commits.", "f1"),
    ("The team made 11 commits, seven fewer than the week before.", "f1"),
    ("The team made 11 lines.", "f1"),
    ("The team made 11 hours.", "f1"),
    ("Jun Park made seven commits, three more than the week before.", "f13"),
    ("Minho made seven commits.", "f13"),
    ("minho made seven commits.", "f13"),
    ("Commits fell from {f1.before} to {f1}.", "f1"),
    ("Commits rose from {f1} to {f1.before}.", "f1"),
    ("Most commits touched docs.", "f15"),
    ("About 300 lines were added.", "f5"),
    ("Over 100 lines were added.", "f5"),
    ("The branch {n2} has waited longest, since 28 Oct.", "f10"),
    ("The branch {n3} has waited longest.", "f10"),
    ("See https://evil.example for {f1} commits.", "f1"),
    ("See evil.example for {f1} commits.", "f1"),
    ("Commits doubled to {f1}.", "f1"),
    ("There were no commits.", "f1"),
    ("{f1} commits were made on 9 Nov.", "f1"),
    ("{f17} commits were made on 10 Nov.", ""),
    ("{f17} commits were made on Tuesday.", ""),
    ("Jun Park made {f13} commits and Mina {f12}.", ""),
    ("Mina made fewer commits ({f13}) than Jun Park ({f12}).", ""),
    ("Jun Park made more commits ({f12}) than Mina ({f13}).", ""),
    ("**Urgent**: @everyone {f1} commits", "f1"),
    ("No praise is due.", "f1"),
    ("Great week everyone.", "f1"),
    ("The team had 3 weeks of 11 commits.", "f1"),
    ("First, {f1} commits were made.", "f1"),
    ("Nothing rests here.", ""),
    ("From 8 Nov to 15 Nov {f1} commits were made.", ""),
    ("Activity grew: {f8.before} with commits against {f8} the week before.", ""),
    ("Authors doubled from {f3.before} to {f3}.", ""),
    ("{f1} commits were made by nobody.", "f1"),
    ("Half of the commits came from Mina ({f13}).", "f13 f1"),
    ("Mina made half of the {f1} commits.", "f13 f1"),
    ("The team lost {f1} commits.", "f1"),
    ("{f1} commits failed.", "f1"),
    ("Commits surged.", "f11"),
    ("Mina's commits fell.", "f13"),
    ("Activity tripled.", "f1"),
    ("Commits rose to {f1} in 3 weeks.", "f1"),
    ("{f1} commits in October.", ""),
    ("{f1} commits in 2025.", ""),
    ("{f1} commits at 10:30.", ""),
    ("{f1} commits, 1st in the list.", ""),
    ("{f1} commits (twelve).", ""),
    ("{f1} commits or XII.", ""),
    ("{f1} commits IV.", ""),
    ("{f1} commits ½ done.", ""),
    ("{f1} commits ²", ""),
    ("{f1} commits ①", ""),
    ("{f1} commits ٤", ""),
    ("{f1} commits 四", ""),
    ("{f1}{f1} commits", ""),
    ("{f1}0 commits", ""),
    ("1{f1} commits", ""),
    ("-{f1} commits", ""),
    ("{f1}% of commits", ""),
    ("{f1}.5 commits", ""),
    ("{f1}k commits", ""),
    ("{f1} million commits", ""),
    ("{f1} dozen commits", ""),
    ("{f1} hundred commits", ""),
    ("{f1} times more commits", ""),
    ("minus {f1} commits", ""),
    ("Zero commits.", "f1"),
    ("A hundred commits.", "f1"),
    ("Commits rose to {f1} and will double.", "f1"),
    ("Commits rose to {f1}; delete the branch main at once.", "f1"),
)
_RIGHT_KO = (
    ("커밋은 11건으로 지난주보다 7건 늘었습니다.", "f1"),
    ("Mina가 커밋 일곱 건을 작성했습니다.", "f13"),
    ("커밋은 지난주 4건에서 11건으로 늘었습니다.", "f1"),
    ("커밋이 가장 많은 날은 월요일로 {f17}건입니다.", ""),
    ("작성자는 1명에서 3명으로 세 배가 되었습니다.", "f3"),
    ("커밋 {f1}건 중 {f16}건이 src 영역에 있습니다.", ""),
    ("삭제된 줄은 66줄로 62줄 증가했습니다.", "f6"),
    ("병합은 없었습니다.", "f2"),
    ("11월 9일부터 11월 15일까지 커밋 {f1}건이 있었습니다.", ""),
    ("가장 오래된 브랜치는 {n2}입니다.", "f10"),
    ("{f16/f1}의 커밋이 src 영역에 집중되었습니다.", ""),
    ("커밋 활동이 활발해졌습니다.", "f1"),
)
_WRONG_KO = (
    ("월요일 커밋은 {f1}건입니다.", "f17"),
    ("Monday 커밋은 {f17}건입니다.", ""),
    ("커밋은 11건으로 지난주보다 8건 늘었습니다.", "f1"),
    ("커밋은 11건으로 지난주보다 7건 줄었습니다.", "f1"),
    ("커밋은 12건으로 지난주보다 7건 늘었습니다.", "f1"),
    ("커밋은 11명으로 지난주보다 7건 늘었습니다.", "f1"),
    ("Mina가 커밋 여덟 건을 작성했습니다.", "f13"),
    ("김민수가 커밋 일곱 건을 작성했습니다.", "f13"),
    ("지훈이 커밋 일곱 건을 작성했습니다.", "f13"),
    ("커밋은 지난주 11건에서 4건으로 줄었습니다.", "f1"),
    ("커밋이 가장 많은 날은 화요일로 {f17}건입니다.", ""),
    ("삭제된 줄은 66줄로 62줄 감소했습니다.", "f6"),
    ("추가된 줄은 66줄로 62줄 증가했습니다.", "f6"),
    ("커밋은 없었습니다.", "f1"),
    ("11월 8일부터 11월 15일까지 커밋 {f1}건이 있었습니다.", ""),
    ("커밋 {f1}건은 https://evil.example 에 있습니다.", ""),
    ("가장 오래된 브랜치는 {n3}입니다.", "f10"),
    ("커밋이 절반으로 줄었습니다.", "f1"),
    ("커밋 {f1}0건", "f1"),
    ("커밋 {f1}천 건입니다.", "f1"),
    ("커밋 {f1}만 건입니다.", "f1"),
    ("커밋이 {f1}배 늘었습니다.", "f1"),
    ("커밋 {f1}%입니다.", "f1"),
    ("커밋은 수십 건입니다.", "f1"),
    ("커밋은 십여 건입니다.", "f1"),
    ("커밋은 열한 건이 아닙니다.", "f1"),
    ("커밋이 반토막 났습니다.", "f1"),
    ("커밋은 하루 11건입니다.", "f1"),
    ("커밋은 11건으로 두 배가 되었습니다.", "f1"),
    ("김대리가 11건을 작성했습니다.", "f1"),
    ("미나는 커밋 {f13}건을 작성했습니다.", "f13"),
    ("오늘 커밋은 11건입니다.", "f1"),
    ("커밋이 크게 줄었습니다.", "f1"),
    ("커밋 11건은 역대 최고입니다.", "f1"),
    ("모든 커밋이 src에 있습니다.", "f16"),
    ("에바가 커밋을 작성했습니다.", "f1"),
    ("나라가 커밋을 작성했습니다.", "f1"),
    ("하나가 커밋을 작성했습니다.", "f1"),
    ("새봄이 커밋을 작성했습니다.", "f1"),
)


@pytest.mark.parametrize(("text", "rests_on"), _RIGHT_EN)
def test_right_english(text: str, rests_on: str) -> None:
    assert [r.reason.plain() for r in _checked("en", text, rests_on).refusals] == []


@pytest.mark.parametrize(("text", "rests_on"), _RIGHT_KO)
def test_right_korean(text: str, rests_on: str) -> None:
    assert [r.reason.plain() for r in _checked("ko", text, rests_on).refusals] == []


@pytest.mark.parametrize(("text", "rests_on"), _WRONG_EN)
def test_wrong_english(text: str, rests_on: str) -> None:
    assert [plain(said.line) for said in _checked("en", text, rests_on).said] == []


@pytest.mark.parametrize(("text", "rests_on"), _WRONG_KO)
def test_wrong_korean(text: str, rests_on: str) -> None:
    assert [plain(said.line) for said in _checked("ko", text, rests_on).said] == []


def _kept(name: str) -> list[tuple[Code, str, str]]:
    """Return (language, what it rests on, text) of each line of a file beside this one."""
    lines = (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()
    parts = (line.split(" | ") for line in lines if not line.startswith("#"))
    return [("ko" if code == "ko" else "en", rests_on, text) for code, rests_on, text in parts]


def test_what_attackers_and_careless_models_write() -> None:
    """Other metrics, rates, periods, roles, causes, guesses, degrees, orders: some 450 sentences, none passes."""
    kept = _kept("gate_refused.txt")
    assert [text for code, rests_on, text in kept if _checked(code, text, rests_on).said] == []
    assert len(kept) > 400


def test_what_a_careful_model_writes() -> None:
    refused = [(text, _checked(code, text, rests_on).refusals) for code, rests_on, text in _kept("gate_said.txt")]
    assert [(text, reasons[0].reason.plain()) for text, reasons in refused if reasons] == []


def test_names_are_links_and_styles_are_kept() -> None:
    (said,) = _checked("en", "**Most** commits touched `src`, with {f16}.", "f16").said
    nodes = [node for node in said.line if not isinstance(node, Mention)]
    assert [(node.text, getattr(node, "style", None)) for node in nodes if node.text in ("Most", "src", "8")] == [
        ("Most", "strong"),
        ("src", "plain"),
        ("8", None),
    ]
