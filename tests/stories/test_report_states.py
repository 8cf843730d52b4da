"""Random sequences by several people against a small model: who sees which report, and what a refusal leaves alone."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from commands.door import Visitor
from model.card import Card
from model.delivery import Address, Platform
from model.ids import EventId
from model.member import Member, Role
from storage.home import DATABASE_FILE
from storage.tables import METADATA
from tests.support.talk import FixedClock, Talk, talking

ROLES = {"olga": Role.OWNER, "adi": Role.ADMIN, "eve": Role.EDITOR, "jun": Role.EDITOR, "vic": Role.VIEWER}
NAMES = ("web", "api")
_TRACES = {"inbox", "audit", "person_keys"}  # what was said, whatever became of it


@dataclass
class Saved:
    """A report as the model has it."""

    owner: str
    shares: dict[str, str] = field(default_factory=dict)
    paused: bool = False


@dataclass
class World:
    """What should be: reports by name, and what was deleted, the last one at the end."""

    there: dict[str, Saved] = field(default_factory=dict)
    deleted: list[tuple[str, Saved]] = field(default_factory=list)

    def sees(self, user: str, report: Saved) -> bool:
        return ROLES[user] >= Role.ADMIN or user == report.owner or user in report.shares

    def seen(self, user: str) -> dict[str, bool]:
        return {name: r.paused for name, r in sorted(self.there.items()) if self.sees(user, r)}

    def say(self, user: str, verb: str, name: str, other: str) -> bool:
        """Do what was said; tell whether it is allowed."""
        if verb == "restore":
            return ROLES[user] >= Role.EDITOR and self._restore(user, name)
        if verb == "new":
            allowed = ROLES[user] >= Role.EDITOR and name not in self.there
            if allowed:
                self.there[name] = Saved(user)
            return allowed
        report = self.there.get(name)
        if report is None or not self.sees(user, report):
            return False
        if verb == "run":
            return not report.paused
        owns = ROLES[user] >= Role.ADMIN or user == report.owner
        edits = owns or report.shares.get(user) == "edit"
        if ROLES[user] < Role.EDITOR or not (edits if verb in ("edit", "pause", "resume") else owns):
            return False
        return self._change(report, verb, name, other)

    def _change(self, report: Saved, verb: str, name: str, other: str) -> bool:
        match verb:
            case "pause" | "resume":
                report.paused = verb == "pause"
            case "delete":
                self.deleted.append((name, self.there.pop(name)))
            case "view" | "edits" | "no":
                if other == report.owner:
                    return False
                report.shares.pop(other, None)
                if verb != "no":
                    report.shares[other] = verb.removesuffix("s")
        return True

    def _restore(self, user: str, name: str) -> bool:
        """Bring back the last deleted one of the name that the user sees, if it is his and the name is free."""
        found = [pair for pair in self.deleted if pair[0] == name and self.sees(user, pair[1])]
        if not found or name in self.there or (ROLES[user] < Role.ADMIN and found[-1][1].owner != user):
            return False
        self.deleted.remove(found[-1])
        self.there[name] = found[-1][1]
        return True


LINES: Mapping[str, str] = {
    "new": "/report new name={name} template=weekly",
    "edit": "/report edit {name} window=7d",
    "pause": "/report pause {name}",
    "resume": "/report resume {name}",
    "delete": "/report delete {name} confirmed=yes",
    "restore": "/report restore {name}",
    "run": "/report run {name}",
    "view": "/report share {name} {other} view",
    "edits": "/report share {name} {other} edit",
    "no": "/report share {name} {other} no",
}
Step = tuple[str, str, str, str]
_USERS = st.sampled_from(list(ROLES))
STEPS = st.lists(
    st.tuples(_USERS, st.sampled_from(list(LINES)), st.sampled_from(NAMES), _USERS),
    min_size=5,
    max_size=25,
)


async def _said(talk: Talk, user: str, number: int, line: str) -> bool:
    """Say a line without doing the run that may follow; tell whether it was allowed."""
    here = Visitor(user, user, Address(Platform.TERMINAL, "acme", user), "en")
    answer = await talk.app.door.say(EventId(f"terminal:{number}"), here, line)
    assert answer is not None
    assert isinstance(answer.shows, Card)
    return not answer.error


def _rows(home: Path) -> list[list[tuple[object, ...]]]:
    tables = sorted(set(METADATA.tables) - _TRACES - {"workspaces"})  # a workspace holds the end of the audit's chain
    with closing(sqlite3.connect(home / DATABASE_FILE)) as db:
        return [db.execute(f"SELECT * FROM {name}").fetchall() for name in tables]


async def _walk(home: Path, steps: Sequence[Step]) -> None:
    world = World()
    async with talking(home, home) as talk:
        db = talk.app.workshop.db
        workspace = await db.entrances.enter(Platform.TERMINAL, "acme")
        members: dict[str, Member] = {}
        async with db.write(workspace) as stores:
            await stores.sources.add("shop", "git", {"path": "."})
            for user, role in ROLES.items():
                met = await stores.members.meet(Platform.TERMINAL, user, user)
                await stores.members.change(met.id, role=role)
                members[user] = await stores.members.of(met.id)
        clock = talk.app.workshop.clock
        assert isinstance(clock, FixedClock)
        for number, (user, verb, name, other) in enumerate(steps):
            clock.at += timedelta(seconds=1)
            before = _rows(home)
            allowed = await _said(talk, user, number, LINES[verb].format(name=name, other=other))
            assert allowed == world.say(user, verb, name, other), (number, user, verb, name, other)
            assert allowed or _rows(home) == before
            async with db.read(workspace) as stores:
                for one, member in members.items():
                    seen = {r.name: r.state == "paused" for r in await stores.reports.seen(member)}
                    assert seen == world.seen(one), (number, one)


@settings(max_examples=15)
@given(STEPS)
def test_nothing_is_lost_and_nothing_leaks(steps: Sequence[Step]) -> None:
    """After each step everybody sees exactly what the model says; what is refused changes nothing."""
    with tempfile.TemporaryDirectory() as home:
        asyncio.run(_walk(Path(home), steps))
