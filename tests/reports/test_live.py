"""Whoever asked for a run in a chat sees how far it is, in the one message that becomes its report."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import pytest

from model.card import Card
from model.delivery import Address, DeliveryState, Destination, Platform, Receipt
from model.errors import ArbError
from model.ids import EventId, ScheduleId
from model.language import Code, Message
from model.member import Identity
from model.report import Run, RunState
from reports.live import Live
from reports.pictures import Pictured
from reports.posting import post, tell_failure
from reports.progress import Gauge
from reports.steps import Made, Step
from storage.claims_deliveries import Wanted
from storage.owners import Owner
from storage.progress import Progress
from storage.stores import Stores
from tests.reports.test_progress import Bell, Watch
from tests.storage.world import MONDAY, SETTINGS, WEEK, Room
from tests.support.places import LedgerPlace

CHANNEL = Address(Platform.SLACK, "T1", "C1")
SEAT = Address(Platform.DISCORD, "G1", "@7")
_REPORT = Card("The report", (), "en")
_NO = Message("It said no.")


class _Seats(LedgerPlace):
    platform: ClassVar[Platform] = Platform.DISCORD


@pytest.fixture
def clock() -> Bell:
    return Bell()


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[Owner]:
    owner = Owner.enter(tmp_path)
    yield owner
    owner.leave()


@dataclass
class Show(Watch):
    """Somebody who looks at what a chat is shown while a run goes."""

    rung: int = 0

    async def asked(self, *to: Address, lang: Code = "en", schedule: str | None = None) -> Run:
        """Ask for a run whose report goes there."""
        async with self.here.db.write(self.here.workspace) as stores:
            run = await stores.runs.add(
                template="weekly", sources=(), window=WEEK, settings=replace(SETTINGS, language=lang),
                cause=EventId("chat:1"), member=self.here.member, destinations=to,
                schedule=None if schedule is None else ScheduleId(schedule),
            )  # fmt: skip
        self.gauge = Gauge(Live(run, self.clock, self._ring))
        return run

    def _ring(self) -> None:
        self.rung += 1

    async def shown(self, run: Run) -> list[str]:
        """Return what each message of the run says."""
        async with self.here.db.read(self.here.workspace) as stores:
            return [str(one.payload.body) for one in await stores.deliveries.of_run(run.id)]

    async def shows(self, run: Run, text: str) -> None:
        """Let the gauge look, at the same instant, until its one message says so."""
        for _ in range(200):
            self.clock.seconds.put_nowait(None)
            shown = await self.shown(run)
            if len(shown) == 1 and text in shown[0]:
                return
            await asyncio.sleep(0.01)
        raise AssertionError(shown)

    def reporting(self, **during: Callable[[Run], Awaitable[None]]) -> Mapping[str, Step]:
        """Return prepared steps whose last one posts the report."""
        places: Mapping[Platform, Destination] = {
            one.platform: one for one in (LedgerPlace(self.clock), _Seats(self.clock))
        }

        async def enqueue(run: Run) -> Made:
            async def along(stores: Stores) -> None:
                await post(stores, run, Pictured(_REPORT, _REPORT), places)

            return Made(b"[]", along)

        return {**self.steps(**during), "enqueue": enqueue}


@pytest.mark.parametrize("to", [CHANNEL, SEAT], ids=["slack", "discord"])
async def test_one_message_shows_it_and_becomes_the_report(here: Room, clock: Bell, owner: Owner, to: Address) -> None:
    """Nothing in the first two seconds, then a change every three at most."""
    show = Show(here, clock)

    async def reading(run: Run) -> None:
        clock.turn(1)
        await show.sees(run, Progress("collect"))
        assert await show.shown(run) == []
        clock.turn(1)
        await show.shows(run, "Reading sources")
        clock.turn(2)
        show.gauge.tell(2, 3)
        await show.sees(run, Progress("collect", 2, 3))
        assert "2 of 3" not in (await show.shown(run))[0]
        assert show.rung == 1
        clock.turn(1)
        await show.shows(run, "Reading sources: 2 of 3")
        assert show.rung == 2

    run = await show.asked(to)
    await show.does(owner, show.reporting(collect=reading))
    (shown,) = await show.shown(run)
    assert "The report" in shown
    assert "Reading" not in shown


async def test_it_speaks_the_language_of_the_run(here: Room, clock: Bell, owner: Owner) -> None:
    show = Show(here, clock)

    async def reading(run: Run) -> None:
        clock.turn(2)
        show.gauge.tell(2, 3)
        await show.shows(run, "소스 읽는 중: 3개 중 2개")

    await show.asked(CHANNEL, lang="ko")
    await show.does(owner, show.reporting(collect=reading))


@pytest.mark.parametrize("to", [Address(Platform.TERMINAL, "here", "mina"), Address(Platform.WEBHOOK, "here", "w")])
async def test_where_messages_do_not_change_none_is_shown(here: Room, clock: Bell, owner: Owner, to: Address) -> None:
    show = Show(here, clock)

    async def reading(run: Run) -> None:
        clock.turn(9)
        await show.sees(run, Progress("collect"))
        assert await show.shown(run) == []

    await show.asked(to)
    await show.does(owner, show.reporting(collect=reading))


async def test_nobody_waits_for_what_a_schedule_runs(here: Room, clock: Bell, owner: Owner) -> None:
    show = Show(here, clock)

    async def reading(run: Run) -> None:
        clock.turn(9)
        await show.sees(run, Progress("collect"))
        assert await show.shown(run) == []

    run = await show.asked(CHANNEL, schedule="s1")
    await show.does(owner, show.reporting(collect=reading))
    assert len(await show.shown(run)) == 1


async def test_a_failure_is_told_in_its_place(here: Room, clock: Bell, owner: Owner) -> None:
    show = Show(here, clock)

    async def breaking(run: Run) -> None:
        clock.turn(2)
        await show.shows(run, "Putting them into words")
        raise ArbError("It broke.")

    run = await show.asked(CHANNEL)
    async with here.db.write(here.workspace) as stores:
        await stores.people.tie(await stores.members.of(here.member), Identity("slack", "U0MINA"))
    await show.does(owner, show.reporting(narrate=breaking))
    shown = await show.shown(run)
    assert "It broke." in shown[0]
    assert "'type': 'user', 'user_id': 'U0MINA'" in shown[0]  # who asked is told where others read
    assert all("Putting" not in one for one in shown)
    assert await show.progress(run) is None


async def test_so_is_a_cancelling_also_to_whoever_cancels(here: Room, clock: Bell, owner: Owner) -> None:
    show = Show(here, clock)

    async def cancelled(run: Run) -> None:
        clock.turn(2)
        await show.shows(run, "Reading sources")
        async with here.db.write(here.workspace) as stores:
            assert await stores.runs.cancel(run.id, _NO)
            await tell_failure(stores, run, _NO, besides=SEAT)

    run = await show.asked(SEAT)
    await show.does(owner, show.reporting(collect=cancelled))
    (shown,) = await show.shown(run)
    assert "It said no." in shown
    assert await show.state(run) is RunState.FAILED


async def test_where_it_was_refused_the_report_is_a_message_of_its_own(here: Room, clock: Bell, owner: Owner) -> None:
    show = Show(here, clock)

    async def refused(run: Run) -> None:
        clock.turn(2)
        await show.shows(run, "Reading sources")
        (held,) = await here.db.outgoing.claim(owner, Wanted((Platform.SLACK,), (), {}), 1, 60)
        async with here.db.write(here.workspace) as stores:
            await stores.deliveries.end(held, DeliveryState.REFUSED, _NO)
        clock.turn(3)
        show.gauge.tell(1, 1)
        await show.sees(run, Progress("collect", 1, 1))

    run = await show.asked(CHANNEL)
    await show.does(owner, show.reporting(collect=refused))
    was, report = await show.shown(run)
    assert "Reading sources" in was
    assert "The report" in report


async def test_who_takes_the_run_over_goes_on_with_the_message(here: Room, clock: Bell, owner: Owner) -> None:
    """What was sent by a process that is no more is changed, not sent again."""
    show = Show(here, clock)
    run = await show.asked(CHANNEL)
    (died,) = await here.db.claims.claim_runs(owner, 9, 30)
    async with here.db.write(here.workspace) as stores:
        await Live(died.run, clock).show(stores, Progress("collect", 1, 2))
    (held,) = await here.db.outgoing.claim(owner, Wanted((Platform.SLACK,), (), {}), 1, 60)
    async with here.db.write(here.workspace) as stores:
        await stores.deliveries.sent(held, Receipt("C1", "m1", MONDAY), held.wanted)
    clock.turn(31)

    async def measuring(run: Run) -> None:
        clock.turn(2)
        await show.shows(run, "Working out the figures")

    show.gauge = Gauge(Live(run, clock))
    await show.does(owner, show.reporting(measure=measuring))
    (shown,) = await show.shown(run)
    assert "The report" in shown
