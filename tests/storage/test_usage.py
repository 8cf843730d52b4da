"""Usage: calls are in the books before they are made, and never beyond a cap, whoever asks at the same time."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from model.delivery import Platform
from model.errors import UnknownName, UsageError
from model.ids import MemberId, RunId, UsageId
from model.prompt import NONE, Tokens
from storage.usage import Capped, month_of
from tests.storage.world import HandClock, Room

_CENT = Decimal("0.01")


async def _caps(here: Room, **caps: Decimal) -> None:
    async with here.db.write(here.workspace) as stores:
        await stores.workspaces.change(replace(await stores.workspaces.settings(), **caps))  # type: ignore[arg-type]


async def _begin(here: Room, run: str | None = None, most: Decimal = _CENT, by: MemberId | None = None) -> str | Capped:
    async with here.db.write(here.workspace) as stores:
        return await stores.usage.begin(by or here.member, None if run is None else RunId(run), "m-1", most)


async def _settle(here: Room, call: str | Capped, tokens: Tokens | None, cost: Decimal | None) -> None:
    assert isinstance(call, str)
    async with here.db.write(here.workspace) as stores:
        await stores.usage.settle(UsageId(call), tokens, cost)


async def test_callers_at_once_stay_below_the_cap(here: Room) -> None:
    """Twelve ask, and money is there for five: five are let, also where each counts at the same time."""
    await _caps(here, usd_a_month=_CENT * 5, usd_a_day=Decimal(9))
    found = await asyncio.gather(*(_begin(here) for _ in range(12)))
    assert sum(isinstance(one, str) for one in found) == 5
    refused = [one for one in found if isinstance(one, Capped)]
    assert {(one.cap, one.most) for one in refused} == {("month", _CENT * 5)}
    assert sum(one.first for one in refused) == 1
    async with here.db.read(here.workspace) as stores:
        assert await stores.usage.spent(month_of(stores.clock.now())) == _CENT * 5


async def test_what_a_call_has_cost_makes_room(here: Room) -> None:
    """What a vendor counts takes the place of the most; where nobody says, the most stays."""
    await _caps(here, usd_a_run=_CENT * 2)
    known, unknown = await _begin(here, "r1"), await _begin(here, "r1")
    assert isinstance(await _begin(here, "r1"), Capped)
    await _settle(here, unknown, None, None)
    assert isinstance(await _begin(here, "r1"), Capped)
    await _settle(here, known, Tokens(10, 5, 0, 7), Decimal("0.0000001"))
    assert isinstance(await _begin(here, "r1"), Capped)  # a millionth of a dollar is missing
    assert isinstance(await _begin(here, "r1", most=Decimal("0.005")), str)
    async with here.db.read(here.workspace) as stores:
        calls = await stores.usage.of_run(RunId("r1"))
    assert [(one.cost, one.tokens, one.known) for one in calls] == [
        (Decimal("0.000001"), Tokens(10, 5, 0, 7), True),  # rounded up
        (_CENT, NONE, False),
        (Decimal("0.005"), NONE, False),
    ]


async def test_each_cap_has_its_time_and_its_owner(here: Room, clock: HandClock) -> None:
    """A run's, a member's within a day, the workspace's in a month; another workspace is another purse."""
    await _caps(here, usd_a_run=_CENT, usd_a_day=_CENT * 2, usd_a_month=_CENT * 3)
    async with here.db.write(here.workspace) as stores:
        other = (await stores.members.meet(Platform.TERMINAL, "jun", "Jun")).id
    first, again = await _begin(here, "r1"), await _begin(here, "r1")
    second, third = await _begin(here, "r2"), await _begin(here, "r3")
    others, full = await _begin(here, "r4", by=other), await _begin(here, "r5", by=other)
    assert [isinstance(one, str) for one in (first, second, others)] == [True] * 3
    assert [one.cap for one in (again, third, full) if isinstance(one, Capped)] == ["run", "day", "month"]
    clock.turn(timedelta(days=25).total_seconds())  # another month
    assert isinstance(await _begin(here, "r6"), str)
    elsewhere = await here.db.entrances.enter(Platform.TERMINAL, "elsewhere")
    async with here.db.write(elsewhere) as stores:
        stranger = await stores.members.meet(Platform.TERMINAL, "eve", "Eve")
        assert isinstance(await stores.usage.begin(stranger.id, None, "m-1", _CENT), str)
        assert len(await stores.usage.since(clock.at - timedelta(days=60))) == 1


async def test_books_are_kept_as_long_as_runs(here: Room, clock: HandClock) -> None:
    await _begin(here)
    async with here.db.write(here.workspace) as stores:
        assert await stores.retention.batch() == 0
    clock.turn(timedelta(days=366).total_seconds())
    async with here.db.write(here.workspace) as stores:
        assert await stores.retention.batch() == 1
        assert await stores.usage.since(clock.at - timedelta(days=900)) == ()


async def test_a_models_key_is_sealed_for_its_row(here: Room) -> None:
    """A name is taken once; what is removed is gone."""
    async with here.db.write(here.workspace) as stores:
        made = await stores.models.add("claude", "claude", {"api_key": "CANARY-key"}, here.member)
        assert await stores.models.config(made.id) == {"api_key": "CANARY-key"}
        with pytest.raises(UsageError, match="There is a model called claude already"):
            await stores.models.add("claude", "gpt", {}, here.member)
        await stores.models.change(made.id, {"api_key": "CANARY-other"})
        assert await stores.models.config(made.id) == {"api_key": "CANARY-other"}
        with pytest.raises(UnknownName) as caught:
            await stores.models.named("claud")
        assert caught.value.close == ("claude",)
        await stores.models.remove(made.id)
        assert await stores.models.all() == ()
        with pytest.raises(UnknownName):
            await stores.models.config(made.id)
