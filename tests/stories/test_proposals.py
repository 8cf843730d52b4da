"""A sentence becomes a filled form; only what is submitted is done."""

from __future__ import annotations

import pytest

from model.language import Code
from tests.stories.test_forms import submit
from tests.support.talk import Talk, text

_SAID = {
    "en": "every weekday at 10 post commits and branches here",
    "ko": "평일 10시에 커밋과 브랜치를 여기에 올려줘",
}


@pytest.mark.parametrize("lang", ["en", "ko"])
async def test_a_sentence_is_a_form_to_look_over(ready: Talk, lang: Code) -> None:
    """Nothing is saved until it is submitted; then the report is there, and its schedule with it."""
    asked = await ready.say(_SAID[lang], lang=lang)
    assert asked.form is not None, text(asked)
    assert {"en": "Nothing is saved yet", "ko": "아직 저장하지 않았습니다"}[lang] in asked.form.problem
    filled = {field.name: field.value for field in asked.form.fields if field.value}
    assert filled["template"] == "daily"
    assert filled["window"] == {"en": "last working day", "ko": "지난 근무일"}[lang]
    assert filled["destinations"] == "here"
    assert filled["when"] == {"en": "every weekday at 10", "ko": "평일 10시에"}[lang]
    assert "No report runs by itself yet" in text(await ready.say("/schedule list"))
    done = await submit(ready, asked, {"name": "digest", "window": "last week"})
    assert done.kind == "card", text(done)
    assert "weekday" in text(done)
    assert "digest" in text(await ready.say("/schedule list"))
    again = await ready.say(_SAID[lang], lang=lang)
    assert again.form is not None
    assert next(field.value for field in again.form.fields if field.name == "name") == "daily"


async def test_what_is_not_understood_stands_above_it(ready: Talk) -> None:
    asked = await ready.say("every day at 9 tell me about dragons and commits")
    assert asked.form is not None
    assert "dragons" in asked.form.problem


async def test_a_wrong_time_is_told_in_the_form_and_nothing_is_saved(ready: Talk) -> None:
    asked = await ready.say(_SAID["en"])
    wrong = await submit(ready, asked, {"name": "digest", "when": "now and then"})
    assert wrong.form is not None
    assert wrong.form.problem
    assert "digest" not in text(await ready.say("/report list"))


async def test_only_wishes_are_taken_for_one(ready: Talk) -> None:
    """A command is a command; other talk is told what there is; who may make no report makes none so either."""
    assert "is not a command" in text(await ready.say("hello there"))
    assert (await ready.say("report list")).form is None
    assert (await ready.say("/report propose the moon")).kind == "error"
    assert "editor" in text(await ready.say(_SAID["en"], user="jun"))
