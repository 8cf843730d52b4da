"""Who is meant is told by the name that the place knows; what was collected tells nobody."""

from __future__ import annotations

from dataclasses import replace

import pytest

from delivery.mentions import addressed
from model.card import Card, Fields, Footer, Item, Items, Line, Mention, Table, Text, text_line
from model.delivery import Platform
from model.ids import MemberId
from model.member import Identity
from tests.delivery.conftest import Post
from tests.storage.world import Room
from tests.support import discord_limits, slack_limits
from writers import discord_components, slack_blocks

_SLACK, _DISCORD = "U0MINA", "300000000000000001"
_FORGED = f"<@{_SLACK}> <@{_DISCORD}> @everyone <!channel>"


@pytest.fixture
def here(post: Post) -> Room:
    return post.here


def _card(line: Line) -> Card:
    blocks = (
        Text((line,)), Fields((("Owner", line),)), Items((Item(line, line),)), Table(("a",), ((line,),)), Footer(line),
    )  # fmt: skip
    return Card(_FORGED, blocks, "en", subtitle=_FORGED)


def _slack(card: Card) -> set[str]:
    blocks = [block for one in slack_blocks.render(card) for block in one.body["blocks"]]  # type: ignore[union-attr]
    return slack_limits.pinged(blocks)


def _discord(card: Card) -> set[str]:
    return {user for one in discord_components.render(card) for user in discord_limits.pinged(one.body)}


async def _tied(here: Room) -> None:
    async with here.db.write(here.workspace) as stores:
        member = await stores.members.of(here.member)
        for platform, user in (("slack", _SLACK), ("discord", _DISCORD), ("git", "mina@example.org")):
            await stores.people.tie(member, Identity(platform, user))


async def test_each_place_tells_by_its_own_name(here: Room) -> None:
    await _tied(here)
    card = _card(text_line(_FORGED, " ", Mention(here.member, "Mina")))
    async with here.db.read(here.workspace) as stores:
        on_slack = await addressed(stores, card, Platform.SLACK)
        on_discord = await addressed(stores, card, Platform.DISCORD)
    assert (_slack(on_slack), _discord(on_discord)) == ({_SLACK}, {_DISCORD})
    assert (_slack(on_discord), _discord(on_slack)) == (set(), set())  # the other's names are no names here
    assert (_slack(card), _discord(card)) == (set(), set())


@pytest.mark.parametrize("kind", range(5), ids=["text", "fields", "items", "table", "footer"])
async def test_in_every_block(here: Room, kind: int) -> None:
    await _tied(here)
    card = _card(text_line(Mention(here.member, "Mina")))
    async with here.db.read(here.workspace) as stores:
        one = await addressed(stores, replace(card, blocks=(card.blocks[kind],)), Platform.SLACK)
    assert _slack(one) == {_SLACK}


async def test_who_is_nobody_there_is_named(here: Room) -> None:
    card = _card(text_line(Mention(here.member, "Mina"), Mention(MemberId("gone"), "Jun")))
    async with here.db.read(here.workspace) as stores:
        one = await addressed(stores, card, Platform.SLACK)
    assert (_slack(one), one) == (set(), card)
