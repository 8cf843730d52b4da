"""Who may do what: every command, said by every role and by whoever else stands at the door."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from commands import COMMANDS
from model.delivery import Platform
from model.member import Role
from storage.home import DATABASE_FILE
from storage.tables import METADATA
from tests.conftest import PROVE
from tests.support.talk import Talk, text

# What anybody's words leave behind, allowed or not: that he came, what he said, what became of it.
_TRACES = {"workspaces", "members", "identities", "inbox", "audit", "person_keys"}
_REFUSED = "is for people with the role"


async def become(talk: Talk, user: str, role: Role) -> None:
    """Give a user a role, whoever he was before."""
    db = talk.app.workshop.db
    workspace = await db.entrances.enter(Platform.TERMINAL, "acme")
    async with db.write(workspace) as stores:
        member = await stores.members.meet(Platform.TERMINAL, user, user)
        await stores.members.change(member.id, role=role)


def kept(folder: Path) -> Mapping[str, list[tuple[object, ...]]]:
    """Return all that a refused command must leave as it is."""
    with closing(sqlite3.connect(folder / "home" / DATABASE_FILE)) as db:
        tables = {name: f"select * from {name}" for name in sorted(set(METADATA.tables) - _TRACES)}
        tables["roles"] = "select name, role, erased from members where name in ('mina', 'jun') order by name"
        return {name: db.execute(query).fetchall() for name, query in tables.items()}


@pytest.mark.parametrize("role", Role)
async def test_every_command_for_every_role(ready: Talk, tmp_path: Path, role: Role) -> None:
    """Below its role it is refused and changes nothing; from its role on it is not refused for the role's sake."""
    for command in COMMANDS:
        if not PROVE and role not in (command.role, command.role - 1):
            continue  # the last role that may not say it and the first one that may
        await become(ready, "jun", role)
        line, before = command.example.replace("demo", "shop"), kept(tmp_path)
        said = await ready.say(line, user="jun")
        refused = _REFUSED in text(said)
        assert refused is (role < command.role), (line, text(said))
        assert not refused or (said.kind == "error" and kept(tmp_path) == before), line


@pytest.mark.some(of=lambda case: case["user"] == "boss")
@pytest.mark.parametrize("user", ["boss", "stranger"])
async def test_who_is_nobody_here_is_a_viewer(ready: Talk, tmp_path: Path, user: str) -> None:
    """The owner of another workspace, and somebody never seen, may look here and no more."""
    assert "owner" in text(await ready.say("/arb me", user="boss", workspace="rival"))
    for command in COMMANDS:
        if command.role == Role.VIEWER:
            continue
        line, before = command.example.replace("demo", "shop"), kept(tmp_path)
        said = await ready.say(line, user=user)
        assert (said.kind, _REFUSED in text(said)) == ("error", True), line
        assert kept(tmp_path) == before, line


async def test_a_role_is_read_when_the_button_is_pressed(ready: Talk, tmp_path: Path) -> None:
    """Whoever was an editor when the card came, and is none when he presses, is refused."""
    await become(ready, "jun", Role.EDITOR)
    shown = await ready.say("/source show shop", user="jun")
    await become(ready, "jun", Role.VIEWER)
    before = kept(tmp_path)
    assert _REFUSED in text((await ready.press(shown, "Sync now", user="jun"))[-1])
    assert kept(tmp_path) == before
