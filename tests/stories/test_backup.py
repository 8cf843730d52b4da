"""Backups as people and operators meet them: in the chat, at the command line, by themselves every night."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.housekeeping import Housekeeping, last
from reports.restored import wind_up
from storage.duties import SCRUB
from storage.outside import Outside
from storage.restore import restore
from storage.sealing import Keyring
from tests.stories.test_schedules import clock, shown
from tests.support.talk import NOW, FixedClock, Talk, talking, text
from tests.support.typed import Arb


def backups(home: Path) -> list[Path]:
    return sorted((home / "backups").glob("arb-*.backup"))


async def test_backup_in_a_chat(ready: Talk, tmp_path: Path) -> None:
    """For admins: where it lies, how large it is, its digest, and that the key is not in it; never a file or a path."""
    assert "admin" in text(await ready.say("/arb backup", user="jun"))
    said = await ready.say("/arb backup")
    (file,) = backups(tmp_path / "home")
    card = text(said)
    for piece in (f"backups/{file.name}", "SHA-256", "kB", "The key that opens it is not in it", "nowhere"):
        assert piece in card, card
    assert said.files == ()
    assert str(tmp_path) not in card
    korean = text(await ready.say("/arb backup", lang="ko"))
    for piece in ("백업을 만들었습니다", "크기", "외부 보관", "없음", "백업을 여는 키는 백업에 들어 있지 않습니다"):
        assert piece in korean, korean
    assert len(backups(tmp_path / "home")) == 2
    assert "Backup" in text(await ready.say("/arb status"))
    assert "The last one was made 0 hours ago." in shown(await ready.say("/arb doctor"))


async def test_a_missing_and_a_failed_backup_are_told(ready: Talk, tmp_path: Path) -> None:
    """In the doctor and in the status, in both languages."""
    await ready.say("/arb backup")
    async with talking(tmp_path / "home", tmp_path, NOW + timedelta(hours=30)) as later:
        assert "overdue" in text(await later.say("/arb status"))
        assert "The last one was made 30 hours ago." in shown(await later.say("/arb doctor"))
        assert "마지막 백업은 30시간 전에 만들었습니다." in shown(await later.say("/arb doctor", lang="ko"))
        later.app.workshop.db.backups.outside = Outside(tmp_path / "gone")
        await later.app.housekeeping.drain()
        heard = [text(one) for one in await later.hear("/arb status")]
        assert any("the last one failed" in one for one in heard)
        assert sum("The nightly backup failed" in one for one in heard) == 1, heard
        assert "could not be copied to ARB_BACKUP_TO" in shown(await later.say("/arb doctor"))
        assert "백업이 데이터 폴더에만 있습니다." in shown(await later.say("/arb doctor", lang="ko"))
        clock(later).at += timedelta(hours=1)
        await later.app.housekeeping.drain()  # it fails again, and its owner is told once
        assert not any("nightly backup failed" in text(one) for one in await later.hear("/arb me"))
        later.app.workshop.db.backups.outside = Outside()
        clock(later).at += timedelta(hours=1)
        await later.app.housekeeping.drain()
        assert "The last one was made 0 hours ago." in shown(await later.say("/arb doctor"))


async def test_every_night_once(tmp_path: Path) -> None:
    """At 02:00 in the zone, by one of two processes; a night that was missed is made up for at the next start."""
    home, evening = tmp_path / "home", datetime(2026, 11, 20, 16, 59, tzinfo=UTC)  # 01:59 in Seoul
    async with talking(home, tmp_path, evening) as one, talking(home, tmp_path, evening) as two:

        async def pass_(span: timedelta) -> int:
            """Let time go by, have both look, and return how many backups there are then."""
            for talk in (one, two):
                clock(talk).at += span
            await asyncio.gather(*(_house(talk).drain() for talk in (one, two)))
            return len(backups(home))

        assert await pass_(timedelta(0)) == 1  # there was none at all before
        assert await pass_(timedelta(0)) == 1
        assert await pass_(timedelta(minutes=1)) == 2
        assert await pass_(timedelta(hours=23, minutes=59)) == 2
        assert await pass_(timedelta(days=3)) == 2  # one was made; of the first day the newer one stays
        assert await pass_(timedelta(minutes=1)) == 3


def _house(talk: Talk) -> Housekeeping:
    return Housekeeping(talk.app.workshop.db, talk.app.owner, clock(talk), "Asia/Seoul")


def test_the_last_two_oclock() -> None:
    seoul, berlin = ZoneInfo("Asia/Seoul"), ZoneInfo("Europe/Berlin")
    assert last(time(2), datetime(2026, 11, 20, 17, 0, tzinfo=UTC), seoul) == datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
    assert last(time(2), datetime(2026, 11, 20, 16, 59, tzinfo=UTC), seoul) == datetime(2026, 11, 19, 17, 0, tzinfo=UTC)
    for hour in range(24 * 400):  # each day has one, also where the clocks change
        now = datetime(2026, 1, 2, tzinfo=UTC) + timedelta(hours=hour)
        assert timedelta(0) <= now - last(time(2), now, berlin) <= timedelta(hours=25)


async def test_a_scrub_that_was_killed_is_repeated(talk: Talk, tmp_path: Path) -> None:
    """Who is erased asks for it in the same transaction; the next start does what was left."""
    await talk.say("/arb me shown=Canary-in-the-file")
    await talk.say("/arb me", user="jun")
    await talk.say("/arb role jun owner")
    db = talk.app.workshop.db
    workspace = (await db.entrances.workspaces())[0]
    async with db.write(workspace) as stores:
        mina = next(one for one in await stores.members.all() if one.shown == "Canary-in-the-file")
        await stores.people.erasing.erase(mina)  # … and killed here, before the scrub
    assert await db.duties.asked(SCRUB) is not None
    assert not (tmp_path / "home" / "erased").exists()
    async with talking(tmp_path / "home", tmp_path) as after:
        await after.app.take_up()
        assert await db.duties.asked(SCRUB) is None
        assert (tmp_path / "home" / "erased").exists()


def _rows(home: Path) -> int:
    with closing(sqlite3.connect(home / "arb.db")) as db:
        return int(db.execute("select count(*) from members").fetchone()[0])


def test_at_the_command_line(arb: Arb, tmp_path: Path) -> None:
    """Back up, go on, restore: asked before, told after; the exit codes say how it went."""
    home, file = tmp_path / "home", tmp_path / "one.backup"
    assert arb(home, "say", "/arb me").returncode == 0
    done = arb(home, "backup", str(file))
    assert done.returncode == 0, done.stderr
    assert "SHA-256" in done.stdout
    assert "The key that opens it is not in it: keep a copy of" in done.stdout
    again = arb(home, "backup", str(file))
    assert (again.returncode, "is there already" in again.stderr) == (1, True)
    assert arb(home, "say", "--as", "jun", "/arb me").returncode == 0
    assert _rows(home) == 2
    checked = arb(home, "restore", "--check", str(file))
    assert (checked.returncode, "Every byte of the backup is genuine." in checked.stdout) == (0, True)
    refused = arb(home, "restore", str(file), typed="n\n")
    assert (refused.returncode, _rows(home)) == (1, 2)
    restored = arb(home, "restore", str(file), "--lang", "ko", typed="y\n")
    assert restored.returncode == 0, restored.stderr
    assert "복원했습니다." in restored.stdout
    assert "arb.db.before-restore-" in restored.stdout
    assert _rows(home) == 1
    assert arb(home, "doctor").returncode == 0


def test_what_the_command_line_refuses(arb: Arb, tmp_path: Path) -> None:
    """Nothing there, no backup, a home without a key: nothing is made, and no key is invented."""
    home = tmp_path / "home"
    (tmp_path / "letter").write_text("Dear operator")
    alone = arb(home, "restore", "--yes", str(tmp_path / "letter"))
    assert (alone.returncode, "There is no key file" in alone.stderr) == (2, True)
    assert not home.exists()
    assert arb(home, "say", "/arb me").returncode == 0
    for name, told in (("letter", "no backup that ARB made"), ("nothing", "cannot be read")):
        done = arb(home, "restore", "--yes", str(tmp_path / name))
        assert (done.returncode, told in done.stderr) == (1, True), done.stderr
        assert "Traceback" not in done.stderr
    assert _rows(home) == 1


async def test_schedules_go_on_from_now(repository: Path, tmp_path: Path) -> None:
    """What fell between backup and restore is listed as missed with its reason, and never runs."""
    home, later = tmp_path / "home", NOW + timedelta(days=3, hours=2)
    async with talking(home, tmp_path) as before:
        await before.say(f"/source add git name=shop path={repository}")
        await before.say("/report new name=day template=daily")
        await before.say("/schedule add day daily 10:00")
        file = (await before.app.workshop.db.backups.keep()).file
    await restore(file, None, home, Keyring.open(home, None), FixedClock(later))
    async with talking(home, tmp_path, later) as after:
        db = after.app.workshop.db
        assert await wind_up(db, clock(after)) == 1
        assert await wind_up(db, clock(after)) == 0
        missed = text(await after.say("/report missed"))
        assert missed.count("not run") == missed.count("A backup was restored") == 4, missed
        assert await after.app.schedules.drain() == 0
        assert await _runs(after) == 0
        assert "24 Nov 2026 10:00" in text(await after.say("/schedule list"))
        clock(after).at = later + timedelta(days=1)
        assert await after.app.schedules.drain() == 1
        assert await _runs(after) == 1


async def _runs(talk: Talk) -> int:
    db = talk.app.workshop.db
    async with db.read((await db.entrances.workspaces())[0]) as stores:
        return len(await stores.runs.list(50))
