"""SIGKILL at each step of a run, in real processes: the next start finishes it, whole and once."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from model.report import STEPS
from tests.support.nursery import Child, Nursery
from tests.support.repository import small_repository
from tests.support.talk import talking, text
from tests.support.typed import messages

_ROOT = Path(__file__).parents[2]
_RUN = "/report run weekly source=shop window=2026-11-09..2026-11-16"
_MOMENTS = ["accept-after", *(f"{s}-{m}" for s in STEPS for m in ("before", "inside", "after")), "none"]


@pytest.fixture(scope="session")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a repository and a bot that knows it; what it is put back from lies beside it."""
    folder = tmp_path_factory.mktemp("kill") / "scene"
    small_repository(folder / "shop")

    async def add() -> None:
        async with talking(folder / "home", folder) as talk:
            added = await talk.say(f"/source add git name=shop path={folder / 'shop'}", workspace="default")
            assert added.kind == "card", text(added)

    asyncio.run(add())
    shutil.copytree(folder, folder.with_name("kept"))
    return folder


@pytest.fixture
def home(scene: Path) -> Path:
    """Return the data folder of a bot that knows a repository."""
    shutil.rmtree(scene)
    shutil.copytree(scene.with_name("kept"), scene)
    return scene / "home"


def _env(home: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"], "PYTHONPATH": str(_ROOT), "ARB_HOME": str(home), "USER": "mina",
        "ARB_LANGUAGE": "en", "ARB_TIME_ZONE": "UTC", "ARB_GIT_ROOTS": str(home.parent), "PYTHONUTF8": "1",
    }  # fmt: skip


def victim(beds: Nursery, home: Path, moment: str) -> Child:
    """Start a process that dies at a moment of its run."""
    return beds.start("tests.kill.victim", moment, _RUN, env=_env(home), cwd=home.parent)


def say(beds: Nursery, home: Path, line: str) -> subprocess.CompletedProcess[str]:
    """Say a line in a process of its own and wait for it."""
    return beds.start("bot.cli", "say", "--json", line, env=_env(home), cwd=home.parent).wait()


def runs(home: Path) -> list[tuple[str, str, int]]:
    """Return (state, id, fence) of every run, as the file holds them."""
    with sqlite3.connect(home / "arb.db") as db:
        return list(db.execute("select state, id, fence from runs order by created"))


def whole(beds: Nursery, home: Path, expected: int = 1) -> None:
    """Assert that every run is done, with each of its steps exactly once, and can be rebuilt."""
    found = runs(home)
    assert [state for state, _, _ in found] == ["done"] * expected
    with sqlite3.connect(home / "arb.db") as db:
        for _, run, _ in found:
            steps = [name for (name,) in db.execute("select name from steps where run_id = ?", (run,))]
            assert sorted(steps) == sorted(STEPS)
        assert db.execute("pragma integrity_check").fetchone() == ("ok",)
    verified = say(beds, home, "/report verify last")
    assert "identical" in str(messages(verified)[0]["text"])


@pytest.mark.parametrize("moment", _MOMENTS)
def test_killed_at_each_moment(beds: Nursery, home: Path, moment: str) -> None:
    """The next start takes the run up where it was left."""
    killed = victim(beds, home, moment).wait()
    assert killed.returncode == (0 if moment == "none" else -signal.SIGKILL), killed.stderr
    after = say(beds, home, "/report show last")
    assert after.returncode == 0, after.stdout + after.stderr
    assert messages(after)[0]["kind"] == "card"
    assert "Commits" in str(messages(after)[0]["text"])
    whole(beds, home)


def test_killed_before_anything_was_accepted(beds: Nursery, home: Path) -> None:
    """Nothing was said yet, so nothing is there."""
    assert victim(beds, home, "accept-before").wait().returncode == -signal.SIGKILL
    assert say(beds, home, "/arb status").returncode == 0
    assert runs(home) == []


def test_killed_at_random_times(beds: Nursery, home: Path, scaled: Callable[[int], int]) -> None:
    """However it falls: no half rows, nothing twice, and what was accepted is finished."""
    draw = random.Random(20261120)
    times = scaled(200)
    for _ in range(times):
        killed = beds.start("bot.cli", "say", _RUN, env=_env(home), cwd=home.parent)
        time.sleep(draw.uniform(0.0, 0.5))
        killed.kill()
    assert say(beds, home, "/arb status").returncode == 0
    assert len(runs(home)) <= times
    if runs(home):
        whole(beds, home, len(runs(home)))


def test_second_process_leaves_a_living_ones_run_alone(beds: Nursery, home: Path) -> None:
    """While it holds its lease it is not disturbed; after that its run goes on elsewhere, and it writes nothing."""
    stopped = victim(beds, home, "pause-measure-inside")
    _wait_until_stopped(stopped.pid)
    (_, _, fence), *_ = runs(home)
    assert fence == 1
    say(beds, home, "/arb status")  # takes up what is free: the lease of the stopped one may run out
    taken = _taken_over(beds, home)
    os.kill(stopped.pid, signal.SIGCONT)
    over = stopped.wait()
    assert taken
    assert runs(home)[0][2] == 2, over.stderr
    whole(beds, home)


def _wait_until_stopped(pid: int) -> None:
    for _ in range(600):
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T":
            return
        time.sleep(0.05)
    raise AssertionError("the victim never came to its moment")


def _taken_over(beds: Nursery, home: Path) -> bool:
    for _ in range(60):
        say(beds, home, "/arb status")
        if runs(home)[0][0] == "done":
            return True
        time.sleep(0.2)
    return False


def test_two_starts_at_once_finish_it_once(beds: Nursery, home: Path) -> None:
    """Both find the run that a killed one left; one of them does it."""
    assert victim(beds, home, "measure-before").wait().returncode == -signal.SIGKILL
    both = [beds.start("bot.cli", "say", "/arb status", env=_env(home), cwd=home.parent) for _ in range(2)]
    for process in both:
        done = process.wait()
        assert done.returncode == 0, done.stderr
    assert runs(home)[0][2] == 2
    whole(beds, home)
