"""A report, then anything happens to its sources: what was asked of it stays, and "now?" names just what differs.

The test counts by itself, from the rows that it has written: it asks no code of ours what a figure is.
"""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from bot.platforms.terminal import Said
from model.card import Table, Text, plain
from reports.moved import MOST
from tests.conftest import PROVE
from tests.support.repositories import Builder, git, init
from tests.support.repository import seconds
from tests.support.talk import Talk, talking, text

_MONDAY = date(2026, 11, 9)
_DAYS = [_MONDAY + timedelta(days=n) for n in range(7)]
_RUN = "/report run weekly source=a,b,git window=2026-11-09..2026-11-16"
_ASKED = ("how much Alpha?", "how much Alpha in kr?", "Both by region?", "how many Both?", "Beta on Tuesday?",
          "what needs attention?", "list the stale branches", "what changed?")  # fmt: skip
_BRANCHES = ("api/one", "web/two", "x/three")
# What each figure is made of: its name for people, the sources that feed it, and the column that it adds up.
_FIGURES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "Alpha": (("a",), "amount"), "Beta": (("b",), "amount"), "Both": (("a", "b"), "one"),
}  # fmt: skip
Row = tuple[int, str, int, int]  # id, region, amount, day of the window
State = Literal["read", "gone", "broken"]


@dataclass(frozen=True)
class World:
    """What the sources hold, and whether each can be read."""

    rows: Mapping[str, tuple[Row, ...]]
    branches: frozenset[str]
    states: Mapping[str, State] = field(default_factory=dict)

    def lost(self, source: str) -> bool:
        return self.states.get(source, "read") != "read"

    def figures(self) -> dict[str, int]:
        """Count everything that is not 0, as one would by hand."""
        found: dict[str, int] = {}
        for name, (sources, column) in _FIGURES.items():
            for source in sources:
                for _, region, amount, day in self.rows[source]:
                    value = amount if column == "amount" else 1
                    for key in (name, f"{name} · {region}", f"{name} · {_DAYS[day]}"):
                        found[key] = found.get(key, 0) + value
        found |= {"Open branches": len(self.branches), "Stale branches": len(self.branches)}
        return {key: value for key, value in found.items() if value}

    def seen(self) -> set[str]:
        """Return the figures that are there whatever can be read: totals, days, and groups in what can be."""
        groups = {f"{name} · {row[1]}" for name, (sources, _) in _FIGURES.items()
                  for source in sources if not self.lost(source) for row in self.rows[source]}  # fmt: skip
        days = {f"{name} · {day}" for name in _FIGURES for day in _DAYS}
        return groups | days | _FIGURES.keys() | {"Open branches", "Stale branches"}

    def unknown(self, key: str) -> bool:
        """Tell whether a figure rests on something that cannot be read."""
        return any(self.lost(source) for source in _FIGURES.get(key.partition(" · ")[0], (("git",), ""))[0])


def _row() -> st.SearchStrategy[Row]:
    return st.tuples(st.integers(1, 6), st.sampled_from(["kr", "us"]), st.integers(1, 2000), st.integers(0, 6))


def _rows() -> st.SearchStrategy[tuple[Row, ...]]:
    return st.lists(_row(), max_size=5, unique_by=lambda row: row[0]).map(tuple)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[World, World]:
    """Return how the sources stand when they are reported on, and later: rows added, taken out, changed; or lost."""
    then = World({name: draw(_rows()) for name in "ab"}, draw(st.frozensets(st.sampled_from(_BRANCHES))))
    rows = {}
    for name, before in then.rows.items():
        left = {row[0]: row for row in before if draw(st.integers(0, 3))}
        edited = {row[0]: row for row in draw(_rows())}
        rows[name] = tuple((left | edited).values()) if draw(st.booleans()) else before
    states: dict[str, State] = {
        name: draw(st.sampled_from(["read", "read", "read", "gone", "broken"])) for name in "ab"
    }
    states["git"] = draw(st.sampled_from(["read", "read", "read", "gone"]))
    return then, World(rows, draw(st.frozensets(st.sampled_from(_BRANCHES))), states)


@dataclass
class Place:
    """The bot, and the folder in which its sources are."""

    talk: Talk
    folder: Path
    tips: Mapping[str, str]

    def put(self, world: World) -> None:
        """Make the sources what they are in a world."""
        for name, rows in world.rows.items():
            path = self.folder / f"{name}.csv"
            with path.open("w", encoding="utf-8", newline="") as file:
                out = csv.writer(file)
                out.writerow(("id", "region", "amount", "at"))
                out.writerow((0, "kr", 1, "2026-10-01"))  # before both windows: it is known from there on
                out.writerows((id, region, amount, _DAYS[day]) for id, region, amount, day in rows)
                if world.states.get(name) == "broken":
                    file.write("9,kr\n")
            if world.states.get(name) == "gone":
                path.unlink()
        here, away = self.folder / "git", self.folder / "away"
        if away.exists():
            away.rename(here)
        refs = (f"{'update' if name in world.branches else 'delete'} refs/heads/{name}" for name in _BRANCHES)
        tips = (f"{ref} {self.tips[ref.partition('heads/')[2]]}" if ref.startswith("update") else ref for ref in refs)
        git(here, "update-ref", "--stdin", feed="\n".join(tips) + "\n")
        if world.states.get("git") == "gone":
            here.rename(away)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    folder = tmp_path / "data"
    made = Builder(init(folder / "git"))
    start = made.commit("main", seconds("2026-09-01T09:00Z"), {b"x": b"x\n"})
    marks = {name: made.commit(name, seconds("2026-10-01T09:00Z"), {name.encode(): b"x\n"}, parents=[start])
             for name in _BRANCHES}  # fmt: skip
    names = made.write()
    async with talking(tmp_path / "home", folder, data_roots=(folder,)) as talk:
        found = Place(talk, folder, {name: names[mark] for name, mark in marks.items()})
        found.put(World({"a": (), "b": ()}, frozenset()))
        for name, own in (("a", 'alpha "Alpha"'), ("b", 'beta "Beta"')):
            columns = f"path={folder / f'{name}.csv'} key=id at=at labels='region = region' numbers='amount = amount'"
            figures = f'{own} (unit=count by=region) = sum amount\nboth "Both" (unit=count by=region) = count'
            added = await talk.say(f"/source add file name={name} {columns} figures='{figures}'")
            assert added.kind == "card", text(added)
        assert (await talk.say(f"/source add git name=git path={folder / 'git'}")).kind == "card"
        assert (await talk.say("/arb settings most_questions_a_day=10000")).kind == "card"
        yield found
        shutil.rmtree(folder)


def _moved(said: Said) -> dict[str, tuple[str, str]]:
    """Return what an answer says has moved: the figure's name → as it was, as it is."""
    tables = [block for block in said.card.blocks if isinstance(block, Table) and len(block.head) == 4]
    rows = [tuple(map(plain, row)) for table in tables for row in table.rows]
    assert len({row[0] for row in rows}) == len(rows)
    return {row[0]: (row[1], row[2]) for row in rows}


def _expected(then: World, now: World) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield the differences: of what cannot be read any more, all that there was or might have been."""
    was, is_now = then.figures(), now.figures()
    for key in now.seen() | was.keys() | is_now.keys():
        unknown = now.unknown(key)
        if unknown and key not in was and key not in now.seen():
            continue  # a group that the report did not have, of what nobody can read
        before, after = was.get(key, 0), is_now.get(key, 0)
        if unknown or before != after:
            yield key, (f"{before:,}", "not known" if unknown else f"{after:,}")


def _findings(said: Said) -> set[tuple[str, str]]:
    lines = [plain(line) for block in said.card.blocks if isinstance(block, Text) and block.bullets
             for line in block.lines]  # fmt: skip
    return {(title, state) for line in lines for title, _, state in [line.partition(": ")]}


_LATER = (
    World(
        {"a": ((1, "kr", 30, 1), (2, "us", 5, 2)), "b": ((1, "kr", 7, 1), (3, "us", 1_200, 4))},
        frozenset(_BRANCHES[:2]),
    ),
    World(
        {"a": ((1, "kr", 31, 1), (4, "us", 9, 6)), "b": ((1, "kr", 7, 1),)}, frozenset(_BRANCHES[1:]), {"b": "broken"}
    ),
)


@example(_LATER)
@settings(
    max_examples=200,
    phases=list(Phase) if PROVE else [Phase.explicit],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(worlds())
async def test_the_report_stays_and_now_names_what_differs(place: Place, both: tuple[World, World]) -> None:
    then, now = both
    talk, figures = place.talk, then.figures()
    place.put(then)
    run = (await talk.say(_RUN)).card.run
    answers = [text(await talk.say(f"/ask {line} run={run}")) for line in _ASKED]
    assert re.search(rf"Alpha: {figures.get('Alpha', 0):,}[;.]", answers[0]), answers[0]
    assert re.search(rf"Both: {figures.get('Both', 0):,}[;.]", answers[3]), answers[3]
    assert re.search(rf"Beta · 10 Nov 2026: {figures.get('Beta · 2026-11-10', 0):,}\.", answers[4]), answers[4]
    place.put(now)
    said = await talk.say(f"/ask now? run={run}")
    moved = _moved(said)
    of_git = {key for key in moved if key.partition(" · ")[0] not in {*_FIGURES, "Open branches", "Stale branches"}}
    assert bool(of_git) == now.lost("git")
    assert {value for key in of_git for value in [moved.pop(key)[1]]} <= {"not known"}
    expected = dict(_expected(then, now))
    if (more := re.search(r"and (\d+) more", text(said))) is None:
        assert moved == expected
    else:  # a message has room for so many; the totals are among them
        assert len(moved) + len(of_git) == MOST
        assert moved.items() <= expected.items()
        assert now.lost("git") or MOST + int(more[1]) == len(expected)
    gone, new = then.branches - now.branches, now.branches - then.branches
    findings = set() if now.lost("git") else {
        *((name, "no longer on the list") for name in gone), *((name, "new") for name in new),
    }  # fmt: skip
    assert _findings(said) == findings
    lost = [name for name in ("a", "b", "git") if now.lost(name)]
    unread = re.search(r"(.+) could not be read just now\.", text(said))
    assert (re.findall(r"\w+", unread[1].replace(" and ", " ")) if unread else []) == lost
    one = _moved(await talk.say(f"/ask how much Alpha now? run={run}"))
    assert one == {key: value for key, value in _expected(then, now) if key.startswith("Alpha")}
    await talk.say(_RUN)  # others have read them too
    assert [text(await talk.say(f"/ask {line} run={run}")) for line in _ASKED] == answers
