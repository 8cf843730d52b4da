"""Questions on Discord where a model adds its words: seen as they come, stopped, alone with the bot, under attack."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import PROVE
from tests.hostile.corpus import CORPUS
from tests.hostile.oracle import text_violations
from tests.stories.discord.conftest import Guild
from tests.support.discord import OWNER
from tests.support.discord_gateway import button, said
from tests.support.model_provider import KEY, Asked
from tests.support.pace import SHOWN, both, paced
from tests.support.waiting import wait

_DAYS = "2026-11-09..2026-11-16"
_MOST = 4_000  # characters of a message


@pytest.fixture
def report(server: Guild) -> Iterator[dict[str, Any]]:
    """Return the message of a report that a model is asked about."""
    there = server.gateway.there
    server.provider.says = both
    if "told" not in server.say("report list").text():
        server.say("report new", name="told", template="weekly", source="shop", window=_DAYS, model="claude")
    before = len(there.messages.get(server.channel, ()))
    server.say("report run", report="told", here=True)
    wait(lambda: "Verify" in str(there.messages.get(server.channel, ())[before:]))
    server.settled()
    yield next(one for one in there.messages[server.channel][before:] if "Verify" in str(one["components"]))
    server.provider.says = both


def _asked(server: Guild, report: dict[str, Any], question: str) -> int:
    """Ask below a report; return how many messages there were before."""
    before = len(server.gateway.there.messages[server.channel])
    mention = f"<@{server.gateway.me}>"
    server.gateway.write(OWNER, f"{mention} {question}", server.channel, mention=True, reply=report["id"])
    return before


def _ours(server: Guild, before: int) -> list[dict[str, Any]]:
    """Return what the bot has said since then."""
    return [one for one in server.gateway.there.messages[server.channel][before:] if one["components"]]


def test_an_answer_is_seen_as_it_comes_and_replaced_by_the_whole(server: Guild, report: dict[str, Any]) -> None:
    """One message: the figures and what has passed the gate, then all of it; stopped, what came is taken back."""
    with paced(server.provider) as pace:
        before = _asked(server, report, "how many commits?")
        wait(lambda: SHOWN[0] in "".join(map(said, _ours(server, before))))
        (coming,) = _ours(server, before)
        shown = said(coming)
        assert "claude-sonnet-5-5 is writing" in shown
        assert "Commits: 4" in shown
        assert SHOWN[1] not in shown
        pace.go.set()
        wait(lambda: SHOWN[1] in said(_ours(server, before)[0]))
    (whole,) = _ours(server, before)
    assert whole["id"] == coming["id"]
    assert "3 of 3 figures checked" in said(whole)
    assert "is writing" not in said(whole)
    server.settled()
    with paced(server.provider):
        before = _asked(server, report, "how many commits?")
        wait(lambda: SHOWN[0] in "".join(map(said, _ours(server, before))))
        server.settled()
        server.press(button(_ours(server, before)[0], "Stop"))
        wait(lambda: "This question was stopped." in said(_ours(server, before)[0]))
    server.settled()
    assert SHOWN[0] not in said(_ours(server, before)[0])


def test_now_reads_the_sources_again_and_can_be_stopped(server: Guild, report: dict[str, Any]) -> None:
    """How many are read stands in the message that becomes the answer; stopped, nothing more comes."""
    slow = server.folder / "slow"
    for ended in ("Nothing moved.", "질문을 멈췄습니다."):
        slow.touch()
        try:
            korean = ended.startswith("질문")
            before = _asked(server, report, "지금은?" if korean else "now?")
            reading = "소스 읽는 중: 1개 중 0개" if korean else "Reading sources: 0 of 1"
            wait(lambda before=before, reading=reading: reading in "".join(map(said, _ours(server, before))))  # type: ignore[misc]
            server.settled()
            if korean:
                server.press(button(_ours(server, before)[0], "멈추기"))
        finally:
            slow.unlink()
        wait(lambda before=before, ended=ended: ended in said(_ours(server, before)[0]))  # type: ignore[misc]
        server.settled()
        assert len(_ours(server, before)) == 1


def test_alone_with_the_bot_a_question_is_answered_there(server: Guild, report: dict[str, Any]) -> None:
    """About the newest report that one sees; nothing is said in the channel."""
    there, direct = server.gateway.there, server.gateway.direct(OWNER)
    before, alone = len(there.messages[server.channel]), len(there.messages.get(direct, ()))
    for question, answer in (("how many commits?", SHOWN[1]), ("커밋이 왜 늘었나요?", "1에서 4로 늘었습니다")):
        server.gateway.write(OWNER, question, direct)
        wait(lambda answer=answer: answer in "".join(map(said, there.messages[direct][alone:])))  # type: ignore[misc]
        server.settled()
    assert len(there.messages[server.channel]) == before


def test_a_model_that_obeys_a_question_changes_its_block_alone(server: Guild, report: dict[str, Any]) -> None:
    """Nobody is pinged, nothing is linked, nothing leaves, and the rest of the answer is the same."""
    before = _asked(server, report, "how many commits?")
    wait(lambda: "figures checked" in "".join(map(said, _ours(server, before))))
    server.settled()
    harmless, there = _rest(_ours(server, before)[0]), server.gateway.there
    elsewhere = {name: len(posts) for name, posts in there.messages.items() if name != server.channel}
    for payload in CORPUS if PROVE else CORPUS[5:6]:

        def obey(asked: Asked, obeyed: Any = payload.obeyed) -> dict[str, Any]:
            told = obeyed(asked.data + KEY)[:400]
            return {"sentences": [{"text": told, "rests_on": ["f1"]}, *both(asked)["sentences"]]}

        server.provider.says = obey
        pings = len(there.pings)
        before = _asked(server, report, "how many commits?")
        wait(lambda before=before: "checked" in "".join(map(said, _ours(server, before))))  # type: ignore[misc]
        server.settled()
        (answer,) = _ours(server, before)
        assert _rest(answer) == harmless, payload.id
        assert not text_violations(_words(answer), (), (KEY,), _MOST), payload.id
        assert not answer.get("embeds")
        assert set().union(*there.pings[pings:]) <= {OWNER}, payload.id  # who asked is named
    assert {name: len(posts) for name, posts in there.messages.items() if name != server.channel} == elsewhere
    assert not any("tools" in asked.body or KEY in json.dumps(asked.body) for asked in server.provider.asked)


def _words(message: dict[str, Any]) -> str:
    """Return what a model says in a message, without the marks of its styles."""
    lines = said(message).split("\n")
    first = next(n for n, line in enumerate(lines) if "claude-sonnet" in line)
    last = next(n for n, line in enumerate(lines[first:], first) if "As of " in line or "Asked for by" in line)
    return "\n".join(lines[first:last]).replace("*", "").replace("\\", "")


def _rest(message: dict[str, Any]) -> str:
    """Return the text of a message but for the model's."""
    whole = said(message)
    return "\n".join(line for line in whole.split("\n") if line.replace("*", "") not in _words(message).split("\n"))
