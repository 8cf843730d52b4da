"""A process that is stuck says so: each loop in turn, and the database. One that works never does."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.bot.web import Got, web
from tests.conftest import PROVE
from tests.support.nursery import Child, Nursery
from tests.support.typed import Arb, environment

_LIMIT = 3.0  # seconds, where a real process has 40; a busy machine may hold anybody up for one or two


@dataclass(frozen=True)
class Victim:
    """A bot whose loops can be held."""

    process: Child
    loops: list[str]
    port: int

    def tell(self, line: str) -> None:
        self.process.tell(line)

    def reasons(self) -> list[dict[str, Any]]:
        return reasons(self.port)

    def until(self, wanted: Callable[[list[dict[str, Any]]], bool]) -> None:
        """Ask until the reasons are as wanted."""
        end = time.monotonic() + 30
        while not wanted(found := self.reasons()):
            assert time.monotonic() < end, found
            time.sleep(0.02)


def reasons(port: int) -> list[dict[str, Any]]:
    """Return why a process is not ready; none: it is."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=20) as answer:
            body = json.load(answer)
    except urllib.error.HTTPError as error:
        body = json.load(error)
    assert body["ready"] == (not body["reasons"])
    found: list[dict[str, Any]] = body["reasons"]
    return found


@pytest.fixture
def victim(beds: Nursery, tmp_path: Path) -> Iterator[Victim]:
    env = environment(tmp_path / "home", tmp_path)
    process = beds.start("tests.bot.frozen", str(_LIMIT), env=env, cwd=tmp_path, typed=None)
    try:
        loops, port = json.loads(process.line())
        yield Victim(process, loops, port)
    finally:
        process.kill()


def test_each_loop_that_stops_is_named(victim: Victim, scaled: Callable[[int], int]) -> None:
    """Held by a lock that they wait for, they are told by name, and no other; thawed, each is well again at once."""
    bot = victim
    bot.until(lambda found: not found)
    assert {"runs", "events", "probe"} <= set(bot.loops)
    for names in [[name] for name in bot.loops] if PROVE else [bot.loops]:  # each time takes its time
        for name in names:
            bot.tell(f"freeze {name}")
        for n, name in enumerate(names):
            bot.until(partial(_are, sorted(names[n:])))
            bot.tell(f"thaw {name}")
        bot.until(partial(_are, []))
    end = time.monotonic() + scaled(60)
    while time.monotonic() < end:
        assert not bot.reasons()
        time.sleep(0.1)


def _are(names: list[str], found: list[dict[str, Any]]) -> bool:
    return sorted(str(one.get("name")) for one in found) == names


def test_a_database_that_takes_no_write_is_told(victim: Victim, tmp_path: Path) -> None:
    """While somebody else holds SQLite's lock the process is alive and not ready; then it is again."""
    bot, home = victim, tmp_path / "home"
    bot.until(lambda found: not found)
    with closing(sqlite3.connect(home / "arb.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        bot.until(lambda found: "database" in [one["what"] for one in found])
        with urllib.request.urlopen(f"http://127.0.0.1:{bot.port}/health", timeout=5) as answer:
            assert answer.status == 200
        other.execute("ROLLBACK")
    bot.until(lambda found: not found)


def test_a_process_says_where_it_stands(arb: Arb, tmp_path: Path) -> None:
    """`arb run` prints the address; a worker has none unless it is told so."""
    with arb.serving(tmp_path / "home", "run") as bot:
        address = bot.line(1).rpartition(" ")[2]
        assert address.endswith("/ready")
        with closing(urllib.request.urlopen(address.replace("/ready", "/health"), timeout=20)) as answer:
            assert json.load(answer) == {"status": "ok"}


@pytest.mark.parametrize("working", [False, True])
async def test_whatever_loop_stops_is_told_of_within_a_minute(tmp_path: Path, *, working: bool) -> None:
    """After its last turn, or stuck in the one that the next ring begins; with the limits of a real process."""
    async with web(tmp_path / "home") as here:
        now = here.app.workshop.clock.monotonic()
        for loop in here.app.loops.all.values():
            loop.working, loop.beat = working, now - 60.1 + (loop.every if working else 0.0)
        told = json.loads((await here.get("/ready")).body)["reasons"]
        found = [one["name"] for one in told if one["what"] == "loop"]
        assert sorted(found) == sorted(here.app.loops.all)
        with pytest.raises(ValueError, match="rest for 21"):
            here.app.loops.add("seldom", asyncio.Event().wait, 21.0)


async def test_a_loop_that_always_breaks_is_told(tmp_path: Path) -> None:
    """It comes round, and does nothing: after three times that counts as stopped; once it works it is forgotten."""
    async with web(tmp_path / "home") as here:
        works = asyncio.Event()

        async def work() -> None:
            if not works.is_set():
                raise ValueError("on purpose")

        here.app.loops.add("broken", work, 0.05)
        serving = asyncio.create_task(here.app.loops.serve())
        told = await asked_until(here.get, lambda found: [one.get("name") for one in found] == ["broken"])
        assert "times in a row" in told[0]["said"]
        shown = (await here.get("/metrics")).body.decode()
        assert 'arb_loop_failures_total{loop="broken"}' in shown
        assert "\narb_ready 0.0" in shown
        works.set()
        await asked_until(here.get, lambda found: not found)
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


async def asked_until(
    ask: Callable[[str], Awaitable[Got]], wanted: Callable[[list[dict[str, Any]]], bool]
) -> list[dict[str, Any]]:
    """Ask until the reasons are as wanted, and return them."""
    for _ in range(1500):
        found: list[dict[str, Any]] = (await ask("/ready")).json["reasons"]
        if wanted(found):
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(found)
