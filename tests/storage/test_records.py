"""Records: pages in, windows out, what was rewritten or is gone, and text that no database holds."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.delivery import Platform
from model.errors import UnknownName
from model.ids import SourceId
from model.record import Branch, Change, Commit, Page, Record, Repository
from model.window import Window
from tests.storage.world import MONDAY, WEEK, Room, branch, commit

_HOUR = timedelta(hours=1)


async def _keys(here: Room, window: Window = WEEK) -> list[str]:
    async with here.db.read(here.workspace) as stores:
        return [record.key async for _, record in stores.records.overlapping([here.source], window)]


async def test_a_page_comes_back_as_it_was(here: Room) -> None:
    bodies: tuple[Commit | Branch | Repository, ...] = (
        Commit("준", "jun@example.org", True, 2, (Change("a b/ü", 1, 0), Change("c", 0, 2)), ("Mina",)),
        Commit("Mina", "", False, 1, None),
        Branch("f" * 40, MONDAY, "Mina", 1, 2, True, 3, 4, ("next",)),
        Repository("main", shallow=True),
    )
    records = tuple(
        Record(f"k{n}", MONDAY + n * _HOUR, None, "제목 “t”", "https://example.org/x", body)
        for n, body in enumerate(bodies)
    )
    await here.put(*records)
    async with here.db.read(here.workspace) as stores:
        for record in records:
            assert await stores.records.one(here.source, record.kind, record.key) == record
        assert await stores.records.one(here.source, "branch", "k0") is None
        assert await stores.records.count(here.source) == 4


async def test_the_same_key_is_one_record_the_newer(here: Room) -> None:
    await here.put(branch("b", MONDAY), cursor="1")
    assert len(await _keys(here)) == 1
    await here.put(branch("b", MONDAY - _HOUR, MONDAY - _HOUR), commit("b", MONDAY), cursor="2")
    async with here.db.read(here.workspace) as stores:
        assert await stores.records.count(here.source) == 2
        assert await stores.records.cursor(here.source) == "2"
    assert await _keys(here) == ["b"]


async def test_what_is_gone_goes_and_a_restart_forgets_all(here: Room) -> None:
    await here.put(branch("b", MONDAY), commit("b", MONDAY), commit("c", MONDAY))
    async with here.db.write(here.workspace) as stores:
        await stores.records.put(here.source, Page((), "2", gone=(("branch", "b"), ("commit", "none"))))
    assert await _keys(here) == ["b", "c"]
    await here.put(commit("d", MONDAY), cursor="3", restart=True)
    assert await _keys(here) == ["d"]


async def test_a_page_that_fails_leaves_neither_records_nor_cursor(here: Room) -> None:
    await here.put(commit("a", MONDAY), cursor="1")
    with pytest.raises(ValueError, match="zone"):
        await here.put(commit("b", MONDAY), commit("c", datetime(2026, 11, 9)), cursor="2")  # noqa: DTZ001  that is the point
    async with here.db.read(here.workspace) as stores:
        assert await stores.records.cursor(here.source) == "1"
    assert await _keys(here) == ["a"]


async def test_a_page_comes_in_parts_and_its_cursor_with_the_last(here: Room) -> None:
    """Broken off, it is read again from where the cursor stands: that of an earlier page, or none where all is anew."""
    await here.put(commit("old", MONDAY), cursor="1")
    page = Page(tuple(commit(key, MONDAY) for key in "abc"), "2", gone=(("commit", "old"),))
    for restart, part, cursor, keys in (
        (False, slice(0, 2), "1", ["a", "b", "old"]),
        (False, slice(2, 4), "2", ["a", "b", "c"]),
        (True, slice(0, 1), None, ["a"]),
        (True, slice(1, 2), None, ["a", "b"]),
        (True, slice(2, 3), "2", ["a", "b", "c"]),
    ):
        async with here.db.write(here.workspace) as stores:
            await stores.records.put(here.source, replace(page, restart=restart), part)
        async with here.db.read(here.workspace) as stores:
            assert await stores.records.cursor(here.source) == cursor
        assert await _keys(here) == keys


async def test_a_large_page_lets_urgent_ones_in(here: Room) -> None:
    """On SQLite, which has one writer: between its turns, which are short while somebody is in a hurry."""
    page = Page(tuple(commit(f"{n:05}", MONDAY) for n in range(3000)), "2")
    storing = asyncio.create_task(here.db.store(here.workspace, here.source, page))
    seen = []
    while not storing.done():
        await here.db.entrances.enter(Platform.TERMINAL, "other")
        async with here.db.read(here.workspace) as stores:
            seen.append((await stores.records.count(here.source), await stores.records.cursor(here.source)))
    await storing
    assert {cursor for count, cursor in seen if count < 3000} <= {None}
    if here.db._transactions.on_sqlite:
        assert len({count for count, _ in seen} - {0, 3000}) > 2
    async with here.db.read(here.workspace) as stores:
        assert (await stores.records.count(here.source), await stores.records.cursor(here.source)) == (3000, "2")


async def test_what_began_in_a_window_is_counted(here: Room) -> None:
    """Whether it has ended or not; what began before does not count, although it was going on."""
    await here.put(
        commit("first", WEEK.start),
        commit("after", WEEK.end),
        branch("before", WEEK.start - _HOUR, WEEK.start + _HOUR),
        branch("open before", WEEK.start - _HOUR),
        branch("ended", WEEK.start, WEEK.end + _HOUR),
        branch("open", WEEK.end - _HOUR),
    )
    async with here.db.read(here.workspace) as stores:
        assert await stores.records.began(here.source, WEEK) == 3
        assert await stores.records.began(SourceId("none"), WEEK) == 0


async def test_a_window_is_half_open(here: Room) -> None:
    await here.put(
        commit("before", WEEK.start - _HOUR),
        commit("first", WEEK.start),
        commit("last", WEEK.end - timedelta(microseconds=1)),
        commit("after", WEEK.end),
        branch("closed before", WEEK.start - 2 * _HOUR, WEEK.start - _HOUR),
        branch("closed at its start", WEEK.start - 2 * _HOUR, WEEK.start),
        branch("closed after", WEEK.start - _HOUR, WEEK.end + _HOUR),
        branch("open", WEEK.start - _HOUR),
        branch("opened at its end", WEEK.end),
    )
    assert await _keys(here) == ["closed at its start", "closed after", "open", "first", "last"]


async def test_records_come_by_source_kind_instant_and_key(here: Room) -> None:
    async with here.db.write(here.workspace) as stores:
        other = await stores.sources.add("other", "git", {})
        page = Page((commit("b", MONDAY), commit("a", MONDAY), commit("ä", MONDAY), commit("Z", MONDAY)), "1")
        for source in (other, here.source):
            await stores.records.put(source, page)
        found = [(s, r.key) async for s, r in stores.records.overlapping([other, here.source, other], WEEK)]
        assert found == [(s, key) for s in sorted([here.source, other]) for key in ("Z", "a", "b", "ä")]
        assert [r async for r in stores.records.overlapping([], WEEK)] == []


async def test_thousands_stream_through_and_a_reader_may_stop(here: Room) -> None:
    await here.put(*(commit(f"{n:05}", MONDAY + timedelta(seconds=n)) for n in range(2500)))
    assert await _keys(here) == [f"{n:05}" for n in range(2500)]
    async with here.db.read(here.workspace) as stores:
        stream = stores.records.overlapping([here.source], WEEK)
        assert (await anext(stream))[1].key == "00000"
        await stream.aclose()  # type: ignore[attr-defined]  # a generator, told as an iterator
        assert await stores.records.count(here.source) == 2500


async def test_the_first_commit_of_each_actor(here: Room) -> None:
    await here.put(
        commit("1", MONDAY + _HOUR, "Mina"),
        commit("2", MONDAY, "Mina", parents=2),
        commit("3", MONDAY + 2 * _HOUR, "준"),
        replace(branch("b", MONDAY - _HOUR), title="no commit"),
    )
    async with here.db.read(here.workspace) as stores:
        asked = [f"nobody {n}" for n in range(1100)] + ["준", "Mina", "Mina"]
        found = await stores.records.firsts([here.source], asked)
        assert found == ((here.source, "Mina", MONDAY), (here.source, "준", MONDAY + 2 * _HOUR))
        assert await stores.records.firsts([here.source], []) == ()
        assert await stores.records.newest(here.source) == MONDAY + 2 * _HOUR


async def test_an_empty_source_has_nothing(here: Room) -> None:
    async with here.db.read(here.workspace) as stores:
        assert await stores.records.cursor(here.source) is None
        assert await stores.records.newest(here.source) is None
        assert await stores.records.count(here.source) == 0


async def test_nul_and_surrogates_are_stored_as_replacement_characters(here: Room) -> None:
    bad, good = "a\0b\ud83d\udfffc", "a\ufffdb\ufffd\ufffdc"
    body = Commit(bad, bad, False, 1, (Change(bad, 1, 0),), (bad,))
    await here.put(Record(bad, MONDAY, MONDAY, bad, bad, body), cursor=bad)
    async with here.db.read(here.workspace) as stores:
        found = [record async for _, record in stores.records.overlapping([here.source], WEEK)]
        wanted = Commit(good, good, False, 1, (Change(good, 1, 0),), (good,))
        assert found == [Record(good, MONDAY, MONDAY, good, good, wanted)]
        assert await stores.records.one(here.source, "commit", bad) == found[0]
        assert await stores.records.firsts([here.source], [good]) == ((here.source, good, MONDAY),)
    async with here.db.write(here.workspace) as stores:
        await stores.records.put(here.source, Page((), "2", gone=(("commit", bad),)))
        assert await stores.records.count(here.source) == 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(codec=None), max_size=30))
async def test_any_text_can_be_stored(here: Room, text: str) -> None:
    await here.put(Record("k", MONDAY, MONDAY, text, None, Commit(text, "", False, 1, ())), cursor=text)
    async with here.db.read(here.workspace) as stores:
        found = await stores.records.one(here.source, "commit", "k")
    assert found is not None
    assert found.title == found.actor
    assert len(found.title) == len(text)


async def test_a_source_that_is_gone_takes_no_page(here: Room) -> None:
    async with here.db.write(here.workspace) as stores:
        with pytest.raises(UnknownName):
            await stores.records.put(SourceId("gone"), Page((commit("a", MONDAY),), "1"))
