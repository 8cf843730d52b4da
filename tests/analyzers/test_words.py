# ruff: noqa: E501
"""The built-in words, as people read them: each sentence on one line, however long."""

from __future__ import annotations

from dataclasses import replace

from inline_snapshot import snapshot as recorded

from analyzers import ledger_of
from analyzers.words.builtin import BuiltIn
from analyzers.words.slots import filled as check
from model.card import plain
from model.language import Code, Language
from model.ledger import Ledger
from model.record import Record
from model.report import Snapshot
from model.words import Brief
from tests.analyzers.snapshots import DEMO, branch, commit, coverage, repository, snapshot, snapshot_of

RISING = [
    *(commit(f"a{n}", 2, "Mina", {"src/a.py": (30, 4), f"src/{n}": (9, 0)}) for n in range(4)),
    commit("b", 0, "Juno", {"docs/b.md": (20, 0)}),
    commit("c", 4, "Suna", {"README": (1, 1)}),
    commit("m", 4, "Mina", {}, parents=2),
    *(commit(f"z{n}", 1, "dependabot[bot]", {"lock": (1, 1)}, bot=True) for n in range(3)),
    commit("p", -5, "Mina", {"src/a.py": (3, 3)}),
    commit("q", -2, "Mina", {"docs/b.md": (1, 9)}),
    branch("pay-retry", 12, lines=80, files=3),
    branch("openssl", 5),
]
FALLING = [
    commit("a", 1, "Mina", {"src/a.py": (0, 5)}),
    *(commit(f"p{n}", -n % 7 - 7, f"A{n % 3}", {"src/a.py": (40, 9), "docs/b": (4, 4)}) for n in range(6)),
    branch("pay-retry", 12),
]


async def _said(made: Snapshot, code: Code, people: bool = True) -> dict[str, list[str]]:
    ledger = ledger_of(made)
    language = Language(code, made.window.zone)
    draft = await BuiltIn().narrate(Brief(ledger, "", language, people))
    checked = check(draft, ledger, language)
    assert checked.refusals == ()
    assert all(_rests_well(said.rests_on, ledger) for said in checked.said)
    parts: dict[str, list[str]] = {}
    for said in checked.said:
        parts.setdefault(said.part, []).append(plain(said.line))
    return parts


def _rests_well(ids: tuple[str, ...], ledger: Ledger) -> bool:
    known = {fact.id for fact in ledger.facts if fact.value is not None}
    return len(set(ids)) == len(ids) and set(ids) <= known


async def _both(*records: Record, people: bool = True) -> list[str]:
    made = snapshot(*records)
    spoken = [await _said(made, "en", people), await _said(made, "ko", people)]
    return [f"{part}: {text}" for parts in spoken for part, texts in parts.items() for text in texts]


async def test_rising() -> None:
    assert await _both(*RISING) == recorded(
        [
            "headline: 6 commits were made by 3 people on 3 days.",
            "happened: There were more commits than the week before: 6, up from 2. 3 people took part, up from 1.",
            "happened: Most commits touched src (4), the top folder (1) and docs (1).",
            "happened: The busiest day was Wednesday, with 4 commits.",
            "happened: 177 lines were added and 17 removed in 7 files.",
            "happened: 2 people committed for the first time: Juno and Suna.",
            "happened: Bots made 3 commits, left out of the other figures.",
            "changed: Commits by bots rose from 0 to 3.",
            "changed: Lines added rose from 4 to 177.",
            "changed: Files changed rose from 2 to 7.",
            "changed: The area that moved most is src: 4 commits, up from 1.",
            "needs: 2 branches wait for somebody; pay-retry has waited longest, since 4 Nov 2026.",
            "headline: 3일에 걸쳐 3명이 커밋 6건을 작성했습니다.",
            "happened: 커밋이 전주의 2건에서 6건으로 늘었습니다. 참여한 사람은 1명에서 3명으로 늘었습니다.",
            "happened: 커밋이 가장 많은 영역은 src(4건), 최상위 폴더(1건), docs(1건)입니다.",
            "happened: 가장 바빴던 날은 수요일로, 커밋이 4건 있었습니다.",
            "happened: 파일 7개에서 177줄이 추가되고 17줄이 삭제되었습니다.",
            "happened: 처음으로 커밋한 사람은 2명입니다: Juno, Suna.",
            "happened: 봇 커밋 3건은 다른 수치에서 제외했습니다.",
            "changed: 봇 커밋이 0건에서 3건으로 늘었습니다.",
            "changed: 추가된 줄이 4줄에서 177줄로 늘었습니다.",
            "changed: 변경된 파일이 2개에서 7개로 늘었습니다.",
            "changed: 가장 크게 달라진 영역은 src로, 커밋이 1건에서 4건으로 늘었습니다.",
            "needs: 브랜치 2개에 손길이 필요합니다. 가장 오래된 것은 pay-retry로, 마지막 커밋은 2026년 11월 4일입니다.",
        ]
    )


async def test_falling() -> None:
    assert await _both(*FALLING) == recorded(
        [
            "headline: 1 commit was made by 1 person.",
            "happened: There were fewer commits than the week before: 1, down from 6. 1 person took part, down from 3.",
            "happened: One area was touched: src.",
            "happened: 5 lines were removed in 1 file.",
            "happened: 1 person committed for the first time: Mina.",
            "changed: Lines added fell from 264 to 0.",
            "changed: Lines removed fell from 78 to 5.",
            "changed: Days with commits fell from 6 days to 1 day.",
            "changed: The area that moved most is docs: 0 commits, down from 6.",
            "needs: pay-retry waits for somebody: its last commit is from 4 Nov 2026.",
            "headline: 1명이 커밋 1건을 작성했습니다.",
            "happened: 커밋이 전주의 6건에서 1건으로 줄었습니다. 참여한 사람은 3명에서 1명으로 줄었습니다.",
            "happened: 변경된 영역은 src 한 곳입니다.",
            "happened: 파일 1개에서 5줄이 삭제되었습니다.",
            "happened: 처음으로 커밋한 사람은 1명입니다: Mina.",
            "changed: 추가된 줄이 264줄에서 0줄로 줄었습니다.",
            "changed: 삭제된 줄이 78줄에서 5줄로 줄었습니다.",
            "changed: 커밋이 있었던 날이 6일에서 1일로 줄었습니다.",
            "changed: 가장 크게 달라진 영역은 docs로, 커밋이 6건에서 0건으로 줄었습니다.",
            "needs: pay-retry 브랜치에 손길이 필요합니다. 마지막 커밋은 2026년 11월 4일입니다.",
        ]
    )


async def test_flat() -> None:
    flat = [commit("a"), commit("b", 1), commit("p", -7), commit("q", -6)]
    assert await _both(*flat) == recorded(
        [
            "headline: 2 commits were made by 1 person on 2 days.",
            "happened: There were as many commits as the week before: 2.",
            "happened: One area was touched: src.",
            "happened: 2 lines were added in 1 file.",
            "headline: 2일에 걸쳐 1명이 커밋 2건을 작성했습니다.",
            "happened: 커밋은 2건으로 전주와 같습니다.",
            "happened: 변경된 영역은 src 한 곳입니다.",
            "happened: 파일 1개에서 2줄이 추가되었습니다.",
        ]
    )


async def test_one_commit_by_one_person() -> None:
    assert await _both(commit("a"), commit("p", -3)) == recorded(
        [
            "headline: 1 commit was made by 1 person.",
            "happened: There were as many commits as the week before: 1.",
            "happened: One area was touched: src.",
            "happened: 1 line was added in 1 file.",
            "headline: 1명이 커밋 1건을 작성했습니다.",
            "happened: 커밋은 1건으로 전주와 같습니다.",
            "happened: 변경된 영역은 src 한 곳입니다.",
            "happened: 파일 1개에서 1줄이 추가되었습니다.",
        ]
    )


async def test_a_first_week() -> None:
    assert await _both(commit("a", paths={}), commit("b", 0, "Juno", {"a": (2, 0)}), people=False) == recorded(
        [
            "headline: 2 commits were made by 2 people.",
            "happened: There were no commits the week before.",
            "happened: One area was touched: the top folder.",
            "happened: All commits were made on Monday.",
            "happened: 2 lines were added in 1 file.",
            "happened: 2 people committed for the first time.",
            "headline: 2명이 커밋 2건을 작성했습니다.",
            "happened: 전주에는 커밋이 없었습니다.",
            "happened: 변경된 영역은 최상위 폴더 한 곳입니다.",
            "happened: 커밋은 모두 월요일에 작성되었습니다.",
            "happened: 파일 1개에서 2줄이 추가되었습니다.",
            "happened: 처음으로 커밋한 사람은 2명입니다.",
        ]
    )


async def test_an_empty_week_is_one_line() -> None:
    assert await _both(branch("x", 1), branch("y", 1), branch("z", 0.5)) == recorded(
        [
            "headline: No commits between 9 Nov 2026 and 15 Nov 2026; 3 branches are open.",
            "headline: 2026년 11월 9일부터 2026년 11월 15일까지 커밋이 없었고, 열린 브랜치는 3개입니다.",
        ]
    )


async def test_an_empty_week_with_bots_and_merges_after_a_busy_one() -> None:
    records = [RISING[6], *RISING[7:10], commit("p", -3)]
    assert await _both(*records) == recorded(
        [
            "headline: No commits between 9 Nov 2026 and 15 Nov 2026. There was 1 the week before. 1 merge was made. Bots made 3 commits.",
            "headline: 2026년 11월 9일부터 2026년 11월 15일까지 커밋이 없었습니다. 전주에는 1건이 있었습니다. 병합은 1건 있었습니다. 봇 커밋은 3건 있었습니다.",
        ]
    )


async def test_an_empty_day() -> None:
    made = snapshot(commit("p", -3))
    day = replace(made, window=replace(made.window, start=made.window.start.replace(day=15)))
    spoken = [await _said(day, "en"), await _said(day, "ko")]
    assert spoken == recorded(
        [{"headline": ["No commits on 15 Nov 2026."]}, {"headline": ["2026년 11월 15일에는 커밋이 없었습니다."]}]
    )


async def test_nothing_is_said_about_what_is_not_known() -> None:
    cut = [commit("a", cut=True), commit("b", 1), commit("p", -3, cut=True), repository(shallow=True)]
    assert await _both(*cut) == recorded(
        [
            "headline: 2 commits were made by 1 person on 2 days.",
            "happened: There were more commits than the week before: 2, up from 1.",
            "headline: 2일에 걸쳐 1명이 커밋 2건을 작성했습니다.",
            "happened: 커밋이 전주의 1건에서 2건으로 늘었습니다.",
        ]
    )


async def test_an_unread_source_is_all_there_is_to_say() -> None:
    made = snapshot_of([(DEMO, record) for record in RISING], [coverage(read=0)])
    assert [await _said(made, "en"), await _said(made, "ko")] == recorded(
        [
            {"headline": ["What happened is not known: demo could not be read."]},
            {"headline": ["demo를 읽지 못해 무슨 일이 있었는지 알 수 없습니다."]},
        ]
    )


async def test_korean_names_take_their_particles() -> None:
    records = [
        *(commit(f"a{n}", 1, "민아", {"결제/가": (1, 0)}) for n in range(5)),
        commit("b", 1, "지훈", {"문서/나": (1, 0)}),
        commit("p", -3, "민아", {"문서/나": (1, 0)}),
        branch("결제-재시도", 9),
        branch("정산", 8),
    ]
    assert (await _said(snapshot(*records), "ko")) == recorded(
        {
            "headline": ["2명이 커밋 6건을 작성했습니다."],
            "happened": [
                "커밋이 전주의 1건에서 6건으로 늘었습니다. 참여한 사람은 1명에서 2명으로 늘었습니다.",
                "커밋이 가장 많은 영역은 결제(5건), 문서(1건)입니다.",
                "커밋은 모두 화요일에 작성되었습니다.",
                "파일 2개에서 6줄이 추가되었습니다.",
                "처음으로 커밋한 사람은 1명입니다: 지훈.",
            ],
            "changed": [
                "추가된 줄이 1줄에서 6줄로 늘었습니다.",
                "가장 크게 달라진 영역은 결제로, 커밋이 0건에서 5건으로 늘었습니다.",
            ],
            "needs": [
                "브랜치 2개에 손길이 필요합니다. 가장 오래된 것은 결제-재시도로, 마지막 커밋은 2026년 11월 7일입니다."
            ],
        }
    )


async def test_persons_are_named_only_where_they_may_be() -> None:
    for code in ("en", "ko"):
        told = str(await _said(snapshot(*RISING), code, people=False))
        assert not any(name in told for name in ("Mina", "Juno", "Suna"))
    assert "Juno and Suna" in str(await _said(snapshot(*RISING), "en", people=True))


async def test_hostile_names_stay_text() -> None:
    bad = "{f1} {{f2}} \u202e<!channel>\x1b[31m\n@everyone {0.__class__}"
    records = [
        *(commit(f"a{n}", 1, bad, {f"{bad}/x": (1, 0)}) for n in range(3)),
        commit("p", -3, "Mina", {"x/y": (1, 1)}),
        branch(bad, 9),
        branch("{", 9),
        branch("x" * 10_000, 30),
    ]
    assert await _both(*records) == recorded(
        [
            "headline: 3 commits were made by 1 person.",
            "happened: There were more commits than the week before: 3, up from 1.",
            "happened: One area was touched: {f1} {{f2}} <!channel> [31m @everyone {0.__class__}.",
            "happened: All commits were made on Tuesday.",
            "happened: 3 lines were added in 1 file.",
            "happened: 1 person committed for the first time: {f1} {{f2}} <!channel> [31m @everyone {0.__class__}.",
            "changed: Lines added rose from 1 to 3.",
            "changed: The area that moved most is {f1} {{f2}} <!channel> [31m @everyone {0.__class__}: 3 commits, up from 0.",
            "needs: 3 branches wait for somebody; xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx… has waited longest, since 17 Oct 2026.",
            "headline: 1명이 커밋 3건을 작성했습니다.",
            "happened: 커밋이 전주의 1건에서 3건으로 늘었습니다.",
            "happened: 변경된 영역은 {f1} {{f2}} <!channel> [31m @everyone {0.__class__} 한 곳입니다.",
            "happened: 커밋은 모두 화요일에 작성되었습니다.",
            "happened: 파일 1개에서 3줄이 추가되었습니다.",
            "happened: 처음으로 커밋한 사람은 1명입니다: {f1} {{f2}} <!channel> [31m @everyone {0.__class__}.",
            "changed: 추가된 줄이 1줄에서 3줄로 늘었습니다.",
            "changed: 가장 크게 달라진 영역은 {f1} {{f2}} <!channel> [31m @everyone {0.__class__}로, 커밋이 0건에서 3건으로 늘었습니다.",
            "needs: 브랜치 3개에 손길이 필요합니다. 가장 오래된 것은 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…로, 마지막 커밋은 2026년 10월 17일입니다.",
        ]
    )


async def test_days_and_months_before() -> None:
    made = snapshot(commit("a", 6), commit("p", 5), commit("q", 5))
    day = replace(made, window=replace(made.window, start=made.window.start.replace(day=15)))
    month = replace(made, window=replace(made.window, start=made.window.start.replace(day=2)))
    assert [await _said(day, "en"), await _said(day, "ko")] == recorded(
        [
            {
                "headline": ["1 commit was made by 1 person."],
                "happened": [
                    "There were fewer commits than the day before: 1, down from 2.",
                    "One area was touched: src.",
                    "1 line was added in 1 file.",
                ],
            },
            {
                "headline": ["1명이 커밋 1건을 작성했습니다."],
                "happened": [
                    "커밋이 전날의 2건에서 1건으로 줄었습니다.",
                    "변경된 영역은 src 한 곳입니다.",
                    "파일 1개에서 1줄이 추가되었습니다.",
                ],
            },
        ]
    )
    assert [await _said(month, "en"), await _said(month, "ko")] == recorded(
        [
            {
                "headline": ["3 commits were made by 1 person on 2 days."],
                "happened": [
                    "There were no commits in the 14 days before.",
                    "One area was touched: src.",
                    "The busiest day was 14 Nov 2026, with 2 commits.",
                    "3 lines were added in 1 file.",
                    "1 person committed for the first time: Mina.",
                ],
            },
            {
                "headline": ["2일에 걸쳐 1명이 커밋 3건을 작성했습니다."],
                "happened": [
                    "직전 14일에는 커밋이 없었습니다.",
                    "변경된 영역은 src 한 곳입니다.",
                    "가장 바빴던 날은 2026년 11월 14일로, 커밋이 2건 있었습니다.",
                    "파일 1개에서 3줄이 추가되었습니다.",
                    "처음으로 커밋한 사람은 1명입니다: Mina.",
                ],
            },
        ]
    )
