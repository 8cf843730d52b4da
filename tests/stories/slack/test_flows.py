"""People on Slack say commands, press buttons and write messages; the bot is a real process."""

from __future__ import annotations

import re
from typing import Any

from tests.stories.slack.conftest import DAYS, Desk, by_http
from tests.support.slack_front import CHANNEL, ME, OWNER, buttons, said
from tests.support.waiting import wait

_RUN = f"/report run weekly source=shop window={DAYS}"


def _ephemerals(desk: Desk) -> list[dict[str, Any]]:
    return desk.office.team.ephemerals


def test_help(desk: Desk) -> None:
    """A card for its reader's eyes alone, within Slack's limits; its buttons say commands."""
    shown = desk.say("/arb help")
    assert shown.ack is None
    assert "What you can say" in shown.text()
    more = desk.press(shown.button("/report"))
    assert "Run a report now." in more.text()


def test_a_report_comes_into_direct_messages(desk: Desk) -> None:
    """The answer says that it follows; the outbox brings it to whoever asked, with buttons that work there."""
    alone, posted = desk.office.direct(OWNER), desk.office.team.posted
    before, others = len(posted(alone)), len(posted(CHANNEL))
    answer = desk.say(_RUN)
    assert "follows when it is done" in answer.text()
    wait(lambda: any("Verify" in buttons(one) for one in posted(alone)[before:]))
    assert len(posted(CHANNEL)) == others
    report = next(one for one in posted(alone)[before:] if "Verify" in buttons(one))
    seen = len(posted(alone))
    done = desk.office.press(OWNER, buttons(report)["Verify"], channel=alone, message=report)
    assert "identical" in desk.office.answered(done).text()
    assert len(posted(alone)) == seen


@by_http
def test_with_here_it_goes_into_the_channel(desk: Desk) -> None:
    """Where it was said, through the outbox; a client that makes a long dash of two short ones is understood."""
    before = len(desk.office.team.posted(CHANNEL))
    desk.say(f"{_RUN} —here")
    wait(lambda: any("Verify" in buttons(one) for one in desk.office.team.posted(CHANNEL)[before:]))


def test_a_mention_is_answered_where_it_was_said(desk: Desk) -> None:
    """To whoever said it alone, in his thread; what people say to each other is not heard."""
    desk.saved("Payments")
    office, before = desk.office, len(_ephemerals(desk))
    office.write(OWNER, "nobody means the bot")
    office.write(OWNER, f"<@{ME}> report list")
    wait(lambda: len(_ephemerals(desk)) > before)
    root = office.team.posted(CHANNEL)
    thread = office.stand.stamp()
    office.write(OWNER, f"hello <@{ME}>, <http://a.example|a.example> is up", thread_ts=thread)
    wait(lambda: len(_ephemerals(desk)) > before + 1)
    first, second = _ephemerals(desk)[before:]
    assert "Payments" in said(first)
    assert (first["user"], first["channel"], "thread_ts" in first) == (OWNER, CHANNEL, False)
    assert "/a.example is" in said(second)
    assert second["thread_ts"] == thread
    assert office.team.posted(CHANNEL) == root


def test_direct_messages_are_answered(desk: Desk) -> None:
    """By the outbox; with nothing in them, with help."""
    alone = desk.office.direct(OWNER)
    for text, piece in (("source list", "shop"), ("arb <@U0MINA>", "is not a command")):
        before = len(desk.alone())
        desk.office.write(OWNER, text, alone)
        wait(lambda before=before: len(desk.alone()) > before)  # type: ignore[misc]
        assert piece in desk.alone()[-1]


@by_http
def test_below_a_report_only_commands_are_heard(desk: Desk) -> None:
    """People talk about a report below it; a line that names a command is meant for the bot."""
    desk.saved("Payments")
    before, thread = len(_ephemerals(desk)), desk.office.stand.stamp()
    desk.office.team.posted(CHANNEL).append({"ts": thread, "text": "a report", "bot_id": "B0BOT"})
    below = {"thread_ts": thread, "parent_user_id": ME}
    for text in ("report looks good", "nice", f"for <@{ME}> see above"):
        desk.office.event({
            "type": "message", "user": OWNER, "text": text, "channel": CHANNEL, "channel_type": "channel",
            "ts": desk.office.stand.stamp(), **below,
        })  # fmt: skip
    desk.office.write(OWNER, "report list", thread_ts=thread, parent_user_id="U0OTHER")
    desk.office.write(OWNER, "source list", **below)
    wait(lambda: len(_ephemerals(desk)) > before)
    desk.say("/arb help")  # whatever came before was heard
    assert ["shop" in said(one) for one in _ephemerals(desk)[before:]] == [True]
    assert _ephemerals(desk)[-1]["thread_ts"] == thread


@by_http
def test_bots_and_changes_are_not_heard(desk: Desk) -> None:
    """Nor we ourselves: whatever would have the bot talk to bots, or twice about the same line."""
    alone, before = desk.office.direct(OWNER), len(desk.alone())
    ts = desk.office.stand.stamp()
    for more in (
        {"bot_id": "B0OTHER"}, {"user": ME}, {"edited": {"user": OWNER, "ts": ts}}, {"subtype": "message_changed"},
        {"subtype": "message_deleted"}, {"subtype": "channel_join"}, {"hidden": True},
    ):  # fmt: skip
        event = {"type": "message", "user": OWNER, "text": "arb help", "channel": alone, "channel_type": "im"}
        desk.office.event({**event, "ts": desk.office.stand.stamp(), **more})
    desk.office.write(OWNER, "source list", alone)
    wait(lambda: len(desk.alone()) > before)
    assert len(desk.alone()) == before + 1


@by_http
def test_what_slack_tells_besides_is_let_pass(desk: Desk) -> None:
    """Kinds of events that we know nothing of, and such that say nothing of who or where."""
    for event in ({"type": "new_kind"}, {"type": "message"}, {"type": "app_mention", "user": OWNER}, {}):
        desk.office.event(event)
    desk.office.deliver({"type": "event_callback", "event_id": "Ev1", "event": "none", "team_id": "T0ACME"})
    assert "What you can say" in desk.say("/arb help").text()


def test_the_same_event_five_times_has_one_effect(desk: Desk) -> None:
    """Slack repeats what it believes was not heard; the second time it is acknowledged, and that is all."""
    runs = desk.count("runs")
    event = {"type": "app_mention", "user": OWNER, "text": f"<@{ME}> {_RUN[1:]}", "channel": CHANNEL, "ts": "1.1"}
    before = len(_ephemerals(desk))
    id = desk.office.event(event, "Ev0SAME")
    for _ in range(4):
        assert desk.office.event(event, id) == id
    wait(lambda: len(_ephemerals(desk)) > before)
    again = desk.say(_RUN.replace("weekly", "standup"))
    desk.office.deliver(again.payload)
    desk.say("/arb help")
    assert desk.count("runs") == runs + 2
    assert len(_ephemerals(desk)) == before + 1
    assert len(again.shown) == 1


def test_the_wrong_person_is_refused_and_a_second_press_has_no_effect(desk: Desk) -> None:
    """Buttons of a private card are its reader's alone, and what has an effect has it once."""
    other = desk.office.join("U0JUN", "jun", "Jun", is_admin=True)
    card = desk.say(f"/report delete {desk.saved('Refunds')}")
    assert "no such button" in desk.press(card.button("Delete"), other).text().lower()
    assert "Refunds" in desk.press(card.button("Delete")).text()
    assert "once" in desk.press(card.button("Delete")).text()


@by_http
def test_long_answers_and_files_come_into_direct_messages(desk: Desk) -> None:
    """A file cannot be shown to one person in a channel: where it is, is said there."""
    found = re.search(r"Run (\w{4})", desk.say(_RUN).text())
    assert found is not None
    alone, before = desk.office.direct(OWNER), len(desk.alone())
    wait(lambda: "in your direct messages" in desk.say(f"/report export {found[1]} csv").text())
    wait(lambda: any("file_ids" in one for one in desk.office.team.posted(alone)[before:]))
    assert desk.log() == ""
