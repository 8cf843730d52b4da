"""Questions about a report at the terminal, in both languages: answered from what its run has frozen, once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.platforms.terminal import Said
from commands.event import Answer, Visitor
from model.card import Card, Figure, Table, Text, plain
from model.delivery import Address, Platform
from model.ids import EventId
from model.language import Code
from model.question import QuestionState
from tests.stories.test_forms import submit
from tests.support.repositories import Builder
from tests.support.repository import seconds
from tests.support.talk import Talk, talking, text

LATE = b"Late <l@x.example>"
_RUN = "/report run weekly source=shop window=2026-11-09..2026-11-16"
_QUESTIONS = {
    "en": ("how many commits?", "who made the most commits?", "why did commits rise?", "list the stale branches",
           "how many commits in web on Tuesday?", "what changed?", "what needs attention?", "lines added per area?"),
    "ko": ("커밋은 몇 건인가요?", "누가 커밋을 가장 많이 했나요?", "커밋이 왜 늘었나요?", "오래된 브랜치 목록 보여줘",
           "화요일에 web에서 커밋이 몇 건 있었나요?", "뭐가 바뀌었어?", "도움이 필요한 것은?", "영역별 추가된 줄은?"),
}  # fmt: skip


def _said(said: Said) -> str:
    return " ".join(plain(line) for block in said.card.blocks if isinstance(block, Text) for line in block.lines)


@pytest.mark.parametrize("lang", ["en", "ko"])
async def test_questions_are_answered_in_words_and_figures(ready: Talk, lang: Code) -> None:
    """Plain words are enough; each answer says as of when, and what stands behind it."""
    many, most, why, stale, narrow, *_ = [await ready.say(line, lang=lang) for line in _QUESTIONS[lang]]
    assert _said(many).startswith({"en": "Commits: 4; 1 the week before (+3).", "ko": "커밋: 4. 전주는 1(+3)."}[lang])
    assert {"en": "Behind it: ", "ko": "근거: "}[lang] in _said(many)
    assert {"en": "As of 20 Nov 2026", "ko": "2026년 11월 20일"}[lang] in text(many)
    assert "김준" in _said(most)
    assert {"en": "Commits rose from 1 to 4 (+3).", "ko": "커밋: 1에서 4로 늘었습니다(+3)."}[lang] in _said(why)
    assert {"en": "not why", "ko": "이유는 말해 주지 않습니다"}[lang] in _said(why)
    assert "feature/old-search" in _said(stale)
    assert {"en": "Commits · web · 10 Nov 2026: ", "ko": "커밋 · web · 2026년 11월 10일: "}[lang] in _said(narrow)
    opened = await ready.press(many, {"en": "Why?", "ko": "근거"}[lang])
    assert "Commits" in text(opened[-1])


async def test_the_report_is_found_by_its_name(ready: Talk) -> None:
    """A name before the question, a run by its own, else the newest; a missing question is asked for in a form."""
    run = (await ready.say("/report show last")).card.run
    for line in (
        "/ask weekly how many commits?",
        '/ask weekly "how many commits?"',
        f"/ask how many commits? run={run}",
    ):
        answer = await ready.say(line)
        assert "Commits: 4" in _said(answer)
        assert answer.card.run == run
    form = await ready.say("/ask")
    assert form.form is not None
    assert [field.name for field in form.form.fields] == ["question", "run"]
    assert "Commits: 4" in _said(await submit(ready, form, {"question": "how many commits?"}))
    asked = await ready.press(await ready.say("/report show last"), "Ask")
    assert asked[-1].form is not None
    assert next(field.value for field in asked[-1].form.fields if field.name == "run") == run
    assert "no run called" in text(await ready.say("/ask how many commits? run=ZZZZ"))


@pytest.mark.parametrize("lang", ["en", "ko"])
async def test_what_cannot_be_answered_says_what_is_missing(ready: Talk, lang: Code) -> None:
    said = text(await ready.say("/ask how many dragons?", lang=lang))
    assert "dragons" in said
    assert {"en": "how many commits?", "ko": "커밋은 몇 건인가요?"}[lang] in said
    said = text(await ready.say("/ask how many merged PRs?", lang=lang))
    assert {"en": "It has these figures: Commits", "ko": "이 보고서에 있는 수치: 커밋"}[lang] in said


async def test_an_answer_is_that_of_its_report_whatever_has_happened_since(ready: Talk, tmp_path: Path) -> None:
    """The sources have changed, and others have read them: asked again, each answer is the same to the letter."""
    run = (await ready.say("/report show last")).card.run
    before = [text(await ready.say(f"/ask {line} run={run}", lang="en")) for line in _QUESTIONS["en"]]
    shop = Builder(tmp_path / "shop")
    shop.commit(
        "main", seconds("2026-11-10T09:00Z"), {b"web/new": b"x\n"}, subject=b"Late", author=b"Late <l@x.example>"
    )
    shop.write()
    newer = await ready.say(_RUN)
    assert newer.card.run != run
    after = [text(await ready.say(f"/ask {line} run={run}", lang="en")) for line in _QUESTIONS["en"]]
    assert after == before
    assert "Commits: 5" in text(await ready.say("/ask how many commits?"))


@pytest.mark.parametrize("lang", ["en", "ko"])
async def test_now_names_what_moved_since_the_report(ready: Talk, tmp_path: Path, lang: Code) -> None:
    """The sources are read again; what differs is named with both figures, what does not is not."""
    now = {"en": "/ask now?", "ko": "/ask 지금은?"}[lang]
    assert {"en": "Nothing moved.", "ko": "달라진 것이 없습니다."}[lang] in text(await ready.say(now, lang=lang))
    shop = Builder(tmp_path / "shop")
    shop.commit("main", seconds("2026-11-10T09:00Z"), {b"web/new": b"x\n"}, subject=b"Late", author=LATE)
    shop.write()
    said = await ready.say(now, lang=lang)
    rows = {plain(row[0]): tuple(map(plain, row[1:])) for block in said.card.blocks if isinstance(block, Table)
            for row in block.rows}  # fmt: skip
    assert rows[{"en": "Commits", "ko": "커밋"}[lang]] == ("4", "5", "+1")
    assert rows[{"en": "Commits", "ko": "커밋"}[lang] + " · web"] == ("3", "4", "+1")
    assert {"en": "Lines removed", "ko": "삭제한 줄"}[lang] not in rows
    one = text(await ready.say({"en": "how many commits now?", "ko": "지금 커밋은 몇 건이야?"}[lang], lang=lang))
    assert {"en": "Commits: 5; 1 the week before", "ko": "커밋: 5. 전주는 1"}[lang] in one
    assert "4" in one
    shutil.move(tmp_path / "shop", tmp_path / "away")
    lost = " ".join([text(said) for said in await ready.hear(now, lang=lang)])
    assert {"en": "shop could not be read just now.", "ko": "shop을 지금 읽지 못했습니다."}[lang] in lost
    assert "Commits: 4" in text(await ready.say("/ask how many commits?"))


async def test_the_figures_of_an_answer_stand_in_the_report(ready: Talk) -> None:
    """What is asked of the whole report is answered by its own facts, each with its footnote to open."""
    shop = ready.app.workshop
    answer = await ready.say("/ask how many commits?")
    workspace = (await shop.db.entrances.workspaces())[0]
    async with shop.db.read(workspace) as stores:
        run = await stores.runs.named("last")
    ledger = await shop.ledger(run)
    figures = [node for block in answer.card.blocks if isinstance(block, Text) for line in block.lines for node in line
               if isinstance(node, Figure)]  # fmt: skip
    assert figures
    assert all(ledger[figure.fact].metric == "commits" for figure in figures)


async def test_readers_of_the_report_alone_may_ask(ready: Talk) -> None:
    """Whoever does not see a saved report is told as if there were none; also where it was his before."""
    await ready.say("/report new name=Secret template=weekly source=shop window=2026-11-09..2026-11-16")
    run = (await ready.say("/report run Secret")).card.run
    assert "Commits: 4" in text(await ready.say("/ask Secret how many commits?"))
    await ready.say("hello", user="jun")
    for line in (f"/ask how many commits? run={run}", "/ask how many commits? run=Secret"):
        said = await ready.say(line, user="jun")
        assert said.kind == "error"
        assert "4" not in _said(said).replace(str(run), "")


async def _door(talk: Talk, line: str, user: str = "mina") -> Answer:
    """Say a line at the door without waiting for what follows."""
    here = Address(Platform.TERMINAL, "acme", user, talk.app.owner.id)
    event = EventId(f"terminal:{user} {line}")
    answer = await talk.app.door.say(event, Visitor(user, user, here, "en"), line)
    assert answer is not None
    return answer


async def test_one_question_is_open_in_a_place_and_can_be_stopped(ready: Talk) -> None:
    """The second one has to wait; what was stopped is never answered."""
    first = await _door(ready, "/ask how many commits?")
    assert first.awaits is not None
    assert (await _door(ready, "/ask how many commits now?")).error
    assert (await _door(ready, "/ask how many authors?", "jun")).awaits is not None  # another place
    assert isinstance(first.shows, Card)
    stopped = await ready.press_id(str(first.shows.actions[0].id))
    assert "1 question was stopped" in text(stopped[-1])
    workspace = (await ready.app.workshop.db.entrances.workspaces())[0]
    async with ready.app.workshop.db.read(workspace) as stores:
        assert (await stores.questions.of(first.awaits)).state is QuestionState.STOPPED
    assert "No question of yours" in text(await ready.say("/ask stop"))
    assert "Commits: 4" in text(await ready.say("how many commits?"))


async def test_a_question_that_was_accepted_is_answered_once(ready: Talk, tmp_path: Path) -> None:
    """The process that took it is no more: another one answers it, and the answer waits for whoever asked."""
    line = "/ask how many commits?"
    async with talking(tmp_path / "home", tmp_path) as gone:
        assert (await _door(gone, line)).awaits is not None
        here = Address(Platform.TERMINAL, "acme", "mina", gone.app.owner.id)
        again = await gone.app.door.say(EventId(f"terminal:mina {line}"), Visitor("mina", "mina", here, "en"), line)
        assert again is None
    for _ in range(2):
        await ready.app.take_up()
    answers = [said for said in await ready.hear("/arb me") if said.card.title == "“how many commits?”"]
    assert len(answers) == 1
    assert "Commits: 4" in text(answers[0])
    assert not [said for said in await ready.hear("/arb me") if said.card.title.startswith("“")]
