"""What waits in the whole installation, and how the connections are used."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from sqlalchemy import Table, insert

from bot.loops import Loops
from bot.readiness import Limits, Pulse, Readiness
from model.delivery import Platform
from model.ids import EventId, WorkspaceId, row_id
from storage.audit import Entry
from storage.database import Database
from storage.queue import Urgency
from storage.tables import DELIVERIES, PLACES, REPORTS, SCHEDULES
from tests.storage.world import MONDAY, HandClock, Room, room


async def put(here: Room, table: Table, **values: object) -> None:
    """Put a row of which only some columns matter."""
    async with here.db.backlogs._transactions.writing(Urgency.NORMAL) as connection:
        await connection.execute(insert(table).values(**values))


async def delivery(here: Room, platform: str, state: str, **when: object) -> None:
    await put(
        here, DELIVERIES, id=row_id(), workspace_id=here.workspace, part=0, platform=platform, account="a",
        payload="{}", language="en", wanted=1, shown=0, state=state, priority=0, attempts=0, fence=0, repeated=False,
        doubt=False, **{"not_before": MONDAY, "created": MONDAY, "target": row_id(), **when},
    )  # fmt: skip


async def schedule(here: Room, number: int, due: object, state: str = "active") -> None:
    report = row_id()
    await put(
        here, REPORTS, id=report, workspace_id=here.workspace, member_id=here.member, name=report, definition="{}",
        state="active", created=MONDAY, changed=MONDAY,
    )  # fmt: skip
    await put(
        here, SCHEDULES, id=row_id(), workspace_id=here.workspace, member_id=here.member, number=number,
        report_id=report, said="daily", rule="{}", zone="UTC", country="", on_holiday="post", wishes="{}",
        destinations="[]", state=state,
        next_slot="x", next_due=due, created=MONDAY,
    )  # fmt: skip


async def test_only_what_is_due_waits(here: Room, clock: HandClock) -> None:
    """A terminal's message waits for its person; what is paused, sent, leased or later does not count."""
    later = MONDAY + timedelta(hours=1)
    empty = await here.db.backlogs.look()
    assert (empty.outbox.number, empty.schedules.number, empty.runs.number) == (0, 0, 0)
    assert empty.outbox.seconds(clock.now()) == 0
    await delivery(here, "webhook", "waiting")
    await delivery(here, "webhook", "sending", lease_until=MONDAY)
    for platform, state, when in (
        ("terminal", "waiting", {}), ("webhook", "sent", {}), ("webhook", "waiting", {"not_before": later}),
        ("webhook", "sending", {"lease_until": later}), ("webhook", "unknown", {}),
    ):  # fmt: skip
        await delivery(here, platform, state, **when)
    await schedule(here, 1, MONDAY)
    await schedule(here, 2, later)
    await schedule(here, 3, MONDAY, "paused")
    await schedule(here, 4, None)
    await here.run("someone")
    clock.turn(90)
    found = await here.db.backlogs.look()
    assert (found.outbox.number, found.schedules.number, found.runs.number) == (2, 1, 1)
    assert [one.seconds(clock.now()) for one in (found.outbox, found.schedules, found.runs)] == [90, 90, 90]


async def test_what_is_due_for_long_is_told(here: Room, clock: HandClock) -> None:
    """60 s for a schedule, 120 s for a message; to the second."""
    readiness = Readiness(Loops(clock), Pulse(here.db, clock), clock, Limits())
    await delivery(here, "webhook", "waiting")
    await schedule(here, 1, MONDAY)
    told = {}
    for seconds in (60, 61, 120, 121):
        clock.at = MONDAY + timedelta(seconds=seconds)
        await readiness.look()
        told[seconds] = [one.what for one in readiness.complaints() if one.what != "starting"]
    assert told == {60: [], 61: ["schedules"], 120: ["schedules"], 121: ["schedules", "outbox"]}


async def test_a_place_that_rests_makes_nobody_late(here: Room, clock: HandClock) -> None:
    """What stands in line for a place that takes one message a second has been due since the place was free."""
    for number in range(3):
        await delivery(here, "webhook", "waiting", target="same", created=MONDAY + timedelta(seconds=number))
    clock.turn(200)
    rests = {"platform": "webhook", "account": "a", "target": "same", "refusals": 0}
    await put(here, PLACES, workspace_id=here.workspace, free_at=clock.now() - timedelta(seconds=1), **rests)
    found = (await here.db.backlogs.look()).outbox
    assert (found.number, found.seconds(clock.now())) == (3, 1)


async def test_who_was_active(here: Room, clock: HandClock) -> None:
    """A member counts once however much he says, in whatever workspace, and not after the days."""
    other = await room(here.db, "there")
    for place, member, event in ((here, here.member, "1"), (here, here.member, "2"), (other, other.member, "1")):
        async with place.db.write(place.workspace) as stores:
            await stores.audit.add(Entry(member, EventId(event), "arb help", {}), "done")
    assert await here.db.backlogs.active(30) == 2
    clock.turn(31 * 86400)
    assert await here.db.backlogs.active(30) == 0


async def test_how_the_connections_are_used(database: Database) -> None:
    """Who holds one, who waits for one."""
    assert (database.pool().active, database.pool().waiting) == (0, 0)
    workspace = await database.entrances.enter(Platform.TERMINAL, "here")
    seen = asyncio.Event()
    async with database.read(workspace), database.write(workspace):
        second = asyncio.create_task(entered(database, workspace, seen))
        for _ in range(20):
            await asyncio.sleep(0)
        used = database.pool()
        assert used.active + used.waiting == 3
        assert used.active >= 2
        seen.set()
    await second
    assert (database.pool().active, database.pool().waiting) == (0, 0)
    assert database.pool().idle >= 2


async def entered(database: Database, workspace: WorkspaceId, until: asyncio.Event) -> None:
    async with database.write(workspace):
        await until.wait()
