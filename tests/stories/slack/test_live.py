"""A report in a channel of Slack: how far it is, then itself with its pictures, in one message."""

from __future__ import annotations

from tests.stories.slack.conftest import Desk, by_http
from tests.support.slack_front import CHANNEL, buttons, said
from tests.support.slack_limits import walk
from tests.support.waiting import wait

_DAYS, _OTHERS = "2026-11-08..2026-11-15", "2026-11-07..2026-11-14"  # what was just read is not read again


@by_http
def test_a_run_shows_how_far_it_is_and_becomes_the_report_with_its_pictures(desk: Desk) -> None:
    """The bot is a real process; pictures are uploaded, looked at until they are ready, and shown with their words."""
    team, slow = desk.office.team, desk.folder / "slow"
    before = len(team.posted(CHANNEL))
    slow.touch()
    answer = desk.say(f"/report run weekly source=shop window={_DAYS} here=yes")
    try:
        wait(lambda: "Reading sources: 0 of 1" in "".join(map(said, team.posted(CHANNEL)[before:])))
    finally:
        slow.unlink()
    wait(lambda: "Verify" in str(team.posted(CHANNEL)[before:]))
    (report,) = team.posted(CHANNEL)[before:]
    assert "Reading" not in said(report)
    assert answer.text().split(":")[0].split()[-1] in said(report)  # the run's name
    images = [one for one in walk(report["blocks"]) if one.get("type") == "image"]
    kept = [team.files[one["slack_file"]["id"]] for one in images]
    assert [one["data"][:4] for one in kept] == [b"\x89PNG"] * 2  # days, and who or where
    assert all(one["alt_text"] for one in images)


@by_http
def test_a_run_is_cancelled_from_the_message_that_shows_it(desk: Desk) -> None:
    """By whoever asked for it, and by nobody else who reads it; the message says what became of it."""
    team, slow = desk.office.team, desk.folder / "slow"
    reader = desk.office.join("U0CANCEL", "lee")
    before = len(team.posted(CHANNEL))
    slow.touch()
    try:
        desk.say(f"/report run weekly source=shop window={_OTHERS} here=yes")
        wait(lambda: any("Cancel" in buttons(one) for one in team.posted(CHANNEL)[before:]))
        (shown,) = team.posted(CHANNEL)[before:]
        button = buttons(shown)["Cancel"]
        assert "not yours" in desk.press(button, reader, message=shown).text()
        assert "is cancelled" in desk.press(button, message=shown).text()
        wait(lambda: "cancelled it" in said(team.posted(CHANNEL)[before]))
        assert "Cancel" not in buttons(team.posted(CHANNEL)[before])
        assert "works once" in desk.press(button, message=shown).text()
    finally:
        slow.unlink()
    assert len(team.posted(CHANNEL)) == before + 1
