"""Workspaces and members: entered once, met once, the first one owns it."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from model.delivery import Platform
from model.errors import UnknownName, UsageError
from model.ids import MemberId
from model.member import Role
from storage.workspaces import WorkspaceSettings
from tests.storage.world import HandClock, Room
from tests.support.databases import Place


async def test_a_workspace_is_made_once(place: Place) -> None:
    first, second = await place.open(), await place.open()
    assert await first.entrances.workspace(Platform.TERMINAL, "acme") is None
    found = await asyncio.gather(*(db.entrances.enter(Platform.TERMINAL, "acme") for db in (first, second) * 4))
    assert len(set(found)) == 1
    assert await second.entrances.workspace(Platform.TERMINAL, "acme") == found[0]
    assert await first.entrances.enter(Platform.TERMINAL, "other\0\ud800") != found[0]
    assert await first.entrances.enter(Platform.TERMINAL, "other\0\ud800") != found[0]
    await first.close()
    await second.close()


async def test_the_first_member_owns_the_workspace_and_all_others_view(place: Place) -> None:
    dbs = await place.open(), await place.open()
    workspace = await dbs[0].entrances.enter(Platform.TERMINAL, "acme")

    async def meet(number: int) -> tuple[MemberId, Role]:
        async with dbs[number % 2].write(workspace) as stores:
            member = await stores.members.meet(Platform.TERMINAL, f"u{number % 4}", "Name")
        return member.id, member.role

    met = set(await asyncio.gather(*(meet(number) for number in range(12))))
    assert len(met) == 4
    assert sorted(role for _, role in met) == [Role.VIEWER] * 3 + [Role.OWNER]
    for db in dbs:
        await db.close()


async def test_a_member_changes_and_stays_the_same(here: Room) -> None:
    async with here.db.write(here.workspace) as stores:
        met = await stores.members.meet(Platform.TERMINAL, "jun", "준\0")
        assert met.name == "준\ufffd"
        await stores.members.change(met.id, role=Role.EDITOR, zone="Asia/Seoul")
        await stores.members.change(met.id, language="ko")
        await stores.members.change(met.id)
    async with here.db.read(here.workspace) as stores:
        found = await stores.members.of(met.id)
        assert (found.role, found.zone, found.language) == (Role.EDITOR, "Asia/Seoul", "ko")
        assert await stores.members.named("준\ufffd") == found
        assert [member.name for member in await stores.members.all()] == ["Mina", "준\ufffd"]
        with pytest.raises(UnknownName) as caught:
            await stores.members.named("Mima")
        assert caught.value.close == ("Mina",)


async def test_a_name_that_two_bear_is_no_name(here: Room) -> None:
    async with here.db.write(here.workspace) as stores:
        await stores.members.meet(Platform.TERMINAL, "mina2", "Mina")
        with pytest.raises(UsageError, match="More than one"):
            await stores.members.named("Mina")
        with pytest.raises(UnknownName):
            await stores.members.change(MemberId("nobody"), role=Role.OWNER)


async def test_settings_come_back_as_they_were(here: Room, clock: HandClock) -> None:
    wanted = WorkspaceSettings(("ci@example.org",), 7, (("urgency", Decimal("0.35")),))
    async with here.db.write(here.workspace) as stores:
        assert await stores.workspaces.settings() == WorkspaceSettings()
        await stores.workspaces.change(wanted)
    async with here.db.read(here.workspace) as stores:
        assert await stores.workspaces.settings() == wanted
