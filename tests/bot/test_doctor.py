"""`arb doctor`: every part as a row, also where the process would not start; its exit code."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.doctor import examine, python_check, strange_check
from bot.fonts import font_check
from bot.settings import Settings
from model.health import Check, Health
from model.language import Language, Message
from storage.health import clock_check, disk_of
from storage.sealing import Keyring
from tests.storage.world import HandClock
from tests.support.databases import Place
from tests.support.talk import FixedClock, Talk, talking, text
from tests.support.typed import Arb
from writers.lettering import REGULAR

PARTS = ["Python", "git", "Fonts", "Settings", "Database", "Keys", "Disk", "Clock", "Backup", "Sources"]


async def _examined(home: Path, settings: Settings | Check | None = None) -> dict[str, Check]:
    given = settings or Settings(home=home, language="en", time_zone="UTC", database_url=None)
    return {check.part.plain(): check async for check in examine(given, {}, "acme")}


def test_a_fresh_installation_is_well(arb: Arb, tmp_path: Path) -> None:
    """Every part has a row; a missing source needs attention and is not critical."""
    done = arb(tmp_path / "home", "doctor")
    assert done.returncode == 0, done.stderr
    rows = [line.split("  ")[0] for line in done.stdout.splitlines() if "  OK  " in line or "  Attention  " in line]
    assert [row.strip() for row in rows] == PARTS
    assert "/arb start" in done.stdout


def test_settings_that_are_none_are_named(arb: Arb, tmp_path: Path) -> None:
    """Those of the environment and of `.env`, with the one that was meant; never with a value."""
    (tmp_path / ".env").write_text("ARB_LANGUAG=geheim\nOTHER=1\n")
    done = arb(tmp_path / "home", "doctor", "--lang", "ko", ARB_TIMEZONE="geheim", ARB_NONSENSE_OF_MINE="geheim")
    assert done.returncode == 0, done.stderr
    for piece in (
        "ARB_TIME_ZONE을 뜻하셨나요?",
        "ARB_LANGUAGE를 뜻하셨나요?",
        "ARB_NONSENSE_OF_MINE",
        "docs/settings.md",
    ):
        assert piece in done.stdout, done.stdout
    assert "geheim" not in done.stdout
    assert "OTHER" not in done.stdout


def test_wrong_settings_are_critical(arb: Arb, tmp_path: Path) -> None:
    """Also where nothing else could start."""
    done = arb(tmp_path / "home", "doctor", ARB_TIME_ZONE="Mars/Olympus")
    assert done.returncode == 1
    assert "ARB_TIME_ZONE" in done.stdout
    assert "Critical" in done.stdout
    assert "Traceback" not in done.stderr


async def test_the_font_of_pictures_is_ours_and_has_all_of_hangul(tmp_path: Path) -> None:
    assert (await font_check()).health is Health.OK
    cut = tmp_path / "cut.otf"
    cut.write_bytes(REGULAR.read_bytes()[:5000])
    for file in (cut, tmp_path / "gone.otf"):
        found = await font_check([REGULAR, file])
        assert found.health is Health.ATTENTION
        assert found.do is not None


async def test_a_key_file_that_others_read(tmp_path: Path) -> None:
    home = tmp_path / "home"
    Keyring.open(home, None)
    (home / "keys").chmod(0o644)
    found = (await _examined(home))["Keys"]
    assert found.health is Health.CRITICAL
    assert found.do is not None
    assert "chmod 600" in found.do.plain()


@pytest.mark.parametrize("content", [b"this is no database at all" * 400, b"SQLite format 3\0" + b"\xff" * 9000])
async def test_a_database_that_does_not_open(tmp_path: Path, content: bytes) -> None:
    home = tmp_path / "home"
    Keyring.open(home, None)
    (home / "arb.db").write_bytes(content)
    found = await _examined(home)
    assert found["Database"].health is Health.CRITICAL
    assert {"Disk", "Clock"} <= found.keys()  # what may be the cause is looked at all the same


async def test_a_page_that_was_overwritten(tmp_path: Path) -> None:
    """The file opens, and is not whole."""
    home = tmp_path / "home"
    async with talking(home, tmp_path) as talk:
        await talk.say("/arb me")
    data = bytearray((home / "arb.db").read_bytes())
    data[-8192 * 6 :] = os.urandom(8192 * 6)
    (home / "arb.db").write_bytes(data)
    found = (await _examined(home))["Database"]
    assert found.health is Health.CRITICAL


async def test_a_data_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    found = await _examined(tmp_path / "home")
    assert found["Data folder"].health is Health.CRITICAL


async def test_both_databases_are_well(place: Place) -> None:
    clock = HandClock()
    db = await place.open(clock)
    found = {check.part.plain(): check for check in await db.checks()}
    assert found["Database"].health is Health.OK
    assert {"sqlite": "SQLite", "postgres": "PostgreSQL"}[place.kind] in found["Database"].means.plain()
    assert found["Keys"].health is Health.OK
    await db.close()


def test_bounds_of_disk_clock_and_python(tmp_path: Path) -> None:
    free = [(99, Health.CRITICAL), (100, Health.ATTENTION), (999, Health.ATTENTION), (1000, Health.OK)]
    assert [disk_of(megabytes * 1_000_000).health for megabytes, _ in free] == [health for _, health in free]
    (tmp_path / "now").touch()
    now = datetime.fromtimestamp((tmp_path / "now").stat().st_mtime, UTC)
    assert clock_check(tmp_path, now).health is Health.OK
    assert clock_check(tmp_path, now - timedelta(minutes=2)).health is Health.ATTENTION
    assert clock_check(tmp_path / "gone", now).health is Health.CRITICAL
    assert python_check((3, 10)).health is Health.CRITICAL
    assert python_check((3, 13)).health is Health.OK
    assert strange_check("ARB_X", None).health is Health.ATTENTION


async def test_doctor_in_chat(ready: Talk, tmp_path: Path) -> None:
    """For admins; a source that cannot be read is named with what to do."""
    assert "admin" in text(await ready.say("/arb doctor", user="jun"))
    shown = text(await ready.say("/arb doctor"))
    for piece in (
        "Source shop",
        "It can be read.",
        "SQLite can be written",
        "s apart",
    ):  # the story's clock stands still
        assert piece in shown, shown
    (tmp_path / "shop").rename(tmp_path / "moved")
    shown = text(await ready.say("/arb doctor"))
    assert "Source shop" in shown
    assert "What to do" in shown
    korean = text(await ready.say("/arb doctor", lang="ko"))
    for piece in ("데이터베이스", "정상", "주의", "할 일"):
        assert piece in korean, korean
    assert str(tmp_path / "home") not in shown + korean


async def test_no_source_and_a_clock_of_the_storys(tmp_path: Path) -> None:
    """The workspace that nobody entered has no source; another clock is compared with the files'."""
    settings = Settings(home=tmp_path / "home", language="en", time_zone="UTC", database_url=None)
    found = [check async for check in examine(settings, {"ARB_X": None}, "acme", FixedClock())]
    assert Message("Sources") in [check.part for check in found]
    assert Language("en").say(found[-1].means) == "There is no source yet."
