"""What was shown before the bot was stopped or killed works after it; what was not answered is answered then."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable

import pytest

from tests.stories.slack.conftest import Desk
from tests.support.slack_front import LIFE, ME, OWNER
from tests.support.waiting import wait


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_buttons_outlive_the_process(desk: Desk, scaled: Callable[[int], int], number: signal.Signals) -> None:
    """Every one of them; somebody else's is refused, and what has an effect has it once."""
    other = desk.office.join("U0JUN", "jun", "Jun")
    shown = [desk.say("/arb help") for _ in range(scaled(100))]
    once = [desk.say(f"/report delete {desk.saved(f'R{number}x{at}')}").button("Delete") for at in range(scaled(25))]
    assert desk.stop(number) == (0 if number is signal.SIGTERM else -9)
    desk.start()
    assert all("Run a report now." in desk.press(one.button("/report")).text() for one in shown)
    assert all("no such button" in desk.press(one, other).text().lower() for one in once)
    first, second = zip(*((desk.press(one).text(), desk.press(one).text()) for one in once), strict=True)
    assert all("deleted" in text for text in first), first
    assert all("once" in text for text in second), second
    assert desk.log() == ""


def test_a_killed_process_leaves_no_question_unanswered(desk: Desk) -> None:
    """The next start takes it up, and answers where Slack said that answers go."""
    slow = desk.folder / "slow"
    slow.touch()
    asked = desk.office.command(OWNER, "/source", "test shop")
    desk.stop(signal.SIGKILL)
    slow.unlink()
    assert not asked.shown
    desk.start()
    assert "can be read" in desk.office.answered(asked).text()


def test_first_words_to_a_killed_process_are_those_of_whoever_said_them(desk: Desk) -> None:
    """Slack had not been asked yet who it is: the next start does, before it does what was said."""
    new = desk.office.join("U0NEW", "new", "New")
    held = desk.office.stand.gates["users.info"] = threading.Event()
    asked = desk.office.command(new, "/source", "list")
    desk.stop(signal.SIGKILL)
    del desk.office.stand.gates["users.info"]
    held.set()
    desk.start()
    assert "shop" in desk.office.answered(asked).text()


def test_where_answers_go_no_more_they_come_into_direct_messages(desk: Desk) -> None:
    """Half an hour later, or where Slack takes none; a mention whose channel is gone meanwhile, too."""
    slow, office = desk.folder / "slow", desk.office
    slow.touch()
    late = office.command(OWNER, "/source", "test shop")
    late.made -= LIFE + 1
    before = len(desk.alone())
    slow.unlink()
    wait(lambda: len(desk.alone()) > before)
    assert "can be read" in desk.alone()[-1]
    assert not late.shown
    office.stand.next("chat.postEphemeral", "error", of="user_not_in_channel")
    office.write(OWNER, f"<@{ME}> source list")
    wait(lambda: len(desk.alone()) > before + 1)
    assert "shop" in desk.alone()[-1]
