"""A report in a channel of Slack: how far it is, then itself with its pictures, in one message."""

from __future__ import annotations

from tests.stories.slack.conftest import DAYS, Desk, by_http
from tests.support.slack_front import CHANNEL, said
from tests.support.slack_limits import walk
from tests.support.waiting import wait


@by_http
def test_a_run_shows_how_far_it_is_and_becomes_the_report_with_its_pictures(desk: Desk) -> None:
    """The bot is a real process; pictures are uploaded, looked at until they are ready, and shown with their words."""
    team, slow = desk.office.team, desk.folder / "slow"
    before = len(team.posted(CHANNEL))
    slow.touch()
    answer = desk.say(f"/report run weekly source=shop window={DAYS} here=yes")
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
