"""Whoever leaves a server answers for nothing any more; Discord does not tell of it, so it is asked once a day."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from typing import Any

from tests.stories.discord.conftest import Guild
from tests.support import discord_shapes as shapes
from tests.support.discord import GUILD, OWNER, Trouble
from tests.support.discord_gateway import said
from tests.support.discord_limits import walk
from tests.support.waiting import wait

_PAST = "1000000"  # microseconds since 1970


def _member(server: Guild, report: str, *roles: str) -> str:
    """Have somebody in the server, who is an editor here, with a report that runs by itself."""
    user = server.gateway.join(server.gateway.there.new_id(), *roles)
    there = server.gateway.there
    server.gateway.send("GUILD_CREATE", shapes.guild(there, there.guilds[GUILD]))
    server.say("report list", user)
    if not roles:
        assert "editor" in server.say("arb role", member=f"discord:{user}", role="editor").text()
    assert report in server.say("report new", user, name=report, template="weekly").text()
    assert "added" in server.say("schedule add", user, report=report, when="weekdays 10:00").text()
    return user


def _asked_about(server: Guild, user: str) -> None:
    """Start the bot anew, a day later as far as this one person goes."""
    server.stop()
    with closing(sqlite3.connect(server.home / "arb.db", timeout=10)) as db, db:
        db.execute(f"update identities set look = {_PAST} where account_user = ?", (user,))
    server.start()
    wait(lambda: server.count(f"identities WHERE account_user = '{user}' AND look = {_PAST}") == 0)


def _told(server: Guild, why: str) -> Mapping[str, Any]:
    there, alone = server.gateway.there, server.gateway.direct(OWNER)
    wait(lambda: any(why in said(one) for one in there.messages.get(alone, ())))
    return next(one for one in there.messages[alone] if why in said(one))


def test_somebody_has_left_the_server(server: Guild) -> None:
    """His schedule rests, whatever role he was given here; the owner is asked, and takes it over with one press."""
    kim = _member(server, "Tills")
    name = shapes.user(kim)["username"]
    wait(lambda: server.count(f"identities WHERE account_user = '{kim}' AND look > {_PAST}") == 1)
    del server.gateway.people[GUILD][kim]
    _asked_about(server, kim)
    asked = _told(server, f"{name} has left.")
    assert "#1: Tills" in said(asked)
    assert f"paused: {name}" in server.say("schedule list").text()
    resume = next(one["custom_id"] for one in walk(asked["components"]) if one.get("label") == "Resume")
    assert "fires again." in server.gateway.answered(server.gateway.press(OWNER, resume)).text()
    server.gateway.join(kim)
    assert "yours is nobody" in server.say("report list", kim).text()


def test_a_role_of_the_server_is_taken_away(server: Guild) -> None:
    """Then he is no editor, though he says nothing; while Discord does not answer, nothing changes."""
    assert "Settings changed" in server.say("arb settings", discord_roles="editor=Reporters").text()
    jun = _member(server, "Stock", "Reporters")
    name = shapes.user(jun)["username"]
    _asked_about(server, jun)
    assert f"{name} is no editor" not in server.say("schedule list").text()
    server.gateway.join(jun)
    for body in ({"code": 50001}, {"code": 10004}):  # the bot may not see it, or is not in it: no word about him
        server.gateway.there.troubles.append(Trouble(404, body, method="GET", path=f"/members/{jun}"))
        _asked_about(server, jun)
        wait(lambda: not server.gateway.there.troubles)
    assert f"{name} is no editor" not in server.say("schedule list").text()
    _asked_about(server, jun)
    _told(server, f"{name} is no editor here any more.")
