"""Posting: the second step after a preview, for editors, to where the report goes."""

from __future__ import annotations

import pytest

from bot.platforms.terminal import Said
from model.delivery import Platform
from model.language import Code
from tests.support.talk import Talk, text

RUN = "/report run web window=2026-11-09..2026-11-16"


@pytest.fixture
async def web(ready: Talk) -> Talk:
    """Mina's report, shared with two who may look at it: Jun edits other things, Vic views only."""
    await ready.say("/report new name=web template=weekly")
    for user in ("jun", "vic"):
        await ready.say("/arb me", user=user)
        await ready.say(f"/report share web {user} view")
    await ready.say("/arb role jun editor")
    return ready


async def sent(talk: Talk) -> int:
    """Return how many messages of the newest run there are."""
    workspace = await talk.app.workshop.db.entrances.enter(Platform.TERMINAL, "acme")
    async with talk.app.workshop.db.read(workspace) as stores:
        return len(await stores.deliveries.of_run((await stores.runs.list(1))[0].id))


def labels(said: Said) -> list[str]:
    return [action.label for action in said.card.actions]


@pytest.mark.parametrize(("lang", "told"), [("en", "is on its way to terminal."), ("ko", "보낼 곳: terminal")])
async def test_a_preview_is_posted_by_its_button(web: Talk, lang: Code, told: str) -> None:
    preview = await web.say(f"{RUN}")
    assert labels(preview)[:2] == ["Post", "Schedule"]
    before = await sent(web)
    line = "/report post last"
    said = await web.press(preview, "Post") if lang == "en" else await web.hear(line, lang=lang)
    assert told in text(said[0]), text(said[0])
    assert said[-1].card.title == preview.card.title
    assert await sent(web) == before + 1


async def test_a_second_press_has_no_second_effect(web: Talk) -> None:
    preview = await web.say(RUN)
    await web.press(preview, "Post")
    once = await sent(web)
    await web.press(preview, "Post")
    assert await sent(web) == once


async def test_only_who_may_change_a_report_posts_it(web: Talk) -> None:
    """Nothing is sent, and there is no button that would be refused."""
    await web.say(RUN)
    before = await sent(web)
    for user, told in (("vic", "editor"), ("jun", "to look at only")):
        refused = await web.say("/report post last", user=user)
        assert refused.kind == "error"
        assert told in text(refused)
        assert "Post" not in labels(await web.say("/report show last", user=user))
    assert await sent(web) == before


@pytest.mark.parametrize("lang", ["en", "ko"])
async def test_a_run_of_a_template_is_told_where_to(ready: Talk, lang: Code) -> None:
    refused = await ready.say("/report post last", lang=lang)
    assert refused.kind == "error"
    assert "/report post last terminal" in text(refused)
    assert (await ready.hear("/report post last terminal", lang=lang))[-1].kind == "card"
    unknown = await ready.say("/report post last nowhere", lang=lang)
    assert unknown.kind == "error"
    assert "nowhere" in text(unknown)


@pytest.mark.parametrize("lang", ["en", "ko"])
async def test_several_destinations_are_asked_about_and_persons_kept_back(web: Talk, lang: Code) -> None:
    """What names single persons goes to no place of several readers unless somebody has said so."""
    for name in ("a", "b"):
        assert (await web.say(f"/destination add file name={name} folder={name}")).kind == "card"
    await web.say(RUN)
    before = await sent(web)
    refused = await web.say("/report post last a", lang=lang)
    assert refused.kind == "error"
    assert "people=no" in text(refused)
    assert await sent(web) == before
    await web.say(f"{RUN} people=no")
    before = await sent(web)
    asked = await web.say("/report post last a,b", lang=lang)
    assert labels(asked) == ["Post" if lang == "en" else "게시"]
    assert await sent(web) == before
    await web.press(asked, labels(asked)[0])
    assert await sent(web) == before + 2
    await web.say("/report edit web people=yes")
    await web.say(RUN)
    assert (await web.hear("/report post last b", lang=lang))[-1].kind != "error"


async def test_schedule_is_a_form_away(web: Talk) -> None:
    asked = (await web.press(await web.say("/report show web"), "Schedule"))[-1]
    assert asked.form is not None
    assert {field.name: field.value for field in asked.form.fields}["report"] == "web"
