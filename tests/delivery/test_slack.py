"""The outbox and Slack together: its pace, outages, lost answers. Slack's own ledger judges."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest
import pytest_asyncio

from delivery.outbox import Outbox
from delivery.pacing import GAPS
from egress.client import Allowed, Egress
from model.card import Card, Text, text_line
from model.delivery import Address, DeliveryState, Platform
from model.ids import BlobId, DeliveryId
from storage.owners import Owner
from tests.delivery.conftest import MARGIN, TIMEOUT
from tests.storage.world import HandClock, Room, room
from tests.support.databases import Place
from tests.support.slack import Stand, Trouble, slack
from writers.slack import Slack
from writers.slack_api import SlackApi

ENG = Address(Platform.SLACK, "T0ACME", "C0ENG00")


@pytest.fixture
def there() -> Iterator[Stand]:
    with slack() as stand:
        yield stand


class Post:
    """An outbox on a virtual clock that sends to Slack."""

    def __init__(self, here: Room, clock: HandClock, place: Slack, outbox: Outbox) -> None:
        self.here, self.clock, self.place, self.outbox = here, clock, place, outbox

    async def put(self, title: str, to: Address = ENG, lines: int = 1) -> DeliveryId:
        card = Card(title, (Text((text_line("x" * 250),) * lines),), "en")
        async with self.here.db.write(self.here.workspace) as stores:
            return await stores.deliveries.put(to, self.place.render(card))

    async def state(self, id: DeliveryId) -> DeliveryState:
        async with self.here.db.read(self.here.workspace) as stores:
            return (await stores.deliveries.of(id)).state

    async def work(self, seconds: int, step: int = 1) -> None:
        for _ in range(0, seconds, step):
            await self.outbox.drain()
            self.clock.turn(step)


@pytest_asyncio.fixture
async def post(place: Place, clock: HandClock, owner: Owner, there: Stand) -> AsyncIterator[Post]:
    async def no_file(to: Address, blob: BlobId) -> bytes:
        raise AssertionError(blob)

    there.clock = clock.now().timestamp() - there.now()
    db, egress = await place.open(clock), Egress(clock, Allowed.parse(["127.0.0.1"]))
    made = Slack(SlackApi(egress, clock, there.url, there.team.token), clock, no_file)
    outbox = Outbox(db, {made.platform: made}, owner, clock, timeout=TIMEOUT, margin=MARGIN, gaps=GAPS)
    yield Post(await room(db), clock, made, outbox)
    await made.aclose()
    await egress.aclose()
    await db.close()


def _titles(there: Stand, channel: str = "C0ENG00") -> list[str]:
    return [text.split("\n")[0] for text in there.texts(channel)]


async def test_trouble_of_every_kind(post: Post, there: Stand) -> None:
    """Lost answers, 5xx, 429s: each message stands there once, each channel's in order."""
    there.next("chat.postMessage", "", "lost", "500", "ratelimited", "drop", "", "lost", of="3")
    there.next("conversations.history", "500", "ratelimited", "lost", of="2")
    ids = [await post.put(f"{n}", ENG if n % 2 else replace(ENG, target="C0OPS00")) for n in range(12)]
    await post.work(300, 5)
    assert _titles(there) == [f"{n}" for n in range(12) if n % 2]
    assert _titles(there, "C0OPS00") == [f"{n}" for n in range(12) if not n % 2]
    assert {await post.state(id) for id in ids} == {DeliveryState.SENT}


async def test_no_more_calls_than_allowed(post: Post, there: Stand) -> None:
    """What is under way when Slack asks to wait has gone, one a channel; nothing follows it until then."""
    there.next("chat.postMessage", "ratelimited", of="30")
    for n in range(6):
        await post.put(f"{n}", replace(ENG, target=("C0ENG00", "C0OPS00", "G0SECRET")[n % 3]))
    await post.work(1)
    under_way = len(there.calls("chat.postMessage"))
    assert under_way <= 3
    await post.work(28, 7)
    assert len(there.calls("chat.postMessage")) == under_way
    await post.work(60, 4)
    assert len(there.calls("chat.postMessage")) == 7


async def test_pages_follow_in_the_thread(post: Post, there: Stand) -> None:
    """The root first; a page whose answer was lost is looked for there, and stands once."""
    there.next("chat.postMessage", "", "lost")
    await post.put("long", lines=60)
    await post.work(120, 4)
    root, *pages = there.team.posted("C0ENG00")
    assert len(pages) >= 4
    assert {page["thread_ts"] for page in pages} == {root["ts"]}
    assert len({page["metadata"]["event_payload"]["key"] for page in pages}) == len(pages)
    assert len(there.calls("conversations.replies")) == 1


async def test_an_outage(post: Post, there: Stand) -> None:
    """5xx for a while: nothing is lost, nothing twice."""
    away: list[Trouble] = ["500"] * 8
    there.next("chat.postMessage", *away)
    ids = [await post.put(f"{n}") for n in range(5)]
    await post.work(3600, 60)
    assert _titles(there) == ["0", "1", "2", "3", "4"]
    assert {await post.state(id) for id in ids} == {DeliveryState.SENT}
