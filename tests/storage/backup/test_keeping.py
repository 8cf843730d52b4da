"""Which backups stay, where they go besides, and what is left behind by those that fail."""

from __future__ import annotations

import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from model.errors import BackupError, ConfigError
from model.health import Health
from storage.archive import Archive
from storage.backup import copy_sqlite
from storage.duties import BACKUP, LastTime
from storage.health import backup_check
from storage.outside import Outside, drop_old, kept
from storage.owners import Owner
from storage.postgres_dump import pg_dump_for
from storage.sealing import Keyring
from tests.storage.world import HandClock, Room
from tests.support.databases import Place

_NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_thirty_days_seven_weeks_three_months_stay() -> None:
    """A year of nightly backups: the newest of each day, week and month."""
    nightly = [_NOON - timedelta(days=n) for n in range(365)]
    stay = sorted(kept(nightly, "UTC"), reverse=True)
    assert stay[:30] == nightly[:30]
    weeks = {at.isocalendar()[:2] for at in nightly[:48]}
    assert {at.isocalendar()[:2] for at in stay} >= set(sorted(weeks, reverse=True)[:7])
    months = [
        max(at for at in nightly if (at.year, at.month) == month) for month in ((2026, 11), (2026, 10), (2026, 9))
    ]
    assert set(months) <= set(stay)
    older = [at for at in stay if at < nightly[29]]
    assert len(older) <= 7 + 3
    assert len(stay) < 41


def test_the_newest_of_a_day_stays_and_a_gap_costs_nothing() -> None:
    """Periods that have a backup count, not those that have passed; a day ends in the installation's zone."""
    a, b = datetime(2026, 11, 19, 14, tzinfo=UTC), datetime(2026, 11, 19, 16, tzinfo=UTC)
    assert kept([a, b], "UTC") == {a, b}  # all of the last day
    assert kept([a, b, _NOON + timedelta(days=3)], "UTC") == {b, _NOON + timedelta(days=3)}
    assert kept([a, b, _NOON + timedelta(days=3)], "Asia/Seoul") == {a, b, _NOON + timedelta(days=3)}
    old = [_NOON - timedelta(days=400 + n) for n in range(5)]
    assert kept([_NOON, *old], "UTC") == {_NOON, *old}
    assert kept([], "UTC") == set()


def test_only_backups_are_deleted(tmp_path: Path) -> None:
    for n in range(60):
        (tmp_path / (_NOON - timedelta(days=n)).strftime("arb-%Y%m%dT%H%M%SZ.backup")).touch()
    for name in ("erased", "notes.txt", "arb-1.backup", "arb-20200101T000000Z.backup.part"):
        (tmp_path / name).touch()
    drop_old(tmp_path, "UTC")
    left = {path.name for path in tmp_path.iterdir()}
    assert {"erased", "notes.txt", "arb-1.backup", "arb-20200101T000000Z.backup.part"} <= left
    assert 30 < len(left) < 45


async def test_it_goes_outside(here: Room, place: Place, tmp_path: Path) -> None:
    """Into a folder, and to a command that is given each file."""
    told = tmp_path / "told"
    script = f"import sys; open({str(told)!r}, 'a').write(sys.argv[-1] + '\\n')"
    outside = tmp_path / "outside"
    outside.mkdir()
    here.db.backups.outside = Outside(outside, (sys.executable, "-c", script))
    made = await here.db.backups.keep()
    copy = outside / made.file.name
    assert copy.read_bytes() == made.file.read_bytes()
    assert copy.stat().st_mode & 0o777 == 0o600
    assert told.read_text().splitlines() == [str(made.file)]
    assert Archive.open(copy, Keyring.open(place.home, None)).verify() > 0


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ((sys.executable, "-c", "import sys; sys.exit(3)"), "exit code 3"),
        (("/no/such/command",), "No such file"),
    ],
)
async def test_a_command_that_fails_is_told(here: Room, command: tuple[str, ...], says: str) -> None:
    """The backup itself is there all the same."""
    here.db.backups.outside = Outside(None, command)
    with pytest.raises(BackupError, match=says):
        await here.db.backups.keep()
    assert len(list((here.db._home / "backups").glob("arb-*.backup"))) == 1


async def test_a_folder_that_is_gone_is_told(here: Room, tmp_path: Path) -> None:
    here.db.backups.outside = Outside(tmp_path / "gone")
    with pytest.raises(BackupError, match="ARB_BACKUP_TO"):
        await here.db.backups.keep()
    assert not (tmp_path / "gone").exists()


async def test_what_is_there_is_not_overwritten_and_nothing_is_left(here: Room, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine")
    with pytest.raises(BackupError, match="is there already"):
        await here.db.backups.make(taken)
    assert taken.read_text() == "mine"
    with pytest.raises(BackupError, match="could not be written"):
        await here.db.backups.make(tmp_path / "no" / "folder")
    made = await here.db.backups.make(tmp_path / "a.backup")
    assert made.file.stat().st_mode & 0o777 == 0o600
    assert names(tmp_path) == {"taken", "a.backup", "home"}


async def test_a_damaged_database_is_not_backed_up(here: Room, place: Place, tmp_path: Path) -> None:
    if place.kind != "sqlite":
        pytest.skip("pg_dump looks at its server's pages itself")
    await here.db.close()
    data = bytearray((place.home / "arb.db").read_bytes())
    data[8192 * 3 :] = b"\xff" * len(data[8192 * 3 :])
    (place.home / "arb.db").write_bytes(data)
    with pytest.raises(BackupError, match="cannot be read to its end"):
        copy_sqlite(place.home / "arb.db", tmp_path / "copy", threading.Event())


async def test_a_stopped_backup_leaves_nothing(here: Room, place: Place, tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(BackupError, match="stopped"):
        here.db.backups._make(tmp_path / "a", stop)
    assert names(tmp_path) == {"home"}


def test_a_pg_dump_that_is_too_old_is_named() -> None:
    with pytest.raises(ConfigError, match=r"PostgreSQL 99|there is none"):
        pg_dump_for(99)


async def test_a_duty_is_one_processs(here: Room, clock: HandClock, tmp_path: Path) -> None:
    """Claimed once, taken over from the dead and after the lease, tried again later where it failed."""
    one, two = Owner.enter(tmp_path / "one"), Owner.enter(tmp_path / "two", local=False)
    duties, due = here.db.duties, clock.now()
    first = await duties.claim(BACKUP, one, due, 60)
    assert first is not None
    assert await duties.claim(BACKUP, two, due, 60) is None
    clock.turn(61)
    second = await duties.claim(BACKUP, two, due, 60)
    assert second is not None
    assert second.fence == first.fence + 1
    with pytest.raises(Exception, match="taken over"):
        await duties.done(first)
    await duties.failed(second, BackupError("no room").message, 3600)
    assert (await duties.standing(BACKUP)).problem == BackupError("no room").message
    assert await duties.claim(BACKUP, one, due, 60) is None
    clock.turn(3601)
    third = await duties.claim(BACKUP, one, due, 60)
    assert third is not None
    await duties.done(third)
    assert (await duties.standing(BACKUP)).problem is None
    assert await duties.claim(BACKUP, one, due, 60) is None
    assert await duties.claim(BACKUP, one, clock.now() + timedelta(seconds=1), 60) is not None
    one.leave()
    assert await duties.claim(BACKUP, Owner.enter(tmp_path / "one"), clock.now() + timedelta(seconds=1), 60) is not None


def test_a_missing_backup_is_told() -> None:
    """After 26 hours; a new installation has time until then."""
    hour = timedelta(hours=1)
    good = LastTime(_NOON - 25 * hour)
    assert backup_check(good, None, _NOON).health is Health.OK
    assert backup_check(replace(good, done=_NOON - 27 * hour), None, _NOON).health is Health.ATTENTION
    assert backup_check(LastTime(), None, _NOON).health is Health.OK
    assert backup_check(LastTime(), _NOON - 25 * hour, _NOON).health is Health.OK
    assert backup_check(LastTime(), _NOON - 27 * hour, _NOON).health is Health.ATTENTION
    failed = backup_check(replace(good, problem=BackupError("no room").message), None, _NOON)
    assert failed.health is Health.ATTENTION
    assert "no room" in failed.means.plain()
