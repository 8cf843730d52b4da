"""Schedules through the door: said in words, echoed, rehearsed, fired, late, at rest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.platforms.terminal import Said
from model.card import Table, plain
from model.member import Role
from tests.stories.test_roles import become
from tests.support.talk import FixedClock, Talk, text

ADD = "/schedule add web weekdays 10:00 zone=Asia/Seoul"


@pytest.fixture
async def saved(ready: Talk) -> Talk:
    """Return a bot with a saved report; it is Friday, 20 November 2026, 09:00 UTC."""
    await ready.say("/report new name=web template=weekly")
    return ready


def clock(talk: Talk) -> FixedClock:
    found = talk.app.workshop.clock
    assert isinstance(found, FixedClock)
    return found


async def fired(talk: Talk, at: datetime) -> int:
    """Turn the clock to an instant and fire what is due."""
    clock(talk).at = at
    return await talk.app.schedules.drain()


def shown(said: Said) -> str:
    """Return a card as text, and each cell of its tables once more in one piece."""
    tables = [block for block in said.card.blocks if isinstance(block, Table)]
    return "\n".join([text(said), *(plain(cell) for table in tables for row in table.rows for cell in row)])


def has(said: Said, *pieces: str) -> None:
    for piece in pieces:
        assert piece in shown(said), (piece, shown(said))


async def test_add_echoes_the_rule_and_the_next_three_times(saved: Talk) -> None:
    """In the schedule's zone; the weekend is not among them."""
    said = await saved.say(ADD)
    has(said, "Schedule #1 added: web", "10:00", "Asia/Seoul", "Monday, 23 Nov 2026 10:00 KST",
        "Tuesday, 24 Nov 2026 10:00 KST", "Wednesday, 25 Nov 2026 10:00 KST", "terminal", "mina")  # fmt: skip
    has(await saved.say("/schedule list"), "#1", "web", "Monday, 23 Nov 2026 10:00 KST", "active")
    has(await saved.say("/arb status"), "Schedules")


async def test_in_korean(saved: Talk) -> None:
    """Said in Korean, answered in Korean, to the last word."""
    said = await saved.say("/schedule add web 평일 오전 10시 zone=Asia/Seoul holidays=KR on_holiday=skip", lang="ko")
    has(said, "일정 #1을 만들었습니다: web", "2026년 11월 23일 월요일 10:00 KST", "KR, 공휴일에는 건너뜀", "다음 실행")
    has(await saved.say("/schedule list", lang="ko"), "평일", "2026년 11월 23일 월요일 10:00 KST")
    has(await saved.say("/schedule pause #1", lang="ko"), "일정 #1을 멈췄습니다", "mina가 멈췄습니다")
    has(await saved.say("/schedule resume #1", lang="ko"), "일정 #1이 다시 실행됩니다")
    has(await saved.say("/schedule next #1 3", lang="ko"), "web의 일정 #1", "평일")
    has(await saved.say("/report missed", lang="ko"), "놓친 것이 없습니다")


async def test_what_is_not_understood_is_refused_with_examples(saved: Talk) -> None:
    """Nothing is guessed, nothing is kept."""
    for when in ("now and then", "tomorrow 9:00", "every", "0 0 30 2 *", "* * * * * *", "*/0 * * * *"):
        said = await saved.say(f"/schedule add web {when}")
        assert said.kind == "error", when
    has(await saved.say("/schedule add web now and then"), "weekdays")
    has(await saved.say("/schedule list"), "No report runs by itself yet.")


async def test_rehearsal_marks_holidays_and_the_clock(saved: Talk) -> None:
    """Christmas is left out in its place; the hour that the clock loses is told."""
    await saved.say("/schedule add web every day 9:00 zone=Europe/Berlin holidays=DE on_holiday=skip")
    clock(saved).at = datetime(2026, 12, 23, 12, 0, tzinfo=UTC)
    said = await saved.say("/schedule next #1 3")
    has(said, "Thursday, 24 Dec 2026 09:00 CET", "Friday, 25 Dec 2026 09:00 CET", "left out: ",
        "Sunday, 27 Dec 2026 09:00 CET", "Monday, 28 Dec 2026 09:00 CET")  # fmt: skip
    clock(saved).at = datetime(2027, 3, 26, 12, 0, tzinfo=UTC)
    has(await saved.say("/schedule next web 2"), "Sunday, 28 Mar 2027 09:00 CEST · the clock has changed by +1 h")


async def test_it_fires_once_and_its_report_is_made(saved: Talk) -> None:
    """The run belongs to the report and sees the days as they were when it was due."""
    await saved.say("/schedule add web mondays 9:00 zone=UTC")
    assert await fired(saved, datetime(2026, 11, 23, 8, 59, 59, tzinfo=UTC)) == 0
    assert await fired(saved, datetime(2026, 11, 23, 9, 0, tzinfo=UTC)) == 1
    assert await fired(saved, datetime(2026, 11, 23, 9, 0, 1, tzinfo=UTC)) == 0
    assert await saved.app.runs.drain() == 1
    said = await saved.say("/report show last")
    has(said, "16–22 Nov 2026")
    assert "Late by" not in text(said)
    has(await saved.say("/schedule list"), "Monday, 30 Nov 2026 09:00 UTC")
    has(await saved.say("/report verify last"), "identical")


async def test_a_late_post_says_so(saved: Talk) -> None:
    """How late, when it was due, how many were let go; these are listed with their reason."""
    await saved.say("/schedule add web every day 9:00 zone=UTC")
    await fired(saved, datetime(2026, 11, 23, 12, 0, tzinfo=UTC))
    await saved.app.runs.drain()
    has(await saved.say("/report show last"), "Late by 3 hours: it was due 23 Nov 2026 09:00 UTC.",
        "2 posts before it were missed: /report missed")  # fmt: skip
    has(await saved.say("/report missed"), "Sunday, 22 Nov 2026 09:00 UTC", "Saturday, 21 Nov 2026 09:00 UTC",
        "a later one stands for it")  # fmt: skip
    has(await saved.say("/report show last", lang="ko"), "Late by")  # a report speaks the language it was made in
    has(await saved.say("/report verify last"), "identical")


async def test_pause_resume_edit_run_remove(saved: Talk) -> None:
    """What is at rest does not fire and is not made up for; each answer shows the next times."""
    await saved.say(ADD)
    has(await saved.say("/schedule pause #1"), "Schedule #1 is paused.", "paused: mina paused it.")
    assert await fired(saved, datetime(2026, 11, 26, 9, 0, tzinfo=UTC)) == 0
    has(await saved.say("/arb status"), "1, #1 (paused: mina paused it.) at rest")
    has(await saved.say("/schedule resume web"), "Friday, 27 Nov 2026 10:00 KST")
    said = await saved.say("/schedule edit #1 fridays 16:00")
    has(said, "Schedule #1 changed.", "Friday, 27 Nov 2026 16:00 KST", "Friday, 4 Dec 2026 16:00 KST")
    has(await saved.say("/schedule run #1"), "web", "Run")
    assert await saved.app.runs.drain() == 1
    asked = await saved.say("/schedule remove #1")
    has(asked, "Remove schedule #1 of web?")
    has((await saved.press(asked, "Remove"))[-1], "Schedule #1 is removed.")
    has(await saved.say("/schedule list"), "No report runs by itself yet.")
    has(await saved.say("/schedule next #1"), "There is no schedule #1 here.")


async def test_forms_ask_for_what_is_missing_and_keep_the_rest(saved: Talk) -> None:
    """A schedule without its time is asked for it; editing shows what is there."""
    said = await saved.say("/schedule add web")
    assert said.form is not None
    assert {field.name: field.required for field in said.form.fields}["when"]
    said = await saved.say("/schedule add report=web zone=Asia/Seoul")
    assert said.form is not None
    await saved.say(ADD)
    said = await saved.say("/schedule edit #1")
    assert said.form is not None
    values = {field.name: field.value for field in said.form.fields}
    assert (values["when"], values["zone"], values["catch_up"]) == ("weekdays 10:00", "Asia/Seoul", "latest")


async def test_one_click_proposals(ready: Talk) -> None:
    """An empty list offers the daily and the weekly report; a report just saved offers both times."""
    empty = await ready.say("/schedule list")
    labels = [action.label for action in empty.card.actions]
    assert len(labels) == 2
    has((await ready.press(empty, labels[0]))[-1], "Schedule #1 added: daily", "10:00")
    has((await ready.press(empty, labels[1]))[-1], "Schedule #2 added: weekly", "Monday, 23 Nov 2026 09:00 UTC")
    again = (await ready.press(empty, labels[1]))[-1]
    assert again.kind == "error"
    saved = await ready.say("/report new name=web template=weekly")
    has((await ready.press(saved, saved.card.actions[-1].label))[-1], "Schedule #3 added: web")


async def test_too_often_for_the_role(saved: Talk) -> None:
    """An editor's may fire hourly, an admin's every five minutes; both are settings."""
    await become(saved, "jun", Role.EDITOR)
    await saved.say("/report new name=his template=weekly", user="jun")
    refused = await saved.say("/schedule add his */5 * * * *", user="jun")
    assert refused.kind == "error"
    has(refused, "more often than every 60 minutes", "/arb settings schedule_minutes")
    has(await saved.say("/schedule add his every hour", user="jun"), "Schedule #1 added")
    has(await saved.say("/schedule add web */5 * * * *"), "Schedule #2 added")
    assert (await saved.say("/schedule add web * * * * *")).kind == "error"
    await saved.say("/arb settings schedule_minutes=5 most_schedules=3")
    has(await saved.say("/schedule add his */5 * * * *", user="jun"), "Schedule #3 added")
    has(await saved.say("/schedule add web mondays 9:00"), "has 3 schedules, and may have no more")


async def test_too_often_for_what_he_is_now(saved: Talk) -> None:
    """Who was an admin when he added it answers for so many runs no more; an admin who says so does."""
    await become(saved, "jun", Role.ADMIN)
    await saved.say("/report new name=his template=weekly", user="jun")
    has(await saved.say("/schedule add his every 5 minutes zone=UTC", user="jun"), "Schedule #1 added")
    has(await saved.say("/schedule add his every day 9:00 zone=UTC", user="jun"), "Schedule #2 added")
    await become(saved, "jun", Role.EDITOR)
    assert await fired(saved, datetime(2026, 11, 20, 9, 5, tzinfo=UTC)) == 1
    assert await saved.app.runs.drain() == 0
    often = "It runs more often than every 60 minutes, and schedules of jun may not."
    has(await saved.say("/schedule list"), f"paused: {often}")
    assert (await saved.say("/schedule resume #1", user="jun")).kind == "error"
    has(await saved.say("/schedule resume #1"), "Schedule #1 fires again.", "mina")
    assert await fired(saved, datetime(2026, 11, 20, 9, 10, tzinfo=UTC)) == 1
    assert await saved.app.runs.drain() == 1
    has(await saved.say("/schedule edit #2 every 5 minutes"), "Schedule #2 changed.", "mina")
    assert await fired(saved, datetime(2026, 11, 20, 9, 15, tzinfo=UTC)) == 2
    assert await saved.app.runs.drain() == 2


async def test_whoever_loses_the_right_pauses_his_schedules(saved: Talk) -> None:
    """Demoted, it is seen when it fires: nothing runs, it rests, an admin sees why and takes it over."""
    await become(saved, "jun", Role.EDITOR)
    await saved.say("/report new name=his template=weekly", user="jun")
    await saved.say("/schedule add his every day 9:00 zone=UTC", user="jun")
    await become(saved, "jun", Role.VIEWER)
    assert await fired(saved, datetime(2026, 11, 21, 9, 0, tzinfo=UTC)) == 1
    assert await saved.app.runs.drain() == 0
    has(await saved.say("/schedule list"), "paused: jun is no editor here any more.")
    has(await saved.say("/report missed"), "jun is no editor here any more.", "left out")
    has(await saved.say("/arb audit"), "schedule pause")
    assert (await saved.say("/schedule resume #1", user="jun")).kind == "error"
    has(await saved.say("/schedule resume #1"), "Schedule #1 fires again.", "mina")
    assert await fired(saved, datetime(2026, 11, 22, 9, 0, tzinfo=UTC)) == 1
    assert await saved.app.runs.drain() == 1


async def test_erased_and_no_longer_shared(saved: Talk) -> None:
    """Whoever is erased answers for nothing any more; nor does one with whom the report is not shared any more."""
    await become(saved, "jun", Role.EDITOR)
    await become(saved, "sua", Role.EDITOR)
    for user in ("jun", "sua"):
        await saved.say(f"/report share web {user} view")
        has(await saved.say("/schedule add web every day 9:00 zone=UTC", user=user), "added")
    erased = await saved.say("/arb me erase", user="sua")
    await saved.press(erased, "Erase me for good", user="sua")
    has(await saved.say("/schedule list"), "paused: Whoever answered for it was erased.")
    await saved.say("/report share web jun no")
    assert await fired(saved, datetime(2026, 11, 21, 9, 0, tzinfo=UTC)) == 1
    assert await saved.app.runs.drain() == 0
    has(await saved.say("/schedule list"), "jun does not see the report any more.")
    has(await saved.say("/schedule list", user="jun"), "No report runs by itself yet.")
    has(await saved.say("/schedule next #1", user="jun"), "There is no schedule #1 here.")


async def test_a_report_at_rest_or_deleted_does_not_run(saved: Talk) -> None:
    """Its slots are left out with the reason, and come again with the report; gone for good, its schedules go too."""
    await saved.say("/schedule add web every day 9:00 zone=UTC")
    await saved.say("/report pause web")
    assert await fired(saved, datetime(2026, 11, 21, 9, 0, tzinfo=UTC)) == 1
    has(await saved.say("/report missed"), "Report web is paused.", "left out")
    await saved.say("/report resume web")
    assert await fired(saved, datetime(2026, 11, 22, 9, 0, tzinfo=UTC)) == 1
    assert await saved.app.runs.drain() == 1
    clock(saved).at += timedelta(hours=3)
    await saved.say("/report delete web confirmed=yes")
    assert await fired(saved, datetime(2026, 11, 23, 9, 0, tzinfo=UTC)) == 1
    assert await saved.app.runs.drain() == 0
    await saved.say("/report restore web")
    has(await saved.say("/report missed"), "Its report is deleted.")
    await saved.say("/report delete web confirmed=yes")
    clock(saved).at += timedelta(days=2)
    await saved.app.housekeeping.start()
    assert await saved.app.schedules.drain() == 0
    has(await saved.say("/schedule list"), "No report runs by itself yet.")


async def test_a_day_full_of_runs_is_a_missed_slot_not_a_loop(saved: Talk) -> None:
    """The limit's own words are the reason."""
    await saved.say("/schedule add web every day 9:00 zone=UTC")
    clock(saved).at += timedelta(hours=3)
    await saved.say("/report run weekly")
    await saved.say("/arb settings most_runs_a_day=1")
    assert await fired(saved, datetime(2026, 11, 21, 9, 0, tzinfo=UTC)) == 1
    assert await saved.app.schedules.drain() == 0
    has(await saved.say("/report missed"), "1 report was run here within a day", "not run")


async def test_one_broken_schedule_rests_and_the_others_run(saved: Talk, tmp_path: Path) -> None:
    """A row that nobody can read any more stops nobody else."""
    import sqlite3

    for _ in range(3):
        await saved.say("/schedule add web every day 9:00 zone=UTC")
    with sqlite3.connect(tmp_path / "home" / "arb.db") as db:
        db.execute("update schedules set rule = '{}' where number = 2")
    assert await fired(saved, datetime(2026, 11, 21, 9, 0, tzinfo=UTC)) == 3
    assert await saved.app.runs.drain() == 2
    has(await saved.say("/arb status"), "#2 (paused: Something broke when it was due")
