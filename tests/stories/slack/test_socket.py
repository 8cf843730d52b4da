"""Socket Mode: two connections that are replaced before Slack closes them, cut, shared by processes, and refused."""

from __future__ import annotations

import signal
from collections.abc import Callable
from threading import Thread

import pytest

from tests.stories.slack.conftest import Desk
from tests.support.slack_front import APP_TOKEN, OWNER, Interaction, Mode
from tests.support.waiting import wait


@pytest.fixture(scope="module")
def way() -> Mode:
    """Return the only way in which there are connections."""
    return "socket"


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
def test_nothing_is_lost_in_a_refresh(desk: Desk, scaled: Callable[[int], int], reason: str) -> None:
    """Slack asks both connections to go, while people go on: each word arrives at once, and is answered once."""
    said: list[Interaction] = []

    def talk() -> None:
        said.extend(desk.office.command(OWNER, "/arb", "help") for _ in range(scaled(400)))

    talking, opened = Thread(target=talk), desk.office.opened
    talking.start()
    for _ in range(scaled(40)):
        desk.office.disconnect(reason)
    talking.join()
    assert len(said) == scaled(400)
    wait(lambda: all(len(one.shown) == 1 for one in said))
    wait(lambda: len(desk.office.sockets) == 2)
    assert desk.office.opened == opened + 2 * scaled(40)


def test_what_breaks_is_connected_again(desk: Desk) -> None:
    """Both at once, without a word."""
    opened = desk.office.opened
    desk.office.cut()
    wait(lambda: desk.office.opened == opened + 2)
    wait(lambda: len(desk.office.sockets) == 2)
    assert "What you can say" in desk.say("/arb help").text()
    assert desk.log() == ""


def test_what_is_no_envelope_is_let_pass(desk: Desk) -> None:
    """Slack may say what we do not know; what it wants acknowledged, is."""
    acked = len(desk.office.acked)
    desk.office.deliver({"type": "event_callback", "event": {"type": "new"}, "event_id": "Ev0NEW"})
    assert len(desk.office.acked) == acked + 1
    assert "What you can say" in desk.say("/arb help").text()


def test_processes_share_what_is_said(desk: Desk) -> None:
    """Each has its own connections, and Slack tells one of them; when one ends, the other hears all."""
    second = desk.beds.start("bot.cli", "run", env=desk.env(), cwd=desk.folder)
    try:
        assert second.line().startswith("ARB is running")
        wait(lambda: len(desk.office.sockets) == 4)
        assert all("What you can say" in desk.say("/arb help").text() for _ in range(4))
        second.send(signal.SIGTERM)
        assert second.wait(15).returncode == 0
        wait(lambda: len(desk.office.sockets) == 2)
        assert "What you can say" in desk.say("/arb help").text()
        assert second.err == ""
    finally:
        second.kill()


def test_a_token_that_slack_does_not_accept_is_left_alone(desk: Desk) -> None:
    """The process goes on, says what to do in the log, and asks a few times only."""
    desk.stop()
    office = desk.office
    office.refuses_app = "token_revoked"
    try:
        before = len(office.stand.calls("apps.connections.open"))
        child = desk.beds.start("bot.cli", "run", env=desk.env(), cwd=desk.folder)
        try:
            wait(lambda: "does not accept ARB_SLACK_APP_TOKEN" in child.err)
            assert child.poll() is None
            assert len(office.stand.calls("apps.connections.open")) - before <= 5
            assert APP_TOKEN not in child.err
            child.send(signal.SIGTERM)
            assert child.wait(15).returncode == 0
        finally:
            child.kill()
    finally:
        office.refuses_app = ""
        desk.start()


def test_what_is_said_before_it_stops_is_kept(desk: Desk, scaled: Callable[[int], int]) -> None:
    """Whatever was acknowledged until the last moment is answered, by this process or the next."""
    said = [desk.office.command(OWNER, "/arb", "help") for _ in range(scaled(200))]
    desk.stop()
    desk.start()
    wait(lambda: all(one.shown for one in said))
    assert {len(one.shown) for one in said} == {1}
