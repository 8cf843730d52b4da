"""The outbox: nothing lost, nothing twice; where nobody can tell, once more and marked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from model.delivery import Address, DeliveryState, Payload
from model.errors import DestinationRefused, DestinationUnavailable
from model.ids import DeliveryId
from model.language import Message
from tests.conftest import PROVE
from tests.delivery.conftest import CHANNEL, MARGIN, TIMEOUT, Post
from tests.support.places import MARK, hanging, lost, once

SENT, WAITING, SENDING = DeliveryState.SENT, DeliveryState.WAITING, DeliveryState.SENDING


async def test_what_is_put_is_sent_once_in_order(post: Post) -> None:
    ids = [await post.put(str(n)) for n in range(5)]
    assert await post.outbox.drain() == 5
    assert post.place.texts == ["0", "1", "2", "3", "4"]
    assert [await post.state(id) for id in ids] == [SENT] * 5
    assert await post.outbox.drain() == 0


async def test_parts_go_under_their_root(post: Post) -> None:
    await post.put("root", "part 1", "part 2")
    await post.outbox.drain()
    assert [(one.text, one.under) for one in post.place.ledger] == [("root", None), ("part 1", "m1"), ("part 2", "m1")]


async def test_a_lost_answer_is_asked_about_after_the_request_is_over(post: Post) -> None:
    post.place.after = once(lost())
    id = await post.put("1")
    await post.work(TIMEOUT + MARGIN + 1)
    assert post.place.texts == ["1"]
    assert await post.state(id) is SENT
    (asked,) = post.place.asked
    assert (asked - post.place.ledger[0].at).total_seconds() >= TIMEOUT + MARGIN


async def test_what_is_certainly_not_there_is_sent_again_unmarked(post: Post) -> None:
    post.place.before = once(lost())
    id = await post.put("1")
    await post.work(TIMEOUT + MARGIN + 1)
    assert post.place.texts == ["1"]
    assert (await post.of(id)).attempts == 2


async def test_where_nobody_can_be_asked_it_goes_once_more_marked(post: Post) -> None:
    post.place.can_be_asked = False
    post.place.after = once(lost())
    id = await post.put("1")
    await post.work(2 * (TIMEOUT + MARGIN) + 2)
    assert post.place.texts == ["1", f"1 ({MARK})"]
    found = await post.of(id)
    assert (found.state, found.repeated) == (SENT, True)


async def test_and_if_that_is_in_doubt_too_nobody_knows(post: Post) -> None:
    post.place.can_be_asked = False
    post.place.after = once(lost(), times=2)
    run = (await post.here.run("1")).id
    id = await post.put("1", run=run)
    await post.work(3 * (TIMEOUT + MARGIN))
    assert post.place.texts == ["1", f"1 ({MARK})"]
    assert await post.state(id) is DeliveryState.UNKNOWN
    (card,) = await post.told()
    assert card.title == "A message to slack may not have arrived."
    async with post.here.db.write(post.here.workspace) as stores:
        assert await stores.deliveries.again(run) == 1
    await post.work(TIMEOUT + MARGIN)
    assert post.place.texts == ["1", f"1 ({MARK})", f"1 ({MARK})"]


async def test_a_place_that_does_not_answer_when_asked_is_asked_later(post: Post) -> None:
    post.place.after = once(lost())
    post.place.before = once(DestinationUnavailable("It is away."), "find", times=3)
    id = await post.put("1")
    await post.work(200, step=5)
    assert post.place.texts == ["1"]
    assert await post.state(id) is SENT


async def test_a_request_that_hangs_ends_in_doubt(post: Post) -> None:
    post.outbox._timeout = 0.05  # real seconds
    post.place.before = hanging
    id = await post.put("1")
    await post.outbox.drain()
    assert await post.state(id) is SENDING
    assert (await post.of(id)).doubt


async def test_a_clear_failure_is_tried_again_and_again_with_longer_pauses(post: Post) -> None:
    post.place.before = once(DestinationUnavailable("It is away."), times=4)
    await post.put("1")
    await post.put("2")
    await post.work(5 + 10 + 20 + 40 - 5, step=5)
    assert post.place.texts == []
    assert post.place.calls == 4
    await post.work(5, step=5)
    assert post.place.texts == ["1", "2"]


async def test_a_place_is_left_alone_for_as_long_as_it_asks(post: Post) -> None:
    post.place.before = once(DestinationUnavailable("Too fast.", retry_after=17.0), at=CHANNEL)
    await post.put("1")
    other = replace(CHANNEL, target="C2")
    await post.put("a", to=other)
    await post.work(16)
    assert post.place.texts == ["a"]
    await post.work(1)
    assert post.place.texts == ["a", "1"]


async def test_a_whole_account_is_left_alone_where_it_asks_for_that(post: Post) -> None:
    post.place.before = once(DestinationUnavailable("Too fast.", retry_after=17.0, of_account=True))
    await post.put("1")
    await post.outbox.drain()
    await post.put("a", to=replace(CHANNEL, target="C2"))
    await post.put("elsewhere", to=Address(CHANNEL.platform, "T2", "C1"))
    await post.work(16)
    assert post.place.texts == ["elsewhere"]
    await post.work(1)
    assert sorted(post.place.texts[1:]) == ["1", "a"]


async def test_a_refused_message_pauses_its_place_and_tells_the_owner(post: Post) -> None:
    post.place.before = once(DestinationRefused("There is no such channel."), at=CHANNEL)
    run = (await post.here.run("1")).id
    first, second = await post.put("1", run=run), await post.put("2")
    await post.put("a", to=replace(CHANNEL, target="C2"))
    await post.work(600, step=30)
    assert post.place.texts == ["a"]
    assert (await post.state(first), await post.state(second)) == (DeliveryState.REFUSED, WAITING)
    (card,) = await post.told()
    assert card.title.startswith("slack refused a message.")
    assert [one.label for one in card.actions] == ["Show"]
    async with post.here.db.write(post.here.workspace) as stores:
        await stores.places.open(CHANNEL)
        await stores.deliveries.again(run)
    await post.outbox.drain()
    assert post.place.texts == ["a", "1", "2"]


async def test_a_revoked_token_is_tried_five_times_and_no_more(post: Post) -> None:
    async def revoked(what: str, to: Address, key: DeliveryId) -> None:
        raise DestinationRefused("The token was revoked.", of_account=True)

    post.place.before = revoked
    for n in range(40):
        await post.put(str(n), to=replace(CHANNEL, target=f"C{n}"))
    await post.work(24 * 3600, step=1800)
    assert post.place.calls <= 5
    (card,) = await post.told()
    assert card.title.startswith("slack refuses everything")
    post.place.before = once(DestinationUnavailable("x"), times=0)
    async with post.here.db.write(post.here.workspace) as stores:
        await stores.places.open(CHANNEL)
    await post.work(60)
    assert sorted(post.place.texts, key=int) == [str(n) for n in range(40)]


async def test_a_token_that_is_refused_now_and_then_is_not_revoked(post: Post) -> None:
    post.place.before = once(DestinationRefused("No.", of_account=True), times=4)
    for n in range(6):
        await post.put(str(n), to=replace(CHANNEL, target=f"C{n}"))
    await post.work(300, step=5)
    assert len(post.place.texts) == 6
    assert await post.told() == []


async def test_one_broken_place_stops_no_other(post: Post) -> None:
    async def broken(what: str, to: Address, key: DeliveryId) -> None:
        if to == CHANNEL:
            raise ValueError("a defect of ours")

    post.place.before = broken
    bad = await post.put("1")
    good = [await post.put(str(n), to=replace(CHANNEL, target=f"C{n}")) for n in range(2, 9)]
    await post.outbox.drain()
    assert [await post.state(id) for id in good] == [SENT] * 7
    assert await post.state(bad) is SENDING


async def test_revisions_are_edits_that_may_be_repeated(post: Post) -> None:
    id = await post.put("progress")
    await post.outbox.drain()
    post.place.after = once(lost(), "edit")
    async with post.here.db.write(post.here.workspace) as stores:
        await stores.deliveries.revise(id, [Payload({"text": "report"})])
    await post.work(20)
    assert post.place.texts == ["progress"]
    assert post.place.edits == [("m1", "report"), ("m1", "report")]
    found = await post.of(id)
    assert (found.state, found.shown, found.wanted) == (SENT, 2, 2)


async def test_an_edit_that_is_refused_does_not_pause_the_place(post: Post) -> None:
    id = await post.put("1")
    await post.outbox.drain()
    post.place.before = once(DestinationRefused("The message is gone."), "edit")
    async with post.here.db.write(post.here.workspace) as stores:
        await stores.deliveries.revise(id, [Payload({"text": "1b"})])
    await post.outbox.drain()
    await post.put("2")
    await post.outbox.drain()
    assert await post.state(id) is DeliveryState.REFUSED
    assert post.place.texts == ["1", "2"]


async def test_after_three_days_it_is_given_up_and_told(post: Post) -> None:
    post.place.before = once(DestinationUnavailable("It is away."), times=10_000)
    id = await post.put("1")
    await post.work(3 * 24 * 3600 + 7200, step=3600 if PROVE else 7200)
    found = await post.of(id)
    assert found.state is DeliveryState.REFUSED
    assert found.failure == Message("Given up after {days} days: {why}", {"days": 3, "why": Message("It is away.")})
    assert len(await post.told()) == 1


async def test_a_message_held_for_too_long_is_not_sent(post: Post) -> None:
    """As when the process was stopped between the claim and the send: somebody else may have it by now."""
    id = await post.put("1")
    (claimed,) = await post.outbox._claim({}, near=False)
    began = post.clock.monotonic()
    post.clock.turn(MARGIN + 1)
    with pytest.raises(Exception, match="held for too long"):
        await post.outbox._deliver(claimed, post.place, began)
    assert post.place.texts == []
    await post.work(TIMEOUT + MARGIN)
    assert post.place.texts == ["1"]
    assert await post.state(id) is SENT
