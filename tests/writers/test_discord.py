"""Posting to Discord: what is sent, what each answer means, and that a message in doubt is found."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from pydantic import SecretStr

from egress.client import Allowed, Egress
from model.card import Attachment, Card, Text, text_line
from model.delivery import Address, Payload, Platform
from model.errors import (
    CannotAsk,
    DeliveryError,
    DestinationRefused,
    DestinationUnavailable,
    UnknownName,
    UsageError,
)
from model.ids import BlobId, DeliveryId, delivery_id
from model.language import CODES
from tests.storage.world import HandClock
from tests.support.cards import SAMPLES
from tests.support.discord import BOT, GUILD, HISTORY, SEND, TOKEN, VIEW, Trouble, discord
from tests.support.discord import Discord as There
from tests.support.outside import Book
from writers.discord import Discord, marks_of
from writers.discord_rest import Rest

CARD = Card("Weekly", (Text((text_line("Merged 41."),)),), "en", run="7Q2F")
PNG = Attachment("chart-1.png", "image/png", BlobId("b" * 64), 9)


@dataclass
class Here:
    """Discord, and our side of it."""

    there: There
    discord: Discord
    clock: HandClock
    channel: str

    @property
    def to(self) -> Address:
        return Address(Platform.DISCORD, GUILD, self.channel)

    async def send(self, key: DeliveryId | None = None, to: Address | None = None) -> Any:
        (payload,) = self.discord.render(CARD)
        return await self.discord.send(to or self.to, payload, key or delivery_id())

    async def find(self, key: DeliveryId, ago: float = 0) -> Any:
        return await self.discord.find(self.to, key, self.clock.now() - timedelta(seconds=ago))


@pytest.fixture(scope="module")
def server() -> Iterator[There]:
    with discord() as there:
        yield there


@asynccontextmanager
async def ours(there: There, clock: HandClock) -> AsyncIterator[Discord]:
    egress = Egress(clock, Allowed.parse(["127.0.0.1"]))

    async def file(to: Address, blob: BlobId) -> bytes:
        if blob == PNG.blob:
            return b"\x89PNG\r\n\x1a\n-"
        raise UnknownName("There is no such file here.")

    yield Discord(Rest(egress, clock, SecretStr(TOKEN), there.url), clock, file)
    await egress.aclose()


@pytest_asyncio.fixture
async def here(server: There) -> AsyncIterator[Here]:
    clock = HandClock()
    clock.turn(max(0.0, server.latest - clock.at.timestamp()) // 1 + 3600)  # ids only grow
    server.now = lambda: clock.now().timestamp()
    server.troubles.clear()
    server.asked.clear()
    server.token, server.limited = TOKEN, False
    async with ours(server, clock) as made:
        yield Here(server, made, clock, server.add_channel("eng"))


async def test_a_message_is_posted_with_its_key_and_pings_nobody(here: Here) -> None:
    key = delivery_id()
    receipt = await here.send(key)
    (message,) = here.there.messages[here.channel]
    assert (receipt.channel, receipt.message, receipt.at) == (here.channel, message["id"], here.clock.now())
    assert here.there.posted(here.channel) == ["## Weekly\nMerged 41."]
    assert (message["components"][0]["id"], message["components"][0]["components"][0]["id"]) == marks_of(key)
    assert "nonce" not in message
    assert here.there.pings[-1] == set()


async def test_the_same_key_within_minutes_is_the_same_message(here: Here) -> None:
    key = delivery_id()
    assert await here.send(key) == await here.send(key)
    assert len(here.there.posted(here.channel)) == 1


async def test_a_card_of_several_messages_replies_to_the_first(here: Here) -> None:
    card = replace(CARD, blocks=(Text(tuple(text_line(f"{n} " + "x" * 280) for n in range(30))),))
    first, *parts = here.discord.render(card)
    root = await here.discord.send(here.to, first, delivery_id())
    for part in parts:
        await here.discord.send(here.to, part, delivery_id(), root)
    messages = here.there.messages[here.channel]
    assert [m.get("message_reference", {}).get("message_id") for m in messages] == [None, *[root.message] * len(parts)]
    assert here.there.posted(here.channel)[0].endswith(f"-# 1/{1 + len(parts)}")
    here.there.deny(here.channel, HISTORY)  # without it one may post, and not reply
    await here.discord.send(here.to, parts[0], delivery_id(), root)
    assert "message_reference" not in here.there.messages[here.channel][-1]


async def test_an_edit_replaces_and_is_known_as_settled(here: Here) -> None:
    key = delivery_id()
    receipt = await here.send(key)
    later = here.discord.render(replace(CARD, title="Weekly, done"))[0]
    assert await here.discord.edit(here.to, receipt, later) == receipt
    assert here.there.posted(here.channel) == ["## Weekly, done\nMerged 41."]
    assert await here.find(delivery_id()) is None


async def test_what_others_post_with_our_renderer_puts_nothing_in_doubt(here: Here) -> None:
    """An answer to a mention goes there by itself: it has numbers, which say that nobody waits for it."""
    (payload,) = here.discord.render(CARD)
    here.there.say(here.channel, BOT, components=payload.body["components"], flags=payload.body["flags"])
    assert await here.find(delivery_id()) is None


async def test_what_somebody_deleted_is_posted_once_when_it_changes(here: Here) -> None:
    """Also where the answer was lost: the second try finds it."""
    (payload,) = here.discord.render(replace(CARD, title="Changed"))
    receipt = await here.send()
    here.there.messages[here.channel].clear()
    here.there.troubles.append(Trouble(when="lost"))
    with pytest.raises(DestinationUnavailable):
        await here.discord.edit(here.to, receipt, payload)
    moved = await here.discord.edit(here.to, receipt, payload)
    await here.discord.edit(here.to, moved, payload)
    assert here.there.posted(here.channel) == ["## Changed\nMerged 41."]
    assert moved.message == here.there.messages[here.channel][0]["id"]


async def test_files_go_along_and_what_is_gone_goes_without(here: Here) -> None:
    lost = replace(PNG, name="gone.csv", blob=BlobId("c" * 64))
    card = replace(CARD, attachments=(PNG, lost))
    (payload,) = here.discord.render(card)
    receipt = await here.discord.send(here.to, payload, delivery_id())
    assert here.there.files[f"{receipt.message}/chart-1.png"] == b"\x89PNG\r\n\x1a\n-"
    kinds = [one["type"] for one in here.there.messages[here.channel][0]["components"][0]["components"]]
    assert kinds == [10, 10, 13]
    await here.discord.edit(here.to, receipt, payload)


async def test_direct_messages_and_threads(here: Here) -> None:
    person = here.to.own("300000000000000001")
    await here.send(to=person)
    receipt = await here.send(to=person)
    assert here.there.posted(receipt.channel) == ["## Weekly\nMerged 41."] * 2
    assert here.there.asked.count("POST /users/@me/channels") == 1
    assert await here.discord.find(person, delivery_id(), here.clock.now()) is None
    here.there.closed.add("300000000000000001")
    with pytest.raises(DestinationRefused, match="write nothing to this person"):
        await here.send(to=person)
    thread = here.there.add_channel("later", kind=11, parent=here.channel)
    assert (await here.send(to=replace(here.to, thread=thread))).channel == thread


@pytest.mark.parametrize("when", ["lost", "after"])
async def test_a_lost_answer_is_ambiguous_and_the_message_found(here: Here, when: Any) -> None:
    key, began = delivery_id(), here.clock.now()
    here.there.troubles.append(Trouble(502, "<html>", when=when))
    with pytest.raises(DestinationUnavailable) as caught:
        await here.send(key)
    assert caught.value.ambiguous
    for n in range(120):  # others go on talking
        here.there.say(here.channel, "9" if n % 2 else BOT, **({} if n % 2 else {"flags": 0, "content": "hello"}))
    here.clock.turn(40)
    found = await here.discord.find(here.to, key, began)
    assert found is not None
    assert found.message == here.there.messages[here.channel][0]["id"]
    assert await here.discord.find(here.to, delivery_id(), began) is None


async def test_what_never_arrived_is_certainly_not_there(here: Here) -> None:
    key = delivery_id()
    here.there.troubles.append(Trouble(when="unsent"))
    with pytest.raises(DestinationUnavailable) as caught:
        await here.send(key)
    assert caught.value.ambiguous
    assert await here.find(key) is None


@pytest.mark.parametrize("skew", [-240, 240])
async def test_clocks_that_differ_by_minutes_hide_nothing(here: Here, skew: float) -> None:
    key, began = delivery_id(), here.clock.now()
    here.there.now = lambda: here.clock.at.timestamp() + skew
    await here.send(key)
    assert await here.discord.find(here.to, key, began) is not None


async def test_an_empty_answer_is_believed_only_where_the_history_may_be_read(here: Here) -> None:
    """Without the right Discord gives no error: it gives nothing."""
    key = delivery_id()
    assert await here.find(key) is None
    here.there.deny(here.channel, HISTORY)
    with pytest.raises(CannotAsk):
        await here.find(key)
    here.there.deny(here.channel, VIEW)
    with pytest.raises(DestinationRefused):
        await here.find(key)


async def test_a_place_that_keeps_no_numbers_cannot_be_asked(here: Here) -> None:
    """Should Discord ever stop keeping what we number, nothing is taken for lost."""
    key = delivery_id()
    await here.send(key)
    message = here.there.messages[here.channel][0]
    message["components"] = [{**message["components"][0], "id": 1}]
    with pytest.raises(CannotAsk):
        await here.find(key)
    message["interaction_metadata"] = {"id": "1"}  # the answer to a command: none of the outbox's
    assert await here.find(key) is None


async def test_too_much_to_look_through_cannot_be_asked(here: Here) -> None:
    for _ in range(2100):
        here.there.say(here.channel)
    with pytest.raises(CannotAsk):
        await here.find(delivery_id())
    assert len([one for one in here.there.asked if one.startswith("GET")]) <= 22


_VERDICTS = [
    (400, {"code": 50035}, "refused", None), (403, {"code": 50001}, "refused", None),
    (403, {"code": 50013}, "refused", None), (404, {"code": 10003}, "refused", None),
    (413, "<html>", "refused", None), (400, {"code": 200000}, "refused", None), (403, "<html>", "refused", None),
    (429, {"retry_after": 1.337, "global": False}, "later", 1.337), (429, "<html>", "later", None),
    (400, {"code": 30046}, "later", None), (500, {}, "doubt", None), (503, "<html>", "doubt", None),
    (200, "[", "doubt", None), (204, None, "refused", None),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "verdict", "wait"), _VERDICTS[:-1])
async def test_verdicts(here: Here, status: int, body: Any, verdict: str, wait: float | None) -> None:
    here.there.troubles.append(Trouble(status, body))
    if status == 200:
        here.there.troubles[0].body = None
    with pytest.raises(DeliveryError) as caught:
        await here.send()
    error = caught.value
    assert isinstance(error, DestinationRefused if verdict == "refused" else DestinationUnavailable)
    assert (error.ambiguous, error.retry_after) == (verdict == "doubt", wait)
    assert TOKEN not in str(error)
    assert len(here.there.asked) == 1


async def test_a_global_limit_holds_for_everything(here: Here) -> None:
    here.there.troubles.append(Trouble(429, {"retry_after": 30.5, "global": True}))
    with pytest.raises(DestinationUnavailable) as caught:
        await here.send()
    assert caught.value.of_account
    here.clock.turn(10)
    with pytest.raises(DestinationUnavailable) as caught:
        await here.send(to=replace(here.to, target=here.there.add_channel("ops")))
    assert (caught.value.retry_after, caught.value.of_account) == (20.5, True)
    assert len(here.there.asked) == 1
    here.clock.turn(20.5)
    await here.send()


async def test_a_spent_bucket_is_waited_for_and_never_overdrawn(here: Here) -> None:
    here.there.limited = True
    began = here.clock.now()
    for _ in range(12):
        try:
            await here.send()
        except DestinationUnavailable as error:
            here.clock.turn(error.retry_after or 0)
            await here.send()
    assert len(here.there.posted(here.channel)) == 12
    assert len(here.there.asked) == 12  # no request was refused
    assert (here.clock.now() - began).total_seconds() >= 10


async def test_a_revoked_token_is_refused_five_times_and_left_alone(here: Here) -> None:
    here.there.token = "another"
    for _ in range(20):
        with pytest.raises(DestinationRefused) as caught:
            await here.send()
        assert caught.value.of_account
        assert "ARB_DISCORD_TOKEN" in str(caught.value.hint)
    assert len(here.there.asked) == 5
    here.there.token = TOKEN
    here.clock.turn(601)
    await here.send()
    await here.send()


async def test_a_token_is_not_sent_in_the_clear(here: Here) -> None:
    egress = Egress(here.clock, Allowed(), resolve=Book({"discord.example": [["8.8.8.8"]]}))
    for url in ("http://discord.example/api", here.there.url):
        rest = Rest(egress, here.clock, SecretStr(TOKEN), url)
        with pytest.raises(DeliveryError):
            await rest.ask("GET", "/users/@me")
    await egress.aclose()
    assert here.there.asked == []


async def test_which_channel_is_meant(here: Here) -> None:
    meant = here.discord.channel
    here.there.add_channel("eng")  # another one
    with pytest.raises(UsageError, match="several"):
        await meant("#eng", GUILD)
    only = here.there.add_channel("only-one")
    for said in ("#only-one", "Only-One", only, f"<#{only}>"):
        found = await meant(said, GUILD)
        assert (found.name, found.address) == ("#only-one", Address(Platform.DISCORD, GUILD, only))
    assert (await meant("#only-one", None)).address.account == GUILD
    with pytest.raises(UsageError) as caught:
        await meant("#only-on", GUILD)
    assert "#only-one" in str(caught.value.hint)


async def test_no_other_guilds_channel(here: Here) -> None:
    other = here.there.add_guild("200000000000000009", "Other")
    secret = here.there.add_channel("secret", other)
    for said in ("#secret", secret, f"<#{secret}>"):
        with pytest.raises(UsageError, match="no channel"):
            await here.discord.channel(said, GUILD)
    assert (await here.discord.channel("#secret", None)).address.account == other  # the operator's own
    for said in ("#secret", here.there.add_channel("voice", kind=2), "12345678901234567890"):
        with pytest.raises(UsageError, match="no channel"):
            await here.discord.channel(said, GUILD)


async def test_a_channel_in_which_the_bot_may_not_post(here: Here) -> None:
    quiet = here.there.add_channel("quiet")
    here.there.deny(quiet, SEND | HISTORY)
    with pytest.raises(UsageError) as caught:
        await here.discord.channel("#quiet", GUILD)
    assert "send messages, read the message history" in str(caught.value)


async def test_every_sample_is_taken(here: Here) -> None:
    """What the renderer makes passes what Discord checks; a marked repeat too."""
    for code in CODES:
        for make in SAMPLES.values():
            for payload in here.discord.render(make(code)):
                bare = Payload(payload.body, tuple(replace(file, blob=PNG.blob) for file in payload.attachments))
                await here.discord.send(here.to, bare, delivery_id())
                await here.discord.send(here.to, here.discord.repeated(bare, code), delivery_id())
    texts = here.there.posted(here.channel)
    assert (
        sum("Possible repeat" in text for text in texts) == sum("중복 가능" in text for text in texts) == len(SAMPLES)
    )


def test_ids_of_instants() -> None:
    """From the example of Discord's own documentation."""
    from writers.discord import _id_at, _receipt

    assert _receipt("1", {"id": "175928847299117063"}).at == datetime(2016, 4, 30, 11, 18, 25, 796000, tzinfo=UTC)
    assert _id_at(datetime(2016, 4, 30, 11, 18, 25, 796000, tzinfo=UTC)) == 175928847299117063 >> 22 << 22
