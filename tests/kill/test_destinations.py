"""SIGKILL around each send of a webhook and of a file: the receiver's ledger and the folder are the judges."""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio

from model.card import Card
from model.clock import SystemClock
from model.delivery import Address, DeliveryState, Payload, Platform
from model.ids import DeliveryId
from tests.storage.world import Room, room
from tests.support.databases import Place
from tests.support.discord import GUILD, discord
from tests.support.nursery import Child, Nursery
from tests.support.receiver import Receiver, receiver
from tests.support.slack import slack
from writers import discord_components, slack_blocks
from writers.document import document
from writers.file import Files

_ROOT = Path(__file__).parents[2]
_MOMENTS = [f"{what}-{when}" for what in ("claim", "send", "settle") for when in ("before", "inside", "after")]
_SOME = {"claim-after", "send-inside", "send-lost", "settle-inside"}
_LATER = 3600.0  # seconds: when somebody comes back, every lease has run out
_CARD = Card("Weekly", (), "en", run="7Q2F")


@dataclass
class Couriers:
    """A database with one message, and processes that send it."""

    beds: Nursery
    place: Place
    here: Room
    message: DeliveryId | None = None
    settings: dict[str, str] = field(default_factory=dict)

    def start(self, platform: Platform, moment: str = "", later: float = 0.0) -> Child:
        asked = {
            "url": self.place.url, "home": str(self.place.home), "platform": platform,
            "moment": moment, "later": later, "settings": self.settings,
        }  # fmt: skip
        env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(_ROOT), "PYTHONUTF8": "1"}
        return self.beds.start("tests.kill.courier", json.dumps(asked), env=env, cwd=_ROOT)

    def finish(self, platform: Platform) -> None:
        done = self.start(platform, later=_LATER).wait()
        assert done.returncode == 0, done.stderr

    async def put(
        self, platform: Platform, config: dict[str, str], payload: Payload, at: Address | None = None
    ) -> None:
        """Add a destination and put a message to it on its way."""
        async with self.here.db.write(self.here.workspace) as stores:
            there = await stores.destinations.add("there", platform.value, config, self.here.member, at)
            self.message = await stores.deliveries.put(there.address, [payload])

    async def state(self) -> DeliveryState:
        assert self.message is not None
        async with self.here.db.read(self.here.workspace) as stores:
            return (await stores.deliveries.of(self.message)).state


@pytest_asyncio.fixture
async def couriers(place: Place, beds: Nursery) -> AsyncIterator[Couriers]:
    db = await place.open()
    yield Couriers(beds, place, await room(db))
    await db.close()


def _some(case: Mapping[str, object]) -> bool:
    return case["moment"] in (_SOME if case["place"] == "sqlite" else {"settle-inside"})


def _some_knowing(case: Mapping[str, object]) -> bool:
    """One that knows keys has to use them where it is killed for what it has kept; else all is as with the other."""
    return case["moment"] == "send-inside" if case["knows"] else _some(case)


@pytest.mark.some(of=_some_knowing)
@pytest.mark.parametrize("knows", [True, False], ids=["knowing", "mute"])
@pytest.mark.parametrize("moment", [*_MOMENTS, "send-lost"])
async def test_a_webhook(couriers: Couriers, moment: str, knows: bool) -> None:
    """Never lost; a receiver that knows keys has it once, one that does not once more at most, and marked."""
    with receiver(knows=knows) as there:
        config = {
            "url": f"http://127.0.0.1:{there.port}/hook", "secret": "whsec_" + "QUFB" * 12,
            "repeats": "ignored" if knows else "marked",
        }  # fmt: skip
        await couriers.put(Platform.WEBHOOK, config, Payload(document(_CARD)))
        _killed(couriers.start(Platform.WEBHOOK, _prepared(there, moment)), there)
        couriers.finish(Platform.WEBHOOK)
        assert await couriers.state() is DeliveryState.SENT
        _judge(there, str(couriers.message))


def _prepared(there: Receiver, moment: str) -> str:
    """Have the receiver kill where it is the one that can; return the moment at which the process does so itself."""
    there.kills = {"send-inside": "kept", "send-lost": "lost"}.get(moment, "")  # type: ignore[assignment]
    return "" if there.kills else moment


def _killed(child: Child, there: Receiver) -> None:
    there.name(child.pid)
    died = child.wait()
    assert died.returncode == -signal.SIGKILL, died.stderr


def _judge(there: Receiver, message: str) -> None:
    marked = Counter(repeat for _, repeat in there.ledger)
    assert {key for key, _ in there.ledger} == {message}, "lost"
    if there.knows:
        assert marked == {False: 1}, "repeated"
    else:
        assert marked[False] <= 1, "a repeat that does not say so"
        assert marked[True] <= 1, "more than one for a kill"


@pytest.mark.some(of=_some)
@pytest.mark.parametrize("moment", [moment for moment in _MOMENTS if moment != "send-inside"])
async def test_a_file(couriers: Couriers, moment: str) -> None:
    """One whole file, whenever."""
    root = couriers.place.home / "outbox"
    (payload,) = Files((root,), SystemClock(), _no_config).render(_CARD)
    await couriers.put(Platform.FILE, {"folder": "weekly", "form": "json"}, payload)
    died = couriers.start(Platform.FILE, moment).wait()
    assert died.returncode == -signal.SIGKILL, died.stderr
    couriers.finish(Platform.FILE)
    assert await couriers.state() is DeliveryState.SENT
    (file,) = (root / "weekly").iterdir()
    assert file.name == f"7Q2F-{couriers.message}.json"
    assert json.loads(file.read_bytes())["title"] == "Weekly"


@pytest.mark.some(of=_some)
@pytest.mark.parametrize("moment", [*_MOMENTS, "send-lost"])
async def test_discord(couriers: Couriers, moment: str) -> None:
    """It can be asked: never lost, never twice. When somebody comes back its nonces are long forgotten."""
    with discord() as there:
        channel = there.add_channel("eng")
        couriers.settings = {"discord_token": there.token, "discord_api_url": there.url}
        (payload,) = discord_components.render(_CARD)
        await couriers.put(Platform.DISCORD, {}, payload, Address(Platform.DISCORD, GUILD, channel))
        there.kills = {"send-inside": "kept", "send-lost": "lost"}.get(moment, "")  # type: ignore[assignment]
        child = couriers.start(Platform.DISCORD, "" if there.kills else moment)
        there.name(child.pid)
        died = child.wait()
        assert died.returncode == -signal.SIGKILL, died.stderr
        there.now = lambda: time.time() + _LATER
        couriers.finish(Platform.DISCORD)
        assert await couriers.state() is DeliveryState.SENT
        assert there.posted(channel) == ["## Weekly"]


@pytest.mark.some(of=_some)
@pytest.mark.parametrize("moment", [*_MOMENTS, "send-lost"])
async def test_slack(couriers: Couriers, moment: str) -> None:
    """It can be asked: never lost, never twice."""
    with slack() as there:
        couriers.settings = {"slack_bot_token": there.team.token, "slack_api_url": there.url}
        (payload,) = slack_blocks.render(_CARD)
        await couriers.put(Platform.SLACK, {}, payload, Address(Platform.SLACK, there.team.id, "C0ENG00"))
        there.kills = {"send-inside": "kept", "send-lost": "lost"}.get(moment, "")  # type: ignore[assignment]
        child = couriers.start(Platform.SLACK, "" if there.kills else moment)
        there.name(child.pid)
        died = child.wait()
        assert died.returncode == -signal.SIGKILL, died.stderr
        there.kills = ""
        couriers.finish(Platform.SLACK)
        assert await couriers.state() is DeliveryState.SENT
        assert there.texts() == ["Weekly\n"]


async def _no_config(to: Address) -> dict[str, str]:
    raise AssertionError(to)
