"""Whoever leaves Slack answers for nothing any more: his schedules rest, and an owner or admin is asked."""

from __future__ import annotations

import signal
import sqlite3
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from typing import Any

from tests.stories.slack.conftest import Desk, by_http
from tests.support.slack_front import OWNER, buttons, said
from tests.support.waiting import wait

_PAST = "1000000"  # microseconds since 1970


def _editor(desk: Desk, user: str, handle: str, *reports: str) -> str:
    """Have somebody who was made an editor here and whose reports run by themselves."""
    desk.office.join(user, handle, handle.title())
    desk.say("/report list", user)
    assert "editor" in desk.say(f"/arb role slack:{user} editor").text()
    for report in reports:
        assert report in desk.say(f"/report new name={report} template=weekly source=shop", user).text()
        assert "added" in desk.say(f"/schedule add {report} weekdays 10:00", user).text()
    return user


def _change(desk: Desk, statement: str, *values: str) -> None:
    with closing(sqlite3.connect(desk.home / "arb.db", timeout=10)) as db, db:
        db.execute(statement, values)


def _due(desk: Desk, number: str) -> None:
    _change(desk, "update schedules set next_due = ? where number = ?", str(int(time.time() * 1e6)), number)


def _asked(desk: Desk, user: str, why: str) -> Mapping[str, Any]:
    """Wait until somebody is asked in his direct messages; return the message."""
    alone = desk.office.direct(user)
    wait(lambda: any(why in said(one) for one in desk.office.team.posted(alone)))
    return next(one for one in desk.office.team.posted(alone) if why in said(one))


def _pressed(desk: Desk, user: str, message: Mapping[str, Any], label: str) -> str:
    alone = desk.office.direct(user)
    done = desk.office.press(user, buttons(message)[label], channel=alone, message=message)
    return desk.office.answered(done).text()


def _leave(desk: Desk, user: str, *, heard: bool = True) -> None:
    desk.office.team.users[user]["deleted"] = True
    if heard:
        desk.office.event({"type": "user_change", "user": desk.office.team.users[user]})


def _number(message: Mapping[str, Any]) -> str:
    return said(message).partition("Schedule #")[2].partition(" ")[0]


def test_somebody_is_deactivated(desk: Desk) -> None:
    """A role given here does not outlive it; nothing runs meanwhile; whoever takes it over runs it from then on."""
    kim = _editor(desk, "U0KIM", "kim", "Tills")
    _leave(desk, kim)
    asked = _asked(desk, OWNER, "Kim has left.")
    assert "Tills, every weekday at 10:00" in said(asked)
    number = _number(asked)
    assert desk.count(f"schedules WHERE number = {number} AND next_due IS NULL") == 1  # it is never due
    runs = desk.count("runs")
    assert "paused: Kim has left." in desk.say("/schedule list").text()
    assert "yours is nobody" in desk.say("/report list", kim).text()
    assert "has left" in desk.say(f"/arb role slack:{kim} editor").text()
    assert f"Schedule #{number} fires again." in _pressed(desk, OWNER, asked, "Resume")
    _due(desk, number)
    wait(lambda: desk.count("runs") > runs)


@by_http
def test_who_comes_back_is_what_slack_says(desk: Desk) -> None:
    """And no editor, until somebody here makes him one again."""
    yun = _editor(desk, "U0YUN", "yun")
    _leave(desk, yun)
    wait(lambda: desk.count("members WHERE gone IS NOT NULL AND name = 'Yun'") == 1)
    desk.office.join(yun, "yun", "Yun")
    desk.office.event({"type": "user_change", "user": {"id": yun}})
    assert "yours is viewer" in desk.say("/source remove shop", yun).text()
    assert "editor" in desk.say(f"/arb role slack:{yun} editor").text()


@by_http
def test_a_guest_is_nobody_unless_he_was_let_in(desk: Desk) -> None:
    """Who was an admin by being one of Slack's is nobody as a guest; a guest whom an admin gave a role keeps it."""
    ada = desk.office.join("U0ADA", "ada", "Ada", is_admin=True)
    assert "Payroll" in desk.say("/report new name=Payroll template=weekly source=shop", ada).text()
    assert "added" in desk.say("/schedule add Payroll weekdays 10:00", ada).text()
    ben = _editor(desk, "U0BEN", "ben", "Stock")
    for user, handle in ((ben, "ben"), (ada, "ada")):
        desk.office.join(user, handle, handle.title(), is_restricted=True)
        desk.office.event({"type": "user_change", "user": {"id": user}})
    _asked(desk, OWNER, "Ada is no editor here any more.")
    listed = desk.say("/schedule list").text()
    assert "Ada is no editor" in listed
    assert "Ben" not in listed.replace("Ben has", "")
    assert "Stock" in desk.say("/report list", ben).text()


@by_http
def test_an_event_that_nobody_heard_is_made_up_for(desk: Desk) -> None:
    """Whoever answers for schedules is asked about once a day; where Slack does not answer, nothing changes."""
    lee = _editor(desk, "U0LEE", "lee", "Ledger", "Margins")
    wait(lambda: desk.count(f"identities WHERE account_user = '{lee}' AND look > {_PAST}") == 1)
    desk.stop()
    _leave(desk, lee, heard=False)
    _change(desk, f"update identities set look = {_PAST} where account_user = ?", lee)
    desk.office.stand.next("users.info", "500")
    desk.start()
    wait(lambda: not desk.office.stand.trouble["users.info"])
    assert "Lee has left" not in desk.say("/schedule list").text()
    desk.stop()
    _change(desk, f"update identities set look = {_PAST} where account_user = ?", lee)
    desk.start()
    asked = _asked(desk, OWNER, "Lee has left.")
    assert "2 schedules are paused." in said(asked)
    labels = [one for one in buttons(asked) if one.startswith("Resume #")]
    assert len(labels) == 2
    for label in labels:
        assert "fires again." in _pressed(desk, OWNER, asked, label)


@by_http
def test_a_process_that_dies_over_it_loses_nothing(desk: Desk) -> None:
    """Slack was told that it has arrived: the next start asks."""
    roh = _editor(desk, "U0ROH", "roh", "Claims")
    wait(lambda: desk.count(f"identities WHERE account_user = '{roh}' AND look > {_PAST}") == 1)
    held = desk.office.stand.gates["users.info"] = threading.Event()
    _leave(desk, roh)
    desk.stop(signal.SIGKILL)
    del desk.office.stand.gates["users.info"]
    held.set()
    assert desk.count("members WHERE gone IS NOT NULL AND name = 'Roh'") == 0
    _change(desk, f"update identities set look = {_PAST} where account_user = ? and look is not null", roh)
    desk.start()
    _asked(desk, OWNER, "Roh has left.")


@by_http
def test_where_the_only_owner_leaves_an_admin_is_asked(desk: Desk) -> None:
    """The workspace falls to nobody by itself; an admin may make somebody its owner then."""
    boss = desk.office.join("U0BOSS", "boss", "Boss", is_admin=True)
    desk.say("/report list", boss)
    desk.saved("Orders")
    assert "added" in desk.say("/schedule add Orders weekdays 10:00").text()
    _leave(desk, OWNER)
    try:
        asked = _asked(desk, boss, "Mina Kim has left.")
        new = desk.office.join("U0NEW", "new", "New")
        assert "yours is viewer" in desk.say("/source remove shop", new).text()
        assert "fires again." in _pressed(desk, boss, asked, next(one for one in buttons(asked) if "Resume" in one))
        assert "admin → owner" in desk.say("/arb role slack:U0BOSS owner", boss).text()
    finally:
        desk.office.team.users[OWNER]["deleted"] = False
        desk.office.event({"type": "user_change", "user": {"id": OWNER}})
        assert "viewer" in desk.say("/arb me").text()
        assert "viewer → owner" in desk.say(f"/arb role slack:{OWNER} owner", boss).text()
