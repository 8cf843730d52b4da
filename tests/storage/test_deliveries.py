"""Deliveries: written once, claimed by one, in order; who was overtaken says nothing more about them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from model.delivery import Address, Delivery, DeliveryState, Payload, Platform, Receipt
from model.errors import LostLease, UnknownName
from model.ids import DeliveryId
from model.language import Message
from storage.claims_deliveries import Wanted
from storage.owners import Owner
from tests.storage.world import MONDAY, HandClock, Room, room
from tests.support.databases import Place

HOOK = Address(Platform.WEBHOOK, "acme", "hook")
SEAT = Address(Platform.TERMINAL, "here", "mina")
ALL = Wanted((Platform.WEBHOOK, Platform.FILE, Platform.SLACK), (), {})
NO = Message("It said no.")


def payload(text: str) -> Payload:
    return Payload({"text": text})


async def put(here: Room, *texts: str, to: Address = HOOK, priority: int = 0) -> DeliveryId:
    async with here.db.write(here.workspace) as stores:
        return await stores.deliveries.put(to, [payload(text) for text in texts], priority=priority)


async def of(here: Room, id: DeliveryId) -> Delivery:
    async with here.db.read(here.workspace) as stores:
        return await stores.deliveries.of(id)


async def sent(here: Room, delivery: Delivery, shown: int | None = None) -> None:
    async with here.db.write(here.workspace) as stores:
        await stores.deliveries.sent(delivery, Receipt("c", delivery.id, MONDAY), shown or delivery.wanted)


async def claim(here: Room, owner: Owner, wanted: Wanted = ALL, limit: int = 9) -> list[str]:
    """Claim and say what was claimed, by its text."""
    return [str(d.payload.body["text"]) for d in await here.db.outgoing.claim(owner, wanted, limit, 40)]


@pytest.fixture
def owner(tmp_path: Path) -> Owner:
    return Owner.enter(tmp_path / "home")


async def test_a_message_comes_back_as_it_was_put(here: Room, owner: Owner) -> None:
    id = await put(here, "root", "part", priority=2)
    found = await of(here, id)
    assert (found.to, found.payload, found.priority, found.created) == (HOOK, payload("root"), 2, MONDAY)
    assert (found.state, found.wanted, found.shown, found.attempts) == (DeliveryState.WAITING, 1, 0, 0)
    assert len(id) == 22
    (claimed,) = await here.db.outgoing.claim(owner, ALL, 9, 40)
    assert claimed == replace(found, state=DeliveryState.SENDING, fence=1, attempts=1, began=MONDAY)


async def test_order_of_an_address_is_kept_and_others_go_on(here: Room, owner: Owner) -> None:
    other = replace(HOOK, target="other")
    first = await put(here, "1")
    await put(here, "2")
    await put(here, "a", to=other)
    assert await claim(here, owner) == ["1", "a"]
    assert await claim(here, owner) == []
    await sent(here, await of(here, first))
    assert await claim(here, owner) == ["2"]


async def test_pages_go_first(here: Room, owner: Owner) -> None:
    await put(here, "report")
    await put(here, "page", priority=9)
    assert await claim(here, owner) == ["page"]
    await put(here, "second report", to=replace(HOOK, target="other"))
    await put(here, "second page", to=replace(HOOK, target="other"), priority=9)
    assert await claim(here, owner, limit=1) == ["second page"]


async def test_a_page_overtakes_what_is_in_flight(here: Room, owner: Owner) -> None:
    await put(here, "report")
    assert await claim(here, owner) == ["report"]
    await put(here, "page", priority=9)
    assert await claim(here, owner) == ["page"]


async def test_parts_wait_for_their_root(here: Room, owner: Owner) -> None:
    root = await put(here, "root", "part 1", "part 2")
    assert await claim(here, owner) == ["root"]
    await sent(here, await of(here, root))
    assert await claim(here, owner) == ["part 1"]


async def test_what_is_put_off_holds_up_its_own_address_only(here: Room, clock: HandClock, owner: Owner) -> None:
    first = await put(here, "1")
    await put(here, "2")
    await claim(here, owner)
    async with here.db.write(here.workspace) as stores:
        await stores.deliveries.wait(await of(here, first), clock.now() + timedelta(seconds=7), NO)
    clock.turn(6)
    assert await claim(here, owner) == []
    clock.turn(1)
    assert await claim(here, owner) == ["1"]
    assert (await of(here, first)).attempts == 2


@pytest.mark.parametrize("state", [DeliveryState.REFUSED, DeliveryState.UNKNOWN])
async def test_what_is_over_holds_nobody_up_and_takes_its_parts_along(
    here: Room, owner: Owner, state: DeliveryState
) -> None:
    root = await put(here, "1", "part")
    await put(here, "2")
    await claim(here, owner)
    async with here.db.write(here.workspace) as stores:
        await stores.deliveries.end(await of(here, root), state, NO)
    assert await claim(here, owner) == ["2"]
    found = await of(here, root)
    assert (found.state, found.failure) == (state, NO)


async def test_a_lease_that_ran_out_leaves_it_in_doubt(here: Room, clock: HandClock, owner: Owner) -> None:
    id = await put(here, "1")
    (late,) = await here.db.outgoing.claim(owner, ALL, 9, 40)
    assert not late.doubt
    clock.turn(39)
    assert await here.db.outgoing.claim(owner, ALL, 9, 40) == ()
    clock.turn(1)
    (taken,) = await here.db.outgoing.claim(owner, ALL, 9, 40)
    assert (taken.doubt, taken.fence, taken.attempts, taken.began) == (True, 2, 1, MONDAY)
    for attempt in (sent(here, late), _wait(here, late), _end(here, late), _held(here, late)):
        with pytest.raises(LostLease):
            await attempt
    await sent(here, taken)
    assert (await of(here, id)).state is DeliveryState.SENT


async def _wait(here: Room, delivery: Delivery) -> None:
    async with here.db.write(here.workspace) as stores:
        await stores.deliveries.wait(delivery, MONDAY, NO)


async def _end(here: Room, delivery: Delivery) -> None:
    async with here.db.write(here.workspace) as stores:
        await stores.deliveries.end(delivery, DeliveryState.REFUSED, NO)


async def _held(here: Room, delivery: Delivery) -> None:
    async with here.db.read(here.workspace) as stores:
        await stores.deliveries.held(delivery)


async def test_a_revision_is_an_edit_and_is_never_in_doubt(here: Room, clock: HandClock, owner: Owner) -> None:
    id = await put(here, "1")
    (first,) = await here.db.outgoing.claim(owner, ALL, 9, 40)
    async with here.db.write(here.workspace) as stores:
        await stores.deliveries.revise(id, [payload("1b")])
    assert await claim(here, owner) == []
    await sent(here, first, shown=1)  # the one before the revision
    await put(here, "2")
    edit, second = await here.db.outgoing.claim(owner, ALL, 9, 40)  # an edit holds nobody up
    assert (edit.payload, edit.receipt is not None, edit.wanted, edit.shown) == (payload("1b"), True, 2, 1)
    assert second.payload == payload("2")
    clock.turn(41)
    (edit, _) = await here.db.outgoing.claim(owner, ALL, 9, 40)
    assert not edit.doubt
    await sent(here, edit)
    assert ((await of(here, id)).state, (await of(here, id)).shown) == (DeliveryState.SENT, 2)


async def test_a_revision_may_have_more_parts(here: Room, owner: Owner) -> None:
    id = await put(here, "1", "part")
    async with here.db.write(here.workspace) as stores:
        await stores.deliveries.revise(id, [payload("1b"), payload("part b"), payload("part 2")])
    seen = []
    while found := await here.db.outgoing.claim(owner, ALL, 9, 40):
        seen += [str(one.payload.body["text"]) for one in found]
        for one in found:
            await sent(here, one)
    assert seen == ["1b", "part b", "part 2"]


async def test_two_databases_never_claim_the_same(here: Room, place: Place, clock: HandClock, owner: Owner) -> None:
    for n in range(40):
        await put(here, str(n), to=replace(HOOK, target=str(n % 20)))
    second = await place.open(clock)
    other = Owner.enter(place.home)
    parts = await asyncio.gather(
        *(db.outgoing.claim(who, ALL, 3, 40) for db, who in ((here.db, owner), (second, other)) * 5)
    )
    texts = [str(one.payload.body["text"]) for part in parts for one in part]
    assert len(texts) == len(set(texts))
    assert all(int(text) < 20 for text in texts)  # the second of an address waits for the first
    await second.close()
    other.leave()


async def test_terminals_are_served_by_those_who_sit_at_them(here: Room, owner: Owner, tmp_path: Path) -> None:
    gone = Owner.enter(tmp_path / "home")
    gone.leave()
    alive = Owner.enter(tmp_path / "home")
    await put(here, "anybody", to=SEAT)
    await put(here, "mine", to=replace(SEAT, thread=owner.id))
    await put(here, "another process's", to=replace(SEAT, thread=alive.id))
    await put(here, "a dead one's", to=replace(SEAT, thread=gone.id))
    assert await claim(here, owner) == []
    at_jun = Wanted((), (replace(SEAT, target="jun"),), {})
    assert await claim(here, owner, at_jun) == []
    assert await claim(here, owner, Wanted((), (SEAT,), {})) == ["anybody", "mine", "a dead one's"]
    alive.leave()


async def test_a_dead_process_leaves_its_terminal_and_folders_at_once(here: Room, owner: Owner) -> None:
    dead = Owner.enter(owner._folder.parent)
    await put(here, "printed", to=SEAT)
    await put(here, "written", to=Address(Platform.FILE, "acme", "folder"))
    await put(here, "posted")
    wanted = replace(ALL, terminals=(SEAT,))
    assert len(await claim(here, dead, wanted)) == 3
    assert await claim(here, owner, wanted) == []
    dead.leave()
    assert await claim(here, owner, wanted) == ["printed", "written"]  # what was posted may still arrive


async def test_paces_are_kept_across_processes(here: Room, clock: HandClock, place: Place, owner: Owner) -> None:
    gaps = {Platform.SLACK: (1.0, 0.25)}
    wanted = Wanted((Platform.SLACK,), (), gaps)
    for n in range(6):
        await put(here, str(n), to=Address(Platform.SLACK, "T1", f"C{n % 2}"))
    second = await place.open(clock)
    seen = []
    for step in range(40):
        db = (here.db, second)[step % 2]
        for one in await db.outgoing.claim(owner, wanted, 9, 40):
            seen.append((step, str(one.payload.body["text"])))
            await sent(here, one)
        clock.turn(0.25)
    assert [text for _, text in seen] == ["0", "1", "2", "3", "4", "5"]
    assert [step for step, _ in seen] == [0, 0, 4, 4, 8, 8]
    await second.close()


async def test_a_closed_place_takes_nothing_until_it_is_opened(here: Room, owner: Owner) -> None:
    other = replace(HOOK, target="other")
    await put(here, "1")
    await put(here, "a", to=other)
    async with here.db.write(here.workspace) as stores:
        assert await stores.places.close(HOOK, NO, whole=False)
        assert not await stores.places.close(HOOK, NO, whole=False)
        assert await stores.places.closed(HOOK) == MONDAY
    assert await claim(here, owner) == ["a"]
    async with here.db.write(here.workspace) as stores:
        await stores.places.open(HOOK)
    assert await claim(here, owner) == ["1"]


async def test_a_closed_account_takes_nothing(here: Room, owner: Owner) -> None:
    await put(here, "1")
    async with here.db.write(here.workspace) as stores:
        await stores.places.close(HOOK, NO, whole=True)
        assert await stores.places.closed(replace(HOOK, target="another")) == MONDAY
    assert await claim(here, owner) == []


async def test_an_account_on_trial_is_tried_with_one_message_at_a_time(here: Room, owner: Owner) -> None:
    for n in range(3):
        await put(here, str(n), to=replace(HOOK, target=str(n)))
    async with here.db.write(here.workspace) as stores:
        assert await stores.places.refused(HOOK) == 1
    assert await claim(here, owner) == ["0"]
    async with here.db.write(here.workspace) as stores:
        await stores.places.accepted(HOOK)
    assert await claim(here, owner) == ["1", "2"]


async def test_a_resting_place_is_left_alone(here: Room, clock: HandClock, owner: Owner) -> None:
    await put(here, "1")
    await put(here, "a", to=replace(HOOK, target="other"))
    async with here.db.write(here.workspace) as stores:
        await stores.places.rest(HOOK, clock.now() + timedelta(seconds=3), whole=False)
    assert await claim(here, owner) == ["a"]
    clock.turn(3)
    assert await claim(here, owner) == ["1"]


async def test_a_run_is_settled_when_each_of_its_messages_is(here: Room, owner: Owner) -> None:
    run = (await here.run("1")).id
    async with here.db.write(here.workspace) as stores:
        assert await stores.deliveries.settled(run)
        for name in ("a", "b"):
            await stores.deliveries.put(replace(HOOK, target=name), [payload(name)], run=run)
        assert not await stores.deliveries.settled(run)
    first, second = await here.db.outgoing.claim(owner, ALL, 9, 40)
    await sent(here, first)
    await _end(here, second)
    async with here.db.write(here.workspace) as stores:
        assert await stores.deliveries.settled(run)
        assert await stores.deliveries.again(run) == 1
        assert not await stores.deliveries.settled(run)
        assert await stores.deliveries.withdraw(run, NO) == 1
        assert [one.state for one in await stores.deliveries.of_run(run)] == [DeliveryState.SENT, DeliveryState.REFUSED]


async def test_what_may_have_arrived_is_sent_again_marked(here: Room, owner: Owner) -> None:
    run = (await here.run("1")).id
    async with here.db.write(here.workspace) as stores:
        await stores.deliveries.put(HOOK, [payload("1")], run=run)
    (claimed,) = await here.db.outgoing.claim(owner, ALL, 9, 40)
    async with here.db.write(here.workspace) as stores:
        await stores.deliveries.end(claimed, DeliveryState.UNKNOWN, NO)
        await stores.deliveries.again(run, claimed.id)
    (again,) = await here.db.outgoing.claim(owner, ALL, 9, 40)
    assert (again.repeated, again.doubt, again.failure) == (True, False, None)


async def test_the_oldest_that_could_go_is_known(here: Room, clock: HandClock, owner: Owner) -> None:
    assert await here.db.outgoing.oldest_due() is None
    await put(here, "for a terminal", to=SEAT)
    assert await here.db.outgoing.oldest_due() is None
    await put(here, "1")
    clock.turn(5)
    await put(here, "2")
    assert await here.db.outgoing.oldest_due() == MONDAY
    await claim(here, owner)
    assert await here.db.outgoing.oldest_due() is None
    clock.turn(60)
    assert await here.db.outgoing.oldest_due() == MONDAY + timedelta(seconds=45)


async def test_the_other_workspaces_messages_are_not_here(here: Room, owner: Owner) -> None:
    there = await room(here.db, "there")
    id = await put(there, "secret")
    async with here.db.write(here.workspace) as stores:
        with pytest.raises(UnknownName):
            await stores.deliveries.of(id)
        with pytest.raises(UnknownName):
            await stores.deliveries.revise(id, [payload("mine")])
    (claimed,) = await here.db.outgoing.claim(owner, ALL, 9, 40)
    assert claimed.workspace == there.workspace
    with pytest.raises(LostLease):
        await sent(here, claimed)
