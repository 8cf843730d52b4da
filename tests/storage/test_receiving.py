"""Pushes in the store: kept before anybody is told, done once, and nothing older over what is newer."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from model.pushed import Arrived, Hook
from model.record import Page, PullRequest, Record, Review
from sources.receive import work_off
from storage.receiving import Kept
from storage.tables import PUSHED
from tests.storage.world import MONDAY, HandClock, Room, room

_HOUR = timedelta(hours=1)


async def hook(here: Room) -> Hook:
    async with here.db.write(here.workspace) as stores:
        return await stores.hooks.make(here.source, here.member, "whsec_canary")


async def keep(here: Room, to: Hook, event: str = "e1", body: bytes = b"canary") -> Kept:
    return await here.db.receiving.keep(to, Arrived(event, "issues"), body)


async def test_an_event_is_kept_once_and_sealed(here: Room) -> None:
    """The same id with another body is no repeat; another hook's is another event."""
    to = await hook(here)
    there = await hook(await room(here.db, "there"))
    assert [await keep(here, to), await keep(here, to), await keep(here, to, body=b"x")] == ["new", "known", "other"]
    assert await keep(here, there) == "new"
    async with here.db._transactions.reading() as connection:
        rows = (await connection.execute(select(PUSHED))).all()
    assert "canary" not in str(rows)
    waiting = await here.db.receiving.waiting(10)
    assert [(one.workspace, one.event, one.body) for one in waiting] == [
        (here.workspace, "e1", b"canary"), (there.workspace, "e1", b"canary"),
    ]  # fmt: skip


async def test_done_is_done_once(here: Room) -> None:
    """Whoever comes second finds nothing to do; it is known all the same, and its body is gone."""
    to = await hook(here)
    await keep(here, to)
    for found in (frozenset({"e1"}), frozenset[str]()):
        async with here.db.write(here.workspace) as stores:
            assert await stores.pushed.done(to.id, ["e1", "e2"]) == found
    assert await here.db.receiving.waiting(10) == []
    assert await keep(here, to) == "known"
    async with here.db.read(here.workspace) as stores:
        traffic = await stores.hooks.traffic(to)
    assert (traffic.events, traffic.last, traffic.unread) == (1, MONDAY, 0)


async def test_a_hook_is_its_sources_alone(here: Room) -> None:
    """Found by its end; a new secret takes the place of the old one; gone with its source, or taken away."""
    to = await hook(here)
    found = await here.db.receiving.hooked(to.id)
    assert found is not None
    assert (found.hook.secret, found.kind, found.config) == ("whsec_canary", "git", {"path": "."})
    for wrong in ("", to.id[:-1], to.id.swapcase(), "\x00", "x" * 1000):
        assert await here.db.receiving.hooked(wrong) is None
    async with here.db.write(here.workspace) as stores:
        again = await stores.hooks.make(here.source, here.member, "another")
    assert again.id == to.id
    found = await here.db.receiving.hooked(to.id)
    assert found is not None
    assert found.hook.secret == "another"
    there = await room(here.db, "there")
    async with there.db.write(there.workspace) as stores:
        assert await stores.hooks.of(here.source) is None
        assert not await stores.hooks.remove(here.source)
    async with here.db.write(here.workspace) as stores:
        await stores.sources.remove(here.source)
    assert await here.db.receiving.hooked(to.id) is None


async def test_what_was_pushed_is_kept_for_as_long_as_events(here: Room, clock: HandClock) -> None:
    to = await hook(here)
    await keep(here, to, "done")
    await keep(here, to, "open")
    async with here.db.write(here.workspace) as stores:
        await stores.pushed.done(to.id, ["done"])
    clock.turn(31 * 86_400)
    async with here.db.write(here.workspace) as stores:
        assert await stores.retention.batch() == 1
    assert [one.event for one in await here.db.receiving.waiting(10)] == ["open"]


def pull(hours: int, *labels: str, merged: bool = False, review: int | None = None) -> Record:
    updated = MONDAY + hours * _HOUR
    first = None if review is None else MONDAY + review * _HOUR
    body = PullRequest("mina", False, "acme/api", labels, False, updated, updated if merged else None, first)
    return Record("acme/api#1", MONDAY, updated if merged else None, f"#1 {hours}", None, body)


def review(*labels: str) -> Record:
    body = Review("jun", False, "acme/api", labels, "approved")
    return Record("acme/api#1/r1", MONDAY, MONDAY, "#1 0", None, body)


async def stands(here: Room, kind: str, key: str) -> Record:
    async with here.db.read(here.workspace) as stores:
        found = await stores.records.one(here.source, kind, key)
    assert found is not None
    return found


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_nothing_older_over_newer(here: Room, order: tuple[int, int]) -> None:
    """Two pushes in either order, then a page that was read before them: the newest stays, and what each knows."""
    await hook(here)
    pushes = [(pull(1, review=1), review()), (pull(3, "bug", merged=True),)]
    for n in order:
        async with here.db.write(here.workspace) as stores:
            await stores.records.push(here.source, pushes[n], None)
    await here.put(pull(2, "old"), cursor="read")
    newest = await stands(here, "pull_request", "acme/api#1")
    assert newest == pull(3, "bug", merged=True, review=1)
    like = await stands(here, "review", "acme/api#1/r1")
    assert (like.title, like.body.labels) == (newest.title, ("bug",))  # type: ignore[union-attr]
    await here.put(pull(4), cursor="read")
    assert (await stands(here, "pull_request", "acme/api#1")).title == "#1 4"


async def test_a_source_without_a_hook_is_stored_as_it_is_read(here: Room) -> None:
    for record in (pull(3), pull(2)):
        await here.put(record)
    assert await stands(here, "pull_request", "acme/api#1") == pull(2)


async def test_a_page_takes_along_what_was_pushed_while_it_was_read(here: Room) -> None:
    """Its cursor is made out of the one that stands there by now; of a page in parts, with the last."""
    await hook(here)
    await here.put(pull(1), cursor="read")
    async with here.db.write(here.workspace) as stores:
        await stores.records.push(here.source, [pull(2)], "pushed")
    page = Page((pull(1), review()), "read on")
    await here.db.store(here.workspace, here.source, page, lambda stands: f"{page.cursor}, {stands}")
    async with here.db.read(here.workspace) as stores:
        assert await stores.records.cursor(here.source) == "read on, pushed"
    assert (await stands(here, "pull_request", "acme/api#1")).title == "#1 2"


async def test_two_workers_write_each_effect_once(here: Room) -> None:
    """On either database, at the same time; of a hook that was taken away meanwhile nothing is written."""
    async with here.db.write(here.workspace) as stores:
        source = await stores.sources.add("shop", "custom", {})
        to = await stores.hooks.make(source, here.member, "whsec_canary")
    for n in range(30):
        body = {"entries": [{"key": str(n), "at": "2026-11-10T10:00:00Z", "of": "sales", "labels": {"n": str(n)}}]}
        assert await here.db.receiving.keep(to, Arrived(f"e{n}", "custom"), json.dumps(body).encode()) == "new"
    await asyncio.gather(work_off(here.db), work_off(here.db))
    assert await here.db.receiving.waiting(10) == []
    async with here.db.write(here.workspace) as stores:
        assert len(await stores.results.newest(source, "sales", 99)) == 30
        assert (await stores.hooks.traffic(to)).unread == 0
        await stores.hooks.remove(source)
    assert await keep(here, to, "late") == "new"
    await work_off(here.db)
    assert await here.db.receiving.waiting(10) == []
