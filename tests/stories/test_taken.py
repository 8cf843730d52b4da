"""What a platform that waits for a word does: an event is taken, the platform is told, and then it is answered."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.platforms.hands import Hands
from commands import COMMANDS
from commands.door import Door, Manners, Visitor
from commands.event import Answer, Said, Taken, line, submit
from commands.names import matching, names
from model.card import Card
from model.delivery import Address, Platform
from model.errors import Overtaken, UserError
from model.form import Form
from model.ids import EventId
from model.member import Role
from storage.home import DATABASE_FILE
from tests.support.talk import Talk
from writers import plain

_CHANNEL = Address(Platform.SLACK, "T1", "C1", "1700.1")
_MINA = Visitor("U1", "mina", _CHANNEL)


async def _taken(talk: Talk, event: str, said: Said, back: Said | None = None, visitor: Visitor = _MINA):  # type: ignore[no-untyped-def]
    return await talk.app.door.take(EventId(event), visitor, said, back)


async def test_taken_event_is_stored_and_has_no_effect_yet(ready: Talk) -> None:
    """Between the two a process may die: a start takes the event up, with the way back to whoever said it."""
    door = ready.app.door
    taken = await _taken(ready, "slack:1", line("/target set commits >= 5"), {"url": "https://hooks.example/1"})
    assert await _taken(ready, "slack:1", line("/target set commits >= 5")) is None
    workspace = taken.member.workspace
    async with ready.app.workshop.db.read(workspace) as stores:
        assert not await stores.targets.all()
    await ready.app.workshop.db.entrances.unfinished_events(lambda _: False)
    again = await door.retake(workspace, taken.event)
    assert again is not None
    assert (again.here, again.user, again.back) == (_CHANNEL, "U1", {"url": "https://hooks.example/1"})
    assert await door.retake(workspace, taken.event) is None
    answer = await door.answer(again)
    assert not answer.error, answer
    assert (answer.here, answer.back) == (_CHANNEL, taken.back)
    async with ready.app.workshop.db.read(workspace) as stores:
        assert [target.metric for target in await stores.targets.all()] == ["commits"]
        assert await stores.inbox.open(taken.event) is None


async def test_left_event_is_told_where_its_platform_is_served(ready: Talk) -> None:
    """Whoever said it gets the answer from the process that took it up."""
    told: list[tuple[str, bool]] = []

    async def finish(taken: Taken) -> None:
        told.append((taken.user, (await ready.app.door.answer(taken)).error))

    await _taken(ready, "slack:left", line("/target set commits >= 5"))
    db = ready.app.workshop.db
    await db.entrances.unfinished_events(lambda _: False)  # its process has died
    ready.app.leftovers.finishers[Platform.SLACK] = finish
    await ready.app.take_up_events()
    await ready.app.take_up_events()
    assert told == [("U1", False)]


async def test_what_the_busy_storage_kept_undone_is_done_once(ready: Talk, tmp_path: Path) -> None:
    """Whoever said it is told that it is kept, so he does not say it again; it is done when others are through."""
    taken = await _taken(ready, "slack:busy", line("/target set commits >= 5"))
    workspace, told = taken.member.workspace, list[Answer]()

    async def finish(taken: Taken) -> None:
        told.append(await ready.app.door.answer(taken))

    ready.app.leftovers.finishers[Platform.SLACK] = finish
    with closing(sqlite3.connect(tmp_path / "home" / DATABASE_FILE, isolation_level=None)) as foreign:
        foreign.execute("BEGIN IMMEDIATE")
        await finish(taken)
        busy = told.pop().shows
        assert isinstance(busy, Card)
        assert "you need not say it again" in plain.render(busy)
        foreign.execute("ROLLBACK")
    await ready.app.take_up_events()
    await ready.app.take_up_events()
    assert [answer.error for answer in told] == [False]
    async with ready.app.workshop.db.read(workspace) as stores:
        assert [target.metric for target in await stores.targets.all()] == ["commits"]
        assert [noted.command for noted in await stores.audit.list(50, command="target")] == ["target set"]


async def test_of_a_chat_that_is_not_served_here_nothing_is_taken_up(ready: Talk) -> None:
    """It could not be answered: it waits for a process that serves it; what was said at a terminal is done."""
    other = Visitor("U2", "jun", Address(Platform.TERMINAL, "acme", "U2"), standing=Role.OWNER)
    left = await _taken(ready, "slack:waits", line("/target set commits >= 5"))
    await _taken(ready, "terminal:left", line("/target set authors >= 1"), None, other)
    db = ready.app.workshop.db
    await db.entrances.unfinished_events(lambda _: False)  # their process has died
    await ready.app.take_up_events()
    async with db.read(left.member.workspace) as stores:
        assert await stores.inbox.open(left.event) is not None
    async with db.read(await db.entrances.enter(Platform.TERMINAL, "acme")) as stores:
        assert [target.metric for target in await stores.targets.all()] == ["authors"]


async def test_who_was_held_for_dead_and_is_not_does_nothing(ready: Talk) -> None:
    """Another process has taken over what he had heard: neither his effect nor his answer comes after it."""
    house, mine = ready.app.workshop, ready.app.door
    other = Door(house, COMMANDS, Manners("en", "UTC"), "another process")
    taken = await _taken(ready, "slack:6", line("/target set commits >= 5"))
    await house.db.entrances.unfinished_events(lambda _: False)
    again = await other.retake(taken.member.workspace, taken.event)
    assert again is not None
    for late in (mine.answer(taken), mine.refuse(taken, UserError("No."))):
        with pytest.raises(Overtaken):
            await late
    async with house.db.read(taken.member.workspace) as stores:
        assert not await stores.targets.all()
    assert not (await other.answer(again)).error
    with pytest.raises(Overtaken):
        await mine.answer(taken)
    async with house.db.read(taken.member.workspace) as stores:
        assert len(await stores.targets.all()) == 1
        assert [row.outcome for row in await stores.audit.list(9, command="target")] == ["done"]


async def test_role_is_that_of_the_moment_it_runs(ready: Talk) -> None:
    """Not that of the moment it was said."""
    taken = await _taken(ready, "slack:2", line("/target set commits >= 5"))
    async with ready.app.workshop.db.write(taken.member.workspace) as stores:
        await stores.members.change(taken.member.id, role=Role.NOBODY)
    answer = await ready.app.door.answer(taken)
    assert answer.error
    assert isinstance(answer.shows, Card)
    assert "nobody" in plain.render(answer.shows)


async def test_form_remembers_where_it_was_asked_for(ready: Talk) -> None:
    """Its submission comes from nowhere; a form that is shown again still knows."""
    door, back = ready.app.door, {"url": "https://hooks.example/2"}
    asked = await door.answer(await _taken(ready, "slack:3", line("/target set"), back))
    assert isinstance(asked.shows, Form)
    here = Visitor("U1", "mina", _CHANNEL.own("U1"))
    draft = str(asked.shows.submit.id)
    wrong = await door.answer(await _taken(ready, "slack:4", submit(draft, {"metric": "commits"}), None, here))
    assert isinstance(wrong.shows, Form)
    assert (wrong.here, wrong.back) == (_CHANNEL, back)
    draft = str(wrong.shows.submit.id)
    values = {"metric": "commits", "bound": ">= 5"}
    done = await door.answer(await _taken(ready, "slack:5", submit(draft, values), None, here))
    assert not done.error, done.shows
    assert (done.here, done.back) == (_CHANNEL, back)


async def test_names_that_complete(ready: Talk) -> None:
    """Stored ones and built-in ones, for somebody who is here and for somebody who never was."""
    workspace = await ready.app.workshop.db.entrances.enter(Platform.TERMINAL, "acme")
    async with ready.app.workshop.db.read(workspace) as stores:
        mina = await stores.members.identified(Platform.TERMINAL, "mina")
        assert await names(stores, "source", mina) == ("shop",)
        assert (await names(stores, "run", mina))[0] == "last"
        assert await names(stores, "run", None) == ("last",)
        known = await names(stores, "report", mina)
        assert "weekly" in known
        assert matching(known, "WEEK", 25) == ("weekly",)
        assert matching(("shop", "api-shop", "web"), "shop", 25) == ("shop", "api-shop")
        assert len(matching(known, "", 1)) == 1


async def test_hands_do_so_much_at_once_and_finish(caplog: pytest.LogCaptureFixture) -> None:
    """What breaks is logged; what waits too long at the end is stopped."""
    hands, gate, full, at_once, most = Hands(2), asyncio.Event(), asyncio.Event(), 0, 0

    async def work() -> int:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        if at_once == 2:
            full.set()
        await gate.wait()
        at_once -= 1
        return 1

    async def broken() -> None:
        raise ValueError("as it happens")

    tasks = [hands.begin(work()) for _ in range(5)]
    await full.wait()
    gate.set()
    assert await asyncio.gather(*tasks) == [1] * 5
    assert most == 2
    hands.begin(broken())
    stuck = hands.begin(asyncio.Event().wait())
    await hands.stop(0.01)
    assert stuck.cancelled()
    assert "as it happens" in caplog.text
