"""A front-end dies with what it has acknowledged: another one that lives answers it within a minute, once.

Two real processes, on one machine and, with PostgreSQL between them, on two; Slack and Discord in front of both.
"""

from __future__ import annotations

import re
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.kill.world import Machines, rows
from tests.support.databases import Place
from tests.support.discord import OWNER as CHIEF
from tests.support.discord_gateway import LIFE as TOKEN_LIFE
from tests.support.discord_gateway import Gateway, Interaction, gateway
from tests.support.discord_gateway import said as written
from tests.support.nursery import Child, Nursery
from tests.support.repository import slow_git, small_repository
from tests.support.slack_front import LIFE, OWNER, Office, office, said
from tests.support.waiting import wait

_MINUTE = 60.0  # within which it is answered
_TARGETS = "SELECT count(*) FROM audit WHERE command = 'target set' AND outcome = 'done'"


@dataclass
class Street:
    """The front-ends of one installation, and both platforms before them."""

    machines: Machines
    office: Office
    gateway: Gateway
    channel: str

    def start(self, machine: str) -> Child:
        """Start a front-end that hears; what comes from Slack goes there from now on."""
        there, folder = self.gateway.there, self.machines.folder
        of_machine = self.machines.environment(machine)
        env = {
            **of_machine, **self.office.env(), "ARB_HTTP_PORT": "0", "PATH": f"{folder / 'bin'}:{of_machine['PATH']}",
            "ARB_DISCORD_TOKEN": there.token, "ARB_DISCORD_API_URL": there.url,
            "ARB_DISCORD_GATEWAY_URL": self.gateway.url,
        }  # fmt: skip
        child = self.machines.beds.start("bot.cli", "run", env=env, cwd=folder)
        found = re.search(r":(\d+)/ready", child.line(1))
        assert found is not None
        self.office.port = int(found[1])
        return child

    def say(self, line: str) -> str:
        command, _, text = line.partition(" ")
        return self.office.answered(self.office.command(OWNER, command, text)).text()

    def form(self, name: str) -> Interaction:
        """Have Discord ask for a repository under this name."""
        asked = self.gateway.command(CHIEF, "source add", self.channel, kind="git", name=name)
        return self.gateway.answered(asked)

    def alone(self) -> list[str]:
        """Return what stands in direct messages, on Slack and on Discord."""
        there = [written(one) for one in self.gateway.there.messages.get(self.gateway.direct(CHIEF), ())]
        return [*(said(one) for one in self.office.team.posted(self.office.direct(OWNER))), *there]

    async def count(self, statement: str) -> object:
        db = await self.machines.open()
        try:
            return (await rows(db, statement))[0][0]
        finally:
            await db.close()


@pytest.fixture
def street(place: Place, beds: Nursery, tmp_path: Path) -> Iterator[Street]:
    """Return front-ends that share a database: on one machine with SQLite, on two with PostgreSQL."""
    small_repository(tmp_path / "shop")
    slow_git(tmp_path)
    with office("http") as slack, gateway() as discord:
        yield Street(Machines(beds, place.url, tmp_path), slack, discord, discord.there.add_channel("eng"))


@contextmanager
def _held(street: Street) -> Iterator[None]:
    """Have nothing that was acknowledged be done until the end of the block."""
    slow = street.machines.folder / "slow"
    slow.touch()
    gate = street.office.stand.gates["users.info"] = threading.Event()
    try:
        yield
    finally:
        slow.unlink()
        del street.office.stand.gates["users.info"]
        gate.set()


@pytest.mark.some(of=lambda case: case["place"] == "sqlite")
async def test_what_a_killed_front_end_acknowledged_is_answered_by_the_other(street: Street) -> None:
    """Once each: where Slack and Discord said that answers go; in direct messages where that is over."""
    office, discord = street.office, street.gateway
    first = street.start("a")
    wait(lambda: discord.identified)
    discord.connected()
    assert "added" in street.say("/source add git name=shop path=shop")
    forms, port = [street.form(name) for name in ("one", "two")], office.port
    second = street.start("b")
    office.port, others = port, office.port
    try:
        eva, before = office.join("U0EVA", "eva", "Eva", is_admin=True), street.alone()
        with _held(street):
            effect = office.command(eva, "/target", "set commits >= 5")
            asked, late = (office.command(OWNER, "/source", "test shop") for _ in range(2))
            late.made -= LIFE + 1
            added, long_ago = (discord.submit(CHIEF, one.data, street.channel, path="shop") for one in forms)
            wait(lambda: (added.kind, long_ago.kind) == (5, 5))
            long_ago.made -= TOKEN_LIFE + 1
            first.kill()
        killed, office.port = time.monotonic(), others
        wait(lambda: all((effect.shown, asked.shown, added.original, len(street.alone()) == len(before) + 2)), _MINUTE)
        print(f"all answered {time.monotonic() - killed:.1f} s after the kill")
        assert "Target set" in effect.text()
        assert "can be read" in asked.text()
        assert "added" in added.text()
        told = [one for one in street.alone() if one not in before]
        assert [any(word in one for one in told) for word in ("can be read", "added")] == [True, True]
        assert await street.count("SELECT count(*) FROM inbox WHERE done = false") == 0
        assert await street.count(_TARGETS) == 1
        assert await street.count("SELECT count(*) FROM sources WHERE name IN ('one', 'two')") == 2
        assert [len(one.shown) for one in (effect, asked, late)] == [1, 1, 0]
        assert (added.follows, long_ago.original) == ([], None)
        assert "Traceback" not in second.err
    finally:
        second.kill()


@pytest.mark.some(of=lambda case: False)
async def test_a_frozen_front_end_that_wakes_does_nothing_of_what_was_taken_over(street: Street) -> None:
    """On another machine nobody can tell it from a dead one; on this one it is known to live, and nobody does."""
    office = street.office
    first = street.start("a")
    wait(lambda: street.gateway.identified)
    port = office.port
    assert "added" in street.say("/source add git name=shop path=shop")
    second = street.start("b")
    office.port, others = port, office.port
    try:
        with _held(street):
            effect = office.command(OWNER, "/source", "add git name=one path=shop")
            first.send(signal.SIGSTOP)
        office.port = others
        if street.machines.url is not None:
            wait(lambda: effect.shown, _MINUTE)
        assert "shop" in street.say("/source list")
        first.send(signal.SIGCONT)
        if street.machines.url is not None:
            wait(lambda: "held this one for dead" in first.err)
        wait(lambda: effect.shown)
        assert ["added" in said(one) for one in effect.shown] == [True]
        assert await street.count("SELECT count(*) FROM sources WHERE name = 'one'") == 1
    finally:
        first.kill()
        second.kill()
