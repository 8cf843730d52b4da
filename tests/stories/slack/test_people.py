"""Who somebody is: what Slack says of him counts from his first word on, and anew when it has changed."""

from __future__ import annotations

from typing import Any

from tests.stories.slack.conftest import Desk, by_http
from tests.support.slack_front import OWNER, said
from tests.support.waiting import wait


def test_the_first_who_is_somebody_owns_the_workspace(desk: Desk) -> None:
    """He, and nobody who came later; under the name that he shows on Slack."""
    jun = desk.office.join("U0JUN", "jun", "Jun Park")
    assert "yours is viewer" in desk.say("/source remove shop", jun).text()
    found = desk.say("/arb members").text()
    assert "Mina Kim" in found
    assert "Jun Park" in found
    assert "slack:U0JUN" in found


def test_whoever_runs_the_team_is_an_admin(desk: Desk) -> None:
    """Slack's admins and owners, by what Slack says."""
    boss = desk.office.join("U0BOSS", "boss", "Boss", is_admin=True, is_owner=True)
    assert "Settings" in desk.say("/arb settings most_sources=50", boss).text()


def test_guests_strangers_and_bots_are_nobody(desk: Desk) -> None:
    """Until an admin here lets them in: guests of channels, people of another company, a bot, one who left."""
    people: dict[str, dict[str, Any]] = {
        "U0GUEST": {"is_restricted": True}, "U0ULTRA": {"is_restricted": True, "is_ultra_restricted": True},
        "U0OTHER": {"team_id": "T0OTHER"}, "U0STRANGE": {"is_stranger": True, "team_id": "T0OTHER"},
        "U0ROBOT": {"is_bot": True}, "U0LEFT": {"deleted": True},
    }  # fmt: skip
    for user, more in people.items():
        desk.office.join(user, user.lower(), **more)
        assert "yours is nobody" in desk.say("/report list", user).text(), user
    del desk.office.team.users["U0OTHER"]  # Slack does not even know of some
    assert "yours is nobody" in desk.say("/report list", "U0OTHER").text()
    assert "viewer" in desk.say("/arb role slack:U0GUEST viewer").text()
    assert "yours is viewer" in desk.say("/source remove shop", "U0GUEST").text()


@by_http
def test_a_colleague_of_the_same_organisation_is_somebody(desk: Desk) -> None:
    """His home is another team of it, and he is in this one too."""
    teams = {"id": "W0LEE", "enterprise_id": "E1", "teams": ["T0HOME", desk.office.team.id]}
    lee = desk.office.join("W0LEE", "lee", "Lee", team_id="T0HOME", enterprise_user=teams)
    assert "yours is viewer" in desk.say("/source remove shop", lee).text()


@by_http
def test_what_has_changed_counts_at_once(desk: Desk) -> None:
    """A member who becomes a guest is nobody, also for a button that was shown before; asked once, not each time."""
    kim = desk.office.join("U0KIM", "kim", "Kim")
    shown = desk.say("/arb help", kim)
    asked = len(desk.office.stand.calls("users.info"))
    assert "Run a report now." in desk.press(shown.button("/report"), kim).text()
    assert len(desk.office.stand.calls("users.info")) == asked
    desk.office.join(kim, "kim", "Kim", is_restricted=True)
    desk.office.event({"type": "user_change", "user": {"id": kim}})
    assert "yours is nobody" in desk.press(shown.button("/report"), kim).text()
    desk.office.join(kim, "kim", "Kim")
    desk.office.event({"type": "user_change", "user": {"id": kim}})
    assert "Run a report now." in desk.press(shown.button("/report"), kim).text()


@by_http
def test_he_is_answered_in_his_language(desk: Desk) -> None:
    """That of his Slack, and its time zone, until he chooses another one here."""
    han = desk.office.join("U0HAN", "han", "한지민", locale="ko-KR", tz="Asia/Seoul")
    assert "저장된 보고서" in desk.say("/report list", han).text()
    me = desk.say("/arb me", han).text()
    assert "한지민" in me
    assert "Asia/Seoul" in me
    desk.say("/arb me language=en", han)
    desk.office.event({"type": "user_change", "user": {"id": han}})
    assert "language" in desk.say("/arb me", han).text().lower()


@by_http
def test_while_slack_does_not_answer_nobody_is_let_in_and_nobody_thrown_out(desk: Desk) -> None:
    """Whoever was known before goes on; a newcomer is told to try again, and is let in then."""
    new = desk.office.join("U0NEW", "new", "New")
    desk.office.stand.next("users.info", "500", "drop", "500")  # the first of them where nobody waits
    desk.office.event({"type": "user_change", "user": {"id": OWNER}})
    assert "shop" in desk.say("/source list").text()
    assert "who you are" in desk.say("/source list", new).text()
    wait(lambda: "shop" in desk.say("/source list", new).text())


@by_http
def test_secrets_in_a_line_are_not_kept(desk: Desk) -> None:
    """Nor in what somebody writes to the bot alone."""
    alone, before = desk.office.direct(OWNER), len(desk.alone())
    desk.office.write(OWNER, "source add github name=g token=ghp_" + "A" * 36, alone)
    wait(lambda: len(desk.alone()) > before)
    assert "secret in that line" in desk.alone()[-1]
    assert said(desk.office.team.posted(alone)[-1]).count("ghp_") == 0
