"""Who leaves is nobody, on one platform or on all; who is to be asked about is found in rows, and asked by one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from model.delivery import Platform
from model.errors import NotAllowed
from model.ids import MemberId
from model.member import Identity, Introduced, Member, Role
from model.report import Definition
from model.schedule import Calendar, Schedule, Slot, Wishes
from storage.database import Database
from storage.queue import Urgency
from storage.standings import EVERY, LEASE, Doubt
from storage.tables import ACCOUNTS, IDENTITIES
from tests.storage.world import MONDAY, HandClock, Room

_JUN = Identity("slack", "U0JUN")
_GONE = Introduced(Role.NOBODY, gone=True)
_SLACK = [Platform.SLACK]


async def _jun(here: Room, role: Role = Role.EDITOR) -> Member:
    async with here.db.write(here.workspace) as stores:
        met = await stores.members.meet(Platform.SLACK, "U0JUN", "jun", Role.VIEWER, follows=True)
        await stores.members.change(met.id, role=role)
        return await stores.members.of(met.id)


async def _introduced(here: Room, member: MemberId, at: Identity, found: Introduced) -> Member:
    async with here.db.write(here.workspace) as stores:
        return await stores.members.introduce(member, at, found)


async def _opened(here: Room) -> None:
    """Have a Slack team and a Discord server in the workspace."""
    async with here.db._transactions.writing(Urgency.NORMAL) as connection:
        for platform in ("slack", "discord"):
            row = {"platform": platform, "account": f"of {platform}", "workspace_id": here.workspace}
            await connection.execute(insert(ACCOUNTS).values(row))


async def _schedule(here: Room, member: MemberId) -> Schedule:
    async with here.db.write(here.workspace) as stores:
        report = await stores.reports.add("web", member, Definition(template="weekly"))
        slot = Slot("2026-11-10T10:00", MONDAY + timedelta(days=1))
        return await stores.schedules.add(
            report=report.id, member=member, said="x", rule="{}", calendar=Calendar("UTC"), wishes=Wishes(),
            destinations=(), upcoming=slot,
        )  # fmt: skip


async def _claimed(db: Database) -> tuple[Doubt, ...]:
    return await db.standings.claim(_SLACK, 10)


async def test_a_role_given_here_does_not_outlive_leaving(here: Room) -> None:
    jun = await _jun(here)
    assert (await _introduced(here, jun.id, _JUN, Introduced(Role.NOBODY))).role is Role.EDITOR  # a guest
    left = await _introduced(here, jun.id, _JUN, _GONE)
    assert (left.role, left.gone) == (Role.NOBODY, True)
    back = await _introduced(here, jun.id, _JUN, Introduced(Role.VIEWER))
    assert (back.role, back.gone) == (Role.VIEWER, False)


async def test_who_speaks_again_is_there_again(here: Room) -> None:
    jun = await _jun(here)
    await _introduced(here, jun.id, _JUN, _GONE)
    async with here.db.write(here.workspace) as stores:
        assert (await stores.members.meet(Platform.SLACK, "U0JUN", "jun", None, follows=True)).gone
        met = await stores.members.meet(Platform.SLACK, "U0JUN", "jun", Role.ADMIN, follows=True)
    assert (met.role, met.gone) == (Role.ADMIN, False)


async def test_who_leaves_one_of_two_is_what_the_other_says(here: Room) -> None:
    """He loses a role given here, and the other platform is asked at once."""
    jun = await _jun(here, Role.ADMIN)
    await _opened(here)
    async with here.db.write(here.workspace) as stores:
        await stores.people.tie(jun, Identity("discord", "7"))
        assert await stores.members.is_also(jun.id, _JUN)
    left = await _introduced(here, jun.id, _JUN, _GONE)
    assert (left.role, left.gone) == (Role.NOBODY, False)
    async with here.db.read(here.workspace) as stores:
        assert not await stores.members.is_also(jun.id, Identity("discord", "7"))
    (doubt,) = await here.db.standings.claim([Platform.DISCORD], 10)
    assert (doubt.account, doubt.identity.user) == ("of discord", "7")
    await _introduced(here, jun.id, doubt.identity, Introduced(Role.EDITOR))
    again = await _introduced(here, jun.id, _JUN, _GONE)  # it is known: nothing is taken once more
    assert again.role is Role.EDITOR
    assert (await _introduced(here, jun.id, doubt.identity, _GONE)).gone


async def test_the_only_owner_counts_as_nobody_and_the_workspace_falls_to_nobody(here: Room) -> None:
    jun = await _jun(here, Role.ADMIN)
    mina = Identity("terminal", "mina")
    left = await _introduced(here, here.member, mina, _GONE)
    assert (left.role, left.gone) == (Role.NOBODY, True)
    async with here.db.write(here.workspace) as stores:
        assert not await stores.members.has_owner()
        new = await stores.members.meet(Platform.SLACK, "U0NEW", "new", Role.ADMIN, follows=True)
        assert new.role is Role.ADMIN
    assert (await _introduced(here, here.member, mina, Introduced(Role.NOBODY))).role is Role.OWNER
    await _introduced(here, here.member, mina, _GONE)
    async with here.db.write(here.workspace) as stores:
        await stores.members.change(jun.id, role=Role.OWNER)
        with pytest.raises(NotAllowed):
            await stores.members.refuse_without_owner(await stores.members.of(jun.id))
    assert (await _introduced(here, here.member, mina, Introduced(Role.VIEWER))).role is Role.VIEWER


async def test_who_answers_is_asked_about_once_a_day_by_one(here: Room, clock: HandClock) -> None:
    jun = await _jun(here)
    await _opened(here)
    assert await _claimed(here.db) == ()
    schedule = await _schedule(here, jun.id)
    assert await here.db.standings.claim([Platform.DISCORD], 10) == ()
    (doubt,) = await _claimed(here.db)
    assert (doubt.workspace, doubt.account, doubt.member, doubt.identity) == (
        here.workspace, "of slack", jun.id, _JUN,
    )  # fmt: skip
    assert await _claimed(here.db) == ()
    clock.turn(LEASE.total_seconds())  # whoever asked is no more
    (doubt,) = await _claimed(here.db)
    async with here.db.write(here.workspace) as stores:
        await stores.looks.settle(doubt)
    clock.turn(EVERY.total_seconds() - 1)
    assert await _claimed(here.db) == ()
    clock.turn(1)
    (doubt,) = await _claimed(here.db)
    async with here.db.write(here.workspace) as stores:
        await stores.schedules.remove(schedule.id)
        await stores.looks.settle(doubt)
    clock.turn(10 * EVERY.total_seconds())
    assert await _claimed(here.db) == ()


async def test_who_has_changed_is_asked_about_at_once(here: Room, clock: HandClock) -> None:
    """Also where he changes once more while he is being asked about; of people who were never here nothing is kept."""
    await _jun(here)
    await _opened(here)
    standings = here.db.standings
    assert not await standings.doubt(Platform.SLACK, "of slack", "U0SUA")
    assert not await standings.doubt(Platform.SLACK, "another", "U0JUN")
    assert not await standings.doubt(Platform.DISCORD, "of slack", "U0JUN")
    assert await standings.doubt(Platform.SLACK, "of slack", "U0JUN")
    (doubt,) = await _claimed(here.db)
    assert await standings.doubt(Platform.SLACK, "of slack", "U0JUN")
    async with here.db.write(here.workspace) as stores:
        await stores.looks.settle(doubt)
    (doubt,) = await _claimed(here.db)
    async with here.db.write(here.workspace) as stores:
        await stores.looks.put_off(doubt, timedelta(hours=1))
    clock.turn(3599)
    assert await _claimed(here.db) == ()
    clock.turn(1)
    (doubt,) = await _claimed(here.db)
    async with here.db.write(here.workspace) as stores:
        await stores.looks.settle(doubt)
    async with here.db._transactions.reading() as connection:
        assert await connection.scalar(select(IDENTITIES.c.look).where(IDENTITIES.c.account_user == "U0JUN")) is None


async def test_a_clock_that_was_set_back_holds_nothing_up(here: Room, clock: HandClock) -> None:
    jun = await _jun(here)
    await _opened(here)
    await _schedule(here, jun.id)
    (doubt,) = await _claimed(here.db)
    async with here.db.write(here.workspace) as stores:
        await stores.looks.settle(doubt)
    clock.turn(-5 * EVERY.total_seconds())
    assert len(await _claimed(here.db)) == 1
