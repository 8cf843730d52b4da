"""Posting to Discord, as people at a terminal do it: a channel is named, tried, reported to, paused and resumed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.app import running
from bot.settings import Settings
from model.card import Attachment, Card, Chart, Series
from model.delivery import Platform
from model.ids import BlobId
from model.unit import Unit
from tests.support.databases import with_tables
from tests.support.discord import HISTORY, SEND, VIEW, Discord, discord
from tests.support.discord_limits import walk
from tests.support.talk import FixedClock, Talk, text
from writers.discord_components import render


@pytest.fixture(scope="module")
def there() -> Iterator[Discord]:
    with discord() as server:
        yield server


@asynccontextmanager
async def _talking(home: Path, root: Path, there: Discord | None) -> AsyncIterator[Talk]:
    settings = Settings(
        home=with_tables(home), git_roots=(root,), language="en", time_zone="UTC", database_url=None,
        egress_allow=("127.0.0.1",), discord_token=SecretStr(there.token) if there else None,
        discord_api_url=there.url if there else "https://discord.com/api/v10",
    )  # fmt: skip
    async with running(settings, FixedClock()) as app:
        yield Talk(app)


async def test_a_weekly_report_in_a_channel(tmp_path: Path, repository: Path, there: Discord) -> None:
    """Named, tried in both languages, posted with its buttons; what is missing is said."""
    channel = there.add_channel("eng")
    async with _talking(tmp_path / "home", tmp_path, there) as talk:
        added = await talk.say("/destination add discord channel=#eng")
        assert "Destination #eng added." in text(added)
        await talk.press(added, "Send a test")
        assert "시험" in text(await talk.say("/destination test #eng", lang="ko"))
        assert [post.split("\n")[0] for post in there.posted(channel)] == ["## Test", "## 시험"]
        await talk.say(f"/source add git name=shop path={repository}")
        await talk.say("/report new name=week template=weekly destinations=#eng people=no")
        preview = await talk.say("/report run week 2026-11-09..2026-11-15")
        (on_its_way, *_) = await talk.press(preview, "Post")
        assert "is on its way to #eng" in text(on_its_way)
        await talk.app.outbox.drain()
        (posted,) = there.posted(channel)[2:]
    assert "### " in posted
    assert "-# " in posted
    assert there.pings[-1] == set()


async def test_a_channel_that_says_no_is_paused_and_resumed(tmp_path: Path, there: Discord) -> None:
    channel = there.add_channel("ops")
    async with _talking(tmp_path / "home", tmp_path, there) as talk:
        await talk.say("/destination add discord channel=#ops")
        there.deny(channel, SEND)
        refused = text(await talk.say("/destination test #ops"))
        assert "may not do that in that channel" in refused
        there.deny(channel, 0)
        assert "A test was sent" in text(await talk.say("/destination test #ops"))


@pytest.mark.parametrize(
    ("line", "piece"),
    [
        ("/destination add discord channel=#nowhere", "There is no channel #nowhere here"),
        ("/destination add discord channel=#silent", "it lacks the right to view the channel"),
        ("/destination add discord channel=999999999999999999", "There is no channel 999999999999999999 here"),
    ],
)
async def test_what_cannot_be_added(tmp_path: Path, there: Discord, line: str, piece: str) -> None:
    if piece.endswith("view the channel"):
        there.deny(there.add_channel("silent"), VIEW)
    async with _talking(tmp_path / "home", tmp_path, there) as talk:
        assert piece in text(await talk.say(line))


async def test_without_a_token(tmp_path: Path) -> None:
    """What is missing is named, in both languages."""
    async with _talking(tmp_path / "home", tmp_path, None) as talk:
        assert "ARB_DISCORD_TOKEN" in text(await talk.say("/destination add discord channel=#eng"))
        assert "운영자가" in text(await talk.say("/destination add discord channel=#eng", lang="ko"))


async def test_doctor(tmp_path: Path) -> None:
    """Token, intents and channels; what is missing and what to do; never the token."""
    with discord() as server:
        channel = server.add_channel("eng")
        async with _talking(tmp_path / "home", tmp_path, server) as talk:
            await talk.say("/destination add discord channel=#eng")
            shown = " ".join(text(await talk.say("/arb doctor")).split())
            for piece in ("The token of arb is taken; it is in 1 server.", "none is needed", "The bot may post there."):
                assert piece in shown, shown
            assert "s apart" in shown  # the story's clock stands still
            server.deny(channel, HISTORY)
            assert "lacks the right to read the message history" in text(await talk.say("/arb doctor"))
            assert "메시지 기록 보기" in text(await talk.say("/arb doctor", lang="ko"))
            del server.channels[channel]
            assert "no such channel in Discord any more" in " ".join(text(await talk.say("/arb doctor")).split())
            server.token = "another"
            shown = text(await talk.say("/arb doctor"))
            assert "ARB_DISCORD_TOKEN" in shown
            assert "a.bots.token" not in shown


async def test_a_picture_is_read_from_the_workspace_that_posts(tmp_path: Path, there: Discord) -> None:
    """The operator's own, which is another account than the server's; one that is gone goes without."""
    channel = there.add_channel("pictures")
    async with _talking(tmp_path / "home", tmp_path, there) as talk:
        await talk.say("/destination add discord channel=#pictures")
        db = talk.app.workshop.db
        workspace = await db.entrances.enter(Platform.TERMINAL, "acme")
        chart = Chart("Commits", ("a",), (Series("s", (None,)),), Unit.COUNT, "None.", picture="chart-1.png")
        async with db.write(workspace) as stores:
            to = (await stores.destinations.named("#pictures")).address
            blob = await stores.blobs.put(b"PNG")
            for id in (blob, BlobId("0" * 64)):
                files = (Attachment("chart-1.png", "image/png", id, 3),)
                await stores.deliveries.put(to, render(Card("Week", (chart,), "en", attachments=files)))
        for _ in range(2):
            await talk.app.outbox.drain()
            async with db.write(workspace) as stores:
                await stores.places.open(to)  # the story's clock stands still, and with it the pace
    with_picture, without = there.messages[channel]
    assert there.files[f"{with_picture['id']}/chart-1.png"] == b"PNG"
    kinds = [[one["type"] for one in walk(m["components"])] for m in (with_picture, without)]
    assert kinds == [[17, 10, 10, 12, 10], [17, 10, 10, 10]]
