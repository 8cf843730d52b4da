"""Whose turn it is: seats per workspace, turns between workspaces, and how little the claim reads for it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from model.ids import RunId
from model.report import RunState
from storage.claims import Claim, Claims
from storage.database import Database
from storage.owners import Owner
from storage.workspaces import WorkspaceSettings
from tests.storage.world import HandClock, Room, room
from tests.support.databases import Place

_LOOK_AT = 5  # workspaces in one look, where a process looks at 64


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[Owner]:
    owner = Owner.enter(tmp_path)
    yield owner
    owner.leave()


async def _ask(where: Room, times: int, most: int | None = None) -> list[str]:
    if most is not None:
        async with where.db.write(where.workspace) as stores:
            await stores.workspaces.change(WorkspaceSettings(most_runs_at_once=most))
    return [(await where.run(str(number))).id for number in range(times)]


async def _end(db: Database, claim: Claim) -> None:
    async with db.write(claim.workspace) as stores:
        await stores.runs.conclude(RunId(claim.id), RunState.DONE, claim.fence)


async def test_no_workspace_has_more_than_its_seats(here: Room, owner: Owner) -> None:
    few = await room(here.db, "few")
    wanted = await _ask(here, 9), await _ask(few, 9, most=2)
    claims = await here.db.claims.claim_runs(owner, 16, 30)
    assert [c.id for c in claims if c.workspace == here.workspace] == wanted[0][:4]
    assert [c.id for c in claims if c.workspace == few.workspace] == wanted[1][:2]
    assert await here.db.claims.claim_runs(owner, 16, 30) == ()
    await _end(here.db, next(c for c in claims if c.workspace == few.workspace))
    (following,) = await here.db.claims.claim_runs(owner, 16, 30)
    assert following.id == wanted[1][2]


async def test_workspaces_take_turns(here: Room, owner: Owner) -> None:
    """Who has least under way is first, however long the others' queue and however old its runs."""
    noisy = await _ask(here, 30)
    quiet = [await room(here.db, name) for name in ("b", "c")]
    asked = [await _ask(one, 2) for one in quiet]
    claims = await here.db.claims.claim_runs(owner, 4, 30)
    assert {c.id for c in claims} == {noisy[0], asked[0][0], asked[1][0], noisy[1]}
    claims = await here.db.claims.claim_runs(owner, 2, 30)
    assert {c.id for c in claims} == {asked[0][1], asked[1][1]}


async def test_a_taken_over_run_keeps_its_seat(here: Room, clock: HandClock, owner: Owner, tmp_path: Path) -> None:
    runs = await _ask(here, 6)
    other = Owner.enter(tmp_path)
    await here.db.claims.claim_runs(other, 4, 30)
    clock.turn(31)
    assert [c.id for c in await here.db.claims.claim_runs(owner, 9, 30)] == runs[:4]
    other.leave()


async def test_every_workspace_of_many_has_its_turn(here: Room, owner: Owner) -> None:
    """Beyond what one look sees, the next look begins where the last one ended."""
    here.db.claims = Claims(here.db._transactions, here.db._clock, _LOOK_AT)
    rooms = [await room(here.db, f"w{number}") for number in range(2 * _LOOK_AT + 3)]
    for one in rooms:
        await _ask(one, 2)
    served: list[str] = []
    while claims := await here.db.claims.claim_runs(owner, 16, 30):
        served += [claim.workspace for claim in claims]
    assert sorted(served) == sorted([one.workspace for one in rooms] * 2)


async def test_a_look_ends_where_nobody_has_a_seat(here: Room, owner: Owner) -> None:
    """More workspaces than one look sees, all of them full: it goes round once, from wherever it began."""
    here.db.claims = Claims(here.db._transactions, here.db._clock, _LOOK_AT)
    rooms = [await room(here.db, f"w{number}") for number in range(2 * _LOOK_AT + 3)]
    for one in rooms:
        await _ask(one, 2, most=1)
    for _ in rooms:
        assert len(await here.db.claims.claim_runs(owner, 1, 30)) == 1
    async with asyncio.timeout(30):
        assert await here.db.claims.claim_runs(owner, 1, 30) == ()
        here.db.claims._after = sorted(one.workspace for one in rooms)[5]
        assert await here.db.claims.claim_runs(owner, 1, 30) == ()


async def test_seats_are_counted_by_one_at_a_time(here: Room, place: Place, owner: Owner) -> None:
    await _ask(here, 12)
    many = [await place.open(here.db._clock) for _ in range(4)]
    taken = await asyncio.gather(*(db.claims.claim_runs(owner, 4, 30) for db in many for _ in range(2)))
    assert len([claim for claims in taken for claim in claims]) == 4
    for db in many:
        await db.close()


async def test_the_claim_walks_indexes(sqlite_place: Place, clock: HandClock) -> None:
    """Nothing in it reads all runs, waiting or not: each table is searched by an index."""
    db = await sqlite_place.open(clock)
    given = db.claims._turns.params({"after": "", "most": 4})
    statement = given.compile(db._transactions.engine, compile_kwargs={"literal_binds": True})
    async with db._transactions.reading() as connection:
        rows = await connection.execute(text(f"EXPLAIN QUERY PLAN {statement}"))
        plan = [row.detail for row in rows]
    await db.close()
    assert any("ix_runs_state_workspace_id_number" in line for line in plan)
    assert not [line for line in plan if line.startswith("SCAN runs")], plan
