"""A whole bot as a process, in front of Slack on loopback; the tests of a module share it, one for each way in.

Each must pass alone and in any order: the runner may give the tests of one module to several of its processes.
"""

from __future__ import annotations

import os
import re
import signal
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.databases import with_tables
from tests.support.model_provider import Provider, model_provider
from tests.support.nursery import Child, Nursery
from tests.support.repository import slow_git, small_repository
from tests.support.slack_front import CHANNEL, OWNER, Interaction, Mode, Office, office, said
from tests.support.typed import environment
from tests.support.waiting import wait

DAYS = "2026-11-09..2026-11-16"

# For what comes after the door, where it makes no difference how it came in: both ways are for `make prove`.
by_http = pytest.mark.some(of=lambda case: case["way"] == "http")


@dataclass
class Desk:
    """One workspace of Slack with a bot in it that runs as a process."""

    office: Office
    beds: Nursery
    folder: Path
    more: Mapping[str, str] = field(default_factory=dict)
    provider: Provider = field(default_factory=Provider)
    child: Child | None = None

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def env(self) -> dict[str, str]:
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        given = {
            "PATH": path,
            "ARB_HTTP_PORT": "0",
            "ARB_DATA_ROOTS": str(self.folder),
            **self.provider.env(),
            **self.office.env(),
            **self.more,
        }
        return environment(self.home, self.folder, **given)

    def start(self) -> None:
        """Start the bot, and wait until it hears."""
        self.child = child = self.beds.start("bot.cli", "run", env=self.env(), cwd=self.folder)
        assert child.line().startswith("ARB is running")
        found = re.search(r":(\d+)/ready", child.line(1))
        assert found is not None
        self.office.port = int(found[1])
        if self.office.mode == "socket":
            wait(lambda: len(self.office.sockets) == 2)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End the bot; return its exit code."""
        assert self.child is not None
        self.child.send(number)
        code = self.child.wait(15).returncode
        if self.office.mode == "socket":
            wait(lambda: not self.office.sockets)
        return code

    def log(self) -> str:
        assert self.child is not None
        return self.child.err

    def settled(self) -> None:
        """Wait until the bot has noted of all that it sent where it stands: nobody answers a message sooner."""
        wait(lambda: not self.count("deliveries WHERE state = 'sending'"))

    def count(self, table: str) -> int:
        """Return how many rows a table has."""
        with closing(sqlite3.connect(self.home / "arb.db")) as db:
            found: int = db.execute(f"select count(*) from {table}").fetchone()[0]
        return found

    def say(self, line: str, user: str = OWNER, channel: str = CHANNEL) -> Interaction:
        """Say a slash command; return what was answered."""
        command, _, text = line.partition(" ")
        return self.office.answered(self.office.command(user, command, text, channel))

    def press(self, id: str, user: str = OWNER, **where: Any) -> Interaction:
        """Press a button; return what was answered."""
        return self.office.answered(self.office.press(user, id, **where))

    def saved(self, name: str) -> str:
        """Have a saved report of this name; return the name."""
        if name not in self.say("/report list").text():
            made = self.say(f"/report new name={name} template=weekly source=shop")
            assert name in made.text(), made.text()
        return name

    def alone(self, user: str = OWNER) -> list[str]:
        """Return what stands in somebody's direct messages."""
        return [said(one) for one in self.office.team.posted(self.office.direct(user))]


@pytest.fixture(scope="module", params=["http", "socket"])
def way(request: pytest.FixtureRequest) -> Mode:
    """Return how Slack talks to the bot."""
    found: Mode = request.param
    return found


@pytest.fixture(scope="module")
def desk(way: Mode, beds: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Return a workspace whose owner has installed the bot, which runs and knows a repository as `shop`."""
    folder = tmp_path_factory.mktemp(f"slack-{way}")
    small_repository(folder / "shop")
    slow_git(folder)
    with_tables(folder / "home")
    with office(way) as there, model_provider() as provider:
        found = Desk(there, beds, folder, provider=provider)
        try:
            found.start()
            added = found.say("/source add git name=shop path=shop")
            assert "added" in added.text(), added.text()
            yield found
        finally:
            if found.child is not None:
                found.child.kill()
