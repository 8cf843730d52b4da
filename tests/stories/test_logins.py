"""Whose a login on GitHub is: proved by a code that only its owner can show there, or by an admin's word."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.platforms.terminal import Said
from delivery.mentions import addressed
from model.card import Card, Mention, Text, text_line
from model.delivery import Platform
from model.language import Code
from model.member import Identity
from tests.stories.test_forms import submit
from tests.support import discord_limits, slack_limits
from tests.support.github import TOKEN, StandIn, github
from tests.support.talk import Talk, talking, text
from writers import discord_components, slack_blocks

_MONDAY = datetime(2026, 11, 9, 10, tzinfo=UTC)


@pytest.fixture
def there() -> Iterator[StandIn]:
    with github() as there:
        there.repo("acme/api").commit(_MONDAY, author="Mina-K")
        yield there


@pytest.fixture
async def talk(tmp_path: Path, there: StandIn) -> AsyncIterator[Talk]:
    async with talking(tmp_path / "home", tmp_path, opened=("127.0.0.1",)) as talk:
        yield talk


def code_in(said: Said) -> str:
    found = re.search(r"\b[0-9A-Z]{8}\b", text(said))
    assert found is not None
    return found[0]


async def _read_github(talk: Talk, there: StandIn, lang: Code) -> None:
    line = f"/source add github name=work repositories=acme/api api_url={there.url}"
    form = await talk.say(line, lang=lang)
    assert (await submit(talk, form, {"token": TOKEN})).kind == "card"


@pytest.mark.parametrize(
    ("lang", "asks", "is_tied", "not_there", "shown"),
    [
        ("en", "Are you mina-k on GitHub?", "mina-k on GitHub is", "not to be seen", "Minnie"),
        ("ko", "GitHub의 mina-k 계정이 본인인가요?", "GitHub의 mina-k 계정은", "보이지 않거나", "민이"),
    ],
)
async def test_a_login_is_tied_by_a_code_that_only_its_owner_can_show(
    talk: Talk, there: StandIn, lang: Code, asks: str, is_tied: str, not_there: str, shown: str
) -> None:
    """From then on his figures carry the name that he chose."""
    await _read_github(talk, there, lang)
    there.people["mina-k"] = ("I make things", ["notes"])
    asked = await talk.say("/arb link github @Mina-K", lang=lang)
    assert asks in text(asked)
    look = "/arb link github mina-k confirmed=yes"
    assert not_there in text(await talk.say(look, lang=lang))
    there.people["mina-k"] = ("I make things", ["notes", f"it is me: {code_in(asked)}, mina"])
    assert is_tied in text(await talk.say(look, lang=lang))
    assert "github:mina-k" in text(await talk.say("/arb me", lang=lang))
    await talk.say(f"/arb me shown={shown}", lang=lang)
    report = text(await talk.say("/report run weekly source=work window=2026-11-09..2026-11-16", lang=lang))
    assert shown in report
    assert "Mina-K" not in report


async def test_a_report_that_names_him_tells_nobody(talk: Talk, there: StandIn) -> None:
    """Neither where he is known by his login, nor where somebody writes it; whom a card of ours means is told."""
    (commit,) = there.repo("acme/api").commits
    commit["messageHeadline"] = "Ask @mina-k, <@U0MINA>, <!channel>, @everyone"
    await _read_github(talk, there, "en")
    await talk.say("/arb link github mina-k member=mina")
    workspace = await talk.app.workshop.db.entrances.enter(Platform.TERMINAL, "acme")
    async with talk.app.workshop.db.write(workspace) as stores:
        mina = await stores.members.identified(Platform.TERMINAL, "mina")
        assert mina is not None
        for platform, user in (("slack", "U0MINA"), ("discord", "300000000000000001")):
            await stores.people.tie(mina, Identity(platform, user))
    report = await talk.say("/report run standup source=work window=2026-11-09..2026-11-10")
    assert "Ask @mina-k" in text(report)
    async with talk.app.workshop.db.read(workspace) as stores:
        for platform, told in ((Platform.SLACK, _on_slack), (Platform.DISCORD, _on_discord)):
            assert told(await addressed(stores, report.card, platform)) == set()
            asked = replace(report.card, blocks=(*report.card.blocks, Text((text_line(Mention(mina.id, "Mina")),))))
            assert len(told(await addressed(stores, asked, platform))) == 1


def _on_slack(card: Card) -> set[str]:
    return slack_limits.pinged([block for one in slack_blocks.render(card) for block in one.body["blocks"]])  # type: ignore[union-attr]


def _on_discord(card: Card) -> set[str]:
    return {user for one in discord_components.render(card) for user in discord_limits.pinged(one.body)}


async def test_a_code_that_everybody_can_read_is_of_no_use_to_others(talk: Talk, there: StandIn) -> None:
    """Neither to become its owner, nor for another login, nor a second time; and a login is one person's."""
    await _read_github(talk, there, "en")
    asked = await talk.say("/arb link github mina-k")
    code = code_in(asked)
    there.people["mina-k"] = there.people["evil"] = (code, [])
    assert "not good" in text(await talk.say(f"/arb link {code}", user="jun"))
    await talk.say("/arb link github evil", user="jun")
    assert "not to be seen" in text(await talk.say("/arb link github evil confirmed=yes", user="jun"))
    for told in ("mina-k on GitHub is", "not to be seen"):
        (answer,) = await talk.press(asked, "It stands there")
        assert told in text(answer)
    jun = await talk.say("/arb link github mina-k", user="jun")
    there.people["mina-k"] = (code_in(jun), [])
    (answer,) = await talk.press(jun, "It stands there", user="jun")
    assert "somebody else" in text(answer)


async def test_an_admin_vouches_for_others(talk: Talk) -> None:
    """Also where nothing reads GitHub; nobody else does, and what is no login is refused."""
    for user in ("mina", "jun"):
        await talk.say("/arb help", user=user)
    assert "jun-h on GitHub is" in text(await talk.say("/arb link github jun-h member=jun"))
    assert "Only admins" in text(await talk.say("/arb link github mina-k member=mina", user="jun"))
    assert "No source reads GitHub" in text(await talk.say("/arb link github jun-h confirmed=yes", user="jun"))
    for wrong in ("", " a_b", " " + "a" * 40, " 미나", " a/../b"):
        assert "no login" in text(await talk.say(f"/arb link github{wrong}"))
    assert "no longer" in text(await talk.say("/arb unlink github:jun-h", user="jun"))
