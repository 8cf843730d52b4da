"""A process that is stuck says so: each loop in turn, and the database. One that works never does."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bot.test_daemon import serving
from tests.bot.web import Got, web

_ROOT = Path(__file__).parents[2]
_LIMIT = 1.5  # seconds, where a real process has 40


@dataclass(frozen=True)
class Victim:
    """A bot whose loops can be held."""

    process: subprocess.Popen[str]
    loops: list[str]
    port: int

    def tell(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def reasons(self) -> list[dict[str, Any]]:
        return reasons(self.port)

    def until(self, wanted: Callable[[list[dict[str, Any]]], bool]) -> None:
        """Ask until the reasons are as wanted."""
        end = time.monotonic() + 30
        while not wanted(found := self.reasons()):
            assert time.monotonic() < end, found
            time.sleep(0.05)


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


@contextmanager
def victim(home: Path) -> Iterator[Victim]:
    env = {
        "PATH": os.environ["PATH"], "PYTHONPATH": str(_ROOT), "ARB_HOME": str(home), "ARB_LANGUAGE": "en",
        "ARB_TIME_ZONE": "UTC", "ARB_GIT_ROOTS": str(home.parent),
    }  # fmt: skip
    command = [sys.executable, "-m", "tests.bot.frozen", str(_LIMIT)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=env, cwd=home.parent, text=True, stdin=pipe, stdout=pipe) as process:
        assert process.stdout is not None
        try:
            loops, port = json.loads(process.stdout.readline())
            yield Victim(process, loops, port)
        finally:
            process.kill()


def test_each_loop_that_stops_is_named(tmp_path: Path, scaled: Callable[[int], int]) -> None:
    """Held by a lock that it waits for, each is told by its name, and no other; thawed, all is well again."""
    with victim(tmp_path / "home") as bot:
        bot.until(lambda found: not found)
        assert {"runs", "events", "probe"} <= set(bot.loops)
        for name in bot.loops:
            bot.tell(f"freeze {name}")
            bot.until(lambda found, name=name: [one.get("name") for one in found] == [name])  # type: ignore[misc]
            bot.tell(f"thaw {name}")
            bot.until(lambda found: not found)
        end = time.monotonic() + scaled(60)
        while time.monotonic() < end:
            assert not bot.reasons()
            time.sleep(0.1)


def test_a_database_that_takes_no_write_is_told(tmp_path: Path) -> None:
    """While somebody else holds SQLite's lock the process is alive and not ready; then it is again."""
    home = tmp_path / "home"
    with victim(home) as bot:
        bot.until(lambda found: not found)
        with closing(sqlite3.connect(home / "arb.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            bot.until(lambda found: "database" in [one["what"] for one in found])
            with urllib.request.urlopen(f"http://127.0.0.1:{bot.port}/health", timeout=5) as answer:
                assert answer.status == 200
            other.execute("ROLLBACK")
        bot.until(lambda found: not found)


def test_a_process_says_where_it_stands(tmp_path: Path) -> None:
    """`arb run` prints the address; a worker has none unless it is told so."""
    with serving(tmp_path / "home", "run") as bot:
        assert bot.stdout is not None
        address = bot.stdout.readline().strip().rpartition(" ")[2]
        assert address.endswith("/ready")
        with closing(urllib.request.urlopen(address.replace("/ready", "/health"), timeout=20)) as answer:
            assert json.load(answer) == {"status": "ok"}


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
    for _ in range(600):
        found: list[dict[str, Any]] = (await ask("/ready")).json["reasons"]
        if wanted(found):
            return found
        await asyncio.sleep(0.05)
    raise AssertionError(found)
