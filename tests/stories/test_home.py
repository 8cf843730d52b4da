"""/arb home: what is one's own, and what comes next; the same that Slack's Home shows."""

from __future__ import annotations

from tests.support.talk import Talk, text


async def test_an_empty_workspace_shows_the_first_steps(talk: Talk) -> None:
    """Three things to do, each a button, in both languages."""
    assert [one.label for one in (await talk.say("/arb home")).card.actions] == [
        "Add a repository", "Run the weekly report", "Language and time zone",
    ]  # fmt: skip
    assert "보고서 실행" in text(await talk.say("/arb home", lang="ko"))


async def test_nothing_of_ones_own_yet(ready: Talk) -> None:
    """It says what to type."""
    shown = text(await ready.say("/arb home"))
    for piece in ("Nothing is going to be posted by itself.", "/report new", "/schedule add"):
        assert piece in shown, shown


async def test_ones_own_reports_schedules_and_next_posts(ready: Talk) -> None:
    """Those that are shared with one too, but nobody else's; a schedule at rest says why and is no next post."""
    await ready.say("/arb me", user="jun")
    await ready.say("/arb role jun editor")
    for line in (
        "/report new name=Payments template=weekly", "/report new name=Refunds template=daily",
        "/schedule add Payments mondays 9:00", "/schedule add Refunds weekdays 10:00", "/schedule pause #2",
        "/report pause Refunds",
    ):  # fmt: skip
        assert (await ready.say(line)).kind == "card", line
    said = await ready.say("/arb home")
    shown = text(said)
    assert "Monday, 23 Nov 2026 09:00 UTC · Payments → " in shown
    assert "weekdays" not in shown.partition("Schedules")[0]
    assert "#2 · Refunds" in shown
    assert "paused" in shown
    assert [one.label for one in said.card.actions] == [
        "Run Payments", "New report", "Add a schedule", "All reports", "Help",
    ]  # fmt: skip
    assert "Payments" not in text(await ready.say("/arb home", user="jun"))
    await ready.say("/report share Payments jun")
    assert "Payments" in text(await ready.say("/arb home", user="jun"))
    korean = text(await ready.say("/arb home", lang="ko"))
    for piece in ("내 보고서와 일정", "다음 게시", "월요일"):
        assert piece in korean, korean


async def test_many_are_counted(ready: Talk) -> None:
    """Ten reports are named."""
    for at in range(12):
        await ready.say(f"/report new name=R{at:02} template=weekly")
    shown = text(await ready.say("/arb home"))
    assert "R09" in shown
    assert "R10" not in shown
    assert "and 2 more" in shown


async def test_a_viewer_is_offered_what_he_may(ready: Talk) -> None:
    """No button that would be refused."""
    await ready.say("/arb me", user="jun")
    said = await ready.say("/arb home", user="jun")
    assert [one.label for one in said.card.actions] == ["Run weekly", "All reports", "Help"]
