"""People on Discord say commands, press buttons and fill forms in; the bot is a real process."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from tests.stories.discord.conftest import Guild
from tests.support.discord import OWNER
from tests.support.discord_gateway import EPHEMERAL, button, said
from tests.support.waiting import wait

_DAYS = "2026-11-09..2026-11-16"
_OTHERS, _MORE = "2026-11-08..2026-11-15", "2026-11-07..2026-11-14"  # what was just read is not read again


def test_help(server: Guild) -> None:
    """A card for its reader's eyes alone, within Discord's limits; its buttons say commands."""
    shown = server.say("arb help")
    assert shown.data["flags"] & EPHEMERAL
    assert "What you can say" in shown.text()
    more = server.press(shown.button("/report"))
    assert "Run a report now." in more.text()


def test_a_report_comes_into_direct_messages(server: Guild) -> None:
    """The answer says that it follows; the outbox brings it to whoever asked, with buttons that work there."""
    there, alone = server.gateway.there, server.gateway.direct(OWNER)
    before, others = len(there.messages.get(alone, ())), len(there.messages.get(server.channel, ()))
    answer = server.say("report run", report="weekly", source="shop", window=_DAYS)
    assert "follows when it is done" in answer.text()
    wait(lambda: any("Verify" in str(one["components"]) for one in there.messages.get(alone, ())[before:]))
    assert len(there.messages.get(server.channel, ())) == others
    report = next(one for one in there.messages[alone][before:] if "Verify" in str(one["components"]))
    why = server.gateway.answered(server.gateway.press(OWNER, button(report, "Verify")))
    assert "identical" in why.text()


def test_with_here_it_goes_into_the_channel(server: Guild) -> None:
    """Where it was said, through the outbox."""
    server.say("report run", report="weekly", source="shop", window=_DAYS, here=True)
    there = server.gateway.there
    wait(lambda: any("Verify" in str(one["components"]) for one in there.messages.get(server.channel, ())))


def test_a_run_shows_how_far_it_is_where_its_report_will_stand(server: Guild) -> None:
    """One message in the channel that changes at most every three seconds, and becomes the report with its pictures."""
    there, slow, channel = server.gateway.there, server.folder / "slow", server.channel
    before = len(there.messages.get(channel, ()))
    slow.touch()
    answer = server.say("report run", report="weekly", source="shop", window=_OTHERS, here=True)
    try:
        wait(lambda: "Reading sources: 0 of 1" in "".join(map(said, there.messages.get(channel, ())[before:])))
    finally:
        slow.unlink()
    wait(lambda: "Verify" in str(there.messages[channel][before:]))
    (report,) = there.messages[channel][before:]
    name = answer.text().split(":")[0].split()[-1]
    assert name in said(report)
    pictures = [data for file, data in there.files.items() if file.startswith(f"{report['id']}/")]
    assert [data[:4] for data in pictures] == [b"\x89PNG"] * 2  # days, and who or where
    edits = there.edits[report["id"]]
    assert all(later - sooner >= 2.9 for sooner, later in pairwise(edits[:-1]))  # the report itself waits for nothing


def test_a_run_is_cancelled_from_the_message_that_shows_it(server: Guild) -> None:
    """By whoever asked for it, and by no stranger who reads it; the message says what became of it."""
    there, slow, channel = server.gateway.there, server.folder / "slow", server.channel
    stranger = server.gateway.join(there.new_id())
    before = len(there.messages.get(channel, ()))
    slow.touch()
    try:
        server.say("report run", report="weekly", source="shop", window=_MORE, here=True)
        wait(lambda: any("Reading sources" in said(one) for one in there.messages.get(channel, ())[before:]))
        (shown,) = there.messages[channel][before:]
        cancel = button(shown, "Cancel")
        assert "yours is nobody" in server.press(cancel, stranger).text()
        assert "is cancelled" in server.press(cancel).text()
        wait(lambda: "cancelled it" in said(there.messages[channel][before]))
        assert "'Cancel'" not in str(there.messages[channel][before]["components"])
    finally:
        slow.unlink()
    assert len(there.messages[channel]) == before + 1


def test_what_is_missing_is_asked_for_in_a_form(server: Guild) -> None:
    """The form is the first response; what is wrong is told on a message whose button opens it again, values kept."""
    asked = server.say("schedule add", report="weekly")
    assert asked.kind == 9
    assert len(asked.data["components"]) == 5
    first = asked.data["components"][0]["component"]
    assert (first["custom_id"], first["value"]) == ("report", "weekly")


def test_a_form_of_many_fields_comes_in_steps(server: Guild) -> None:
    """Five fields at a time; between them a message, from which it can be submitted once nothing needed is missing."""
    one = server.say("report new")
    assert [c["component"]["custom_id"] for c in one.data["components"]][:2] == ["name", "template"]
    between = server.fill(one, name="Steps", template="weekly")
    assert "Step 2 of 5" in between.text()
    two = server.press(between.button("Fill in"))
    later = server.fill(two, language="ko")
    assert "Step 3 of 5" in later.text()
    done = server.press(later.button("Submit"))
    assert "Steps" in done.text()
    assert "Steps" in server.say("report list").text()


def test_wrong_values_are_kept_to_be_mended(server: Guild) -> None:
    """The message names the field; the form that its button opens has what was typed."""
    asked = server.say("source add", kind="git", name="other")
    again = server.fill(asked, path="/etc")
    assert "not under a directory" in again.text()
    opened = server.press(again.button("Fill in"))
    assert {c["component"]["custom_id"]: c["component"].get("value") for c in opened.data["components"]}[
        "path"
    ] == "/etc"
    assert "added" in server.fill(opened, path="shop").text()


def test_mentions_are_answered(server: Guild) -> None:
    """Without the intent for contents: what is for one person alone goes into his direct messages."""
    there, alone = server.gateway.there, server.gateway.direct(OWNER)
    server.saved("Payments")
    before = len(there.messages.get(alone, ()))
    server.gateway.write(OWNER, "nobody means the bot", server.channel)
    server.gateway.write(OWNER, f"<@{server.gateway.me}> report list", server.channel, mention=True)
    wait(lambda: len(there.messages.get(alone, ())) > before)
    assert "Payments" in said(there.messages[alone][-1])
    wait(lambda: any("direct messages" in text for text in there.posted(server.channel)))


def test_names_complete_what_is_typed(server: Guild) -> None:
    """Stored names and built-in ones; nothing for somebody who is nobody here."""
    server.saved("Payments")
    found = server.gateway.answered(server.gateway.typing(OWNER, "report run", "report", "pay", server.channel))
    assert [one["value"] for one in found.data["choices"]] == ["Payments"]
    stranger = server.gateway.join(server.gateway.there.new_id())
    none = server.gateway.answered(server.gateway.typing(stranger, "report run", "report", "pay", server.channel))
    assert none.data["choices"] == []


def test_a_repeated_interaction_has_no_effect(server: Guild, scaled: Callable[[int], int]) -> None:
    """The same id again: nothing is done, nothing is answered."""
    made = server.say("report run", report="weekly", source="shop", window=_DAYS)
    runs = server.count("runs")
    given = [{"name": "report", "type": 3, "value": "weekly"}]
    data = {"id": "1", "name": "report", "type": 1, "options": [{"name": "run", "type": 1, "options": given}]}
    for _ in range(scaled(100)):
        server.gateway.repeat(made, data, server.channel)
    server.say("arb help")  # whatever came before was heard
    assert server.count("runs") == runs
    assert server.log() == ""


def test_the_wrong_person_is_refused_and_a_second_press_has_no_effect(
    server: Guild, scaled: Callable[[int], int]
) -> None:
    """Buttons of a private card are its reader's alone, and what has an effect has it once."""
    server.say("arb settings", discord_roles="editor=Reporters")
    for n in range(scaled(50)):
        other = server.gateway.join(server.gateway.there.new_id(), "Reporters")
        card = server.say("report delete", report=server.saved(f"Refunds {n}"))
        stranger = server.gateway.answered(server.gateway.press(other, card.button("Delete"), server.channel))
        assert "no such button" in stranger.text().lower()
        twice = [server.gateway.press(OWNER, card.button("Delete"), server.channel) for _ in range(2)]
        told = [server.gateway.answered(one).text() for one in twice]
        assert sum("once" in text for text in told) == 1, told
        assert sum(f"Refunds {n}" in text for text in told) == 1, told
