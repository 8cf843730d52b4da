"""The app's Home on Slack; the bot is a real process. In one way in; in both where all is to be proved."""

from __future__ import annotations

import pytest

from tests.conftest import PROVE
from tests.stories.slack.conftest import Desk
from tests.support.slack_front import OWNER, Mode
from tests.support.slack_people import at_home, hand_in, home_after, modal, press_at_home, shown
from tests.support.waiting import wait


@pytest.fixture(scope="module", params=["http", "socket"] if PROVE else ["socket"])
def way(request: pytest.FixtureRequest) -> Mode:
    """Return how Slack talks to the bot."""
    found: Mode = request.param
    return found


def _labels(view: object) -> list[str]:
    blocks = view["blocks"]  # type: ignore[index]
    return [one["text"]["text"] for block in blocks if block["type"] == "actions" for one in block["elements"]]


def test_it_shows_what_is_ones_own(desk: Desk) -> None:
    """In the reader's language; buttons for what one does most."""
    desk.saved("Payments")
    desk.say("/schedule add Payments mondays 9:00")
    view = at_home(desk.office)
    for piece in ("Your reports and schedules", "Next posts", "Payments → ", "#1"):
        assert piece in shown(view)
    assert _labels(view) == ["Run Payments", "New report", "Add a schedule", "All reports", "Help"]
    hana = desk.office.join("U0HANA", "hana", "하나", locale="ko-KR")
    korean = at_home(desk.office, hana)
    for piece in ("내 보고서와 일정", "다음 게시", "저장한 보고서가 아직 없습니다"):
        assert piece in shown(korean)
    assert "Payments" not in shown(korean)
    assert _labels(korean) == ["weekly 실행", "모든 보고서", "도움말"]


def test_its_buttons_say_commands(desk: Desk) -> None:
    """The answer goes into direct messages, and the Home is shown anew: a button that works once works again."""
    view = at_home(desk.office)
    label = _labels(view)[0]
    before = len(desk.alone())
    press_at_home(desk.office, view, label)
    wait(lambda: any("Run " in one for one in desk.alone()[before:]))
    anew = home_after(desk.office, OWNER, view)
    assert anew["blocks"][-1] != view["blocks"][-1]


def test_a_form_from_home(desk: Desk) -> None:
    """It opens; what it does is told in direct messages, and the Home has it."""
    view = at_home(desk.office)
    form = modal(desk.office, press_at_home(desk.office, view, "New report"))
    seen = desk.office.views.homes[desk.office.team.id, OWNER]
    assert hand_in(desk.office, form, name="From Home", template="weekly").view is None
    assert "From Home" in shown(home_after(desk.office, OWNER, seen))
    wait(lambda: any("From Home" in one for one in desk.alone()))


def test_guests_are_told_who_can_help(desk: Desk) -> None:
    """Nobody here until an admin says so."""
    guest = desk.office.join("U0GUEST", "guest", "Guest", is_restricted=True)
    view = at_home(desk.office, guest)
    assert "role" in shown(view)
    assert _labels(view) == []


def test_the_messages_tab_is_not_home(desk: Desk) -> None:
    """The same event tells of both; and one that comes twice shows it once."""
    seen = at_home(desk.office)
    before = len(desk.office.stand.calls("views.publish"))
    desk.office.event({"type": "app_home_opened", "user": OWNER, "channel": "D0MINA", "tab": "messages"})
    home = {"type": "app_home_opened", "user": OWNER, "channel": "D0MINA", "tab": "home"}
    id = desk.office.event(home)
    desk.office.event(home, id)
    home_after(desk.office, OWNER, seen)
    at_home(desk.office)
    assert len(desk.office.stand.calls("views.publish")) == before + 2
    assert desk.office.views.refused == []


def test_where_it_cannot_be_shown_nothing_breaks(desk: Desk) -> None:
    """Home may be switched off in the settings of the app."""
    desk.office.stand.next("views.publish", "error", of="not_enabled")
    desk.office.event({"type": "app_home_opened", "user": OWNER, "channel": "D0MINA", "tab": "home"})
    assert "Your reports" in shown(at_home(desk.office))
    wait(lambda: "is not shown" in desk.log())  # the page that is shown may come before the line


def test_an_empty_workspace_shows_three_things_to_do(desk: Desk) -> None:
    """Each a button."""
    desk.say("/source remove shop")
    try:
        view = at_home(desk.office)
        assert _labels(view) == ["Add a repository", "Run the weekly report", "Language and time zone"]
        assert "/source add git" in shown(view)
    finally:
        desk.say("/source add git name=shop path=shop")
