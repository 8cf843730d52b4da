"""`arb run` and `arb worker` as real processes: they work beside others and stop when they are told to."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.stories.test_cli import ARB, arb, messages

_ROOT = Path(__file__).parents[2]
_RUN = "/report run weekly source=shop window=2026-11-09..2026-11-16"


@contextmanager
def serving(home: Path, *command: str, **more: str) -> Iterator[subprocess.Popen[str]]:
    """A process that serves, from the moment on which it says so."""
    env = {
        "PATH": os.environ["PATH"], "PYTHONPATH": str(_ROOT), "ARB_HOME": str(home), "ARB_LANGUAGE": "en",
        "ARB_TIME_ZONE": "UTC", "ARB_GIT_ROOTS": str(home.parent), "ARB_HTTP_PORT": "0", "PYTHONWARNINGS": "error",
        **more,
    }  # fmt: skip
    out = subprocess.PIPE
    with subprocess.Popen([*ARB, *command], env=env, cwd=home.parent, text=True, stdout=out, stderr=out) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("ARB is running"), process.communicate()
            yield process
        finally:
            process.kill()


def states(home: Path) -> list[str]:
    with sqlite3.connect(home / "arb.db") as db:
        return [state for (state,) in db.execute("select state from runs order by number")]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_works_beside_others_and_stops(tmp_path: Path, repository: Path, number: signal.Signals) -> None:
    """A line said elsewhere on the same file is answered as ever; a signal ends the process well."""
    home = tmp_path / "home"
    with serving(home, "run") as bot:
        assert arb(home, "say", "/source add git name=shop path=shop", root=tmp_path).returncode == 0
        done = arb(home, "say", "--json", _RUN, root=tmp_path)
        assert [message["kind"] for message in messages(done)] == ["progress", "card"]
        bot.send_signal(number)
        began = time.monotonic()
        _, err = bot.communicate(timeout=10)
        assert (bot.returncode, err) == (0, "")
        assert time.monotonic() - began < 10
    assert states(home) == ["done"]


def test_a_worker_does_what_a_front_end_leaves(tmp_path: Path, repository: Path) -> None:
    """A process that only talks does no runs; a worker started later does them."""
    home = tmp_path / "home"
    assert arb(home, "say", "/source add git name=shop path=shop", root=tmp_path).returncode == 0
    assert subprocess.run(
        [sys.executable, "-c", _ASK, _RUN], check=True, cwd=tmp_path, env=_environment(home), timeout=60
    )
    with serving(home, "run", "--no-worker") as front:
        front.send_signal(signal.SIGTERM)
        assert front.wait(10) == 0
    assert states(home) == ["waiting"]
    with serving(home, "worker"):
        end = time.monotonic() + 30
        while states(home) != ["done"] and time.monotonic() < end:
            time.sleep(0.05)
    assert states(home) == ["done"]


# Says a line at the door as a platform would whose runs are done elsewhere.
_ASK = """
import asyncio, sys
from bot.app import running
from bot.platforms.terminal import Terminal
from bot.settings import load

async def main():
    async with running(load()) as app:
        terminal = Terminal(app, "mina", "default", "en", print)
        assert (await app.door.say(terminal._event(), terminal._visitor(), sys.argv[1])).follows

asyncio.run(main())
"""


def _environment(home: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"], "PYTHONPATH": str(_ROOT), "ARB_HOME": str(home), "USER": "mina",
        "ARB_GIT_ROOTS": str(home.parent),
    }  # fmt: skip
