"""Who says nothing is looked after: so many in a time, each by the one process that asks; nothing is guessed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import insert

from bot.lookout import EVERY, Lookout
from model.delivery import Platform
from model.errors import DeliveryError, DestinationRefused, DestinationUnavailable
from model.ids import MemberId
from model.member import Introduced, Member, Role
from model.report import Definition
from model.rule import RULE
from model.schedule import Calendar, ScheduleState, Slot, Wishes
from reports.when import parse_when
from storage.queue import Urgency
from storage.tables import ACCOUNTS
from tests.storage.world import MONDAY, HandClock, Room, room
from tests.support.databases import Place

_RULE = RULE.dump_json(parse_when("every day 10:00")).decode()


@dataclass
class Team:
    """What a platform answers."""

    says: Introduced | DeliveryError | TimeoutError = field(default_factory=lambda: Introduced(Role.EDITOR))
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def ask(self, account: str, user: str) -> Introduced:
        self.asked.append((account, user))
        if isinstance(self.says, Introduced):
            return self.says
        raise self.says


@dataclass
class Scene:
    """A workspace with a team in it, and a process that looks after it."""

    here: Room
    clock: HandClock
    team: Team
    lookout: Lookout

    async def editors(self, count: int) -> list[MemberId]:
        """Have so many who answer for a schedule each, by a role that they were given here."""
        made: list[MemberId] = []
        async with self.here.db.write(self.here.workspace) as stores:
            report = await stores.reports.add("web", self.here.member, Definition(template="weekly"))
            for n in range(count):
                met = await stores.members.meet(Platform.SLACK, f"U{n}", f"u{n}", Role.VIEWER, follows=True)
                await stores.members.change(met.id, role=Role.EDITOR)
                await stores.reports.share(report.id, met.id, "view")
                await stores.schedules.add(
                    report=report.id, member=met.id, said="every day 10:00", rule=_RULE, calendar=Calendar("UTC"),
                    wishes=Wishes(), destinations=(), upcoming=Slot("2026-11-10T10:00", MONDAY + timedelta(days=1)),
                )  # fmt: skip
                made.append(met.id)
        return made

    async def member(self, id: MemberId) -> Member:
        async with self.here.db.read(self.here.workspace) as stores:
            return await stores.members.of(id)

    async def at_rest(self) -> int:
        async with self.here.db.read(self.here.workspace) as stores:
            return sum(one.state is ScheduleState.PAUSED for one in await stores.schedules.all())


@pytest_asyncio.fixture
async def scene(place: Place) -> AsyncIterator[Scene]:
    clock, team = HandClock(), Team()
    db = await place.open(clock)
    here = await room(db)
    async with db._transactions.writing(Urgency.NORMAL) as connection:
        row = {"platform": "slack", "account": "T0ACME", "workspace_id": here.workspace}
        await connection.execute(insert(ACCOUNTS).values(row))
    lookout = Lookout(db, clock)
    lookout.askers[Platform.SLACK] = team.ask
    yield Scene(here, clock, team, lookout)
    await db.close()


async def test_so_many_in_a_time_however_often_it_is_rung(scene: Scene) -> None:
    await scene.editors(25)
    assert [await scene.lookout.look() for _ in range(3)] == [20, 0, 0]
    scene.clock.turn(EVERY)
    assert [await scene.lookout.look() for _ in range(3)] == [5, 0, 0]
    assert len(set(scene.team.asked)) == 25
    assert {account for account, _ in scene.team.asked} == {"T0ACME"}


async def test_where_nobody_talks_nobody_is_asked(scene: Scene) -> None:
    await scene.editors(1)
    assert await Lookout(scene.here.db, scene.clock).look() == 0
    assert await scene.lookout.look() == 1


@pytest.mark.parametrize(
    ("says", "again"),
    [
        (DestinationUnavailable("It did not answer."), 300),
        (TimeoutError(), 300),
        (DestinationRefused("It says no.", of_account=True), 3600),
    ],
    ids=["away", "slow", "refused"],
)
async def test_where_a_platform_says_nothing_nothing_changes(
    scene: Scene, says: DeliveryError | TimeoutError, again: int
) -> None:
    """It is asked again, later where somebody has to mend something first."""
    (jun,) = await scene.editors(1)
    scene.team.says = says
    assert await scene.lookout.look() == 1
    assert (await scene.member(jun)).role is Role.EDITOR
    assert await scene.at_rest() == 0
    scene.clock.turn(again - 1)
    assert await scene.lookout.look() == 0
    scene.team.says = Introduced(Role.NOBODY, gone=True)
    scene.clock.turn(EVERY)
    assert await scene.lookout.look() == 1
    assert (await scene.member(jun)).gone
    assert await scene.at_rest() == 1


async def test_who_has_changed_comes_first(scene: Scene) -> None:
    """Before those whose day has come; all his schedules rest."""
    await scene.editors(25)
    async with scene.here.db.write(scene.here.workspace) as stores:
        last = await stores.members.named("u24")
        for one in await stores.schedules.all():
            if one.number < 3:
                await stores.schedules.change(replace(one, member=last.id))
    await scene.here.db.standings.doubt(Platform.SLACK, "T0ACME", "U24")
    assert await scene.lookout.look() == 20
    assert ("T0ACME", "U24") in scene.team.asked
    scene.team.says = Introduced(Role.NOBODY, gone=True)
    await scene.here.db.standings.doubt(Platform.SLACK, "T0ACME", "U24")
    scene.clock.turn(EVERY)
    await scene.lookout.look()
    assert (await scene.member(last.id)).gone
    async with scene.here.db.read(scene.here.workspace) as stores:
        rest = [one for one in await stores.schedules.all() if one.member == last.id]
    assert [(one.number, one.state) for one in rest] == [(n, ScheduleState.PAUSED) for n in (1, 2, 25)]
