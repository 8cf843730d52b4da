"""Where a run's time went."""

from __future__ import annotations

import pytest

from commands.door import Visitor
from model.card import Fields, Table, plain
from model.delivery import Address, Platform
from model.ids import EventId
from model.language import Code
from tests.support.talk import Talk, text

_STEPS = {
    "en": ("Collect", "Measure", "Put into words", "Write"),
    "ko": ("수집", "측정", "글로 옮기기", "작성"),
}


@pytest.mark.parametrize("lang", ["en", "ko"])
async def test_timeline_by_its_button(ready: Talk, lang: Code) -> None:
    """Each step with its seconds; their sum is the time at work, and the slowest is named."""
    report = await ready.say("/report show last", lang=lang)
    label = {"en": "Timeline", "ko": "시간표"}[lang]
    assert label in [action.label for action in report.card.actions]
    (pressed,) = await ready.press(report, label)
    assert pressed.kind == "card"
    shown = await ready.say("/report timeline last", lang=lang)
    fields = next(block for block in shown.card.blocks if isinstance(block, Fields))
    steps = next(block for block in shown.card.blocks if isinstance(block, Table))
    assert tuple(plain(row[0]) for row in steps.rows)[:4] == _STEPS[lang]
    seconds = [float(plain(row[2]).rstrip("초s ")) for row in steps.rows]
    worked = float(plain(fields.fields[3][1]).rstrip("초s "))
    assert worked == pytest.approx(sum(seconds), abs=0.01 * len(seconds))
    slowest = plain(steps.rows[seconds.index(max(seconds))][0])
    assert f": {slowest}, {max(seconds):.2f}" in text(shown)
    messages = [block for block in shown.card.blocks if isinstance(block, Table)][1]
    assert [plain(cell) for cell in messages.rows[0]][:2] == {"en": ["Terminal", "sent"], "ko": ["터미널", "보냄"]}[
        lang
    ]


async def test_timeline_of_a_run_that_nobody_has_taken_up(ready: Talk) -> None:
    """It waits, and says for how long."""
    visitor = Visitor("mina", "mina", Address(Platform.TERMINAL, "acme", "mina"), "en")
    await ready.app.door.say(EventId("terminal:left"), visitor, "/report run weekly")
    answer = await ready.app.door.say(EventId("terminal:look"), visitor, "/report timeline last")
    assert answer is not None
    (fields,) = answer.shows.blocks  # type: ignore[union-attr]  # a card
    assert isinstance(fields, Fields)
    assert plain(fields.fields[0][1]) == "waiting"
    assert fields.fields[2][0] == "Until now"


async def test_timeline_of_what_is_not_there(ready: Talk) -> None:
    """A wrong name says so."""
    said = await ready.say("/report timeline ZZZZ")
    assert said.kind == "error"
    assert "There is no run called ZZZZ." in text(said)
