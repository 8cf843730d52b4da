"""`arb` as it is typed: a process of its own for each line, born where all is imported already."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.nursery import Child, Nursery

ARB = [sys.executable, "-m", "bot.cli"]  # from nothing: half a second of imports
ROOT = Path(__file__).parents[2]


def environment(home: Path, root: Path | None = None, **more: str) -> dict[str, str]:
    """Return an environment that is empty but for what is given."""
    roots = {} if root is None else {"ARB_GIT_ROOTS": str(root)}
    return {
        "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "ARB_HOME": str(home), "USER": "mina",
        "ARB_LANGUAGE": "en", "ARB_TIME_ZONE": "UTC", "PYTHONWARNINGS": "error", "PYTHONUTF8": "1",
        "ARB_FRESH_SECONDS": "0",
        **roots, **more,
    }  # fmt: skip


@dataclass(frozen=True)
class Arb:
    """Runs `arb`."""

    beds: Nursery

    def __call__(
        self, home: Path, *arguments: str, root: Path | None = None, typed: str = "", **more: str
    ) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        env = environment(home, root, **more)
        return self.beds.start("bot.cli", *arguments, env=env, cwd=root or home.parent, typed=typed).wait()

    @contextmanager
    def serving(self, home: Path, *arguments: str, **more: str) -> Iterator[Child]:
        """Run what serves, from the moment on which it says so; killed in the end if it still does."""
        env = environment(home, home.parent, **{"ARB_HTTP_PORT": "0"} | more)
        child = self.beds.start("bot.cli", *arguments, env=env, cwd=home.parent)
        try:
            assert child.line().startswith("ARB is running")
            yield child
        finally:
            child.kill()


@pytest.fixture
def arb(beds: Nursery) -> Arb:
    return Arb(beds)


def from_nothing(
    home: Path, *arguments: str, root: Path | None = None, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run `arb` as a new interpreter, as people do; where the start itself is the case."""
    return subprocess.run(
        [*ARB, *arguments], check=False, env=environment(home, root, **more), cwd=root or home.parent,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def messages(done: subprocess.CompletedProcess[str]) -> list[dict[str, object]]:
    """Return the messages of a --json call."""
    return [json.loads(line) for line in done.stdout.splitlines()]
