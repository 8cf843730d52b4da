"""Erasing: a canary in every column that people can write to is nowhere afterwards; the export has all of it before."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import Boolean, Column, Float, Integer, LargeBinary, Table, insert, select, update
from sqlalchemy.sql.type_api import TypeEngine

from model.card import Action, Card
from model.delivery import Address, Platform
from model.errors import NotAllowed
from model.ids import EventId, RunId
from model.member import ERASED, GIT, Identity, Member, Preferences, Role
from model.question import Wondered
from model.record import Branch, Commit, Page
from model.window import Window
from storage.audit import Entry
from storage.columns import PlainText, UtcDateTime
from storage.hiding import Hidden
from storage.personal import COLUMNS, Holds, holds
from storage.queue import Urgency
from storage.tables import METADATA, WORKSPACES
from tests.storage.world import MONDAY, Room, branch, commit, room
from tests.support.databases import Place

CANARY, ADDRESS, WRITTEN = 'Canary "Bird"', "canary@bird.example", "카나리"
TRACES = ("Canary", "bird.example", WRITTEN, json.dumps(WRITTEN)[1:-1])
TEXT = json.dumps({"text": f"by {CANARY} ({ADDRESS}), {WRITTEN}가"})  # escaped, as some columns hold it
_OWN = {
    *("members", "identities", "records", "actions", "inbox", "link_codes", "person_keys", "audit", "workspaces"),
    "questions",
}


def test_every_column_is_classified() -> None:
    """Whoever adds a column says what it holds of people, in storage/personal.py."""
    known = {(table, name) for table, kinds in COLUMNS.items() for names in kinds.values() for name in names.split()}
    assert known == {(table.name, column.name) for table in METADATA.tables.values() for column in table.c}
    assert all(len(holds(table)) == len(table.c) for table in METADATA.tables.values()), "a column is named twice"


@pytest_asyncio.fixture
async def bird(here: Room) -> AsyncIterator[Member]:
    """Somebody who has left a trace wherever people can write."""
    async with here.db.write(here.workspace) as stores:
        met = await stores.members.meet(Platform.TERMINAL, ADDRESS, CANARY)
        await stores.members.change(met.id, language="ko", zone="Asia/Seoul", preferences=Preferences(CANARY))
        await stores.people.tie(met, Identity(GIT, ADDRESS))
        await stores.people.code(met.id, proves=CANARY)
        member = await stores.members.of(met.id)
        await stores.actions.bind(Card("t", (), "en", actions=(Action(CANARY, "arb me"),)), met.id)
        await stores.inbox.put(EventId("terminal:1"), met.id, {"line": f"/arb me shown={CANARY}"}, "owner")
        await stores.audit.add(Entry(met.id, EventId("terminal:2"), "arb me", {"shown": CANARY}), "done")
        mine = Address(Platform.TERMINAL, "here", "mina")
        await stores.questions.add(Wondered(RunId("r1"), met.id, EventId("terminal:1"), CANARY, mine, mine, "en"))
    written = commit("a" * 40, MONDAY, WRITTEN, title=f"Mend it for {CANARY}")
    assert isinstance(written.body, Commit)
    his = replace(written, url=f"https://git.example/{CANARY}", body=replace(written.body, address=ADDRESS))
    named = branch(f"{CANARY}/cart", MONDAY)
    await here.put(his, named)
    async with here.db._transactions.writing(Urgency.NORMAL) as connection:
        made: dict[str, object] = {"workspaces.id": here.workspace, "members.id": member.id}
        await connection.execute(update(WORKSPACES).values(settings=TEXT))
        for table in METADATA.sorted_tables:
            if table.name not in _OWN:
                row = _row(table, made)
                await connection.execute(insert(table).values(row))
                made |= {f"{table.name}.{name}": value for name, value in row.items()}
    yield member


def _row(table: Table, made: dict[str, object]) -> dict[str, object]:
    return {column.name: _value(table, column, made) for column in table.c}


def _value(table: Table, column: Column[object], made: dict[str, object]) -> object:
    for key in column.foreign_keys:
        return made[key.target_fullname]
    kind: TypeEngine[object] = column.type
    if holds(table)[column.name] is Holds.CONTENT:
        return TEXT if isinstance(kind, PlainText) else gzip.compress(f"{TEXT}\n{TEXT}".encode())
    match kind:
        case Boolean():
            return False
        case UtcDateTime():
            return MONDAY
        case LargeBinary():
            return b"sealed"
        case Float():
            return 1.0
        case PlainText():
            return "none yet"
        case Integer():
            return 7_000_000  # a number of its own: sources are numbered from one on
        case _:
            return 7_000_000  # a number of its own: sources are numbered from one on


async def _traces(here: Room) -> set[str]:
    """Return the columns in which something of the person can be read."""
    found = set()
    async with here.db._transactions.reading() as connection:
        for table in METADATA.sorted_tables:
            for row in await connection.execute(select(table)):
                for column, value in zip(table.c, row, strict=True):
                    plain = gzip.decompress(value) if isinstance(value, bytes) and value[:2] == b"\x1f\x8b" else value
                    readable = plain.decode("utf-8", "replace") if isinstance(plain, bytes) else str(plain)
                    if any(trace in readable for trace in TRACES):
                        found.add(f"{table.name}.{column.name}")
    return found


async def test_no_trace_is_left(here: Room, bird: Member, place: Place) -> None:
    wanted = {
        f"{table.name}.{name}"
        for table in METADATA.sorted_tables
        for name, what in holds(table).items()
        if what in (Holds.CONTENT, Holds.PERSONAL)
    }
    assert wanted - await _traces(here) == {"members.language", "members.zone"}, "the canary was not planted everywhere"
    async with here.db.write(here.workspace) as stores:
        await stores.people.erasing.erase(bird)
        await stores.audit.add(Entry(bird.id, EventId("terminal:3"), "arb me", {"what": "erase", "x": CANARY}), "done")
    await here.db.scrub()
    assert await _traces(here) == set()
    if place.kind == "sqlite":
        files = [file for file in place.home.rglob("*") if file.is_file()]
        assert [f.name for f in files for trace in TRACES if trace.encode() in f.read_bytes()] == []
    async with here.db.read(here.workspace) as stores:
        assert [m.id for m in await stores.members.all()] == [here.member]
        assert await stores.audit.broken() is None
        assert all(noted.said is None for noted in await stores.audit.list(9, member=bird.id))
        assert await stores.inbox.open(EventId("terminal:1")) is None
        assert (await stores.members.of(bird.id)).name == ERASED


async def test_what_is_read_again_stays_without_the_person(here: Room, bird: Member) -> None:
    async with here.db.write(here.workspace) as stores:
        await stores.people.erasing.erase(bird)
    body = commit("b" * 40, MONDAY, WRITTEN).body
    assert isinstance(body, Commit)
    tip = replace(branch("other", MONDAY), body=replace(_branch(branch("other", MONDAY).body), author=WRITTEN))
    again = replace(commit("b" * 40, MONDAY), body=replace(body, address=ADDRESS, co_authors=("Mina", WRITTEN)))
    await here.put(again, tip, commit("c" * 40, MONDAY + timedelta(1)))
    assert await _traces(here) == set()
    async with here.db.read(here.workspace) as stores:
        found = await stores.records.one(here.source, "commit", "b" * 40)
        other = await stores.records.one(here.source, "commit", "c" * 40)
    assert found is not None
    assert other is not None
    assert (found.actor, other.actor) == (ERASED, "Mina")
    assert isinstance(found.body, Commit)
    assert found.body.co_authors == ("Mina", ERASED)


async def test_branches_named_after_him_come_back_without_his_name(here: Room, bird: Member) -> None:
    """Two stay two, what builds on them follows, and one that is gone goes."""
    async with here.db.write(here.workspace) as stores:
        await stores.people.erasing.erase(bird)
    keys = [f"refs/heads/{WRITTEN}/cart", f"refs/remotes/origin/fix-{WRITTEN}-pay", "refs/heads/canaries/all"]
    stacked = branch("refs/heads/other", MONDAY)
    on = replace(stacked, body=replace(_branch(stacked.body), stacked=(f"{WRITTEN}/cart", "free")))
    await here.put(*(branch(key, MONDAY) for key in keys), on)
    assert await _traces(here) == set()
    async with here.db.read(here.workspace) as stores:
        week = Window(MONDAY - timedelta(1), MONDAY + timedelta(7), "UTC")
        found = [r async for _, r in stores.records.overlapping([here.source], week)]
    shown = sorted(record.key for record in found if record.kind == "branch")
    assert [key.rpartition("-")[0] if "erased" in key else key for key in shown] == [
        "refs/heads/canaries/all",
        "refs/heads/erased-person/cart",
        "refs/heads/other",
        "refs/remotes/origin/fix-erased-person-pay",
    ]
    names = next(_branch(record.body).stacked for record in found if record.key == "refs/heads/other")
    assert names == (shown[1].removeprefix("refs/heads/"), "free")
    async with here.db.write(here.workspace) as stores:
        await stores.records.put(here.source, Page((), "2", gone=(("branch", keys[0]),)))
    async with here.db.read(here.workspace) as stores:
        assert await stores.records.one(here.source, "branch", shown[1]) is None
        assert await stores.records.one(here.source, "branch", shown[3]) is not None


def _branch(body: object) -> Branch:
    assert isinstance(body, Branch)
    return body


async def test_the_export_holds_every_row_about_him(here: Room, bird: Member) -> None:
    async with here.db.read(here.workspace) as stores:
        rows = json.loads(json.dumps(await stores.people.erasing.export(bird)))
        nobody = await stores.members.of(here.member)
        others = await stores.people.erasing.export(nobody)
    by_text = {trace.partition(".")[0] for trace in await _traces(here)} - {"steps", "blobs"}
    by_id = {t.name for t in METADATA.sorted_tables if "member_id" in t.c}
    assert set(rows) == by_text | by_id
    assert CANARY in json.loads(rows["audit"][0]["said"])["shown"]
    assert CANARY in rows["inbox"][0]["said"].replace("\\", "")
    assert CANARY in json.loads(rows["questions"][0]["said"])["text"]
    assert rows["person_keys"][0]["key"] == "sealed"
    assert {row["actor"] for row in rows["records"]} == {WRITTEN, "Mina"}
    assert CANARY not in json.dumps(others, ensure_ascii=False)


async def test_only_whole_names_are_hidden() -> None:
    hidden = Hidden(["mina", "미나"])
    assert hidden.text("mina and (mina) but Jasmina, minas") == f"{ERASED} and ({ERASED}) but Jasmina, minas"
    assert hidden.text("미나가 세미나를") == f"{ERASED}가 세미나를"
    assert hidden.stored("body", '{"kind":"mina","author":"mina","name":"mina"}') == (
        '{"kind":"mina","author":"erased person","name":"erased-person"}'
    )
    assert hidden.stored("body", '{"n": 1}') == '{"n": 1}'
    assert hidden.lines(b"{}\n\n[") == b"{}\n\n["
    assert Hidden(["", " "]).text("as it was") == "as it was"


async def test_a_run_under_way_begins_anew(here: Room, bird: Member) -> None:
    run = await here.run("now")
    async with here.db._transactions.writing(Urgency.NORMAL) as connection:
        await connection.execute(update(METADATA.tables["runs"]).values(state="running", owner="o"))
    async with here.db.write(here.workspace) as stores:
        await stores.people.erasing.erase(bird)
    async with here.db.read(here.workspace) as stores:
        assert (await stores.runs.of(run.id)).state == "waiting"


async def test_the_last_owner_stays_while_others_are_there(here: Room, bird: Member) -> None:
    async with here.db.write(here.workspace) as stores:
        mina = await stores.members.of(here.member)
        with pytest.raises(NotAllowed, match="only owner"):
            await stores.members.refuse_without_owner(mina)
        await stores.members.change(bird.id, role=Role.OWNER)
        await stores.members.refuse_without_owner(mina)
        await stores.people.erasing.erase(await stores.members.of(bird.id))
        await stores.members.refuse_without_owner(mina)
        await stores.people.erasing.erase(mina)
        assert (await stores.members.meet(Platform.TERMINAL, "new", "New")).role is Role.OWNER


async def test_another_workspace_keeps_what_it_has(here: Room, bird: Member) -> None:
    there = await room(here.db, "there")
    theirs = commit("a" * 40, MONDAY, WRITTEN, title=CANARY)
    await there.put(theirs)
    async with here.db.write(here.workspace) as stores:
        await stores.people.erasing.erase(bird)
    await there.put(commit("b" * 40, MONDAY, WRITTEN))
    async with here.db.read(there.workspace) as stores:
        assert await stores.records.one(there.source, "commit", "a" * 40) == theirs
        again = await stores.records.one(there.source, "commit", "b" * 40)
    assert again is not None
    assert again.actor == WRITTEN
