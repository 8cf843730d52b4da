"""A schedule keeps quiet where there is nothing to say, and tells its people where it cannot run."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from model.delivery import Address, Platform
from model.language import Message
from model.member import Role
from tests.stories.test_forms import submit
from tests.stories.test_roles import become
from tests.stories.test_schedules import clock, fired, has
from tests.support.github import TOKEN, github
from tests.support.talk import Talk, talking, text
from writers.terminal import card_of


async def posted(talk: Talk) -> list[int]:
    """Return how many messages each run has put on its way, oldest first."""
    db = talk.app.workshop.db
    workspace = await db.entrances.enter(Platform.TERMINAL, "acme")
    async with db.read(workspace) as stores:
        runs = [run for run in (await stores.runs.list(50))[::-1] if run.schedule is not None]
        return [len(await stores.deliveries.of_run(run.id)) for run in runs]


async def test_nothing_happened_nothing_posted(ready: Talk) -> None:
    """The slot says that it was left out, and why; where somebody is needed it is posted."""
    await ready.say("/report new name=web template=weekly window=yesterday exclude_people=*")
    await ready.say("/schedule add web every day 9:00 zone=UTC skip_empty=yes")
    await ready.say("/report new name=all template=weekly window=yesterday")
    await ready.say("/schedule add all every day 9:00 zone=UTC skip_empty=yes")
    assert await fired(ready, datetime(2026, 12, 30, 9, 0, tzinfo=UTC)) == 2
    await ready.app.runs.drain()
    assert sorted(await posted(ready)) == [0, 1]
    has(await ready.say("/report missed web"), "Nothing happened in these days, and nothing needs somebody.")


async def test_what_happens_without_a_commit_is_posted(tmp_path: Path) -> None:
    """An issue was opened; on another day nothing was, and how many are open is nothing that happened."""
    with github() as there:
        there.repo("acme/api").issue(datetime(2026, 11, 20, 8, 0, tzinfo=UTC))
        async with talking(tmp_path / "home", tmp_path, opened=("127.0.0.1",)) as talk:
            asked = await talk.say(f"/source add github name=gh repositories=acme/api api_url={there.url}")
            assert (await submit(talk, asked, {"token": TOKEN})).kind == "card"
            await talk.say("/report new name=web template=weekly window=yesterday source=gh")
            await talk.say("/schedule add web every day 9:00 zone=UTC skip_empty=yes")
            for day in (21, 22):
                assert await fired(talk, datetime(2026, 11, day, 9, 0, tzinfo=UTC)) == 1
                await talk.app.runs.drain()
            assert await posted(talk) == [1, 0]


async def test_nothing_changed_nothing_posted(ready: Talk, repository: Path) -> None:
    """The first one is posted, the next says the same and is not, what somebody asks for is."""
    await ready.say("/report new name=web template=weekly window=2026-11-09..2026-11-16")
    await ready.say("/schedule add web every day 9:00 zone=UTC skip_unchanged=yes")
    for day in (21, 22, 23):
        assert await fired(ready, datetime(2026, 11, day, 9, 0, tzinfo=UTC)) == 1
        await ready.app.runs.drain()
    assert await posted(ready) == [1, 0, 0]
    has(await ready.say("/report missed"), "Nothing changed since run ", "left out")
    await ready.say("/schedule run #1")
    await ready.app.runs.drain()
    assert (await posted(ready))[3] == 1


async def test_who_answers_is_told_once_for_each_reason(ready: Talk) -> None:
    """A source is gone: the slot is missed, and its people hear it, once while it stays so."""
    await ready.say("/report new name=web template=weekly source=shop")
    await ready.say("/schedule add web every day 9:00 zone=UTC")
    await ready.say("/source remove shop")
    for day in (21, 22):
        assert await fired(ready, datetime(2026, 11, day, 9, 0, tzinfo=UTC)) == 1
    assert await told(ready) == ["Schedule #1 could not run."]
    has(await ready.say("/report missed"), "A source of this report was removed.", "not run")
    assert await told(ready) == []  # he was here and has seen it


async def test_one_destination_that_is_gone_keeps_nothing_from_the_others(ready: Talk) -> None:
    """The report goes where it can, and its people hear where it does not, once."""
    await ready.say("/destination add file name=archive folder=weekly")
    await ready.say("/report new name=web template=weekly")
    await ready.say("/schedule add web every day 9:00 zone=UTC destinations=terminal,archive")
    db = ready.app.workshop.db
    async with db.write(await db.entrances.enter(Platform.TERMINAL, "acme")) as stores:
        await stores.destinations.remove((await stores.destinations.named("archive")).id)
    for day in (21, 22):
        assert await fired(ready, datetime(2026, 11, day, 9, 0, tzinfo=UTC)) == 1
    await ready.app.runs.drain()
    assert await posted(ready) == [1, 1]
    assert await told(ready) == ["Schedule #1 ran, but its report does not reach all its destinations."]


async def test_an_owner_is_asked_who_answers_now(ready: Talk) -> None:
    """With a button that takes it over."""
    await become(ready, "jun", Role.EDITOR)
    await ready.say("/report new name=his template=weekly", user="jun")
    await ready.say("/schedule add his every day 9:00 zone=UTC", user="jun")
    await become(ready, "jun", Role.VIEWER)
    await fired(ready, datetime(2026, 11, 21, 9, 0, tzinfo=UTC))
    assert await told(ready) == ["Schedule #1 is paused."]


async def test_whoever_erases_himself_leaves_nobody_in_the_dark(ready: Talk) -> None:
    """An owner is asked about his schedules as about those of anybody who leaves; his name is not said."""
    await become(ready, "jun", Role.EDITOR)
    await ready.say("/report new name=his template=weekly", user="jun")
    for _ in range(7):
        await ready.say("/schedule add his every day 9:00 zone=UTC", user="jun")
    await ready.say("/schedule pause #7", user="jun")
    erased = await ready.say("/arb me erase", user="jun")
    await ready.press(erased, "Erase me for good", user="jun")
    assert await told(ready) == ["5 schedules are paused.", "Schedule #6 is paused."]
    heard = {said.card.title: said for said in await ready.hear("/schedule list")}
    five = heard["5 schedules are paused."]
    has(five, "Whoever answered for it was erased.", "#1: his, every day at 09:00", "#5: his")
    assert "jun" not in text(five)
    assert [action.label for action in five.card.actions] == [f"Resume #{n}" for n in range(1, 6)]
    has((await ready.press(five, "Resume #2"))[-1], "Schedule #2 fires again.", "mina")
    has((await ready.press(heard["Schedule #6 is paused."], "Resume"))[-1], "Schedule #6 fires again.", "mina")


async def test_where_no_owner_can_be_reached_an_admin_is_asked(ready: Talk) -> None:
    """The owner speaks nowhere any more but in commits, or his chat takes nothing from us."""
    await become(ready, "sua", Role.ADMIN)
    await become(ready, "ann", Role.EDITOR)
    await become(ready, "jun", Role.EDITOR)
    await ready.say("/report new name=his template=weekly", user="jun")
    for _ in range(2):
        await ready.say("/schedule add his every day 9:00 zone=UTC", user="jun")
    db = ready.app.workshop.db
    here = Address(Platform.TERMINAL, "acme", "mina")
    async with db.write(await db.entrances.enter(Platform.TERMINAL, "acme")) as stores:
        await stores.places.close(here.own("mina"), Message("It takes nothing."), whole=False)
    await become(ready, "jun", Role.VIEWER)
    await fired(ready, datetime(2026, 11, 21, 9, 0, tzinfo=UTC))
    assert await told(ready) == []
    assert await told(ready, "ann") == []
    heard = {said.card.title: said for said in await ready.hear("/schedule list", user="sua")}
    both = heard["2 schedules are paused."]
    has(both, "jun is no editor here any more.")
    has((await ready.press(both, "Resume #2", user="sua"))[-1], "Schedule #2 fires again.", "sua")


async def test_quiet_hours_hold_back_what_nobody_asked_for(ready: Talk, repository: Path) -> None:
    """At 23:00 in Seoul he is not told; what he asks for then comes at once, and the rest at 07:00."""
    await ready.say("/arb me zone=Asia/Seoul quiet=22:00-07:00")
    await ready.say("/report new name=web template=weekly source=shop")
    await ready.say("/schedule add web every day 23:00 zone=Asia/Seoul")
    await ready.say("/source remove shop")
    await ready.say(f"/source add git name=other path={repository}")
    assert await fired(ready, datetime(2026, 11, 20, 14, 0, tzinfo=UTC)) == 1
    heard = [said.card.title for said in await ready.hear("/report run weekly")]
    assert len(heard) == 2
    assert "Schedule #1 could not run." not in heard
    assert await told(ready) == ["Schedule #1 could not run."]
    clock(ready).at = datetime(2026, 11, 20, 21, 59, tzinfo=UTC)
    await ready.say("/arb me")
    assert await told(ready) == ["Schedule #1 could not run."]
    clock(ready).at = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
    heard = [said.card.title for said in await ready.hear("/arb me")]
    assert "Schedule #1 could not run." in heard
    assert await told(ready) == []


async def told(talk: Talk, name: str = "mina") -> list[str]:
    """Return what waits for somebody, the owner, besides reports."""
    db = talk.app.workshop.db
    workspace = await db.entrances.enter(Platform.TERMINAL, "acme")
    async with db.read(workspace) as stores:
        member = await stores.members.named(name)
        user = next(one.user for one in await stores.members.identities(member.id))
        waiting = await stores.deliveries.to(Address(Platform.TERMINAL, "acme", user))
        return [card_of(one.payload).title for one in waiting if one.run is None]
