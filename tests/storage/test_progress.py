"""How far a run is: written under the claim's fence, and gone with the run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from model.delivery import Platform
from model.ids import RunId
from model.language import Message
from model.report import Run, RunState
from storage.claims import Claim
from storage.owners import Owner
from storage.progress import Progress
from storage.workspaces import WorkspaceSettings
from tests.storage.world import HandClock, Room, room

_READING = Progress("collect", 2, 3)


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[Owner]:
    owner = Owner.enter(tmp_path)
    yield owner
    owner.leave()


async def _claimed(here: Room, owner: Owner, lease: float = 30) -> tuple[Run, Claim]:
    run = await here.run("terminal:1")
    (claim,) = await here.db.claims.claim_runs(owner, 9, lease)
    return run, claim


async def _note(here: Room, run: Run, fence: int, progress: Progress = _READING) -> bool:
    async with here.db.write(here.workspace) as stores:
        return await stores.progress.note(run.id, progress, fence)


async def _of(here: Room, run: Run) -> Progress | None:
    async with here.db.read(here.workspace) as stores:
        return await stores.progress.of(run.id)


async def test_the_newest_word_counts(here: Room, owner: Owner) -> None:
    run, claim = await _claimed(here, owner)
    assert await _of(here, run) is None
    assert await _note(here, run, claim.fence)
    assert await _note(here, run, claim.fence, later := Progress("measure"))
    assert await _of(here, run) == later


async def test_whoever_lost_the_run_writes_nothing(here: Room, owner: Owner, clock: HandClock) -> None:
    run, lost = await _claimed(here, owner)
    clock.turn(31)
    (claim,) = await here.db.claims.claim_runs(owner, 9, 30)
    assert not await _note(here, run, lost.fence)
    assert await _of(here, run) is None
    assert await _note(here, run, claim.fence)


async def test_nothing_is_written_of_a_run_that_is_over(here: Room, owner: Owner) -> None:
    run, claim = await _claimed(here, owner)
    async with here.db.write(here.workspace) as stores:
        await stores.runs.conclude(run.id, RunState.DONE, claim.fence)
    assert not await _note(here, run, claim.fence)
    assert await _of(here, run) is None


async def test_a_cancelled_run_has_none(here: Room, owner: Owner) -> None:
    run, claim = await _claimed(here, owner)
    await _note(here, run, claim.fence)
    async with here.db.write(here.workspace) as stores:
        assert await stores.runs.cancel(run.id, Message("x"))
    assert await _of(here, run) is None
    assert not await _note(here, run, claim.fence)


async def test_another_workspace_neither_sees_nor_writes_it(here: Room, owner: Owner) -> None:
    run, claim = await _claimed(here, owner)
    await _note(here, run, claim.fence)
    other = await room(here.db, "other")
    assert await _of(other, run) is None
    assert not await _note(other, run, claim.fence, Progress("write"))
    async with here.db.write(other.workspace) as stores:
        await stores.progress.forget(run.id)
    assert await _of(here, run) == _READING


async def test_it_goes_with_its_run(here: Room, owner: Owner, clock: HandClock) -> None:
    """Even one that was left behind: nothing may hold a run back that has had its time."""
    run, claim = await _claimed(here, owner)
    await _note(here, run, claim.fence)
    async with here.db.write(here.workspace) as stores:
        await stores.runs.conclude(RunId(claim.id), RunState.DONE, claim.fence)
        await stores.workspaces.change(replace(WorkspaceSettings(), runs_days=40))
    clock.turn(timedelta(days=41).total_seconds())
    async with here.db.write(here.workspace) as stores:
        assert await stores.retention.batch() > 0
    assert await _of(here, run) is None


async def test_it_goes_when_somebody_is_erased(here: Room, owner: Owner) -> None:
    """The run begins anew, and so does what is told of it."""
    run, claim = await _claimed(here, owner)
    await _note(here, run, claim.fence)
    async with here.db.write(here.workspace) as stores:
        bird = await stores.members.meet(Platform.TERMINAL, "bird", "Bird")
        await stores.people.erasing.erase(bird)
    assert await _of(here, run) is None
    assert not await _note(here, run, claim.fence)
