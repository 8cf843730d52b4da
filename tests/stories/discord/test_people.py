"""Who somebody is: roles of the server at that moment, servers in direct messages, comings and goings."""

from __future__ import annotations

from tests.stories.discord.conftest import Guild
from tests.support import discord_shapes as shapes
from tests.support.discord import OWNER
from tests.support.discord_gateway import said
from tests.support.waiting import wait

_BETA = "200000000000000002"


def _tell(server: Guild, id: str, *, joined: bool = False) -> None:
    """Tell the bot of a server as it is now; one that it has just joined says nothing of being available."""
    there = server.gateway.there
    whole = shapes.guild(there, there.guilds[id])
    server.gateway.send("GUILD_CREATE", {k: v for k, v in whole.items() if not (joined and k == "unavailable")})


def test_a_role_of_the_server_is_a_role_here_for_as_long_as_it_is_held(server: Guild) -> None:
    """Nobody without one; an editor with one; nobody again when it is taken away, also for an older button."""
    here = next(iter(server.gateway.there.guilds))
    jun = server.gateway.join(server.gateway.there.new_id(), "Reporters")
    _tell(server, here)
    assert "yours is nobody" in server.say("report list", jun).text()
    assert "Settings changed" in server.say("arb settings", discord_roles="editor=Reporters").text()
    asked = server.say("source add", jun, kind="git", name="his")
    assert asked.kind == 9
    server.gateway.join(jun)
    assert "yours is nobody" in server.fill(asked, jun, path="shop").text()
    server.gateway.join(jun, "Reporters")
    assert "added" in server.fill(asked, jun, path="shop").text()


def test_what_an_admin_here_says_counts_more(server: Guild) -> None:
    """Once somebody was given a role here, those of the server change nothing."""
    kim = server.gateway.join(server.gateway.there.new_id(), "Reporters")
    name = shapes.user(kim)["username"]
    _tell(server, next(iter(server.gateway.there.guilds)))
    server.say("arb settings", discord_roles="editor=Reporters")
    assert server.say("source add", kim).kind == 9
    assert "viewer" in server.say("arb role", member=name, role="viewer").text()
    assert "yours is viewer" in server.say("source add", kim).text()


def test_somebody_who_may_manage_the_server_is_an_admin(server: Guild) -> None:
    """By a permission of one of his roles."""
    there = server.gateway.there
    here = next(iter(there.guilds))
    there.guilds[here]["roles"].append({"id": there.new_id(), "name": "Staff", "permissions": str(1 << 5)})
    lee = server.gateway.join(there.new_id(), "Staff")
    _tell(server, here)
    assert server.say("arb settings", lee).kind == 9


def test_direct_messages_are_meant_for_the_only_server(server: Guild) -> None:
    """A command, and a line of text; somebody in none is told so."""
    shown = server.gateway.answered(server.gateway.command(OWNER, "source list"))
    assert "shop" in shown.text()
    there, alone = server.gateway.there, server.gateway.direct(OWNER)
    before = len(there.messages.get(alone, ()))
    server.gateway.write(OWNER, "/source list", alone)
    wait(lambda: sum("shop" in text for text in there.posted(alone)) > 0 and len(there.messages[alone]) > before + 1)
    stranger = server.gateway.answered(server.gateway.command("300000000000000009", "source list"))
    assert "I do not know you yet" in stranger.text()


def test_with_several_servers_it_asks_which_is_meant_and_remembers(server: Guild) -> None:
    """The command goes on once that is said, until the bot is put out of one: its owner hears of it in the other."""
    there = server.gateway.there
    there.add_guild(_BETA, "Beta")
    server.gateway.join(OWNER, guild=_BETA)
    channel = there.add_channel("general", _BETA)
    _tell(server, _BETA, joined=True)
    wait(lambda: server.count("workspaces") == 2)
    first = server.gateway.answered(server.gateway.command(OWNER, "source list", channel))
    assert "no source" in first.text()
    asked = server.gateway.answered(server.gateway.command(OWNER, "source list"))
    assert "Which server" in asked.text()
    answer = server.gateway.answered(server.gateway.press(OWNER, asked.button("Acme")))
    assert "shop" in answer.text()
    again = server.gateway.answered(server.gateway.command(OWNER, "source list"))
    assert "shop" in again.text()
    other = server.gateway.answered(server.gateway.press(OWNER, asked.button("Beta")))
    assert "no source" in other.text()
    _put_out(server)


def _put_out(server: Guild) -> None:
    there, alone = server.gateway.there, server.gateway.direct(OWNER)
    before = len(there.messages.get(alone, ()))
    del there.guilds[_BETA]
    server.gateway.send("GUILD_DELETE", {"id": _BETA})
    wait(lambda: len(there.messages.get(alone, ())) > before)
    assert "not in the server Beta any more" in said(there.messages[alone][-1])
    shown = server.gateway.answered(server.gateway.command(OWNER, "source list"))
    assert "shop" in shown.text()
    assert server.log() == ""
