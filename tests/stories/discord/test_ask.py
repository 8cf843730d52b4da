"""Questions about a report on Discord: by a reply, by a command, by a button and from a message's menu."""

from __future__ import annotations

from typing import Any

from tests.stories.discord.conftest import Guild
from tests.support.discord import OWNER
from tests.support.discord_gateway import button, said
from tests.support.waiting import wait

_DAYS = "2026-11-09..2026-11-16"


def _report(server: Guild) -> dict[str, Any]:
    """Have a report posted into the channel; return its message."""
    there = server.gateway.there
    before = len(there.messages.get(server.channel, ()))
    server.say("report run", report="weekly", source="shop", window=_DAYS, here=True)
    wait(lambda: any("Verify" in str(one["components"]) for one in there.messages.get(server.channel, ())[before:]))
    server.settled()
    return next(one for one in there.messages[server.channel][before:] if "Verify" in str(one["components"]))


def _answer(server: Guild, before: int, words: str, channel: str = "") -> dict[str, Any]:
    """Wait for a message with these words; return it."""
    where = channel or server.channel
    there = server.gateway.there

    def found() -> list[dict[str, Any]]:
        return [one for one in there.messages.get(where, ())[before:] if words in said(one)]

    wait(lambda: bool(found()))
    server.settled()
    return found()[-1]


def test_a_reply_is_answered_where_the_report_stands(server: Guild) -> None:
    """The answer alone is said, and names who asked; a question in Korean is answered in it."""
    report, there = _report(server), server.gateway.there
    alone = server.gateway.direct(OWNER)
    before, private = len(there.messages[server.channel]), len(there.messages.get(alone, ()))
    mention = f"<@{server.gateway.me}>"
    server.gateway.write(OWNER, f"{mention} how many commits?", server.channel, mention=True, reply=report["id"])
    answer = _answer(server, before, "Commits: 4; 1 the week before (+3).")
    assert f"<@{OWNER}>" in said(answer)
    server.gateway.write(
        OWNER, f"{mention} 어느 영역에 커밋이 가장 많았나요?", server.channel, mention=True, reply=answer["id"]
    )
    assert "web" in said(_answer(server, before, "가장 많은 쪽"))
    assert len(there.messages.get(alone, ())) == private


def test_a_report_is_asked_by_command_button_and_menu(server: Guild) -> None:
    """Where something is missing a form asks for it."""
    report, there = _report(server), server.gateway.there
    before = len(there.messages[server.channel])
    taken = server.say("ask question", question="how many authors?")
    assert "being answered" in taken.text()
    _answer(server, before, "Authors: 2")
    server.fill(server.press(button(report, "Ask")), question="how many lines were added?")
    _answer(server, before, "Lines added: 15")
    data = {"id": "1", "name": "Ask about this report", "type": 3, "target_id": report["id"], "resolved": {}}
    asked = server.gateway.answered(server.gateway.act(2, OWNER, data, server.channel))
    server.fill(asked, question="files changed?")
    _answer(server, before, "Files changed: 3")


def test_where_no_report_stands_the_answer_is_for_the_asker_alone(server: Guild) -> None:
    """Others who read a channel have not been given the report."""
    _report(server)
    there, ops = server.gateway.there, server.gateway.there.add_channel("ops")
    alone = server.gateway.direct(OWNER)
    before = len(there.messages.get(alone, ()))
    asked = server.gateway.answered(server.gateway.command(OWNER, "ask question", ops, question="how many commits?"))
    assert "to you alone" in asked.text()
    _answer(server, before, "Commits: 4", alone)
    assert not there.messages.get(ops)
