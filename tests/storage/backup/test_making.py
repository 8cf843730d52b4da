"""A backup while others make one too, in folders that strangers write to, and on places that refuse or are full."""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from model.errors import BackupError
from storage.archive import Archive
from storage.backup import FOLDER, Backups, Made
from storage.erased import read_erased
from storage.outside import STAMP, Outside
from storage.restore import restore
from storage.sealing import Keyring
from tests.storage.world import HandClock, Room
from tests.support.databases import Place


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def backups(place: Place, here: Room, clock: HandClock) -> Backups:
    """Return what another process on the same database would make backups with."""
    keyring = Keyring.open(place.home, None)
    return Backups(here.db._transactions, place.url, place.home, keyring, clock, Outside())


class Watching(threading.Event):
    """A stop that never comes; each time it is asked for, it looks how the files of a folder begin."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self.seen: set[bytes] = set()

    def is_set(self) -> bool:
        for file in self._folder.iterdir():
            if file.is_file():
                with file.open("rb") as reading:
                    self.seen.add(reading.read(6))
        return False


async def test_one_name_is_one_backups(here: Room, place: Place, clock: HandClock, tmp_path: Path) -> None:
    """Of several that are made under one name at once, one gets it, and is as it was when that was said."""
    others = [backups(place, here, clock) for _ in range(3)]
    keyring = Keyring.open(place.home, None)
    for n in range(4):
        file = tmp_path / f"{n}.backup"
        made = await asyncio.gather(*(one.make(file) for one in others), return_exceptions=True)
        whole = [one for one in made if isinstance(one, Made)]
        assert len(whole) == 1, made
        assert all("is there already" in str(one) for one in made if not isinstance(one, Made)), made
        assert hashlib.sha256(file.read_bytes()).hexdigest() == whole[0].digest
        assert Archive.open(file, keyring).verify() > 0
    assert names(tmp_path) == {"home", *(f"{n}.backup" for n in range(4))}


async def test_nothing_in_the_clear_leaves_the_data_folder(here: Room, place: Place, tmp_path: Path) -> None:
    """Whoever can read the place that a backup goes to sees sealed bytes at any moment."""
    target = tmp_path / "share"
    target.mkdir()
    watching = Watching(target)
    here.db.backups._make(target / "a.backup", watching)
    assert watching.seen
    assert watching.seen <= {b"", b"ARBBAK"}


async def test_links_that_were_laid_out_are_not_followed(here: Room, clock: HandClock, tmp_path: Path) -> None:
    """In a folder that others write to, the names of what is still being written can be guessed."""
    outside, mine = tmp_path / "outside", tmp_path / "mine"
    outside.mkdir()
    mine.write_text("mine")
    name = clock.now().strftime(STAMP)
    for planted in (outside / f".{name}.part", outside / ".a.backup.part", outside / ".erased.part"):
        planted.symlink_to(mine)
    here.db.backups.outside = Outside(outside)
    copy = outside / (await here.db.backups.keep()).file.name
    await here.db.backups.make(outside / "a.backup")
    assert mine.read_text() == "mine"
    assert not copy.is_symlink()
    assert copy.read_bytes()[:6] == b"ARBBAK"


def nightly(folder: Path, clock: HandClock, count: int = 60) -> None:
    """Put as many older backups into a folder."""
    folder.mkdir(mode=0o700, exist_ok=True)
    for n in range(1, count + 1):
        (folder / (clock.now() - timedelta(days=n)).strftime(STAMP)).touch()


async def test_an_outside_that_is_away_fills_no_disk(
    here: Room, place: Place, clock: HandClock, tmp_path: Path
) -> None:
    """The old ones here go all the same: it is tried again every hour, for weeks perhaps."""
    nightly(place.home / FOLDER, clock)
    here.db.backups.outside = Outside(tmp_path / "gone")
    with pytest.raises(BackupError, match="ARB_BACKUP_TO"):
        await here.db.backups.keep()
    assert len(list((place.home / FOLDER).glob("arb-*.backup"))) < 45


async def test_an_outside_that_deletes_nothing_will_do(
    here: Room, clock: HandClock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The copy is there: that it grows is logged, and no reason to make another one."""
    outside = tmp_path / "outside"
    outside.mkdir()
    nightly(outside, clock, 1)
    (outside / "arb-20200101T000000Z.backup").mkdir()  # cannot be unlinked by anybody
    nightly(outside, clock)
    here.db.backups.outside = Outside(outside)
    made = await here.db.backups.keep()
    assert (outside / made.file.name).is_file()
    assert "cannot be deleted" in caplog.text


async def test_a_list_that_cannot_be_kept_outside_is_told(here: Room, place: Place, tmp_path: Path) -> None:
    """The backup is made first: here it lies in any case."""
    outside = tmp_path / "outside"
    (outside / ".erased.lock").mkdir(parents=True)
    (outside / "erased").mkdir()
    here.db.backups.outside = Outside(outside)
    with pytest.raises(BackupError, match="list of erased people"):
        await here.db.backups.keep()
    assert len(list((place.home / FOLDER).glob("arb-*.backup"))) == 1


async def test_a_list_that_cannot_be_read_stops_a_restore(
    here: Room, place: Place, clock: HandClock, tmp_path: Path
) -> None:
    """It may hold somebody."""
    made = await here.db.backups.make(tmp_path / "a.backup")
    await here.db.close()
    (tmp_path / "erased").mkdir()
    keyring = Keyring.open(place.home, None)
    with pytest.raises(BackupError, match="cannot be read: Is a directory"):
        await restore(made.file, place.url, place.home, keyring, clock)
    with pytest.raises(BackupError, match="cannot be read: Is a directory"):
        read_erased(tmp_path, keyring)


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A real disk without room."""
    disk = tmp_path / "home" / FOLDER
    disk.mkdir(parents=True, exist_ok=True)
    mount = ("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk)
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this machine does not let a test mount a disk")
    yield disk
    subprocess.run(("umount", disk), check=True)


async def test_a_full_disk_is_called_so(here: Room, place: Place, full_disk: Path, tmp_path: Path) -> None:
    """And not a damaged database."""
    if place.kind != "sqlite":
        pytest.skip("pg_dump makes no copy")
    with pytest.raises(BackupError, match="No space left"):
        await here.db.backups.make(tmp_path / "a.backup")
    assert not (tmp_path / "a.backup").exists()
    assert names(full_disk) == {".making"}
