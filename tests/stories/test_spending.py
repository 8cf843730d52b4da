"""What models cost, where many runs ask at once and a vendor counts more: never beyond a cap and one call."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.stories.test_models import bot, calls, commits
from tests.support.model_provider import Asked, Json, Provider, model_provider

_RUN = "/report run standup source=shop window=2026-11-09..2026-11-16"
_CAP = Decimal("0.10")


@pytest.fixture
def provider() -> Iterator[Provider]:
    with model_provider() as made:
        made.says = commits
        yield made


async def test_many_at_once_stay_below_the_cap(provider: Provider, tmp_path: Path, repository: Path) -> None:
    """Each call is in the books with the most that it may cost before it is made, so no two can pass together."""
    async with bot(provider, tmp_path) as talk:
        await talk.say(f"/arb settings models=gpt usd_a_run=1 usd_a_day=5 usd_a_month={_CAP}")
        said = await asyncio.gather(*(talk.say(_RUN, user=f"person{n}") for n in range(12)))
        made = await calls(talk)
    assert all(one.kind == "card" for one in said)
    assert 0 < len(made) == len(provider.asked) < 12
    assert sum((call.cost for call in made), Decimal(0)) <= _CAP


async def test_a_vendor_that_counts_more_ends_it(provider: Provider, tmp_path: Path, repository: Path) -> None:
    """Then the cap is passed by that one call, and nothing more is asked."""
    honest = provider.usage

    def dear(asked: Asked, text: str) -> Json:
        return {**honest(asked, text), "prompt_tokens": 900_000}

    provider.usage = dear  # type: ignore[method-assign]
    async with bot(provider, tmp_path) as talk:
        await talk.say(f"/arb settings models=gpt usd_a_run=1 usd_a_day=5 usd_a_month={_CAP}")
        for _ in range(4):
            assert (await talk.say(_RUN)).kind == "card"
        made = await calls(talk)
    assert len(made) == len(provider.asked) == 1
    assert made[0].cost > _CAP
