"""Saved reports on each database: names, sight, the day of grace; runs that belong to them; cancelling."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from model.delivery import Platform
from model.errors import LostLease, UnknownName, UsageError
from model.ids import EventId, MemberId, ReportId, RunId
from model.language import Message
from model.member import Member, Role
from model.report import Definition, Filters, ReportState, Run, RunState
from model.window import Window
from storage.owners import Owner
from storage.reports import KEPT
from tests.storage.world import SETTINGS, WEEK, HandClock, Room

WEEKLY = Definition(template="weekly")


async def _join(here: Room, name: str, role: Role = Role.EDITOR) -> Member:
    async with here.db.write(here.workspace) as stores:
        met = await stores.members.meet(Platform.TERMINAL, name, name)
        await stores.members.change(met.id, role=role)
        return await stores.members.of(met.id)


async def _add(here: Room, name: str, owner: MemberId, definition: Definition = WEEKLY) -> ReportId:
    async with here.db.write(here.workspace) as stores:
        return (await stores.reports.add(name, owner, definition)).id


async def _names(here: Room, by: Member) -> list[str]:
    async with here.db.read(here.workspace) as stores:
        return [report.name for report in await stores.reports.seen(by)]


async def test_a_definition_comes_back_as_it_was_given(here: Room, clock: HandClock) -> None:
    whole = Definition(
        template="weekly",
        sources=(here.source,),
        window="7d",
        language="ko",
        zone="Asia/Seoul",
        people=False,
        filters=Filters(("api/",), ("*.txt",), ("M*",), ("dep*",)),
        bots=("ci",),
        weights=(("urgency", Decimal("0.35")),),
        instruction="Plainly",
        view="operations",
        description="설명",
    )
    id = await _add(here, "web", here.member, whole)
    async with here.db.write(here.workspace) as stores:
        found = await stores.reports.of(id)
        assert (found.definition, found.state, found.owner) == (whole, ReportState.ACTIVE, here.member)
        clock.turn(60)
        await stores.reports.change(id, name="Web", definition=WEEKLY, state=ReportState.PAUSED)
        changed = await stores.reports.of(id)
    assert (changed.name, changed.definition, changed.state) == ("Web", WEEKLY, ReportState.PAUSED)
    assert changed.changed - changed.created == timedelta(seconds=60)


async def test_a_name_is_taken_in_either_case(here: Room) -> None:
    await _add(here, "Straße", here.member)
    other = await _add(here, "other", here.member)
    async with here.db.write(here.workspace) as stores:
        for taken in ("straße", "STRASSE"):
            with pytest.raises(UsageError):
                await stores.reports.add(taken, here.member, WEEKLY)
            with pytest.raises(UsageError):
                await stores.reports.change(other, name=taken)
        await stores.reports.change(other, name="OTHER")


async def test_who_sees_what(here: Room) -> None:
    jun, sora, admin = await _join(here, "jun"), await _join(here, "sora"), await _join(here, "adi", Role.ADMIN)
    mine, his = await _add(here, "mine", here.member), await _add(here, "his", jun.id)
    async with here.db.write(here.workspace) as stores:
        await stores.reports.share(his, sora.id, "view")
        await stores.reports.share(his, sora.id, "edit")
    assert await _names(here, jun) == await _names(here, sora) == ["his"]
    assert await _names(here, admin) == ["his", "mine"]
    async with here.db.write(here.workspace) as stores:
        assert (await stores.reports.of(his)).shares == {sora.id: "edit"}
        await stores.reports.share(his, sora.id, None)
        assert await stores.reports.find("MINE", admin) == await stores.reports.of(mine)
        with pytest.raises(UnknownName):
            await stores.reports.named("mine", jun)
    assert await _names(here, sora) == []


async def test_a_deleted_report_can_come_back_for_a_day(here: Room, clock: HandClock) -> None:
    jun, admin = await _join(here, "jun"), await _join(here, "adi", Role.ADMIN)
    id = await _add(here, "web", jun.id)
    async with here.db.write(here.workspace) as stores:
        await stores.reports.delete(id)
        assert await stores.reports.seen(admin) == ()
        clock.turn(KEPT.total_seconds() - 1)
        assert await stores.reports.forget_deleted() == 0
        assert (await stores.reports.restore("WEB", jun)).id == id
        await stores.reports.delete(id)
        clock.turn(KEPT.total_seconds())
        with pytest.raises(UnknownName):
            await stores.reports.restore("web", jun)
        assert await stores.reports.forget_deleted() == 1
        with pytest.raises(UnknownName):
            await stores.reports.of(id)


async def _run(here: Room, cause: str, by: MemberId, report: ReportId | None, window: Window = WEEK) -> Run:
    async with here.db.write(here.workspace) as stores:
        return await stores.runs.add(
            template="weekly",
            sources=(here.source,),
            window=window,
            settings=SETTINGS,
            cause=EventId(cause),
            member=by,
            report=report,
        )


async def _finish(here: Room, owner: Owner) -> None:
    while claims := await here.db.claims.claim_runs(owner, 9, 30):  # as many as it has seats
        for claim in claims:
            async with here.db.write(here.workspace) as stores:
                await stores.runs.conclude(RunId(claim.id), RunState.DONE, claim.fence)


async def test_runs_are_seen_with_their_report(here: Room) -> None:
    jun, sora, admin = await _join(here, "jun"), await _join(here, "sora"), await _join(here, "adi", Role.ADMIN)
    id = await _add(here, "web", jun.id)
    open_ = await _run(here, "1", here.member, None)
    closed = await _run(here, "2", admin.id, id)
    async with here.db.write(here.workspace) as stores:
        assert await stores.runs.list(9, by=sora) == (open_,)
        assert await stores.runs.list(9, by=jun) == await stores.runs.list(9, by=admin) == (closed, open_)
        assert await stores.runs.named("last", sora) == open_
        with pytest.raises(UnknownName) as caught:
            await stores.runs.named(closed.name, sora)
        assert closed.name not in caught.value.close
        assert await stores.runs.newest_of([id]) == {id: closed}
        assert await stores.runs.list(9, report=id) == (closed,)


async def test_his_own_run_outlives_the_report(here: Room, clock: HandClock) -> None:
    jun, sora = await _join(here, "jun"), await _join(here, "sora")
    id = await _add(here, "web", jun.id)
    mine, his = await _run(here, "1", sora.id, id), await _run(here, "2", jun.id, id)
    async with here.db.write(here.workspace) as stores:
        await stores.reports.delete(id)
        assert await stores.runs.list(9, by=sora) == ()
        assert await stores.runs.list(9, by=jun) == (his, mine)
        clock.turn(KEPT.total_seconds())
        await stores.reports.forget_deleted()
        assert await stores.runs.list(9, by=sora) == (mine,)
        assert await stores.runs.list(9, by=jun) == (his,)


async def test_a_run_follows_the_window_before_of_its_own_report(here: Room, tmp_path: Path) -> None:
    owner = Owner.enter(tmp_path)
    web, other = await _add(here, "web", here.member), await _add(here, "other", here.member)
    earlier, earliest = WEEK.previous(), WEEK.previous().previous()
    for n, (report, window) in enumerate([(web, earlier), (web, earliest), (other, earlier), (None, earlier)]):
        await _run(here, str(n), here.member, report, window)
    await _finish(here, owner)
    asking = await _run(here, "now", here.member, web)
    async with here.db.read(here.workspace) as stores:
        followed = await stores.runs.announced(asking)
        before = await stores.runs.before(asking)
        of_template = await stores.runs.announced(replace(asking, report=None))
        assert followed is not None
        assert before is not None
        assert of_template is not None
        assert (followed.cause, before.cause, of_template.cause) == ("0", "1", "3")
        assert await stores.runs.announced(before) is None
    owner.leave()


async def test_a_cancelled_run_is_lost_to_who_works_on_it(here: Room, tmp_path: Path) -> None:
    owner = Owner.enter(tmp_path)
    run = await _run(here, "1", here.member, None)
    (claim,) = await here.db.claims.claim_runs(owner, 9, 30)
    why = Message("{name} cancelled it.", {"name": "Mina"})
    async with here.db.write(here.workspace) as stores:
        assert await stores.runs.cancel(run.id, why)
        assert not await stores.runs.cancel(run.id, why)
    with pytest.raises(LostLease):
        async with here.db.write(here.workspace) as stores:
            await stores.runs.finish(run.id, "collect", b"", claim.fence, 0.1)
    with pytest.raises(LostLease):
        await here.db.claims.renew(claim, owner, 30)
    async with here.db.read(here.workspace) as stores:
        found = await stores.runs.of(run.id)
    assert (found.state, found.failure) == (RunState.FAILED, why)
    assert await here.db.claims.claim_runs(owner, 9, 30) == ()
    owner.leave()
