"""Webhooks: what is sent, how it is signed, and what each answer means."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
from pydantic import JsonValue, ValidationError

from egress.client import Allowed, Egress
from model.card import Action, Card, Text, text_line
from model.delivery import Address, Destination, Payload, Platform
from model.errors import (
    CannotAsk,
    DeliveryError,
    DestinationRefused,
    DestinationUnavailable,
    SealBroken,
    UnknownName,
    UsageError,
)
from model.ids import delivery_id, webhook_secret
from tests.support.cards import HOSTILE, SAMPLES, hostile
from tests.support.outside import Asked, Book, outside, response, saying
from tests.support.talk import FixedClock
from writers.document import dumped
from writers.webhook import WebhookConfig, Webhooks

NOW = datetime.now(UTC)
TO = Address(Platform.WEBHOOK, "w", "d")
KEY = delivery_id()
SECRET = webhook_secret()
CARD = Card(
    "Weekly", (Text((text_line("Merged 41."),)),), "en", (Action("Run again", "report run"),), run="7Q2F"
)  # fmt: skip

Make = Callable[..., Webhooks]


@pytest_asyncio.fixture
async def make() -> AsyncIterator[Make]:
    """Return webhooks whose one configuration is given."""
    egress = Egress(FixedClock(NOW), Allowed.parse(["127.0.0.1"]), resolve=Book({"pub.example": [["8.8.8.8"]]}))

    def made(url: str, repeats: str = "marked") -> Webhooks:
        async def config(to: Address) -> Mapping[str, JsonValue]:
            assert to == TO
            return {"url": url, "secret": SECRET, "repeats": repeats}

        return Webhooks(egress, FixedClock(NOW), config)

    yield made
    await egress.aclose()


def _documented() -> Callable[[str, Mapping[str, str], bytes], bool]:
    """Return the example of the docs, as a reader would paste it."""
    page = (Path(__file__).parents[2] / "docs" / "destinations.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    names["time"] = SimpleNamespace(time=NOW.timestamp)  # the suite may have begun long ago
    verify: Callable[[str, Mapping[str, str], bytes], bool] = names["is_from_us"]
    return verify


def _as_destination(webhooks: Webhooks) -> Destination:
    return webhooks


async def test_what_is_sent(make: Make) -> None:
    """The documented fields, the key in two headers, and nothing that only works in a chat."""
    async with outside(saying(response(202))) as there:
        webhooks = _as_destination(make(there.url("/hook?team=1")))
        (payload,) = webhooks.render(CARD)
        receipt = await webhooks.send(TO, payload, KEY)
    (asked,) = there.asked
    assert (asked.method, asked.target, receipt.at) == ("POST", "/hook?team=1", NOW)
    assert asked.headers["idempotency-key"] == asked.headers["webhook-id"] == KEY
    assert asked.headers["content-type"] == "application/json"
    body = json.loads(asked.body)
    assert body.pop("text") == "Weekly\n\nMerged 41.\n"
    assert body.pop("markdown").startswith("# Weekly")
    assert body.pop("blocks")[0]["lines"][0][0]["text"] == "Merged 41."
    assert body == {
        "version": 1, "delivery": KEY, "revision": 1, "possible_repeat": False, "run": "7Q2F", "title": "Weekly",
        "subtitle": "", "tone": "neutral", "language": "en",
    }  # fmt: skip


async def test_the_documented_check_accepts_it(make: Make) -> None:
    """And nothing that was changed: body, id, time, secret."""
    verify = _documented()
    async with outside(saying(response())) as there:
        webhooks = make(there.url())
        await webhooks.send(TO, webhooks.render(CARD)[0], KEY)
    (asked,) = there.asked
    assert verify(SECRET, asked.headers, asked.body)
    changed: list[tuple[str, Mapping[str, str], bytes]] = [
        (webhook_secret(), asked.headers, asked.body),
        (SECRET, asked.headers, asked.body + b" "),
        (SECRET, {**asked.headers, "webhook-id": delivery_id()}, asked.body),
        (SECRET, {**asked.headers, "webhook-timestamp": str(int(NOW.timestamp()) - 1)}, asked.body),
        (SECRET, {**asked.headers, "webhook-timestamp": str(int(NOW.timestamp()) - 301)}, asked.body),
        (SECRET, {**asked.headers, "webhook-signature": "v1," + "A" * 43 + "="}, asked.body),
    ]
    assert not any(verify(*one) for one in changed)


async def test_a_repeat_is_the_same_and_a_revision_another(make: Make) -> None:
    """The same key for the same bytes; other bytes have another key, and a higher revision."""
    async with outside(saying(response())) as there:
        webhooks = make(there.url(), "ignored")
        (payload,) = webhooks.render(CARD)
        receipt = await webhooks.send(TO, payload, KEY)
        await webhooks.send(TO, payload, KEY)
        later = Payload({**payload.body, "title": "Weekly, done"})
        second = await webhooks.edit(TO, receipt, later)
        await webhooks.edit(TO, receipt, later)
        await webhooks.edit(TO, second, payload)
        part = await webhooks.send(TO, payload, delivery_id(), receipt)
        marked = webhooks.repeated(payload, "ko")
        await webhooks.send(TO, marked, KEY)
    bodies = [json.loads(asked.body) for asked in there.asked]
    keys = [asked.headers["idempotency-key"] for asked in there.asked]
    assert there.asked[0].body == there.asked[1].body
    assert there.asked[2].body == there.asked[3].body
    assert keys[0] == keys[1] == KEY
    assert keys[2] == keys[3]
    assert len({*keys[:5]}) == 3
    assert all(key.startswith(f"{KEY}.") for key in keys[2:5])
    assert [body["revision"] for body in bodies[:5]] == [1, 1, 2, 2, 3]
    assert {body["delivery"] for body in bodies[:5]} == {KEY}
    assert bodies[5]["part_of"] == KEY
    assert part.message == f"{bodies[5]['delivery']}.1"
    assert [body["possible_repeat"] for body in bodies] == [False] * 6 + [True]


_VERDICTS = [
    (301, {}, "refused", False, None), (307, {}, "refused", False, None), (400, {}, "refused", False, None),
    (401, {}, "refused", False, None), (403, {}, "refused", False, None), (404, {}, "refused", False, None),
    (405, {}, "refused", False, None), (409, {}, "refused", False, None), (410, {}, "refused", False, None),
    (413, {}, "refused", False, None), (422, {}, "refused", False, None),
    (408, {}, "later", False, None), (425, {}, "later", False, None), (429, {"retry_after": "7"}, "later", False, 7.0),
    (500, {}, "later", True, None), (502, {}, "later", True, None), (503, {}, "later", True, None),
    (503, {"retry_after": "90"}, "later", False, 90.0), (504, {"retry_after": "5"}, "later", True, 5.0),
]  # fmt: skip


@pytest.mark.parametrize(("status", "headers", "verdict", "ambiguous", "wait"), _VERDICTS)
async def test_what_an_answer_means(
    make: Make, status: int, headers: Mapping[str, str], verdict: str, *, ambiguous: bool, wait: float | None
) -> None:
    """The outbox obeys: never again, or later, and whether it may have arrived."""
    async with outside(saying(response(status, b"CANARY", **headers))) as there:
        webhooks = make(there.url("/?key=CANARY"))
        with pytest.raises(DeliveryError) as caught:
            await webhooks.send(TO, webhooks.render(CARD)[0], KEY)
    error = caught.value
    assert isinstance(error, DestinationRefused) is (verdict == "refused")
    assert isinstance(error, DestinationUnavailable) is (verdict == "later")
    assert (error.ambiguous, error.retry_after) == (ambiguous, wait)
    assert str(status) in error.message.plain()
    assert "CANARY" not in f"{error.message} {error.hint} {error.__cause__!r}"
    assert len(there.asked) == 1


async def test_a_conflict_is_work_in_progress(make: Make) -> None:
    """Where the receiver knows keys, 409 says that it is working on this one."""
    async with outside(saying(response(409))) as there:
        webhooks = make(there.url(), "ignored")
        with pytest.raises(DestinationUnavailable) as caught:
            await webhooks.send(TO, webhooks.render(CARD)[0], KEY)
    assert caught.value.ambiguous


async def test_what_became_public_is_not_sent_in_the_clear(make: Make) -> None:
    """An address inside that was good enough for http leads outside since: nothing is sent there."""
    place = make("http://pub.example/hook")
    with pytest.raises(DestinationRefused, match="in the clear"):
        await place.send(TO, place.render(CARD)[0], KEY)


async def test_no_answer(make: Make, unused_tcp_port: int) -> None:
    """Before the request went out it is certain that it did not arrive; after that it is not."""
    webhooks = make(f"http://127.0.0.1:{unused_tcp_port}/")
    with pytest.raises(DestinationUnavailable) as caught:
        await webhooks.send(TO, webhooks.render(CARD)[0], KEY)
    assert not caught.value.ambiguous

    async def hang_up(_: Asked, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with outside(hang_up) as there:
        webhooks = make(there.url())
        with pytest.raises(DestinationUnavailable) as caught:
            await webhooks.send(TO, webhooks.render(CARD)[0], KEY)
    assert caught.value.ambiguous
    webhooks = make("https://10.0.0.1/")
    with pytest.raises(DestinationRefused):
        await webhooks.send(TO, webhooks.render(CARD)[0], KEY)


async def test_a_body_that_never_ends_is_not_waited_for(make: Make) -> None:
    """The status says yes; what follows it is not read."""

    async def drip(_: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-encoding: br\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with outside(drip) as there, asyncio.timeout(5):
        webhooks = make(there.url())
        assert (await webhooks.send(TO, webhooks.render(CARD)[0], KEY)).message == f"{KEY}.1"


async def test_who_can_be_asked(make: Make) -> None:
    """Nobody; but a receiver that ignores what it knows need not be."""
    assert await make("https://x.example", "ignored").find(TO, KEY, NOW) is None
    with pytest.raises(CannotAsk):
        await make("https://x.example").find(TO, KEY, NOW)


@pytest.mark.parametrize("error", [UnknownName("There is no such destination here."), SealBroken("broken")])
async def test_a_configuration_that_is_gone(error: Exception) -> None:
    """Removed meanwhile, or sealed under a lost key: a verdict like any other."""

    async def gone(_: Address) -> Mapping[str, JsonValue]:
        raise error

    webhooks = Webhooks(Egress(FixedClock()), FixedClock(), gone)
    for attempt in (webhooks.send(TO, Payload({}), KEY), webhooks.find(TO, KEY, NOW)):
        with pytest.raises(DestinationRefused):
            await attempt


async def test_what_is_kept(make: Make) -> None:
    """A secret is made where none is given; an address inside, or in the clear, is refused."""
    webhooks = make("https://unused.example")
    kept = await webhooks.kept({"url": "https://pub.example/x"})
    assert len(str(kept["secret"])) == len(SECRET) == 50
    assert kept["repeats"] == "marked"
    assert (await webhooks.kept({"url": "https://pub.example", "secret": SECRET}))["secret"] == SECRET
    assert (await webhooks.kept({"url": "http://127.0.0.1:9/"}))["url"] == "http://127.0.0.1:9/"
    for url in (
        "https://10.0.0.1/",
        "https://nowhere.example/",
        "http://pub.example/",
        "ops",
        "https://pub.example:22/",
    ):
        with pytest.raises(UsageError):
            await webhooks.kept({"url": url})
    for secret in ("x" * 40, "whsec_", "whsec_c2hvcnQ=", "whsec_%%%", SECRET.removeprefix("whsec_"), "whsec_é"):
        with pytest.raises(ValidationError) as caught:
            WebhookConfig.model_validate({"url": "https://pub.example", "secret": secret})
        assert secret == "whsec_" or secret not in str(caught.value)


@pytest.mark.parametrize("card", [*(sample("ko") for sample in SAMPLES.values()), *map(hostile, HOSTILE)])
def test_any_card_fits(make: Make, card: Card) -> None:
    """Within 256 KiB, and as JSON that any parser takes."""
    (payload,) = make("https://unused.example").render(card)
    data = dumped(payload.body)
    assert len(data) <= 256 << 10
    assert json.loads(data.decode("utf-8")).keys() == payload.body.keys()


def test_a_large_card_loses_its_blocks_first(make: Make) -> None:
    """Then the end of its texts; it says what."""
    for lines, degraded in ((150, ()), (180, ("blocks",)), (600, ("blocks", "text"))):
        long = tuple(text_line("word " * 100) for _ in range(lines))
        (payload,) = make("https://unused.example").render(Card("t", (Text(long),), "en"))
        assert payload.degraded == degraded
        assert len(dumped(payload.body)) <= 256 << 10
