"""Which account is which workspace: found by each, brought along once, and nothing of a person is left behind."""

from __future__ import annotations

import asyncio

import pytest

from delivery.telling import seat_of
from model.delivery import Address, Platform
from model.errors import ArbError, UsageError
from model.ids import EventId, WorkspaceId
from model.member import ERASED, Identity, Role
from tests.storage.world import Room


async def _server(here: Room, account: str = "G1") -> WorkspaceId:
    workspace = await here.db.entrances.enter(Platform.DISCORD, account)
    async with here.db.write(workspace) as stores:
        await stores.members.meet(Platform.DISCORD, "7", "Seven", Role.OWNER)
        await stores.members.meet(Platform.DISCORD, "8", "Eight", Role.NOBODY)
    return workspace


async def _code(here: Room) -> str:
    async with here.db.write(here.workspace) as stores:
        return await stores.people.code(here.member, opens=True)


async def _bring(here: Room, workspace: WorkspaceId, code: str, event: str = "discord:1") -> None:
    async with here.db.write(workspace) as stores:
        await stores.accounts.bring(code, EventId(event))


async def test_it_is_found_by_its_new_workspace_and_back(here: Room) -> None:
    server = await _server(here)
    await _bring(here, server, await _code(here))
    entrances = here.db.entrances
    assert await entrances.enter(Platform.DISCORD, "G1") == here.workspace
    assert await entrances.known(Platform.DISCORD, "7") == []  # he is somebody new there
    async with here.db.write(here.workspace) as stores:
        assert await stores.accounts.all() == {Platform.TERMINAL: "here", Platform.DISCORD: "G1"}
        met = await stores.members.meet(Platform.DISCORD, "7", "Seven", Role.ADMIN)
        assert met.role is Role.ADMIN
        assert await seat_of(stores, met.id) == Address(Platform.DISCORD, "G1", "@7")
        (noted,) = await stores.audit.list(9)
        assert noted.said == {"what": "workspace", "brought": "discord:G1"}
        assert await stores.audit.broken() is None
    assert [account for account, _ in await entrances.known(Platform.DISCORD, "7")] == ["G1"]
    async with here.db.write(here.workspace) as stores:
        await stores.accounts.take_back(Platform.DISCORD, "G1")
    assert await entrances.enter(Platform.DISCORD, "G1") == server
    async with here.db.write(server) as stores:
        assert await stores.members.all() == ()
        assert (await stores.members.meet(Platform.DISCORD, "8", "Eight", Role.ADMIN)).role is Role.OWNER


async def test_who_was_there_is_erased(here: Room) -> None:
    server = await _server(here)
    async with here.db.read(server) as stores:
        people = [one.id for one in await stores.members.all()]
    await _bring(here, server, await _code(here))
    async with here.db.read(server) as stores:
        assert {(await stores.members.of(one)).name for one in people} == {ERASED}


async def test_a_person_of_a_platform_without_an_account_is_told_where_there_is_one(here: Room) -> None:
    async with here.db.write(here.workspace) as stores:
        await stores.people.tie(await stores.members.of(here.member), Identity("slack", "U1"))
        assert await seat_of(stores, here.member) == Address(Platform.TERMINAL, "here", "mina")


async def test_of_two_at_once_one_is_brought(here: Room) -> None:
    """One code, two servers: there is room for one, and the code is good for one."""
    servers, code = [await _server(here, name) for name in ("G1", "G2")], await _code(here)
    ended = await asyncio.gather(*(_bring(here, one, code) for one in servers), return_exceptions=True)
    assert [isinstance(one, ArbError) for one in ended].count(True) == 1
    async with here.db.read(here.workspace) as stores:
        assert len(await stores.accounts.all()) == 2


async def test_the_issuer_must_be_an_owner_still(here: Room) -> None:
    server, code = await _server(here), await _code(here)
    async with here.db.write(here.workspace) as stores:
        await stores.members.change(here.member, role=Role.ADMIN)
    with pytest.raises(ArbError, match="not good"):
        await _bring(here, server, code)


async def test_what_it_holds_keeps_it(here: Room) -> None:
    server, code = await _server(here), await _code(here)
    async with here.db.write(server) as stores:
        await stores.sources.add("demo", "git", {"path": "."})
    with pytest.raises(UsageError, match="only an empty one"):
        await _bring(here, server, code)
    async with here.db.read(server) as stores:
        assert len(await stores.members.all()) == 2  # nobody is erased by half
