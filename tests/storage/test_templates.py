"""A workspace's own templates, the limits of what it may hold, and what it keeps no longer."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from model.card import Action, Card
from model.delivery import Platform
from model.errors import UnknownName, UsageError
from model.ids import EventId, TemplateId
from model.member import Member, Role
from model.report import Definition, RunState
from storage.limits import Limit
from storage.owners import Owner
from storage.stores import Stores
from storage.workspaces import WorkspaceSettings
from tests.storage.world import SETTINGS, WEEK, HandClock, Room, room
from tests.support.databases import Place

DAY = 86_400.0


async def meet(stores: Stores, name: str, role: Role = Role.EDITOR) -> Member:
    """Return a member of that role."""
    member = await stores.members.meet(Platform.TERMINAL, name, name)
    await stores.members.change(member.id, role=role)
    return await stores.members.of(member.id)


async def names(here: Room, reader: Member | None = None) -> list[str]:
    async with here.db.read(here.workspace) as stores:
        return [own.name for own in await stores.templates.all(reader)]


async def test_every_version_is_kept(here: Room, clock: HandClock) -> None:
    async with here.db.write(here.workspace) as stores:
        own = await stores.templates.add("mine", "a = 1\0", here.member)
        jun = await meet(stores, "jun")
        clock.turn(60)
        assert await stores.templates.write(own.id, "a = 2", jun.id) == 2
    async with here.db.read(here.workspace) as stores:
        found = await stores.templates.find("mine")
        assert found is not None
        assert (found.version, found.manifest, found.owner) == (2, "a = 2", here.member)
        versions = await stores.templates.versions(own.id)
    assert [(v.version, v.manifest, v.writer) for v in versions] == [
        (2, "a = 2", jun.id),
        (1, "a = 1\ufffd", here.member),
    ]
    assert versions[0].written > versions[1].written


async def test_a_template_is_seen_by_its_owner_and_admins_until_it_is_shared(here: Room) -> None:
    async with here.db.write(here.workspace) as stores:
        jun, ada, vic = [await meet(stores, *who) for who in (("jun",), ("ada", Role.ADMIN), ("vic", Role.VIEWER))]
        own = await stores.templates.add("mine", "x", jun.id)
    assert [await names(here, who) for who in (jun, ada, vic, None)] == [["mine"], ["mine"], [], ["mine"]]
    async with here.db.write(here.workspace) as stores:
        assert await stores.templates.find("mine", vic) is None
        await stores.templates.share(own.id, True)
    assert await names(here, vic) == ["mine"]


async def test_a_name_is_free_again_when_its_template_is_gone(here: Room) -> None:
    async with here.db.write(here.workspace) as stores:
        own = await stores.templates.add("mine", "x", here.member)
        with pytest.raises(UsageError, match="already"):
            await stores.templates.add("mine", "y", here.member)
        await stores.templates.remove(own.id)
        assert await stores.templates.find("mine") is None
        assert (await stores.templates.add("mine", "z", here.member)).version == 1
        assert [v.manifest for v in await stores.templates.versions(own.id)] == ["x"]
        for change in (stores.templates.remove(own.id), stores.templates.share(own.id, True)):
            with pytest.raises(UnknownName):
                await change
        with pytest.raises(UnknownName):
            await stores.templates.write(TemplateId("nothing"), "x", here.member)


async def test_of_two_who_take_a_name_at_once_one_has_it(place: Place, clock: HandClock) -> None:
    dbs = [await place.open(clock), await place.open(clock)]
    here = await room(dbs[0])

    async def add(number: int) -> bool:
        try:
            async with dbs[number % 2].write(here.workspace) as stores:
                await stores.templates.add("mine", str(number), here.member)
        except UsageError:
            return False
        return True

    assert sum(await asyncio.gather(*(add(n) for n in range(6)))) == 1
    for db in dbs:
        await db.close()


async def test_other_workspaces_see_and_change_nothing(here: Room) -> None:
    there = await room(here.db, "rival")
    async with here.db.write(here.workspace) as stores:
        own = await stores.templates.add("mine", "x", here.member)
    async with here.db.write(there.workspace) as stores:
        assert await stores.templates.all() == ()
        assert await stores.templates.versions(own.id) == ()
        for change in (stores.templates.remove(own.id), stores.templates.write(own.id, "y", there.member)):
            with pytest.raises(UnknownName):
                await change
        await stores.templates.add("mine", "theirs", there.member)
    assert await names(here) == ["mine"]


async def test_reports_that_use_a_template_are_known(here: Room, clock: HandClock) -> None:
    async with here.db.write(here.workspace) as stores:
        wanted = await stores.reports.add("Shop", here.member, Definition(template="mine"))
        await stores.reports.add("Other", here.member, Definition(template="weekly"))
        gone = await stores.reports.add("Gone", here.member, Definition(template="mine"))
        await stores.reports.delete(gone.id)
        assert set(await stores.templates.users("mine")) == {wanted.id, gone.id}  # that one can be brought back
    clock.turn(DAY)
    async with here.db.write(here.workspace) as stores:
        assert await stores.templates.users("mine") == (wanted.id,)


@pytest.mark.parametrize("limit", ["most_members", "most_reports", "most_sources", "most_runs_a_day"])
async def test_a_limit_holds_where_something_is_added(here: Room, clock: HandClock, limit: Limit) -> None:
    async def add(stores: Stores, n: int) -> None:
        match limit:
            case "most_members":
                await stores.members.meet(Platform.TERMINAL, f"u{n}", "U")
            case "most_reports":
                await stores.reports.add(f"r{n}", here.member, Definition(template="weekly"))
            case "most_sources":
                await stores.sources.add(f"s{n}", "git", {})
            case "most_runs_a_day":
                await run(stores, here, f"c{n}")

    async def fill() -> None:
        for n in range(4):
            async with here.db.write(here.workspace) as stores:
                await add(stores, n)

    async with here.db.write(here.workspace) as stores:
        await stores.workspaces.change(replace(WorkspaceSettings(), **{limit: 3}))  # type: ignore[arg-type]
    with pytest.raises(UsageError) as caught:
        await fill()
    assert caught.value.hint is not None
    assert f"/arb settings {limit}=6" in caught.value.hint.plain()
    if limit == "most_runs_a_day":
        clock.turn(DAY + 1)
        async with here.db.write(here.workspace) as stores:
            await add(stores, 9)


async def run(stores: Stores, here: Room, cause: str) -> None:
    await stores.runs.add(
        template="weekly",
        sources=(here.source,),
        window=WEEK,
        settings=SETTINGS,
        cause=EventId(cause),
        member=here.member,
    )


async def test_the_same_cause_is_no_further_run(here: Room) -> None:
    async with here.db.write(here.workspace) as stores:
        await stores.workspaces.change(replace(WorkspaceSettings(), most_runs_a_day=1))
        for _ in range(3):
            await run(stores, here, "same")


async def test_what_had_its_time_goes_and_the_rest_stays(here: Room, place: Place, clock: HandClock) -> None:
    owner = Owner.enter(place.home, local=True)
    done, waits = await here.run("first"), await here.run("second")
    claim = (await here.db.claims.claim_runs(owner, 1, 30.0))[0]
    async with here.db.write(here.workspace) as stores:
        await stores.runs.finish(done.id, "collect", b"x", claim.fence, 0.1)
        await stores.runs.conclude(done.id, RunState.DONE, claim.fence)
        await stores.workspaces.change(replace(WorkspaceSettings(), runs_days=40))
        for event in ("over", "open"):
            await stores.inbox.put(EventId(event), here.member, {"line": "x"}, owner.id)
        await stores.inbox.done(EventId("over"))
        await stores.actions.bind(Card("t", (), "en", (Action("a", "arb help"),)), None)
        await stores.blobs.put(b"file")
    assert await left(here) == 0
    clock.turn(31 * DAY)
    assert await left(here) == 3  # the event that is done, the button, the file
    clock.turn(10 * DAY)
    assert await left(here) == 1  # the run that is done
    async with here.db.read(here.workspace) as stores:
        assert [found.id for found in await stores.runs.list(9)] == [waits.id]
        assert await stores.runs.step(done.id, "collect") is None
        assert await stores.inbox.open(EventId("open")) is not None
    owner.leave()


async def left(here: Room) -> int:
    """Delete until nothing is left; return how many rows went."""
    gone, some = 0, 1
    while some:
        async with here.db.write(here.workspace) as stores:
            some = await stores.retention.batch()
        gone += some
    return gone


async def test_settings_that_were_never_set_follow_their_defaults(here: Room) -> None:
    async with here.db.write(here.workspace) as stores:
        await stores.workspaces.change(replace(WorkspaceSettings(), zone="Asia/Seoul"))
        assert await stores.workspaces.settings() == WorkspaceSettings(zone="Asia/Seoul")
