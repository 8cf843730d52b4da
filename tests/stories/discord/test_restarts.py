"""What was shown before the bot was stopped or killed works after it; what was not answered is answered then."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from tests.stories.discord.conftest import Guild
from tests.support.discord import OWNER
from tests.support.discord_gateway import EPHEMERAL, LIFE, said
from tests.support.waiting import wait


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_buttons_and_forms_outlive_the_process(
    server: Guild, scaled: Callable[[int], int], number: signal.Signals
) -> None:
    """Every one of them, each once; what has an effect has it once."""
    n = scaled(100)
    server.say("arb settings", most_sources=4 * 100 + 10)
    buttons = [server.say("arb help").button("/report") for _ in range(n)]
    forms = [server.say("source add", kind="git", name=f"s{number}-{at}") for at in range(n)]
    code = server.stop(number)
    assert code == (0 if number is signal.SIGTERM else -9)
    server.start()
    assert all("Run a report now." in server.press(id).text() for id in buttons)
    added = [server.fill(form, path="shop") for form in forms]
    assert all("added" in one.text() for one in added)
    assert "once" in server.fill(forms[0], path="shop").text()
    if number is signal.SIGTERM:
        assert server.log() == ""


def test_what_takes_long_is_announced_and_put_in_its_place(server: Guild) -> None:
    """Announced within three seconds, for its reader alone; then the answer stands there."""
    slow = server.folder / "slow"
    slow.touch()
    asked = server.gateway.command(OWNER, "source test", server.channel, source="shop")
    wait(lambda: asked.kind is not None)
    assert (asked.kind, asked.data) == (5, {"flags": EPHEMERAL})
    slow.unlink()
    assert "can be read" in server.gateway.answered(asked).text()


def test_a_killed_process_leaves_no_question_unanswered(server: Guild) -> None:
    """The next start takes it up, and answers where it was announced."""
    slow = server.folder / "slow"
    slow.touch()
    asked = server.gateway.command(OWNER, "source test", server.channel, source="shop")
    wait(lambda: asked.kind == 5)
    server.stop(signal.SIGKILL)
    slow.unlink()
    server.start()
    assert "can be read" in server.gateway.answered(asked).text()


def test_a_token_that_has_run_out_makes_it_a_direct_message(server: Guild) -> None:
    """Fifteen minutes later the answer goes into direct messages by the outbox; the bot's token is not doubted."""
    there, slow = server.gateway.there, server.folder / "slow"
    alone = server.gateway.direct(OWNER)
    for _ in range(6):
        slow.touch()
        asked = server.gateway.command(OWNER, "source test", server.channel, source="shop")
        wait(lambda asked=asked: asked.kind == 5)  # type: ignore[misc]
        asked.made -= LIFE + 1
        before = len(there.messages.get(alone, ()))
        slow.unlink()
        wait(lambda before=before: len(there.messages.get(alone, ())) > before)  # type: ignore[misc]
        assert "can be read" in said(there.messages[alone][-1])
        assert asked.original is None
