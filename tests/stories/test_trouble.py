"""Trouble that people make, or that befalls the machine: a clear answer, and the next call works."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.support.repository import small_repository
from tests.support.talk import Talk, talking, text
from tests.support.typed import Arb


async def test_a_window_of_a_thousand_years_is_refused(ready: Talk) -> None:
    """It would hold the process for minutes."""
    said = await ready.say("/report run weekly window=1970-01-01..2999-12-31")
    assert said.kind == "error"
    assert "at most 3,660 days" in text(said)


async def test_a_source_stays_where_it_was_added(ready: Talk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path means the same folder wherever the bot is started next."""
    monkeypatch.chdir(tmp_path / "shop")
    await ready.say("/source add git name=here path=.")
    small_repository(tmp_path / "elsewhere")
    monkeypatch.chdir(tmp_path / "elsewhere")
    await ready.say("/source sync here")
    monkeypatch.chdir(tmp_path)
    assert (await ready.say("/source sync here")).kind == "card"


async def test_run_again_runs_the_same(ready: Talk, tmp_path: Path) -> None:
    """The same sources and manners, also when there are others by now."""
    await ready.say(f"/source add git name=other path={small_repository(tmp_path / 'other')}")
    report = await ready.say("/report run weekly source=shop window=2026-11-09..2026-11-16 people=no")
    again = (await ready.press(report, "Run again"))[-1]
    assert again.card.subtitle == "shop"
    assert "김준" not in text(again)


async def test_a_source_that_cannot_be_read_is_an_error_for_scripts(ready: Talk, tmp_path: Path) -> None:
    """Exit code 1, the reason in words."""
    (tmp_path / "shop").rename(tmp_path / "gone")
    said = await ready.say("/source sync shop")
    assert said.kind == "error"
    assert "could not be read" in text(said)


async def begun(home: Path) -> Path:
    """Return the home of a bot to which something was said."""
    async with talking(home, home.parent) as talk:
        await talk.say("/arb me", workspace="default")
    return home


async def test_an_event_that_nobody_can_read_stops_nobody(arb: Arb, tmp_path: Path) -> None:
    """It is given up; everything else goes on."""
    home = await begun(tmp_path / "home")
    with sqlite3.connect(home / "arb.db") as db:
        db.execute("update inbox set done = 0, owner = 'dead', said = x'0102'")
    done = arb(home, "say", "/arb me")
    assert done.returncode == 0, done.stderr
    with sqlite3.connect(home / "arb.db") as db:
        assert db.execute("select count(*) from inbox where not done").fetchone() == (0,)


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 9000])
async def test_a_damaged_database_is_named(arb: Arb, tmp_path: Path, content: bytes) -> None:
    """No traceback; what to look at."""
    home = await begun(tmp_path / "home")
    for path in home.glob("arb.db*"):
        path.unlink()
    (home / "arb.db").write_bytes(content)
    done = arb(home, "say", "/arb me")
    assert done.returncode == 1
    assert "arb doctor" in done.stderr
    assert "Traceback" not in done.stderr


async def test_a_lost_key_file_is_named(arb: Arb, tmp_path: Path) -> None:
    """No new key is made silently: nothing sealed would ever open again."""
    home = await begun(tmp_path / "home")
    (home / "keys").unlink()
    done = arb(home, "say", "/arb me")
    assert done.returncode == 2
    assert "ARB_MASTER_KEYS" in done.stderr
    assert not (home / "keys").exists()


def test_a_home_that_is_a_file_is_named(arb: Arb, tmp_path: Path) -> None:
    """No traceback; the setting is named."""
    (tmp_path / "home").write_text("a file")
    done = arb(tmp_path / "home", "say", "/arb me")
    assert done.returncode == 2
    assert "ARB_HOME" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["with space, ap'os and quo\"te", "한글 저장소"])
def test_demo_of_any_folder_name(arb: Arb, tmp_path: Path, name: str) -> None:
    """Quotes, spaces and Korean."""
    small_repository(tmp_path / name)
    done = arb(tmp_path / "home", "demo", str(tmp_path / name), "--out", str(tmp_path / "demo"), root=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    shutil.rmtree(tmp_path / "demo")
