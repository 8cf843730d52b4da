"""Questions as rows: one is open in a place, one process has it, and the message below which it was said is known."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from model.delivery import Address, Payload, Platform, Receipt
from model.errors import LostLease, UnknownName, UsageError
from model.ids import EventId, RunId
from model.question import Question, QuestionState, Wondered
from storage.claims_deliveries import Wanted
from storage.owners import Owner
from storage.workspaces import WorkspaceSettings
from tests.storage.world import Room

_THREAD = Address(Platform.SLACK, "T1", "C1", "1.1")
_LEASE = 15.0


def _asks(here: Room, event: str = "e1", to: Address = _THREAD) -> Wondered:
    return Wondered(RunId("r1"), here.member, EventId(event), "how many?", to, to.own("U1"), "ko")


async def _ask(here: Room, event: str = "e1", to: Address = _THREAD) -> Question:
    async with here.db.write(here.workspace) as stores:
        return await stores.questions.add(_asks(here, event, to))


async def test_one_event_is_one_question_and_one_is_open_in_a_place(here: Room) -> None:
    first = await _ask(here)
    assert await _ask(here) == first
    assert first.asks == _asks(here)
    with pytest.raises(UsageError, match="already"):
        await _ask(here, "e2")
    other = await _ask(here, "e2", Address(Platform.SLACK, "T1", "C1", "2.2"))
    async with here.db.write(here.workspace) as stores:
        assert [one.id for one in await stores.questions.open_of(here.member)] == [first.id, other.id]
        assert await stores.questions.stop(first.id)
        assert not await stores.questions.stop(first.id)
        with pytest.raises(UnknownName):
            await stores.questions.of(RunId("none"))  # type: ignore[arg-type]
    assert (await _ask(here, "e3")).state is QuestionState.WAITING


async def test_a_terminal_is_one_place_whatever_its_process(here: Room) -> None:
    seat = Address(Platform.TERMINAL, "acme", "mina", "p1")
    await _ask(here, "e1", seat)
    with pytest.raises(UsageError):
        await _ask(here, "e2", Address(Platform.TERMINAL, "acme", "mina", "p2"))


async def test_so_many_may_be_asked_in_a_day(here: Room) -> None:
    async with here.db.write(here.workspace) as stores:
        await stores.workspaces.change(WorkspaceSettings(most_questions_a_day=1))
    await _ask(here)
    with pytest.raises(UsageError, match="within a day"):
        await _ask(here, "e2", Address(Platform.SLACK, "T1", "C2"))


async def test_one_process_has_a_question(here: Room, tmp_path: Path) -> None:
    """Who is late, or was overtaken by a stop, may write nothing any more."""
    question, owner, other = await _ask(here), Owner.enter(tmp_path), Owner.enter(tmp_path)
    (claim,) = await here.db.asked.claim(owner, 5, _LEASE)
    assert claim.id == question.id
    assert await here.db.asked.claim(other, 5, _LEASE) == ()
    await here.db.asked.renew(claim, owner, _LEASE)
    assert await here.db.asked.hand_back(owner, claim) == 1
    (again,) = await here.db.asked.claim(other, 5, _LEASE)
    assert again.fence > claim.fence
    with pytest.raises(LostLease):
        await here.db.asked.renew(claim, owner, _LEASE)
    async with here.db.write(here.workspace) as stores:
        held = await stores.questions.of(question.id)
        await stores.questions.stop(question.id)
        for write in (stores.questions.conclude(held), stores.questions.shown(held, "d")):  # type: ignore[arg-type]
            with pytest.raises(LostLease):
                await write
    owner.leave()
    other.leave()


async def test_a_dead_owners_question_is_free(here: Room, tmp_path: Path) -> None:
    await _ask(here)
    owner, other = Owner.enter(tmp_path), Owner.enter(tmp_path)
    await here.db.asked.claim(owner, 5, _LEASE)
    owner.leave()
    (claim,) = await here.db.asked.claim(other, 5, _LEASE)
    async with here.db.write(here.workspace) as stores:
        held = await stores.questions.of(claim.id)
        assert held.attempts == 2
        await stores.questions.conclude(held)
    assert await here.db.asked.claim(other, 5, _LEASE) == ()
    assert (await _ask(here, "e2")).state is QuestionState.WAITING  # its place is free
    other.leave()


async def test_a_message_is_known_by_what_it_shows(here: Room, tmp_path: Path) -> None:
    """A report's message, and the answer to a question about it; of no other account."""
    run, owner = await here.run("terminal:1"), Owner.enter(tmp_path)
    channel = Address(Platform.SLACK, "T1", "C1")
    async with here.db.write(here.workspace) as stores:
        await stores.deliveries.put(channel, (Payload({}),), run=run.id)
    (sent,) = await here.db.outgoing.claim(owner, Wanted([Platform.SLACK], (), {}), 5, 30.0)
    async with here.db.write(here.workspace) as stores:
        await stores.deliveries.sent(sent, Receipt("C1", "7.7", stores.clock.now() + timedelta(0)), sent.wanted)
    async with here.db.read(here.workspace) as stores:
        assert await stores.questions.run_below(Platform.SLACK, "T1", "7.7") == run.id
        assert await stores.questions.run_below(Platform.SLACK, "T1", "7.%") is None
        assert await stores.questions.run_below(Platform.SLACK, "T2", "7.7") is None
        assert await stores.questions.newest_at(channel) == run.id
        assert await stores.questions.message_of(run.id, channel) == "7.7"
        assert await stores.questions.newest_at(Address(Platform.SLACK, "T1", "C2")) is None
    owner.leave()


async def test_what_is_handed_back_was_not_taken_up(here: Room, tmp_path: Path) -> None:
    """A process that stops in good order does not count against a question."""
    question, owner = await _ask(here), Owner.enter(tmp_path)
    for _ in range(5):
        await here.db.asked.claim(owner, 5, _LEASE)
        assert await here.db.asked.hand_back(owner) == 1
    async with here.db.read(here.workspace) as stores:
        assert (await stores.questions.of(question.id)).attempts == 0
    owner.leave()
