"""Questions below a report on Slack: by mention, by a line, by a button and from a message's menu."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from typing import Any

from tests.stories.slack.conftest import DAYS, Desk, by_http
from tests.support.slack_front import CHANNEL, ME, OWNER, Interaction, buttons, said
from tests.support.slack_people import hand_in, modal, shortcut
from tests.support.waiting import PATIENCE, wait

_RUN = f"/report run weekly source=shop window={DAYS}"


def _report(desk: Desk) -> Mapping[str, Any]:
    """Have a report posted into the channel; return its message."""
    posted = desk.office.team.posted
    before = len(posted(CHANNEL))
    desk.say(f"{_RUN} --here")
    wait(lambda: any("Verify" in buttons(one) for one in posted(CHANNEL)[before:]))
    desk.settled()
    return next(one for one in posted(CHANNEL)[before:] if "Verify" in buttons(one))


def _below(desk: Desk, report: Mapping[str, Any], words: str, seconds: float = PATIENCE) -> Mapping[str, Any]:
    """Wait for a message with these words in a report's thread; return it."""

    def found() -> list[Mapping[str, Any]]:
        return [one for one in desk.office.team.posted(CHANNEL)
                if one.get("thread_ts") == report["ts"] and words in said(one)]  # fmt: skip

    wait(lambda: bool(found()), seconds)
    desk.settled()
    return found()[-1]


def _asked(desk: Desk, asked: Interaction, question: str) -> None:
    hand_in(desk.office, modal(desk.office, asked), question=question)


@by_http
def test_questions_are_answered_below_their_report(desk: Desk) -> None:
    """Said to the bot or to nobody: the answer alone is said, in the thread, to whoever asked; talk is let pass."""
    report, office = _report(desk), desk.office
    ephemerals = len(office.team.ephemerals)
    office.write(OWNER, f"<@{ME}> how many commits?", thread_ts=report["ts"])
    answer = _below(desk, report, "Commits: 4; 1 the week before (+3).")
    assert f"'user_id': '{OWNER}'" in str(answer["blocks"])
    assert "As of " in said(answer)
    line = {"thread_ts": report["ts"], "parent_user_id": ME}
    office.write(OWNER, "lunch?", **line)
    office.write(OWNER, "did you get my messages?", **line)
    office.write(OWNER, "어느 영역에 커밋이 가장 많았나요?", **line)
    assert "가장 많은 쪽: web" in said(_below(desk, report, "커밋"))
    office.write(OWNER, f"<@{ME}> who won the cup", thread_ts=report["ts"])
    assert "how many commits?" in said(_below(desk, report, "not understood"))
    assert len(office.team.ephemerals) == ephemerals
    assert not any("lunch" in said(one) or "my messages" in said(one) for one in office.team.posted(CHANNEL))


@by_http
def test_a_report_is_asked_by_its_button_and_its_menu(desk: Desk) -> None:
    """A form asks for the question; its answer stands below the report."""
    report = _report(desk)
    pressed = desk.office.press(OWNER, buttons(report)["Ask"], message=report)
    _asked(desk, pressed, "how many authors?")
    _below(desk, report, "Authors: 2")
    _asked(desk, shortcut(desk.office, report), "files changed?")
    answer = _below(desk, report, "Files changed: 3")
    desk.office.press(OWNER, buttons(answer)["Why?"], message=answer)


@by_http
def test_where_no_report_stands_the_answer_is_for_the_asker_alone(desk: Desk) -> None:
    """Others who read a channel have not been given the report."""
    _report(desk)
    desk.office.team.channels.setdefault("C0OPS00", {"id": "C0OPS00", "name": "ops", "is_member": True})
    before = len(desk.alone())
    answer = desk.office.answered(desk.office.command(OWNER, "/ask", "how many commits?", "C0OPS00"))
    assert "to you alone" in answer.text()
    wait(lambda: any("Commits: 4" in one for one in desk.alone()[before:]))
    assert not desk.office.team.posted("C0OPS00")


@by_http
def test_a_question_that_was_accepted_outlives_a_kill(desk: Desk) -> None:
    """How far it is stands in one message of the thread; the next process puts the answer in its place, once."""
    report, slow = _report(desk), desk.folder / "slow"
    slow.touch()
    try:
        desk.office.write(OWNER, f"<@{ME}> now?", thread_ts=report["ts"])
        _below(desk, report, "Reading sources: 0 of 1")
        desk.stop(signal.SIGKILL)
    finally:
        slow.unlink()
    desk.start()
    _below(desk, report, "Nothing moved.", 60)  # what was on its way is asked about when its lease is over
    assert len([one for one in desk.office.team.posted(CHANNEL) if one.get("thread_ts") == report["ts"]]) == 1


@by_http
def test_a_question_is_stopped_by_its_button(desk: Desk) -> None:
    """Another one has to wait until then; nothing comes of it after that."""
    report, slow = _report(desk), desk.folder / "slow"
    slow.touch()
    try:
        desk.office.write(OWNER, f"<@{ME}> 지금은?", thread_ts=report["ts"])
        shown = _below(desk, report, "소스 읽는 중: 1개 중 0개")
        before = len(desk.office.team.ephemerals)
        desk.office.write(OWNER, f"<@{ME}> how many commits?", thread_ts=report["ts"])
        wait(lambda: any("already" in said(one) for one in desk.office.team.ephemerals[before:]))
        desk.office.press(OWNER, buttons(shown)["멈추기"], message=shown)
        _below(desk, report, "질문을 멈췄습니다.")
        desk.office.write(OWNER, f"<@{ME}> how many commits?", thread_ts=report["ts"])
        _below(desk, report, "Commits: 4")
    finally:
        slow.unlink()
    desk.say("/arb help")
    _below(desk, report, "질문을 멈췄습니다.")
