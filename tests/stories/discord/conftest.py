"""A whole bot as a process, in front of Discord on loopback; the tests of a module share it.

Each must pass alone and in any order: the runner may give the tests of one module to several of its processes.
"""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.databases import with_tables
from tests.support.discord import OWNER
from tests.support.discord_gateway import Gateway, Interaction, gateway
from tests.support.model_provider import Provider, model_provider
from tests.support.nursery import Child, Nursery
from tests.support.repository import slow_git, small_repository
from tests.support.waiting import wait

_ROOT = Path(__file__).parents[3]


@dataclass
class Guild:
    """One server of Discord with a bot in it that runs as a process."""

    gateway: Gateway
    beds: Nursery
    folder: Path
    channel: str = ""
    provider: Provider = field(default_factory=Provider)
    child: Child | None = None
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def env(self) -> dict[str, str]:
        there = self.gateway.there
        return {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "PYTHONPATH": str(_ROOT), "ARB_HOME": str(self.home), "ARB_LANGUAGE": "en",
            "ARB_TIME_ZONE": "UTC", "ARB_GIT_ROOTS": str(self.folder), "ARB_HTTP_PORT": "",
            "ARB_DATA_ROOTS": str(self.folder),
            "ARB_DISCORD_TOKEN": there.token, "ARB_DISCORD_API_URL": there.url,
            "ARB_DISCORD_GATEWAY_URL": self.gateway.url, "ARB_EGRESS_ALLOW": "127.0.0.1", **self.provider.env(),
            **self.more,
        }  # fmt: skip

    def start(self) -> None:
        """Start the bot, and wait until it hears."""
        before = len(self.gateway.identified)
        self.begin()
        wait(lambda: len(self.gateway.identified) > before)
        self.gateway.connected()

    def begin(self, **more: str) -> None:
        """Start the bot."""
        self.child = self.another(**more)

    def another(self, *words: str, **more: str) -> Child:
        """Start a process beside it: the bot once more, where nothing is said, and then it runs."""
        child = self.beds.start("bot.cli", *(words or ("run",)), env=self.env() | more, cwd=self.folder)
        if not words:
            assert child.line().startswith("ARB is running"), child.err
        return child

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End the bot; return its exit code."""
        assert self.child is not None
        self.child.send(number)
        return self.child.wait(15).returncode

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

    def say(self, name: str, user: str = OWNER, /, **options: object) -> Interaction:
        """Say a command in the channel; return what was answered."""
        return self.gateway.answered(self.gateway.command(user, name, self.channel, **options))

    def saved(self, name: str) -> str:
        """Have a saved report of this name; return the name."""
        if name not in self.say("report list").text():
            made = self.say("report new", name=name, template="weekly")
            assert name in made.text(), made.text()
        return name

    def press(self, id: str, user: str = OWNER) -> Interaction:
        """Press a button in the channel; return what was answered."""
        return self.gateway.answered(self.gateway.press(user, id, self.channel))

    def fill(self, modal: Interaction, user: str = OWNER, /, **values: str) -> Interaction:
        """Fill the modal in that was opened; return what was answered."""
        assert modal.kind == 9, modal.text()
        return self.gateway.answered(self.gateway.submit(user, modal.data, self.channel, **values))


@pytest.fixture(scope="module")
def server(beds: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guild]:
    """Return a server of Discord whose owner has let the bot in, which runs and knows a repository as `shop`."""
    folder = tmp_path_factory.mktemp("discord")
    small_repository(folder / "shop")
    slow_git(folder)
    with_tables(folder / "home")
    with gateway() as there, model_provider() as provider:
        found = Guild(there, beds, folder, there.there.add_channel("eng"), provider=provider)
        try:
            found.start()
            added = found.fill(found.say("source add", kind="git", name="shop"), path="shop")
            assert "added" in added.text(), added.text()
            yield found
        finally:
            if found.child is not None:
                found.child.kill()
