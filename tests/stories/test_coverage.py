"""What a post says of what was read; its owner hears of a source that breaks, and that it is back."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.language import Code
from tests.support.repository import small_repository
from tests.support.talk import Talk, talking, text

RUN = "/report run weekly window=2026-11-09..2026-11-16 source=shop,ops"


@pytest.mark.parametrize(
    ("lang", "read", "left_out", "broken", "back"),
    [
        (
            "en",
            "Read: shop 1/1 · ops 0/1 (There is no directory",
            "last good Fri 09:00 · left out: Commits, Authors, Lines added and 3 more figures · run",
            "Source ops cannot be read.",
            "Source ops can be read again.",
        ),
        (
            "ko",
            "읽음: shop 1/1 · ops 0/1 (",
            "마지막 정상 금요일 09:00 · 제외: 커밋, 작성자, 추가된 줄 외 지표 3개 · 실행",
            "소스 ops를 읽을 수 없습니다.",
            "소스 ops를 다시 읽을 수 있습니다.",
        ),
    ],
)
async def test_a_source_that_breaks(
    ready: Talk, tmp_path: Path, lang: Code, read: str, left_out: str, broken: str, back: str
) -> None:
    await ready.say(f"/arb me language={lang}")
    await ready.say(f"/source add git name=ops path={small_repository(tmp_path / 'ops')}")
    await ready.say(RUN, lang=None)
    (tmp_path / "ops").rename(tmp_path / "gone")
    heard = [*await ready.hear(RUN, lang=None), *await ready.hear(RUN, lang=None)]
    assert [said.card.title for said in heard].count(broken) == 1
    shown = text(await ready.say("/source show ops", lang=None))
    rows = [" ".join(line.split()) for line in shown.splitlines()]
    assert {"en": "Owner mina", "ko": "소유자 mina"}[lang] in rows, shown
    report = " ".join(next(text(said) for said in heard if read in text(said)).split())
    assert left_out in report
    (tmp_path / "gone").rename(tmp_path / "ops")
    heard = [*await ready.hear(RUN, lang=None), *await ready.hear(RUN, lang=None)]
    titles = [said.card.title for said in heard]
    assert (titles.count(back), titles.count(broken)) == (1, 0)


@pytest.mark.parametrize(("lang", "used"), [("en", "shop 1/1, read just now"), ("ko", "shop 1/1, 방금 읽음")])
async def test_what_was_read_just_now_is_used_until_it_is_to_run_again(
    tmp_path: Path, repository: Path, lang: Code, used: str
) -> None:
    line = "/report run weekly window=2026-11-09..2026-11-16"
    async with talking(tmp_path / "home", tmp_path, fresh_seconds=300.0) as talk:
        await talk.say(f"/source add git name=shop path={repository}")
        assert used not in text(await talk.say(line, lang=lang))
        second = await talk.say(line, lang=lang)
        assert used in text(second)
        again = next(action.id for action in second.card.actions if action.values.get("anew"))
        assert "shop 1/1 · run" in text((await talk.press_id(str(again)))[-1])
        assert used not in text(await talk.say(f"{line} --anew", lang=lang))
