"""Workers that die, freeze and lose their database, as real processes: every run is done, and none twice."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from model.clock import SystemClock
from storage.database import Database
from storage.home import DATABASE_FILE
from storage.schema import migrate_postgres
from tests.conftest import PROVE
from tests.kill.worker import Orders
from tests.kill.world import Machines, ask, judge, rows, until, whole
from tests.support.databases import Server
from tests.support.nursery import Nursery
from tests.support.provider import Kind, Provider, provider
from tests.support.repository import small_repository
from tests.support.waiting import wait

_LEASE = 15.0 if PROVE else 2.0  # seconds; the first is what `arb worker` has
_EACH = 4 if PROVE else 2  # runs in each of five workspaces
_SEATS = 4  # of a workspace
_PAUSE = 0.3  # seconds: what is kept is not settled yet when something happens to the database
_OPEN = "SELECT count(*) FROM runs WHERE state IN ('waiting', 'running')"
_UNSENT = (
    "SELECT (SELECT count(*) FROM deliveries WHERE state <> 'sent') + (SELECT count(*) FROM runs WHERE state <> 'done')"
)


@pytest.fixture
def machines(beds: Nursery, postgres_server: Server, postgres_template: str, tmp_path: Path) -> Iterator[Machines]:
    """Two machines with a PostgreSQL between them."""
    with postgres_server.fresh(postgres_template) as name:
        small_repository(tmp_path / "shop")
        yield Machines(beds, postgres_server.database(name), tmp_path)


@pytest.fixture
def places() -> Iterator[tuple[Provider, Provider]]:
    """Two places with ledgers of their own: one that can be asked and one that cannot; both take their time."""
    with provider("asked", _PAUSE) as asked, provider("mute", _PAUSE) as mute:
        yield asked, mute


Places = tuple[Provider, Provider]


def _to(places: Places) -> dict[Kind, int]:
    return {place.kind: place.port for place in places}


async def _asked(db: Database, folder: Path, each: int = _EACH, to: Places | None = None) -> list[str]:
    """Ask for runs in five workspaces; return their names."""
    kinds = [place.kind for place in to or ()]
    asked = [await ask(db, f"w{account}", folder / "shop", each, kinds) for account in range(5)]
    return [run.name for some in asked for run in some]


def _in_flight(owner: str) -> str:
    return f"SELECT count(*) FROM runs WHERE state = 'running' AND owner = '{owner}'"


async def test_one_of_two_workers_is_killed(machines: Machines, places: Places) -> None:
    """Twenty runs are under way, in all their steps: they are done within 30 seconds, and nothing is sent twice."""
    db, gate = await machines.open(), machines.folder / "gate"
    gate.touch()
    orders = Orders(_LEASE, _to(places), gate=str(gate))
    with machines.worker("a", orders) as a, machines.worker("b", orders) as b:
        names = await _asked(db, machines.folder, _SEATS, places)
        wait(lambda: a.held + b.held == len(names), 60)
        held = await rows(db, "SELECT owner, id FROM runs WHERE state = 'running'")
        lost = {id for owner, id in held if owner == a.owner}
        assert (len(held), len(lost)) == (20, 10)
        a.process.kill()
        gate.unlink()
        took = await until(db, _UNSENT, lambda found: found == [(0,)], 30 if PROVE else 60)
        print(f"{len(held)} runs in flight at the kill, {len(lost)} of them there, all sent after {took:.1f} s")
        assert b.process.poll() is None
    await whole(db, len(names))
    twice = {id for (id,) in await rows(db, "SELECT id FROM runs WHERE attempts > 1")}
    assert twice == lost
    for place in places:
        judge(place, names, kills=0)  # none was being sent
    await db.close()


async def test_a_worker_that_was_frozen_writes_nothing_when_it_wakes(machines: Machines) -> None:
    """Its lease ran out and the other one did its runs; it is told so by every row it wants to write."""
    db = await machines.open()
    with machines.worker("a", Orders(1.0)) as a:
        runs = len(await _asked(db, machines.folder))
        await until(db, _in_flight(a.owner), lambda found: found[0][0] != 0, 60)
        os.kill(a.process.pid, signal.SIGSTOP)
        held = await rows(db, f"SELECT id FROM runs WHERE state = 'running' AND owner = '{a.owner}'")
        assert held
        with machines.worker("b", Orders(15.0)) as b:
            await until(db, _OPEN, lambda found: found == [(0,)], 60)
            before = await rows(db, "SELECT id, fence, attempts, finished, hash FROM runs ORDER BY number")
            written = await rows(db, "SELECT run_id, name, finished FROM steps ORDER BY run_id, name")
            b.process.kill()
        os.kill(a.process.pid, signal.SIGCONT)
        await ask(db, "w0", machines.folder / "shop", 1)  # it goes on, and does what it may
        await until(db, _OPEN, lambda found: found == [(0,)], 60)
        ended = (await rows(db, "SELECT id, fence, attempts, finished, hash FROM runs ORDER BY number"))[:-1]
        newest = (await rows(db, "SELECT id FROM runs ORDER BY number DESC LIMIT 1"))[0][0]
        after = f"SELECT run_id, name, finished FROM steps WHERE run_id <> '{newest}' ORDER BY run_id, name"
        assert (ended, await rows(db, after)) == (before, written)
    await whole(db, runs + 1)
    await db.close()


async def test_postgres_stops_and_starts_under_the_runs(
    beds: Nursery, own_postgres: Server, tmp_path: Path, places: Places
) -> None:
    """Workers wait for it and go on: no run is lost, failed or done twice, and no message is."""
    assert own_postgres.control is not None
    small_repository(tmp_path / "shop")
    machines = Machines(beds, own_postgres.url, tmp_path)
    migrate_postgres(own_postgres.url)
    db = await machines.open()
    names, orders = list[str](), Orders(2.0, _to(places))
    with machines.worker("a", orders) as a, machines.worker("b", orders) as b:
        for away in (0, 2, 6, 0, 2, 6) if PROVE else (1,):
            names += await _asked(db, tmp_path, _SEATS, places)
            _some_but_not_all_sent(places, names)
            own_postgres.control("-m", "immediate", "stop")
            await SystemClock().sleep(away)  # how long it is away is the case itself
            own_postgres.control("start")
            await db.close()
            db = await machines.open()
            await until(db, _UNSENT, lambda found: found == [(0,)], 60)
        assert (a.process.poll(), b.process.poll()) == (None, None)
    await whole(db, len(names))
    for place in places:
        judge(place, names, kills=0)
    await db.close()


def _some_but_not_all_sent(places: Places, names: Sequence[str]) -> None:
    """Wait until the newest runs are being sent."""
    before = len(names) - 5 * _SEATS
    wait(lambda: all(len(place.ledger) > before for place in places), 60)
    sent = [len(place.ledger) - before for place in places]
    print(f"{sent} of {5 * _SEATS} sent when it happens")
    assert min(sent) < 5 * _SEATS


@pytest.mark.parametrize("held", [1.0, 5.0, 9.0] if PROVE else [5.5])
async def test_a_foreign_writer_locks_the_file_under_the_runs(
    beds: Nursery, tmp_path: Path, held: float, places: Places
) -> None:
    """Held for less than the storage waits or for longer: every run is done and sent, once, and not one has failed."""
    small_repository(tmp_path / "shop")
    machines = Machines(beds, None, tmp_path)
    db = await machines.open()
    with machines.worker("a", Orders(15.0, _to(places))):
        names = await _asked(db, tmp_path, _SEATS, places)
        _some_but_not_all_sent(places, names)
        with closing(sqlite3.connect(tmp_path / "home" / DATABASE_FILE, isolation_level=None, timeout=30)) as foreign:
            foreign.execute("BEGIN IMMEDIATE")
            await SystemClock().sleep(held)  # how long it is held is the case itself
            foreign.execute("ROLLBACK")
        await until(db, _UNSENT, lambda found: found == [(0,)], 60)
    await whole(db, len(names))
    assert await rows(db, "SELECT count(*) FROM runs WHERE attempts <> 1") == [(0,)]
    for place in places:
        judge(place, names, kills=0)
    assert await rows(db, "PRAGMA integrity_check") == [("ok",)]
    await db.close()


async def test_told_to_stop_under_load(beds: Nursery, tmp_path: Path, scaled: Callable[[int], int]) -> None:
    """Each time it is gone within ten seconds and holds nothing any more; nothing is lost, and no taking-up counted."""
    small_repository(tmp_path / "shop")
    machines = Machines(beds, None, tmp_path)
    db = await machines.open()
    runs = 0
    for _ in range(scaled(100)):
        runs += len(await _asked(db, tmp_path))
        with machines.arb("worker") as worker:
            await until(db, "SELECT count(*) FROM runs WHERE state = 'running'", lambda found: found[0][0] != 0, 60)
            worker.send_signal(signal.SIGTERM)
            began = SystemClock().monotonic()
            assert worker.wait(10) == 0
            print(f"stopped after {SystemClock().monotonic() - began:.1f} s")
        assert await rows(db, "SELECT count(*) FROM runs WHERE state = 'running' OR owner IS NOT NULL") == [(0,)]
        assert await rows(db, "SELECT count(*) FROM runs WHERE state = 'waiting' AND attempts <> 0") == [(0,)]
    with machines.arb("worker"):
        await until(db, _OPEN, lambda found: found == [(0,)], 120)
    await whole(db, runs)
    assert await rows(db, "SELECT count(*) FROM runs WHERE attempts <> 1") == [(0,)]
    await db.close()
