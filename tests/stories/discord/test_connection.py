"""The connection to the gateway: it is resumed, begun anew, held by one process at a time, and given up for good."""

from __future__ import annotations

import signal

import pytest

from tests.stories.discord.conftest import Guild
from tests.support.discord import OWNER
from tests.support.waiting import wait


def test_it_asks_for_no_privileged_intent_and_tells_its_commands_once(server: Guild) -> None:
    """Servers, their messages, direct messages: no contents, no members. A start with the same commands is silent."""
    assert server.gateway.identified[-1]["intents"] == (1 << 0) | (1 << 9) | (1 << 12)
    assert server.gateway.told == 1
    server.stop()
    server.start()
    assert server.gateway.told == 1


@pytest.mark.parametrize(("code", "op", "data"), [(1006, None, None), (4000, None, None), (1006, 7, None)])
def test_what_happened_meanwhile_is_heard_after_a_resume(
    server: Guild, code: int, op: int | None, data: object
) -> None:
    """A connection that broke, was closed, or was asked to come again: the same session goes on."""
    before, identified = server.gateway.resumed, len(server.gateway.identified)
    server.gateway.cut(code, op, data)
    asked = server.gateway.command(OWNER, "arb help", server.channel)
    assert "What you can say" in server.gateway.answered(asked).text()
    assert server.gateway.resumed == before + 1
    assert len(server.gateway.identified) == identified


def test_a_session_that_is_no_more_is_begun_anew(server: Guild) -> None:
    """Invalid session: a new one, and everything works."""
    identified = len(server.gateway.identified)
    server.gateway.cut(op=9, data=False)
    wait(lambda: len(server.gateway.identified) > identified)
    server.gateway.connected()
    assert "What you can say" in server.say("arb help").text()


def test_one_process_holds_the_gateway_and_another_takes_it_over(server: Guild) -> None:
    """While both run, one is connected; when it stops, the other one is."""
    identified = len(server.gateway.identified)
    second = server.another()
    try:
        assert "What you can say" in server.say("arb help").text()
        assert len(server.gateway.identified) == identified
        assert server.stop() == 0
        wait(lambda: len(server.gateway.identified) == identified + 1)
        server.gateway.connected()
        assert "What you can say" in server.say("arb help").text()
        second.send(signal.SIGTERM)
        assert second.wait(15).returncode == 0
    finally:
        second.kill()
    server.start()


def test_the_doctor_and_the_operator_see_to_the_commands(server: Guild) -> None:
    """Well after the start; where Discord has forgotten them, `arb discord sync` tells it."""

    def arb(*words: str) -> str:
        done = server.another(*words).wait()
        return done.stdout + done.stderr

    told = server.gateway.told
    assert "Discord knows all" in arb("doctor")
    server.gateway.commands = []
    assert "arb discord sync" in arb("doctor")
    assert "이제 Discord가 명령을 알고 있습니다." in arb("discord", "sync", "--lang", "ko")
    assert server.gateway.told == told + 1
    assert "Discord knows all" in arb("doctor")


def test_a_revoked_token_is_left_alone(server: Guild) -> None:
    """The process goes on, says what to do in the log, and asks a few times only."""
    there = server.gateway.there
    server.stop()
    token, there.token = there.token, "another"
    try:
        before = len(there.asked)
        server.begin(ARB_DISCORD_TOKEN=token)
        wait(lambda: "does not let the bot in" in server.log())
        assert len(there.asked) - before <= 5
        assert token not in server.log()
        assert server.stop() == 0
    finally:
        there.token = token
    server.start()


def test_a_gateway_inside_that_nobody_has_opened_is_not_connected_to(server: Guild) -> None:
    """Said once in the log; what people say elsewhere is answered, and the process ends well."""
    server.stop()
    server.begin(ARB_DISCORD_GATEWAY_URL="ws://10.1.2.3:8080/")
    wait(lambda: "ARB_DISCORD_GATEWAY_URL is not connected to" in server.log())
    assert server.stop() == 0
    server.start()
