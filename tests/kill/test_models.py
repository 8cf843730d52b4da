"""SIGKILL while a language model is asked: the run is finished, and every call stands in the books, none twice."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.model_provider import KEY, Provider, model_provider
from tests.support.nursery import Nursery
from tests.support.repository import small_repository
from tests.support.talk import talking
from tests.support.typed import messages

_RUN = "/report run weekly source=shop window=2026-11-09..2026-11-16"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with model_provider() as made:
        yield made


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return the data folder of a bot whose reports are worded by GPT."""
    small_repository(tmp_path / "shop")

    async def prepare() -> None:
        async with talking(tmp_path / "home", tmp_path, openai_api_key=KEY) as talk:
            await talk.say(f"/source add git name=shop path={tmp_path / 'shop'}", workspace="default")
            await talk.say("/arb settings models=gpt", workspace="default")

    asyncio.run(prepare())
    return tmp_path / "home"


def _env(home: Path, provider: Provider) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2]), "ARB_HOME": str(home),
        "USER": "mina", "ARB_LANGUAGE": "en", "ARB_TIME_ZONE": "UTC", "ARB_GIT_ROOTS": str(home.parent),
        "ARB_OPENAI_API_KEY": KEY, "ARB_OPENAI_API_URL": provider.url_of("gpt"), "ARB_EGRESS_ALLOW": "127.0.0.1",
        "PYTHONUTF8": "1",
    }  # fmt: skip


def _rows(home: Path) -> list[tuple[str, int]]:
    """Return (state, millionths of a dollar) of every call in the books."""
    with closing(sqlite3.connect(home / "arb.db")) as db:
        return list(db.execute("select state, micros from usage order by id"))


@pytest.mark.parametrize("moment", ["asked", "narrate-inside"])
def test_killed_while_a_model_is_asked(beds: Nursery, home: Path, provider: Provider, moment: str) -> None:
    """While it thinks, and when it has answered and nothing is written: two calls, two rows, one report."""
    named, victims = threading.Event(), [0]

    def kill() -> None:
        if moment == "asked" and len(provider.asked) == 1:
            named.wait(30)
            os.kill(victims[0], signal.SIGKILL)

    provider.on_call = kill
    victim = beds.start(
        "tests.kill.victim", "none" if moment == "asked" else moment, _RUN, env=_env(home, provider), cwd=home.parent
    )
    victims[0] = victim.pid
    named.set()
    victim.wait()
    assert len(provider.asked) == 1
    assert [state for state, _ in _rows(home)] == ["asked"]
    resumed = beds.start("bot.cli", "say", "--json", "/report verify last", env=_env(home, provider), cwd=home.parent)
    assert "identical" in str(messages(resumed.wait())[-1]["text"])
    found = _rows(home)
    assert [state for state, _ in found] == ["asked", "counted"]
    assert len(provider.asked) == 2
    assert found[1][1] < found[0][1] < 250_000
