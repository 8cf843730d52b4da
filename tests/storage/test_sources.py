"""Sources: sealed configuration, close names, problems with their first instant."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import JsonValue
from sqlalchemy import select, text, update

from model.errors import SealBroken, UnknownName, UsageError
from model.ids import SourceId
from model.language import Language, Message
from storage.database import Urgency
from storage.tables import SOURCES
from tests.storage.world import MONDAY, Room, commit


async def test_a_configuration_is_sealed_and_opens(here: Room) -> None:
    config: dict[str, JsonValue] = {"token": "s3cret-t0ken", "deep": [1, None, {"a": "한\ud800\0"}]}
    async with here.db.write(here.workspace) as stores:
        id = await stores.sources.add("hub", "github", config)
    async with here.db.read(here.workspace) as stores:
        assert await stores.sources.config(id) == config
    async with here.db._transactions.reading() as connection:
        stored = await connection.scalar(select(SOURCES.c.config).where(SOURCES.c.id == id))
    assert stored is not None
    assert b"s3cret" not in stored


async def test_a_configuration_of_another_row_does_not_open(here: Room) -> None:
    async with here.db.write(here.workspace) as stores:
        other = await stores.sources.add("other", "git", {"path": "/other"})
    async with here.db._transactions.writing(Urgency.NORMAL) as connection:
        sealed = await connection.scalar(select(SOURCES.c.config).where(SOURCES.c.id == other))
        await connection.execute(update(SOURCES).where(SOURCES.c.id == here.source).values(config=sealed))
    async with here.db.read(here.workspace) as stores:
        with pytest.raises(SealBroken):
            await stores.sources.config(here.source)
        assert await stores.sources.config(other) == {"path": "/other"}


async def test_names_are_taken_once_and_told_when_close(here: Room) -> None:
    async with here.db.write(here.workspace) as stores:
        with pytest.raises(UsageError, match="demo"):
            await stores.sources.add("demo", "git", {})
        second = await stores.sources.add("api", "git", {})
    async with here.db.read(here.workspace) as stores:
        assert [source.name for source in await stores.sources.all()] == ["api", "demo"]
        assert (await stores.sources.named("api")).id == second
        assert (await stores.sources.of(second)).added == MONDAY
        with pytest.raises(UnknownName) as caught:
            await stores.sources.named("dem")
    assert caught.value.close == ("demo",)


async def test_problems_keep_their_first_instant(here: Room) -> None:
    deep = Message(
        "{who} did not answer {n:time|times}: {why}", {"who": "준", "n": 2, "why": Message("gone"), "d": MONDAY}
    )
    async with here.db.write(here.workspace) as stores:
        await stores.sources.read_well(here.source, MONDAY, None)
        for hours in (1, 2):
            await stores.sources.failed(here.source, MONDAY + timedelta(hours=hours), deep)
        found = await stores.sources.of(here.source)
        assert (found.last_good, found.problem_since) == (MONDAY, MONDAY + timedelta(hours=1))
        assert found.problem is not None
        assert Language("en").say(found.problem) == "준 did not answer times: gone"
        later = MONDAY + timedelta(hours=3)
        await stores.sources.read_well(here.source, later, Message("shallow"))
        found = await stores.sources.of(here.source)
        assert (found.last_good, found.problem_since) == (later, MONDAY + timedelta(hours=1))
        await stores.sources.read_well(here.source, later, None)
        found = await stores.sources.of(here.source)
        assert (found.problem, found.problem_since) == (None, None)


async def test_a_removed_source_takes_its_records_but_no_run(here: Room) -> None:
    await here.put(commit("a", MONDAY))
    run = await here.run("asked")
    async with here.db.write(here.workspace) as stores:
        await stores.sources.remove(here.source)
    async with here.db.write(here.workspace) as stores:
        again = await stores.sources.add("demo", "git", {})
        assert await stores.records.cursor(again) is None
        assert await stores.records.count(again) == 0
        assert (await stores.runs.of(run.id)).sources == (here.source,)
        await stores.sources.failed(here.source, MONDAY, Message("gone"))
        for attempt in (stores.sources.remove(here.source), stores.sources.config(SourceId("no"))):
            with pytest.raises(UnknownName):
                await attempt
    async with here.db._transactions.reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM records")) == 0
