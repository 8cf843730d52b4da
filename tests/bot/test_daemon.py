"""`arb run` and `arb worker` as real processes: they work beside others and stop when they are told to."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import time
from pathlib import Path

from tests.support.nursery import Nursery
from tests.support.typed import ARB, Arb, environment, messages

_RUN = "/report run weekly source=shop window=2026-11-09..2026-11-16"


def states(home: Path) -> list[str]:
    with sqlite3.connect(home / "arb.db") as db:
        return [state for (state,) in db.execute("select state from runs order by number")]


def test_it_works_beside_others_and_stops(arb: Arb, tmp_path: Path, repository: Path) -> None:
    """A line said elsewhere on the same file is answered as ever; SIGTERM ends the process well."""
    home = tmp_path / "home"
    with arb.serving(home, "run") as bot:
        assert arb(home, "say", "/source add git name=shop path=shop", root=tmp_path).returncode == 0
        done = arb(home, "say", "--json", _RUN, root=tmp_path)
        assert [message["kind"] for message in messages(done)] == ["progress", "card"]
        bot.send(signal.SIGTERM)
        stopped = bot.wait(10)
        assert (stopped.returncode, stopped.stderr) == (0, "")
    assert states(home) == ["done"]


def test_ctrl_c_stops_what_was_started_from_nothing(tmp_path: Path) -> None:
    """A new interpreter, with a pipe to print to."""
    env, pipe = environment(tmp_path / "home", ARB_HTTP_PORT="0"), subprocess.PIPE
    with subprocess.Popen([*ARB, "run"], env=env, cwd=tmp_path, text=True, stdout=pipe, stderr=pipe) as bot:
        try:
            assert bot.stdout is not None
            assert bot.stdout.readline().startswith("ARB is running"), bot.communicate()
            bot.send_signal(signal.SIGINT)
            _, err = bot.communicate(timeout=10)
            assert (bot.returncode, err) == (0, "")
        finally:
            bot.kill()


def test_a_worker_does_what_a_front_end_leaves(arb: Arb, beds: Nursery, tmp_path: Path, repository: Path) -> None:
    """A process that only talks does no runs; a worker started later does them."""
    home = tmp_path / "home"
    assert arb(home, "say", "/source add git name=shop path=shop", root=tmp_path).returncode == 0
    left = beds.start("tests.bot.asking", _RUN, env=environment(home, tmp_path), cwd=tmp_path).wait()
    assert left.returncode == 0, left.stderr
    with arb.serving(home, "run", "--no-worker") as front:
        front.send(signal.SIGTERM)
        assert front.wait(10).returncode == 0
    assert states(home) == ["waiting"]
    with arb.serving(home, "worker"):
        end = time.monotonic() + 30
        while states(home) != ["done"] and time.monotonic() < end:
            time.sleep(0.05)
    assert states(home) == ["done"]
