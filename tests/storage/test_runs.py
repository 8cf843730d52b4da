"""Runs: one for each cause, named, stepped and concluded under a fence."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from model.errors import LostLease, UnknownName
from model.ids import EventId, RunId
from model.language import Message
from model.report import STEPS, Order, Run, RunState
from storage.claims import Claim
from storage.owners import Owner
from storage.steps import Finished
from tests.storage.world import MONDAY, SETTINGS, WEEK, HandClock, Room


@contextmanager
def _statements() -> Iterator[list[str]]:
    """Yield the statements that are sent meanwhile."""
    sent: list[str] = []

    def note(*told: object) -> None:
        sent.append(str(told[2]))

    event.listen(Engine, "before_cursor_execute", note)
    yield sent
    event.remove(Engine, "before_cursor_execute", note)


async def _claimed(here: Room, cause: str, owner: Owner) -> tuple[Run, Claim]:
    run = await here.run(cause)
    claim = next(claim for claim in await here.db.claims.claim_runs(owner, 9, 30) if claim.id == run.id)
    return run, claim


async def test_a_run_comes_back_as_it_was_asked_for(here: Room) -> None:
    settings = replace(SETTINGS, language="ko", bots=("ci",), weights=(("urgency", Decimal("0.35")),))
    async with here.db.write(here.workspace) as stores:
        made = await stores.runs.add(
            template="weekly",
            sources=(here.source,),
            window=WEEK,
            settings=settings,
            cause=EventId("terminal:1"),
            member=here.member,
        )
    assert (made.settings, made.window, made.sources, made.created) == (settings, WEEK, (here.source,), MONDAY)
    assert (made.state, made.workspace, made.member) == (RunState.WAITING, here.workspace, here.member)
    assert len(made.name) == 4
    async with here.db.read(here.workspace) as stores:
        assert await stores.runs.of(made.id) == made


async def test_one_cause_is_one_run(here: Room) -> None:
    runs = await asyncio.gather(*(here.run("terminal:1") for _ in range(6)))
    assert len({run.id for run in runs}) == 1
    assert (await here.run("terminal:2")).id != runs[0].id


async def test_several_at_once_come_in_their_order_beside_one_that_is_there(here: Room) -> None:
    there = await here.run("2")
    orders = [Order("weekly", (here.source,), WEEK, SETTINGS, EventId(cause), here.member) for cause in "1234"]
    async with here.db.write(here.workspace) as stores:
        made = await stores.runs.add_all(orders, 500)
        assert await stores.runs.add_all(orders, 500) == made
    async with here.db.read(here.workspace) as stores:
        newest = await stores.runs.list(9)
    assert list(made) == [EventId(cause) for cause in "1234"]
    assert [run.id for run in reversed(newest)] == [there.id, *(made[EventId(cause)] for cause in "134")]


async def test_several_at_once_are_as_many_as_may_be_run_in_a_day(here: Room) -> None:
    await here.run("0")
    orders = [Order("weekly", (here.source,), WEEK, SETTINGS, EventId(cause), here.member) for cause in "1234"]
    async with here.db.write(here.workspace) as stores:
        assert list(await stores.runs.add_all(orders, 3)) == [EventId("1"), EventId("2")]
        assert await stores.runs.add_all(orders[2:], 3) == {}


async def test_several_at_once_take_names_that_are_free(here: Room) -> None:
    count = 2000
    for batch in range(6):  # of a million names of four letters, about twenty in the last one are taken
        causes = [EventId(f"{batch}.{n}") for n in range(count)]
        orders = [Order("weekly", (here.source,), WEEK, SETTINGS, cause, here.member) for cause in causes]
        async with here.db.write(here.workspace) as stores:
            with _statements() as sent:
                assert list(await stores.runs.add_all(orders, 100_000)) == causes
        assert len(sent) < 20, "one after the other, they would be thousands"
    async with here.db.read(here.workspace) as stores:
        names = [run.name for run in await stores.runs.list(6 * count)]
    assert len(set(names)) == 6 * count
    assert {len(name) for name in names} == {4, 5}


async def test_runs_have_names(here: Room) -> None:
    async with here.db.read(here.workspace) as stores:
        with pytest.raises(UnknownName, match="no run yet"):
            await stores.runs.named("last")
    first, second = await here.run("1"), await here.run("2")
    async with here.db.read(here.workspace) as stores:
        assert await stores.runs.named(f" {first.name.lower()} ") == first
        assert await stores.runs.named("Last") == second
        with pytest.raises(UnknownName) as caught:
            await stores.runs.named(first.name + "X")
    assert first.name in caught.value.close


async def test_runs_are_listed_newest_first(here: Room) -> None:
    runs = [await here.run(str(n), template) for n, template in enumerate(("weekly", "daily", "weekly", "weekly"))]
    async with here.db.read(here.workspace) as stores:
        assert await stores.runs.list(3) == tuple(reversed(runs))[:3]
        assert await stores.runs.list(9, "daily") == (runs[1],)
        assert await stores.runs.list(9, "none") == ()


async def test_before_is_the_last_done_of_the_same_template_and_sources(here: Room, tmp_path: Path) -> None:
    owner = Owner.enter(tmp_path)
    async with here.db.write(here.workspace) as stores:
        other = await stores.sources.add("other", "git", {})
    both = (here.source, other)
    asked = [("weekly", both), ("weekly", both), ("weekly", (other,)), ("daily", both), ("weekly", both)]
    runs = [await here.run(str(n), template, sources) for n, (template, sources) in enumerate(asked)]
    failing = await here.run("failing", sources=both)
    while claims := await here.db.claims.claim_runs(owner, 9, 30):  # as many as it has seats
        for claim in claims:
            state = RunState.FAILED if claim.id == failing.id else RunState.DONE
            async with here.db.write(here.workspace) as stores:
                await stores.runs.conclude(RunId(claim.id), state, claim.fence)
    asking = await here.run("asking", sources=(other, here.source))
    async with here.db.read(here.workspace) as stores:
        found = [await stores.runs.before(run) for run in (asking, runs[4], runs[1], runs[0], runs[2])]
    assert [run and run.id for run in found] == [runs[4].id, runs[1].id, runs[0].id, None, None]
    owner.leave()


async def test_steps_are_rows(here: Room, tmp_path: Path, clock: HandClock) -> None:
    owner = Owner.enter(tmp_path)
    run, claim = await _claimed(here, "1", owner)
    for number, name in enumerate(("measure", "collect")):
        clock.turn(1)
        async with here.db.write(here.workspace) as stores:
            assert await stores.runs.step(run.id, name) is None
            await stores.runs.finish(run.id, name, bytes([number]), claim.fence, 0.5)
    async with here.db.read(here.workspace) as stores:
        assert await stores.runs.step(run.id, "measure") == b"\0"
        assert [(name, seconds) for name, _, seconds in await stores.runs.steps(run.id)] == [
            ("measure", 0.5),
            ("collect", 0.5),
        ]
    with pytest.raises(LostLease):
        async with here.db.write(here.workspace) as stores:
            await stores.runs.finish(run.id, "collect", b"again", claim.fence, 0.5)
    async with here.db.read(here.workspace) as stores:
        assert await stores.runs.step(run.id, "collect") == b"\1"
    owner.leave()


async def test_a_concluded_run_takes_nothing_more(here: Room, tmp_path: Path, clock: HandClock) -> None:
    owner = Owner.enter(tmp_path)
    run, claim = await _claimed(here, "1", owner)
    reason, kept = (Message(f"Broke {{at}}{end}.", {"at": f"x{end}"}) for end in ("\0", "\ufffd"))
    clock.turn(5)
    async with here.db.write(here.workspace) as stores:
        await stores.runs.conclude(run.id, RunState.FAILED, claim.fence, failure=reason, hash="aa")
    async with here.db.read(here.workspace) as stores:
        found = await stores.runs.of(run.id)
    assert (found.state, found.failure, found.hash) == (
        RunState.FAILED,
        kept,
        "aa",
    )
    assert found.finished == clock.now()
    assert await here.db.claims.owners() == set()
    with pytest.raises(LostLease):
        async with here.db.write(here.workspace) as stores:
            await stores.runs.finish(run.id, "collect", b"", claim.fence, 0.1)
    with pytest.raises(LostLease):
        async with here.db.write(here.workspace) as stores:
            await stores.runs.conclude(run.id, RunState.DONE, claim.fence)
    owner.leave()


async def test_a_waiting_run_takes_no_step(here: Room) -> None:
    run = await here.run("1")
    with pytest.raises(LostLease):
        async with here.db.write(here.workspace) as stores:
            await stores.runs.finish(run.id, "collect", b"", 0, 0.1)


async def test_steps_and_the_end_of_a_run_are_written_together_or_not_at_all(here: Room, tmp_path: Path) -> None:
    owner = Owner.enter(tmp_path)
    run = await here.run("1")
    (claim,) = await here.db.claims.claim_runs(owner, 1, 30)
    made = [Finished(name, name.encode(), 0.1) for name in STEPS]
    async with here.db.write(here.workspace) as stores:
        await stores.runs.finish_all(run.id, made[:1], claim.fence)

    async def end(fence: int, steps: list[Finished]) -> None:
        async with here.db.write(here.workspace) as stores:
            await stores.runs.finish_all(run.id, steps, fence, "hash")

    for fence, steps in ((claim.fence, made), (claim.fence - 1, made[1:])):  # one is there already; not ours any more
        with pytest.raises(LostLease):
            await end(fence, steps)
        async with here.db.read(here.workspace) as stores:
            assert (await stores.runs.of(run.id)).state is RunState.RUNNING
            assert [name for name, *_ in await stores.runs.steps(run.id)] == [STEPS[0]]
    await end(claim.fence, made[1:])
    async with here.db.read(here.workspace) as stores:
        ended = await stores.runs.of(run.id)
        assert (ended.state, ended.hash) == (RunState.DONE, "hash")
        assert [name for name, *_ in await stores.runs.steps(run.id)] == list(STEPS)
    owner.leave()
