"""Two workspaces: whatever id one of them guesses, it finds and changes nothing of the other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest_asyncio
from sqlalchemy import select

from collectors.measured import entry
from model.card import Action, Card
from model.delivery import Address, Delivery, DeliveryState, Payload, Platform, Receipt
from model.errors import ArbError
from model.ids import BlobId, EventId, ModelId, UsageId
from model.keys import ApiKey
from model.language import Message
from model.member import Role
from model.pushed import Arrived
from model.record import Page
from model.report import Run, RunState
from storage.owners import Owner
from storage.steps import Finished
from storage.stores import Stores
from storage.tables import METADATA
from tests.storage.world import MONDAY, WEEK, Room, commit, room

_EVENT = EventId("terminal:theirs")
_HOOK = Address(Platform.WEBHOOK, "there", "hook")


@dataclass(frozen=True)
class Theirs:
    """What stands in the other workspace, id by id."""

    room: Room
    run: Run
    fence: int
    action: str
    blob: BlobId
    delivery: Delivery
    model: ModelId
    call: UsageId
    key: ApiKey
    hook: str


@pytest_asyncio.fixture
async def theirs(here: Room, tmp_path: Path) -> AsyncIterator[Theirs]:
    there = await room(here.db, "there")
    await there.put(commit("secret", MONDAY), cursor="their cursor")
    run = await there.run("their run")
    owner = Owner.enter(tmp_path)
    (claim,) = await here.db.claims.claim_runs(owner, 1, 30)
    async with here.db.write(there.workspace) as stores:
        await stores.runs.finish(run.id, "collect", b"secret", claim.fence, 1.0)
        card = await stores.actions.bind(Card("t", (), "en", actions=(Action("a", "b"),)), None)
        blob = await stores.blobs.put(b"secret")
        await stores.inbox.put(_EVENT, there.member, {"line": "secret"}, owner.id)
        await stores.members.change(there.member, zone="Asia/Seoul")
        delivery = await stores.deliveries.put(_HOOK, [Payload({"text": "secret"})], run=run.id)
        await stores.places.close(_HOOK, Message("x"), whole=False)
        found = await stores.deliveries.of(delivery)
        model = await stores.models.add("secret", "claude", {"key": "secret"}, there.member)
        call = await stores.usage.begin(there.member, run.id, "secret", Decimal("0.01"))
        assert isinstance(call, str)
        key = (await stores.keys.make("secret", there.member, ("read",), 90)).key
        hook = await stores.hooks.make(there.source, there.member, "secret")
        sold = entry("sales", "1", MONDAY, "secret"), entry("sales", "1/a", MONDAY, "secret")
        await stores.records.push(there.source, sold, None)
    await here.db.receiving.keep(hook, Arrived("pushed", "x"), b"secret")
    yield Theirs(there, run, claim.fence, str(card.actions[0].id), blob, found, model.id, call, key, hook.id)
    owner.leave()


async def _overlapping(stores: Stores, theirs: Theirs) -> list[object]:
    return [found async for found in stores.records.overlapping([theirs.room.source], WEEK)]


Attempt = Callable[[Stores, Theirs], Awaitable[object]]
_ATTEMPTS: Mapping[str, Attempt] = {
    "members.of": lambda s, t: s.members.of(t.room.member),
    "members.change": lambda s, t: s.members.change(t.room.member, role=Role.VIEWER),
    "sources.of": lambda s, t: s.sources.of(t.room.source),
    "sources.config": lambda s, t: s.sources.config(t.room.source),
    "sources.remove": lambda s, t: s.sources.remove(t.room.source),
    "sources.read_well": lambda s, t: s.sources.read_well(t.room.source, MONDAY, Message("x")),
    "sources.failed": lambda s, t: s.sources.failed(t.room.source, MONDAY, Message("x")),
    "records.put": lambda s, t: s.records.put(t.room.source, Page((commit("a", MONDAY),), "x", restart=True)),
    "records.cursor": lambda s, t: s.records.cursor(t.room.source),
    "records.overlapping": _overlapping,
    "records.firsts": lambda s, t: s.records.firsts([t.room.source], ["Mina"]),
    "records.count": lambda s, t: s.records.count(t.room.source),
    "records.began": lambda s, t: s.records.began(t.room.source, WEEK),
    "records.newest": lambda s, t: s.records.newest(t.room.source),
    "records.one": lambda s, t: s.records.one(t.room.source, "commit", "secret"),
    "runs.of": lambda s, t: s.runs.of(t.run.id),
    "runs.named": lambda s, t: s.runs.named(t.run.name),
    "runs.named last": lambda s, t: s.runs.named("last"),
    "runs.step": lambda s, t: s.runs.step(t.run.id, "collect"),
    "runs.steps": lambda s, t: s.runs.steps(t.run.id),
    "runs.finish": lambda s, t: s.runs.finish(t.run.id, "measure", b"x", t.fence, 1.0),
    "runs.finish_all": lambda s, t: s.runs.finish_all(t.run.id, (Finished("measure", b"x", 1.0),), t.fence),
    "runs.conclude": lambda s, t: s.runs.conclude(t.run.id, RunState.FAILED, t.fence),
    "runs.list": lambda s, t: s.runs.list(9),
    "runs.before": lambda s, t: s.runs.before(t.run),
    "actions.take": lambda s, t: s.actions.take(t.action, t.room.member),
    "inbox.open": lambda s, t: s.inbox.open(_EVENT),
    "inbox.done": lambda s, t: s.inbox.done(_EVENT),
    "inbox.take_over": lambda s, t: s.inbox.take_over(_EVENT, "x"),
    "blobs.of": lambda s, t: s.blobs.of(t.blob),
    "deliveries.of": lambda s, t: s.deliveries.of(t.delivery.id),
    "deliveries.of_run": lambda s, t: s.deliveries.of_run(t.run.id),
    "deliveries.revise": lambda s, t: s.deliveries.revise(t.delivery.id, [Payload({"text": "mine"})]),
    "deliveries.again": lambda s, t: s.deliveries.again(t.run.id),
    "deliveries.withdraw": lambda s, t: s.deliveries.withdraw(t.run.id, Message("x")),
    "deliveries.held": lambda s, t: s.deliveries.held(t.delivery),
    "deliveries.sent": lambda s, t: s.deliveries.sent(t.delivery, Receipt("c", "m", MONDAY), 1),
    "deliveries.end": lambda s, t: s.deliveries.end(t.delivery, DeliveryState.REFUSED, Message("x")),
    "models.find": lambda s, t: s.models.find("secret"),
    "models.config": lambda s, t: s.models.config(t.model),
    "models.change": lambda s, t: s.models.change(t.model, {"key": "mine"}),
    "models.remove": lambda s, t: s.models.remove(t.model),
    "usage.of_run": lambda s, t: s.usage.of_run(t.run.id),
    "usage.settle": lambda s, t: s.usage.settle(t.call, None, Decimal(0)),
    "keys.revoke": lambda s, t: s.keys.revoke(t.key),
    "keys.rotate": lambda s, t: s.keys.rotate(t.key, 1, MONDAY),
    "keys.warned": lambda s, t: s.keys.warned(t.key),
    "hooks.of": lambda s, t: s.hooks.of(t.room.source),
    "hooks.remove": lambda s, t: s.hooks.remove(t.room.source),
    "pushed.done": lambda s, t: s.pushed.done(t.hook, ["pushed"]),
    "records.push": lambda s, t: s.records.push(t.room.source, [commit("a", MONDAY)], None),
    "results.newest": lambda s, t: s.results.newest(t.room.source, "sales", 9),
    "results.beneath": lambda s, t: s.results.beneath(t.room.source, ["sales"], "1"),
    "results.since": lambda s, t: s.results.since(t.room.source, "sales", MONDAY),
    "places.open": lambda s, t: s.places.open(_HOOK),
    "places.closed": lambda s, t: s.places.closed(_HOOK),
    "places.known": lambda s, t: s.places.known(_HOOK),
}


async def _rows(theirs: Theirs) -> dict[str, list[tuple[object, ...]]]:
    async with theirs.room.db._transactions.reading() as connection:
        return {
            name: [
                tuple(row)
                for row in await connection.execute(
                    select(table).where(table.c.workspace_id == theirs.room.workspace).order_by(*table.primary_key)
                )
            ]
            for name, table in METADATA.tables.items()
            if "workspace_id" in table.c
        }


async def test_the_other_workspace_is_not_there(here: Room, theirs: Theirs) -> None:
    """One attempt after the other: none finds anything, none changes anything."""
    before = await _rows(theirs)
    for name, attempt in _ATTEMPTS.items():
        try:
            async with here.db.write(here.workspace) as stores:
                found = await attempt(stores, theirs)
        except ArbError:
            found = None
        assert not found, name
        assert await _rows(theirs) == before, name


async def test_the_same_names_stand_in_both(here: Room, theirs: Theirs) -> None:
    async with here.db.write(here.workspace) as stores:
        assert (await stores.sources.named("demo")).id == here.source
        assert [member.id for member in await stores.members.all()] == [here.member]
        assert await stores.inbox.put(_EVENT, here.member, {"line": "mine"}, "me")
    assert (await here.run("their run")).id != theirs.run.id
