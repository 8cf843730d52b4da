"""SIGKILL at each step of a run, in real processes: the next start finishes it, whole and once."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from model.report import STEPS
from tests.stories.test_cli import ARB, arb, messages
from tests.support.repository import small_repository

_ROOT = Path(__file__).parents[2]
_RUN = "/report run weekly source=shop window=2026-11-09..2026-11-16"
_MOMENTS = ["accept-after", *(f"{s}-{m}" for s in STEPS for m in ("before", "inside", "after")), "none"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return the data folder of a bot that knows a repository."""
    small_repository(tmp_path / "shop")
    done = arb(tmp_path / "home", "say", "/source add git name=shop path=shop", root=tmp_path)
    assert done.returncode == 0, done.stderr
    return tmp_path / "home"


def start(home: Path, *command: str) -> subprocess.Popen[str]:
    """Start a process of the bot, unwatched."""
    env = {
        "PATH": os.environ["PATH"], "PYTHONPATH": str(_ROOT), "ARB_HOME": str(home), "USER": "mina",
        "ARB_LANGUAGE": "en", "ARB_TIME_ZONE": "UTC", "ARB_GIT_ROOTS": str(home.parent),
    }  # fmt: skip
    return subprocess.Popen(
        [sys.executable, *command], env=env, cwd=home.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def runs(home: Path) -> list[tuple[str, str, int]]:
    """Return (state, id, fence) of every run, as the file holds them."""
    with sqlite3.connect(home / "arb.db") as db:
        return list(db.execute("select state, id, fence from runs order by created"))


def whole(home: Path, expected: int = 1) -> None:
    """Assert that every run is done, with each of its steps exactly once, and can be rebuilt."""
    found = runs(home)
    assert [state for state, _, _ in found] == ["done"] * expected
    with sqlite3.connect(home / "arb.db") as db:
        for _, run, _ in found:
            steps = [name for (name,) in db.execute("select name from steps where run_id = ?", (run,))]
            assert sorted(steps) == sorted(STEPS)
        assert db.execute("pragma integrity_check").fetchone() == ("ok",)
    verified = arb(home, "say", "--json", "/report verify last", root=home.parent)
    assert "identical" in str(messages(verified)[0]["text"])


@pytest.mark.parametrize("moment", _MOMENTS)
def test_killed_at_each_moment(home: Path, moment: str) -> None:
    """The next start takes the run up where it was left."""
    victim = start(home, "-m", "tests.kill.victim", moment, _RUN)
    _, err = victim.communicate(timeout=60)
    assert victim.returncode == (0 if moment == "none" else -signal.SIGKILL), err
    after = arb(home, "say", "--json", "/report show last", root=home.parent)
    assert after.returncode == 0, after.stdout + after.stderr
    assert messages(after)[0]["kind"] == "card"
    assert "Commits" in str(messages(after)[0]["text"])
    whole(home)


def test_killed_before_anything_was_accepted(home: Path) -> None:
    """Nothing was said yet, so nothing is there."""
    start(home, "-m", "tests.kill.victim", "accept-before", _RUN).communicate(timeout=60)
    assert arb(home, "say", "/arb status", root=home.parent).returncode == 0
    assert runs(home) == []


def test_killed_at_random_times(home: Path, scaled: Callable[[int], int]) -> None:
    """However it falls: no half rows, nothing twice, and what was accepted is finished."""
    draw = random.Random(20261120)
    times = scaled(200)
    for _ in range(times):
        victim = start(home, *ARB[1:], "say", _RUN)
        time.sleep(draw.uniform(0.05, 1.2))
        victim.kill()
        victim.communicate()
    assert arb(home, "say", "/arb status", root=home.parent).returncode == 0
    assert len(runs(home)) <= times
    if runs(home):
        whole(home, len(runs(home)))


def test_second_process_leaves_a_living_ones_run_alone(home: Path) -> None:
    """While it holds its lease it is not disturbed; after that its run goes on elsewhere, and it writes nothing."""
    victim = start(home, "-m", "tests.kill.victim", "pause-measure-inside", _RUN)
    _wait_until_stopped(victim.pid)
    (_, _, fence), *_ = runs(home)
    assert fence == 1
    arb(home, "say", "/arb status", root=home.parent)  # takes up what is free: the lease of the stopped one may run out
    taken = _taken_over(home)
    os.kill(victim.pid, signal.SIGCONT)
    _, err = victim.communicate(timeout=60)
    assert taken
    assert runs(home)[0][2] == 2, err
    whole(home)


def _wait_until_stopped(pid: int) -> None:
    for _ in range(600):
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T":
            return
        time.sleep(0.05)
    raise AssertionError("the victim never came to its moment")


def _taken_over(home: Path) -> bool:
    for _ in range(60):
        arb(home, "say", "/arb status", root=home.parent)
        if runs(home)[0][0] == "done":
            return True
        time.sleep(0.2)
    return False


def test_two_starts_at_once_finish_it_once(home: Path) -> None:
    """Both find the run that a killed one left; one of them does it."""
    start(home, "-m", "tests.kill.victim", "measure-before", _RUN).communicate(timeout=60)
    both = [start(home, *ARB[1:], "say", "/arb status") for _ in range(2)]
    for process in both:
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
    assert runs(home)[0][2] == 2
    whole(home)
