"""People on Slack say commands, press buttons and write messages; the bot is a real process."""

from __future__ import annotations

from tests.stories.slack.conftest import Desk


def test_help(desk: Desk) -> None:
    """A card for its reader's eyes alone, within Slack's limits; its buttons say commands."""
    shown = desk.say("/arb help")
    assert shown.ack is None
    assert "What you can say" in shown.text()
    more = desk.press(shown.button("/report"))
    assert "Run a report now." in more.text()
