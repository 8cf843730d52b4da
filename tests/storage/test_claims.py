"""Claims: one owner at a time; who was overtaken writes nothing; who was killed is overtaken at once."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from model.errors import LostLease
from model.ids import RunId
from model.report import RunState
from storage.claims import Claim
from storage.owners import Owner
from storage.workspaces import WorkspaceSettings
from tests.storage.world import HandClock, Room, room
from tests.support.databases import Place
from tests.support.nursery import Child, Nursery


async def seats(here: Room, most: int) -> None:
    async with here.db.write(here.workspace) as stores:
        await stores.workspaces.change(WorkspaceSettings(most_runs_at_once=most))


async def test_each_run_is_claimed_once_oldest_first(
    here: Room, place: Place, clock: HandClock, tmp_path: Path
) -> None:
    await seats(here, 9)
    runs = [(await here.run(str(n))).id for n in range(7)]
    second = await place.open(clock)
    owners = Owner.enter(tmp_path), Owner.enter(tmp_path)
    first = await here.db.claims.claim_runs(owners[0], 3, 30)
    assert [claim.id for claim in first] == runs[:3]
    assert {(claim.workspace, claim.fence) for claim in first} == {(here.workspace, 1)}
    parts = await asyncio.gather(
        *(db.claims.claim_runs(owner, 1, 30) for db, owner in ((here.db, owners[0]), (second, owners[1])) * 3)
    )
    assert sorted(claim.id for part in parts for claim in part) == sorted(runs[3:])
    assert await second.claims.owners() == {owner.id for owner in owners}
    assert await second.claims.claim_runs(owners[1], 9, 30) == ()
    await second.close()
    for owner in owners:
        owner.leave()


async def test_the_second_claimer_wins_and_the_first_writes_nothing(
    here: Room, clock: HandClock, tmp_path: Path
) -> None:
    slow, quick = Owner.enter(tmp_path), Owner.enter(tmp_path)
    run = await here.run("1")
    (late,) = await here.db.claims.claim_runs(slow, 1, 30)
    clock.turn(31)
    (taken,) = await here.db.claims.claim_runs(quick, 1, 30)
    assert taken.fence == late.fence + 1
    with pytest.raises(LostLease):
        await here.db.claims.renew(late, slow, 30)
    with pytest.raises(LostLease):
        await _finish_late(here, late)
    with pytest.raises(LostLease):
        async with here.db.write(here.workspace) as stores:
            await stores.runs.conclude(run.id, RunState.DONE, late.fence)
    async with here.db.write(here.workspace) as stores:
        assert await stores.runs.steps(run.id) == ()
        assert len(await stores.sources.all()) == 1
        await stores.runs.finish(run.id, "collect", b"good", taken.fence, 1.0)
        await stores.runs.conclude(run.id, RunState.DONE, taken.fence)
    slow.leave()
    quick.leave()


async def _finish_late(here: Room, claim: Claim) -> None:
    async with here.db.write(here.workspace) as stores:
        await stores.sources.add("half", "git", {})
        await stores.runs.finish(RunId(claim.id), "collect", b"late", claim.fence, 1.0)


async def test_a_renewed_lease_is_kept(here: Room, clock: HandClock, tmp_path: Path) -> None:
    owner, other = Owner.enter(tmp_path), Owner.enter(tmp_path)
    await here.run("1")
    (claim,) = await here.db.claims.claim_runs(owner, 1, 30)
    for _ in range(3):
        clock.turn(20)
        await here.db.claims.renew(claim, owner, 30)
    assert await here.db.claims.claim_runs(other, 1, 30) == ()
    with pytest.raises(LostLease):
        await here.db.claims.renew(claim, other, 30)
    clock.turn(30)
    assert len(await here.db.claims.claim_runs(other, 1, 30)) == 1
    owner.leave()
    other.leave()


async def test_what_is_handed_back_is_free_at_once_and_does_not_count(
    here: Room, clock: HandClock, tmp_path: Path
) -> None:
    owner, other = Owner.enter(tmp_path), Owner.enter(tmp_path)
    run, *_ = [await here.run(str(n)) for n in range(3)]
    first, second, _ = await here.db.claims.claim_runs(owner, 3, 30)
    assert (first.id, first.attempts) == (run.id, 1)
    assert await here.db.claims.hand_back(owner, first) == 1
    assert await here.db.claims.hand_back(owner, first) == 0
    (again,) = await here.db.claims.claim_runs(other, 9, 30)
    assert (again.id, again.attempts) == (run.id, 1)
    with pytest.raises(LostLease):
        await _finish_late(here, first)
    assert await here.db.claims.hand_back(owner) == 2
    with pytest.raises(LostLease):
        await here.db.claims.renew(second, owner, 30)
    assert len(await here.db.claims.claim_runs(other, 9, 30)) == 2
    owner.leave()
    other.leave()


def _claimer(beds: Nursery, place: Place) -> Child:
    env = {"PATH": os.environ["PATH"]}
    return beds.start("tests.storage.claimer", place.home, place.url or "", env=env, cwd=place.home, typed=None)


async def test_two_processes_share_the_work_and_a_killed_one_is_relieved(beds: Nursery, place: Place) -> None:
    db = await place.open()
    here = await room(db)
    await seats(here, 20)
    runs = [(await here.run(str(n))).id for n in range(20)]
    first, second = _claimer(beds, place), _claimer(beds, place)
    parts = [json.loads(one.line()) for one in (first, second)]
    assert sorted(parts[0] + parts[1]) == sorted(runs)
    first.kill()
    owner = Owner.enter(place.home)
    taken = await db.claims.claim_runs(owner, 99, 30)
    assert [RunId(claim.id) for claim in taken] == [RunId(id) for id in runs if id in parts[0]]
    second.hang_up()
    assert second.wait().returncode == 0
    owner.leave()
    await db.close()


async def test_a_look_in_vain_waits_for_nobody_on_sqlite(here: Room, place: Place, tmp_path: Path) -> None:
    """While somebody writes: each word that is said has a process look."""
    if place.kind != "sqlite":
        pytest.skip("PostgreSQL has many writers")
    owner = Owner.enter(tmp_path)
    async with here.db.write(here.workspace), asyncio.timeout(5):
        assert await here.db.claims.claim_runs(owner, 9, 30) == ()
    await here.run("1")
    assert len(await here.db.claims.claim_runs(owner, 9, 30)) == 1
    async with here.db.write(here.workspace), asyncio.timeout(5):
        assert await here.db.claims.claim_runs(owner, 9, 30) == ()  # it runs, and its owner lives
    owner.leave()
