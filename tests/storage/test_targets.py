"""Targets as rows: one for each metric, apart by workspace."""

from __future__ import annotations

from decimal import Decimal

import pytest

from model.errors import UnknownName
from model.report import Target
from tests.storage.world import Room, room

COMMITS = Target("commits", Decimal(20), "at least")
STALE = Target("stale_branches", Decimal(1000000000000), "at most")


async def test_a_target_takes_the_place_of_the_one_before(here: Room) -> None:
    async with here.db.write(here.workspace) as stores:
        await stores.targets.set(STALE, here.member)
        await stores.targets.set(Target("commits", Decimal(5), "at most"), here.member)
        await stores.targets.set(COMMITS, here.member)
    async with here.db.read(here.workspace) as stores:
        assert await stores.targets.all() == (COMMITS, STALE)


async def test_a_removed_target_is_gone(here: Room) -> None:
    async with here.db.write(here.workspace) as stores:
        await stores.targets.set(COMMITS, here.member)
        with pytest.raises(UnknownName) as caught:
            await stores.targets.remove("comits")
        assert caught.value.close == ("commits",)
        await stores.targets.remove("commits")
        assert await stores.targets.all() == ()


async def test_workspaces_have_targets_of_their_own(here: Room) -> None:
    rival = await room(here.db, "rival")
    async with here.db.write(here.workspace) as stores:
        await stores.targets.set(COMMITS, here.member)
    async with here.db.write(rival.workspace) as stores:
        assert await stores.targets.all() == ()
        with pytest.raises(UnknownName):
            await stores.targets.remove("commits")
    async with here.db.read(here.workspace) as stores:
        assert await stores.targets.all() == (COMMITS,)
