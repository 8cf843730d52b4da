"""Identities: tied to one member each; two members that turn out to be one share all they had."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from model.delivery import Platform
from model.errors import Expired, NotAllowed, UsageError
from model.ids import EventId, MemberId
from model.member import GIT, Identity, Member, Preferences, Role
from storage.audit import Entry
from storage.people import CODE_LIFETIME
from storage.queue import Urgency
from storage.tables import LINK_CODES, METADATA, REPORT_SHARES, REPORTS
from tests.storage.world import MONDAY, HandClock, Room, commit

ADDRESS = Identity(GIT, "mina@example.org")


async def _met(here: Room, user: str) -> Member:
    async with here.db.write(here.workspace) as stores:
        return await stores.members.meet(Platform.TERMINAL, user, user.title())


async def _merge(here: Room, gone: Member, into: Member) -> Member:
    async with here.db.write(here.workspace) as stores:
        return await stores.people.merge(await stores.people.code(into.id), gone)


async def test_an_identity_is_one_members(here: Room) -> None:
    jun = await _met(here, "jun")
    async with here.db.write(here.workspace) as stores:
        mina = await stores.members.of(here.member)
        await stores.people.tie(mina, ADDRESS)
        await stores.people.tie(mina, ADDRESS)
        with pytest.raises(UsageError, match="somebody else"):
            await stores.people.tie(jun, ADDRESS)
        with pytest.raises(UsageError, match="no identity"):
            await stores.people.untie(jun, ADDRESS)
        assert await stores.members.named("git:mina@example.org") == mina
        await stores.people.untie(mina, ADDRESS)
        with pytest.raises(UsageError, match="only identity"):
            await stores.people.untie(mina, Identity("terminal", "mina"))
        assert await stores.members.identities(mina.id) == (Identity("terminal", "mina"),)


async def test_a_code_is_kept_hashed_and_only_the_newest_counts(here: Room, clock: HandClock) -> None:
    async with here.db.write(here.workspace) as stores:
        old, code = [await stores.people.code(here.member) for _ in range(2)]
        assert (await stores.people.issuer(f" {code.lower()} ")).id == here.member
        for wrong in (old, "", "x"):
            with pytest.raises(Expired):
                await stores.people.issuer(wrong)
    async with here.db._transactions.reading() as connection:
        (row,) = await connection.execute(select(LINK_CODES))
    assert code not in row
    clock.turn(CODE_LIFETIME.total_seconds())
    async with here.db.read(here.workspace) as stores:
        with pytest.raises(Expired):
            await stores.people.issuer(code)


async def test_two_that_turn_out_to_be_one_share_all(here: Room) -> None:
    jun, other, third = [await _met(here, user) for user in ("jun", "jun2", "jun3")]
    async with here.db.write(here.workspace) as stores:
        await stores.members.change(other.id, role=Role.ADMIN, preferences=Preferences("Juno", former=("J",)))
        await stores.audit.add(Entry(other.id, EventId("terminal:1"), "arb me", {"shown": "Juno"}), "done")
    async with here.db._transactions.writing(Urgency.NORMAL) as connection:
        report = {"workspace_id": here.workspace, "definition": "{}", "state": "active", "created": MONDAY}
        for id, owner in (("r1", here.member), ("r2", here.member), ("r3", other.id)):
            row = {**report, "id": id, "member_id": owner, "name": id, "changed": MONDAY}
            await connection.execute(insert(REPORTS).values(row))
        for id, member in (("r1", jun.id), ("r1", other.id), ("r2", other.id)):
            share = {"report_id": id, "member_id": member, "workspace_id": here.workspace, "may": "view"}
            await connection.execute(insert(REPORT_SHARES).values(share))
    async with here.db.read(here.workspace) as stores:
        other = await stores.members.of(other.id)
    into = await _merge(here, other, jun)
    assert (into.id, into.role) == (jun.id, Role.VIEWER)
    assert await _rows_of(here, other.id) == {"audit", "person_keys"}
    async with here.db.read(here.workspace) as stores:
        assert (await stores.members.of(jun.id)).preferences.former == ("J", "Juno")
        assert await stores.members.identities(jun.id) == (Identity("terminal", "jun"), Identity("terminal", "jun2"))
        assert {member.id for member in await stores.members.all()} == {here.member, jun.id, third.id}
    merged = await _merge(here, await _now(here, jun), third)
    async with here.db.write(here.workspace) as stores:
        await stores.people.erasing.erase(await stores.members.of(merged.id))
        assert [noted.said for noted in await stores.audit.list(9)] == [None]


async def _now(here: Room, member: Member) -> Member:
    async with here.db.read(here.workspace) as stores:
        return await stores.members.of(member.id)


async def _rows_of(here: Room, member: MemberId) -> set[str]:
    async with here.db._transactions.reading() as connection:
        tables = [table for table in METADATA.sorted_tables if "member_id" in table.c]
        return {t.name for t in tables if (await connection.execute(select(t).where(t.c.member_id == member))).all()}


async def test_the_last_owner_is_merged_into_nobody(here: Room) -> None:
    jun = await _met(here, "jun")
    with pytest.raises(NotAllowed, match="only owner"):
        await _merge(here, await _now(here, await _met(here, "mina")), jun)


async def test_a_chosen_name_is_nobody_elses(here: Room) -> None:
    jun = await _met(here, "jun")
    await here.put(commit("a", MONDAY, "Mina Kim"), commit("b", MONDAY + timedelta(1), "Bo"))
    async with here.db.write(here.workspace) as stores:
        mina = await stores.members.of(here.member)
        for name in ("jun", "JUN", "Mina Kim"):
            with pytest.raises(UsageError, match="Somebody else"):
                await stores.people.refuse_taken(name, mina)
        assert await stores.people.unmapped() == (("Bo", "mina@example.org"), ("Mina Kim", "mina@example.org"))
        await stores.people.tie(mina, ADDRESS)
        await stores.people.refuse_taken("Mina Kim", mina)
        await stores.members.change(mina.id, preferences=Preferences("Minnie"))
        assert await stores.people.names() == {"mina@example.org": "Minnie"}
        assert await stores.people.unmapped() == ()
        with pytest.raises(UsageError, match="Somebody else"):
            await stores.people.refuse_taken("minnie", jun)
