"""People on Slack fill forms in; the bot is a real process. In one way in; in both where all is to be proved."""

from __future__ import annotations

import pytest

from tests.conftest import PROVE
from tests.stories.slack.conftest import Desk
from tests.support.slack_front import ME, OWNER, Interaction, Mode, buttons, said
from tests.support.slack_people import again, close, hand_in, modal, opened, shown, suggested
from tests.support.waiting import wait


@pytest.fixture(scope="module", params=["http", "socket"] if PROVE else ["http"])
def way(request: pytest.FixtureRequest) -> Mode:
    """Return how Slack talks to the bot."""
    found: Mode = request.param
    return found


def _command(desk: Desk, line: str, user: str = OWNER) -> Interaction:
    name, _, text = line.partition(" ")
    return desk.office.command(user, name, text)


def test_what_is_missing_is_asked_for_and_done(desk: Desk) -> None:
    """The modal is the first that is shown; what it does is told where the command was said, to its reader alone."""
    asked = _command(desk, "/schedule add weekly")
    view = modal(desk.office, asked)
    assert (asked.ack, asked.shown) == (None, [])
    assert view["submit"]["text"] == "Submit"
    assert set(view) >= {"private_metadata", "callback_id"}
    assert len(view["private_metadata"]) == 22
    done = hand_in(desk.office, view, when="mondays 9:00")
    assert (done.errors, done.view) == ({}, None)
    assert "Next times" in desk.office.answered(asked).text()


def test_korean_modal(desk: Desk) -> None:
    """In the language of the reader, with nothing cut."""
    jun = desk.office.join("U0HANA", "hana", "하나", locale="ko-KR", is_admin=True)
    view = modal(desk.office, _command(desk, "/target set", jun))
    words = [view["title"]["text"], view["submit"]["text"], view["close"]["text"], view["blocks"][0]["label"]["text"]]
    assert words == ["지표가 지켜야 할 기준을 정합니다", "제출", "취소", "지표"]
    assert "…" not in str(view)


def test_what_is_wrong_is_told_at_its_field(desk: Desk) -> None:
    """The modal stays with what was typed into it; mended and submitted, it works."""
    asked = _command(desk, "/source add")
    view = modal(desk.office, asked)
    wrong = hand_in(desk.office, view, kind="svn", name="mended")
    assert list(wrong.errors) == ["kind"]
    assert wrong.errors["kind"].startswith("the kinds are ")
    assert wrong.view == view
    more = hand_in(desk.office, wrong.view, kind="git", name="mended").view
    assert more is not None
    hand_in(desk.office, more, path="shop")
    assert "mended" in desk.office.answered(asked).text()


def test_when_a_value_is_refused_the_form_stays(desk: Desk) -> None:
    """What is wrong stands above the fields, what was typed in them."""
    asked = _command(desk, "/schedule add weekly")
    again_ = hand_in(desk.office, modal(desk.office, asked), when="whenever it rains").view
    assert again_ is not None
    assert "whenever it rains" in shown(again_)
    hand_in(desk.office, again_, when="tuesdays 9:00")
    assert "Tuesday" in desk.office.answered(asked).text()


def test_a_problem_of_the_whole_form_stands_above_it(desk: Desk) -> None:
    """With the values that were given; what comes after a kind is asked for in the same window."""
    asked = _command(desk, "/source add")
    first = modal(desk.office, asked)
    more = hand_in(desk.office, first, kind="git", name="other").view
    assert more is not None
    assert [block["block_id"] for block in more["blocks"] if block["type"] == "input"] == [
        "kind", "name", "path", "main",
    ]  # fmt: skip
    wrong = hand_in(desk.office, more, path="/etc").view
    assert wrong is not None
    assert "not under a directory" in shown(wrong)
    path = next(block for block in wrong["blocks"] if block.get("block_id") == "path")
    assert path["element"]["initial_value"] == "/etc"
    assert hand_in(desk.office, wrong, path="shop").view is None
    assert "added" in desk.office.answered(asked).text()


def test_the_same_submission_has_one_effect(desk: Desk) -> None:
    """Handed in twice, and brought twice by Slack."""
    asked = _command(desk, "/report new template=weekly")
    view = modal(desk.office, asked)
    done = hand_in(desk.office, view, name="Twice")
    assert done.view is None
    desk.office.answered(asked)
    again(desk.office, done.payload)
    desk.office.views.shown[view["id"]] = dict(view)
    hand_in(desk.office, view, name="Twice")
    wait(lambda: len(asked.shown) == 2)
    assert "once" in said(asked.shown[1])
    assert desk.say("/report list").text().count("\nTwice\n") == 1


def test_nobody_else_can_submit_it(desk: Desk) -> None:
    """He is told so in the window, and what was filled in is done by nobody."""
    jun = desk.office.join("U0JUN", "jun", "Jun", is_admin=True)
    desk.say("/arb help", jun)
    view = modal(desk.office, _command(desk, "/report new template=weekly"))
    refused = hand_in(desk.office, view, jun, name="Stolen").view
    assert refused is not None
    assert "no such button" in shown(refused).lower()
    assert suggested(desk.office, view, "source", "", jun) == []
    assert "Stolen" not in desk.say("/report list").text()


def test_stored_names_are_offered(desk: Desk) -> None:
    """What begins with what is typed before what holds it; what is typed may stand there too, but in no closed list."""
    view = modal(desk.office, _command(desk, "/report new template=weekly"))
    assert suggested(desk.office, view, "source", "")[-1:] == ["shop"]
    assert suggested(desk.office, view, "source", "sho") == ["shop", "sho"]
    assert suggested(desk.office, view, "template", "weekly")[0] == "weekly"
    assert suggested(desk.office, view, "name", "x") == ["x"]


def test_without_a_trigger_a_button_opens_it(desk: Desk) -> None:
    """A mention opens no modal; the button does, as often as it is pressed, and closing it loses nothing."""
    ephemerals = desk.office.team.ephemerals
    before = len(ephemerals)
    desk.office.write(OWNER, f"<@{ME}> target set commits")
    wait(lambda: len(ephemerals) > before)
    assert "In one line: /target set" in said(ephemerals[-1])
    button = buttons(ephemerals[-1])["Fill it in"]
    close(desk.office, modal(desk.office, desk.office.press(OWNER, button)))
    view = modal(desk.office, desk.office.press(OWNER, button))
    metric = next(block for block in view["blocks"] if block.get("block_id") == "metric")
    assert metric["element"]["initial_value"] == "commits"
    hand_in(desk.office, view, bound=">= 5")
    wait(lambda: len(ephemerals) > before + 1)
    assert "Target set" in said(ephemerals[-1])
    jun = desk.office.join("U0EVA", "eva", "Eva", is_admin=True)
    assert "no such button" in desk.press(button, jun).text().lower()


def test_a_trigger_that_has_ended_loses_nothing(desk: Desk) -> None:
    """What cannot open is told of, with a button."""
    desk.office.stand.next("views.open", "error", of="expired_trigger_id")
    asked = desk.office.answered(_command(desk, "/target set commits"))
    view = modal(desk.office, desk.office.press(OWNER, asked.button("Fill it in")))
    assert [block["block_id"] for block in view["blocks"] if block["type"] == "input"] == ["metric", "bound"]


def test_where_slack_is_slow_a_modal_says_so_first(desk: Desk) -> None:
    """The form takes its place by its hash; of a command that is whole nothing is opened."""
    eva = desk.office.join("U0SLOW", "slow", "Slow", is_admin=True)
    with desk.office.stand.slow("users.info"):
        asked = _command(desk, "/schedule add weekly", eva)
        waiting = opened(desk.office, asked)
        assert "One moment" in shown(waiting)
        assert "submit" not in waiting
    wait(lambda: "submit" in desk.office.views.shown[waiting["id"]])
    updated = desk.office.stand.calls("views.update")[-1]
    assert updated["hash"] == waiting["hash"]
    hand_in(desk.office, desk.office.views.shown[waiting["id"]], eva, when="fridays 9:00")
    assert "Friday" in desk.office.answered(asked).text()


def test_an_answer_that_takes_long_replaces_the_modal(desk: Desk) -> None:
    """While it is not known a window says so; what is wrong is shown there then, and else where the answer is."""
    asked = _command(desk, "/source add git name=slow")
    view = modal(desk.office, asked)
    slow = desk.folder / "slow"
    slow.touch()
    waiting = hand_in(desk.office, view, path="shop").view
    assert waiting is not None
    assert "One moment" in shown(waiting)
    slow.unlink()
    assert "added" in desk.office.answered(asked).text()
    wait(lambda: "in the conversation" in shown(desk.office.views.shown[view["id"]]))


def test_a_form_outlives_a_restart(desk: Desk) -> None:
    """Filled in before and handed in after it; what it does is told where it was asked for."""
    asked = _command(desk, "/report new template=weekly")
    view = modal(desk.office, asked)
    desk.stop()
    desk.start()
    assert hand_in(desk.office, view, name="Kept").view is None
    assert "Kept" in desk.office.answered(asked).text()


def test_slack_refuses_none_of_our_views(desk: Desk) -> None:
    """And what pretends to be a view of ours is let pass."""
    view = modal(desk.office, _command(desk, "/arb settings"))
    with pytest.raises(ValueError, match="still asked for"):
        hand_in(desk.office, modal(desk.office, _command(desk, "/schedule add")))
    foreign = {**view, "callback_id": "other"}
    assert hand_in(desk.office, foreign).view is None
    assert desk.office.views.refused == []
