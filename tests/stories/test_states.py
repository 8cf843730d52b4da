"""A state machine over reports, templates and members whose roles change, against a small model of who may do what.

After every word the rows are those that the model has and everybody sees his own; a refusal leaves nothing but its line
in the audit, and names nothing that its reader does not see.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bot.platforms.terminal import Said
from commands.door import Visitor
from model.card import Card
from model.delivery import Address, Platform
from model.ids import EventId, MemberId
from model.member import Role
from storage.home import DATABASE_FILE
from storage.tables import METADATA
from tests.support.talk import FixedClock, talking, text

ROLES = {"olga": Role.OWNER, "omar": Role.OWNER, "adi": Role.ADMIN,
         "eve": Role.EDITOR, "jun": Role.EDITOR, "vic": Role.VIEWER}  # fmt: skip
REPORTS, TEMPLATES = ("web-a", "web-b"), ("week-a", "week-b")  # close enough to be taken for one another
BUILT_IN = "weekly"
_TRACES = {"inbox", "audit", "person_keys"}  # what was said, whatever became of it
Rows = dict[str, list[dict[str, object]]]


@dataclass
class Saved:
    """A report as the model has it; `gone`: how long ago it was deleted."""

    name: str
    owner: MemberId
    template: str
    window: str = ""
    paused: bool = False
    shares: dict[MemberId, str] = field(default_factory=dict)
    gone: timedelta | None = None


@dataclass
class Kept:
    """A template as the model has it."""

    owner: MemberId
    shared: bool = False


class World:
    """What should be. Each verb does what was said, and tells whether that is allowed."""

    def __init__(self, ids: dict[str, MemberId]) -> None:
        self.ids, self.roles = ids, dict(ROLES)
        self.saved: list[Saved] = []  # in the order in which they came or were deleted
        self.kept: dict[str, Kept] = {}
        self.running: set[str] = set()  # the templates of runs that are not done

    def reads(self, user: str) -> bool:
        return self.roles[user] >= Role.VIEWER

    def there(self, user: str) -> dict[str, Saved]:
        return {r.name: r for r in self.saved if r.gone is None and self._sees(user, r)}

    def usable(self, user: str) -> set[str]:
        found = {
            n for n, t in self.kept.items() if t.shared or t.owner == self.ids[user] or self.roles[user] >= Role.ADMIN
        }
        return found | {BUILT_IN}

    def new(self, user: str, name: str, template: str) -> bool:
        allowed = self.roles[user] >= Role.EDITOR and template in self.usable(user) and self._free(name)
        if allowed:
            self.saved.append(Saved(name, self.ids[user], template))
        return allowed

    def edit(self, user: str, name: str, template: str, window: str) -> bool:
        report = self._changeable(user, name)
        if report is None or (template != report.template and template not in self.usable(user)):
            return False
        report.template, report.window = template, window
        return True

    def rest(self, user: str, name: str, paused: bool) -> bool:
        if report := self._changeable(user, name):
            report.paused = paused
        return report is not None

    def share(self, user: str, name: str, other: str, may: str) -> bool:
        report = self._owned(user, self.there(user).get(name))
        if report is None or report.owner == self.ids[other]:
            return False
        report.shares.pop(self.ids[other], None)
        if may != "no":
            report.shares[self.ids[other]] = may
        return True

    def delete(self, user: str, name: str) -> bool:
        report = self._owned(user, self.there(user).get(name))
        if report is not None:
            report.gone = timedelta()
            self.saved.remove(report)
            self.saved.append(report)
        return report is not None

    def restore(self, user: str, name: str) -> bool:
        gone = [r for r in self.saved if r.name == name and r.gone is not None and self._sees(user, r)]
        report = self._owned(user, gone[-1]) if gone and self._free(name) else None
        if report is not None:
            report.gone = None
        return report is not None

    def run(self, user: str, name: str) -> bool:
        report = self.there(user).get(name)
        template = name if report is None else report.template
        allowed = self.reads(user) and (not report.paused if report is not None else name in self.usable(user))
        if allowed:
            self.running.add(template)
        return allowed

    def clone(self, user: str, source: str, name: str) -> bool:
        allowed = self.roles[user] >= Role.EDITOR and source in self.usable(user) and name not in self.kept
        if allowed:
            self.kept[name] = Kept(self.ids[user])
        return allowed

    def open(self, user: str, name: str, shared: bool) -> bool:
        if template := self._own(user, name):
            template.shared = shared
        return template is not None

    def remove(self, user: str, name: str) -> bool:
        used = name in self.running or any(r.template == name for r in self.saved)
        if self._own(user, name) is None or used:
            return False
        del self.kept[name]
        return True

    def role(self, giver: str, other: str, wanted: Role) -> bool:
        if self.roles[giver] < Role.ADMIN or max(wanted, self.roles[other]) > self.roles[giver]:
            return False
        if wanted < Role.OWNER and self._last_owner(other):
            return False
        self.roles[other] = wanted
        return True

    def erase(self, user: str) -> bool:
        if self._last_owner(user) or not self.reads(user):
            return False
        for report in self.saved:
            report.shares.pop(self.ids[user], None)
        return True

    def later(self, by: timedelta) -> None:
        for report in self.saved:
            report.gone = None if report.gone is None else report.gone + by
        self.saved = [r for r in self.saved if r.gone is None or r.gone < timedelta(days=1)]

    def _free(self, name: str) -> bool:
        return all(r.name != name or r.gone is not None for r in self.saved)

    def _last_owner(self, user: str) -> bool:
        return [one for one, role in self.roles.items() if role is Role.OWNER] == [user]

    def _sees(self, user: str, report: Saved) -> bool:
        mine = self.ids[user]
        return self.roles[user] >= Role.ADMIN or mine == report.owner or mine in report.shares

    def _owned(self, user: str, report: Saved | None) -> Saved | None:
        owns = report is not None and (self.roles[user] >= Role.ADMIN or report.owner == self.ids[user])
        return report if owns and self.roles[user] >= Role.EDITOR else None

    def _changeable(self, user: str, name: str) -> Saved | None:
        report = self.there(user).get(name)
        shared = report is not None and report.shares.get(self.ids[user]) == "edit" and self.roles[user] >= Role.EDITOR
        return report if shared else self._owned(user, report)

    def _own(self, user: str, name: str) -> Kept | None:
        template = self.kept.get(name)
        owns = template is not None and (template.owner == self.ids[user] or self.roles[user] >= Role.ADMIN)
        return template if owns and self.roles[user] >= Role.EDITOR else None


USERS, NAMES, OWN = map(st.sampled_from, (tuple(ROLES), REPORTS, TEMPLATES))
USED = st.sampled_from((BUILT_IN, *TEMPLATES))


class Office(RuleBasedStateMachine):
    """Six people at one bot. The runs that they start are not worked on: each stays as it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.runner, self.folder = asyncio.Runner(), tempfile.TemporaryDirectory()
        self.home = Path(self.folder.name)
        self.open = talking(self.home, self.home)
        self.talk = self.runner.run(self.open.__aenter__())
        self.said, self.world = 0, World(self.runner.run(self._move_in()))
        self.rows, self.looked_at = self._stored(), Rows()
        self.clone("eve", BUILT_IN, "week-a")  # it begins where most can go wrong
        self.open_up("eve", "week-a", "yes")
        self.new("eve", "web-a", "week-a")
        for user, may in (("jun", "view"), ("vic", "edit")):
            self.share("eve", "web-a", user, may)

    def teardown(self) -> None:
        self.runner.run(self.open.__aexit__(None, None, None))
        self.runner.close()
        self.folder.cleanup()

    @rule(user=USERS, name=NAMES, template=USED)
    def new(self, user: str, name: str, template: str) -> None:
        self._says(user, f"/report new name={name} template={template}", self.world.new(user, name, template))

    @rule(user=USERS, name=NAMES, template=USED, window=st.sampled_from(("7d", "30d")))
    def edit(self, user: str, name: str, template: str, window: str) -> None:
        allowed = self.world.edit(user, name, template, window)
        self._says(user, f"/report edit {name} template={template} window={window}", allowed)

    @rule(user=USERS, name=NAMES, word=st.sampled_from(("pause", "resume")))
    def rest(self, user: str, name: str, word: str) -> None:
        self._says(user, f"/report {word} {name}", self.world.rest(user, name, word == "pause"))

    @rule(user=USERS, name=NAMES, other=USERS, may=st.sampled_from(("view", "edit", "no")))
    def share(self, user: str, name: str, other: str, may: str) -> None:
        self._says(user, f"/report share {name} {other} {may}", self.world.share(user, name, other, may))

    @rule(user=USERS, name=NAMES)
    def delete(self, user: str, name: str) -> None:
        self._says(user, f"/report delete {name} confirmed=yes", self.world.delete(user, name))

    @rule(user=USERS, name=NAMES)
    def restore(self, user: str, name: str) -> None:
        self._says(user, f"/report restore {name}", self.world.restore(user, name))

    @rule(user=USERS, name=st.one_of(NAMES, OWN))
    def run(self, user: str, name: str) -> None:
        self._says(user, f"/report run {name}", self.world.run(user, name))

    @rule(user=USERS, source=USED, name=OWN)
    def clone(self, user: str, source: str, name: str) -> None:
        self._says(user, f"/template clone {source} {name}", self.world.clone(user, source, name))

    @rule(user=USERS, name=OWN)
    def show(self, user: str, name: str) -> None:
        self._says(user, f"/template show {name}", self.world.reads(user) and name in self.world.usable(user))

    @rule(user=USERS, name=OWN, word=st.sampled_from(("yes", "no")))
    def open_up(self, user: str, name: str, word: str) -> None:
        self._says(user, f"/template share {name} {word}", self.world.open(user, name, word == "yes"))

    @rule(user=USERS, name=OWN)
    def remove(self, user: str, name: str) -> None:
        self._says(user, f"/template delete {name} confirmed=yes", self.world.remove(user, name))

    @rule(giver=USERS, other=USERS, role=st.sampled_from(Role))
    def give(self, giver: str, other: str, role: Role) -> None:
        self._says(giver, f"/arb role {other} {role.name.lower()}", self.world.role(giver, other, role))

    @rule(giver=USERS, other=USERS)
    def take(self, giver: str, other: str) -> None:
        self.give(giver, other, Role.EDITOR)

    @rule(user=USERS)
    def erase(self, user: str) -> None:
        allowed = self.world.erase(user)
        self._says(user, "/arb me erase confirmed=yes", allowed)
        if allowed:
            self.world.ids[user] = self.runner.run(self._meet(user))  # whoever speaks from there is somebody new
            self.world.roles[user], self.rows = Role.VIEWER, self._stored()

    @rule(hours=st.sampled_from((9, 24)))
    def wait(self, hours: int) -> None:
        self._pass(timedelta(hours=hours))
        self.runner.run(self._clean())
        self.rows = self._stored()

    @rule(user=USERS)
    def looks(self, user: str) -> None:
        """The door shows what is seen, and nothing else."""
        reads, usable = self.world.reads(user), self.world.usable(user)
        reports = text(self._says(user, "/report list", reads))
        assert {name for name in REPORTS if name in reports} == (set(self.world.there(user)) if reads else set())
        templates = text(self._says(user, "/template list", reads))
        assert {name for name in TEMPLATES if name in templates} == (usable - {BUILT_IN} if reads else set())

    @invariant()
    def nothing_is_lost(self) -> None:
        """The rows are what the model has, those of deleted reports too."""
        shares: dict[object, dict[object, object]] = {}
        for row in self.rows["report_shares"]:
            shares.setdefault(row["report_id"], {})[row["member_id"]] = row["may"]
        reports = [_report(row, shares.get(row["id"], {})) for row in self.rows["reports"]]
        wanted = [
            (r.name, r.owner, r.template, r.window, r.paused, r.gone is not None, r.shares) for r in self.world.saved
        ]
        assert sorted(reports, key=str) == sorted(wanted, key=str)
        templates = {r["name"]: (r["member_id"], bool(r["shared"])) for r in self.rows["templates"] if not r["deleted"]}
        assert templates == {name: (t.owner, t.shared) for name, t in self.world.kept.items()}
        roles = {row["id"]: row["role"] for row in self.rows["members"] if not row["erased"]}
        assert roles == {id: int(self.world.roles[user]) for user, id in self.world.ids.items()}

    @invariant()
    def nothing_leaks(self) -> None:
        """Everybody sees what the model says; it is looked at where anything was changed."""
        if _lasting(self.rows) == self.looked_at:
            return
        self.looked_at = _lasting(self.rows)
        for user, (reports, templates) in self.runner.run(self._seen()).items():
            assert reports == set(self.world.there(user)), user
            assert templates | {BUILT_IN} == self.world.usable(user), user

    def _says(self, user: str, line: str, allowed: bool) -> Said:
        """Say a line; what is refused changes nothing but the audit, and names nothing that its reader cannot see."""
        card, error = self.runner.run(self._answer(user, line))
        self._pass(timedelta(seconds=1))
        before, self.rows = self.rows, self._stored()
        assert error is not allowed, (user, line, text(card))
        assert len(self.rows["audit"]) == len(before["audit"]) + 1
        if error:
            assert _lasting(self.rows) == _lasting(before)
            hidden = {*REPORTS, *TEMPLATES} - set(self.world.there(user)) - self.world.usable(user)
            assert not [name for name in hidden if name in text(card) and name not in line], text(card)
        return card

    async def _answer(self, user: str, line: str) -> tuple[Said, bool]:
        self.said += 1
        here = Visitor(user, user, Address(Platform.TERMINAL, "acme", user), "en")
        answer = await self.talk.app.door.say(EventId(f"terminal:{self.said}"), here, line)
        assert answer is not None
        assert isinstance(answer.shows, Card)
        return Said("card", answer.shows), answer.error

    def _pass(self, time: timedelta) -> None:
        clock = self.talk.app.workshop.clock
        assert isinstance(clock, FixedClock)
        clock.at += time
        self.world.later(time)

    async def _move_in(self) -> dict[str, MemberId]:
        db = self.talk.app.workshop.db
        self.workspace = await db.entrances.enter(Platform.TERMINAL, "acme")
        ids = {user: await self._meet(user) for user in ROLES}
        async with db.write(self.workspace) as stores:
            await stores.sources.add("shop", "git", {"path": "."})
            for user, id in ids.items():
                await stores.members.change(id, role=ROLES[user])
        return ids

    async def _meet(self, user: str) -> MemberId:
        async with self.talk.app.workshop.db.write(self.workspace) as stores:
            return (await stores.members.meet(Platform.TERMINAL, user, user)).id

    async def _clean(self) -> None:  # as the night does
        async with self.talk.app.workshop.db.write(self.workspace) as stores:
            await stores.reports.forget_deleted()

    async def _seen(self) -> dict[str, tuple[set[str], set[str]]]:
        async with self.talk.app.workshop.db.read(self.workspace) as stores:
            found: dict[str, tuple[set[str], set[str]]] = {}
            for user, id in self.world.ids.items():
                member = await stores.members.of(id)
                reports, templates = await stores.reports.seen(member), await stores.templates.all(member)
                found[user] = {r.name for r in reports}, {t.name for t in templates}
            return found

    def _stored(self) -> Rows:
        with closing(sqlite3.connect(self.home / DATABASE_FILE)) as db:
            db.row_factory = sqlite3.Row
            return {t: [dict(row) for row in db.execute(f"SELECT * FROM {t}")] for t in METADATA.tables}


def _report(row: dict[str, object], shares: dict[object, object]) -> tuple[object, ...]:
    made = json.loads(str(row["definition"]))
    paused, gone = row["state"] == "paused", row["deleted"] is not None
    return row["name"], row["member_id"], made["template"], made["window"], paused, gone, shares


def _lasting(rows: Rows) -> Rows:
    """Return the rows without what any line leaves behind; a workspace's row holds the end of the audit's chain."""
    workspaces = [{**row, "audit_anchor": None} for row in rows["workspaces"]]
    return {name: found for name, found in rows.items() if name not in _TRACES} | {"workspaces": workspaces}


TestOffice = Office.TestCase
TestOffice.settings = settings(
    max_examples=settings().max_examples // (3 if settings().max_examples > 25 else 6),
    stateful_step_count=22 if settings().max_examples > 25 else 14,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # each step is some real work: shrinking would take hours
)
