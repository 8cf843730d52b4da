"""Reports as files: whole or not at all, under their root or nowhere, the same file however often."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from model.card import Action, Card, Text, text_line
from model.clock import SystemClock
from model.delivery import Destination, Payload, Receipt
from model.errors import DestinationRefused, DestinationUnavailable, UsageError
from model.ids import delivery_id
from tests.support.cards import HOSTILE, hostile
from tests.support.nursery import Nursery
from tests.support.talk import NOW
from tests.writers.scribe import TO, files, words

KEY = delivery_id()
CARD = Card("Weekly", (Text((text_line("Merged 41."),)),), "en", (Action("Again", "report run"),), run="7Q2F")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "outbox").mkdir()
    return tmp_path / "outbox"


def _below(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*"))


@pytest.mark.parametrize(
    ("form", "start"), [("md", "# Weekly\n"), ("html", "<!doctype html>"), ("json", '{"blocks":'), ("txt", "Weekly\n")]
)
async def test_each_kind_of_file(root: Path, form: str, start: str) -> None:
    """Named by run and delivery, readable for its owner only."""
    place: Destination = files(root, form=form)
    (payload,) = place.render(CARD)
    receipt = await place.send(TO, payload, KEY)
    assert receipt == Receipt("weekly", f"7Q2F-{KEY}.{form}", NOW)
    assert _below(root) == ["weekly", f"weekly/7Q2F-{KEY}.{form}"]
    written = root / "weekly" / receipt.message
    assert written.read_text("utf-8").startswith(start)
    assert "Merged 41." in written.read_text("utf-8")
    assert "Again" not in written.read_text("utf-8")
    assert (written.stat().st_mode & 0o777, written.parent.stat().st_mode & 0o777) == (0o600, 0o700)


async def test_a_repeat_is_the_same_file(root: Path) -> None:
    """Sent again, edited or marked: one file, with what came last."""
    place = files(root)
    (payload,) = place.render(CARD)
    receipt = await place.send(TO, payload, KEY)
    assert await place.send(TO, payload, KEY) == receipt
    (later,) = place.render(Card("Weekly, done", CARD.blocks, "en", run="7Q2F"))
    assert await files(root, form="html").edit(TO, receipt, later) == receipt
    assert _below(root) == ["weekly", f"weekly/{receipt.message}"]
    assert (root / "weekly" / receipt.message).read_text("utf-8").startswith("# Weekly, done\n")
    await place.send(TO, place.repeated(payload, "ko"), KEY)
    assert "다시" in (root / "weekly" / receipt.message).read_text("utf-8")


async def test_a_file_can_be_asked_for(root: Path) -> None:
    """By its key, whatever its kind is by now; a draft, a link or a folder is no file."""
    place = files(root)
    assert await place.find(TO, KEY, NOW) is None
    receipt = await place.send(TO, place.render(CARD)[0], KEY)
    assert await files(root, form="html").find(TO, KEY, NOW) == receipt
    assert await place.find(TO, delivery_id(), NOW) is None
    written = root / "weekly" / receipt.message
    written.rename(root / "weekly" / f".{receipt.message}.draft.md")
    assert await place.find(TO, KEY, NOW) is None
    written.symlink_to("/etc/passwd")
    assert await place.find(TO, KEY, NOW) is None
    written.unlink()
    written.mkdir()
    assert await place.find(TO, KEY, NOW) is None


@pytest.mark.parametrize("folder", ["..", "a/../../b", "/etc", "/", "a\0b", "../outbox2"])
async def test_outside_the_roots(root: Path, folder: str) -> None:
    """Refused when it is added, and again when it is sent to."""
    place = files(root, folder=folder)
    with pytest.raises(UsageError, match="outside"):
        await place.kept({"folder": folder})
    with pytest.raises(DestinationRefused, match="outside"):
        await place.send(TO, place.render(CARD)[0], KEY)
    assert _below(root.parent) == ["outbox"]


async def test_several_roots(root: Path, tmp_path: Path) -> None:
    """A whole path may lie under any of them; a bare name means the first."""
    other = tmp_path / "share"
    other.mkdir()
    place = files(root, other, folder=str(other / "a" / "b"))
    assert await place.kept({"folder": str(other / "a" / "b")}) == {"folder": str(other / "a" / "b"), "form": "md"}
    await place.send(TO, place.render(CARD)[0], KEY)
    assert (other / "a" / "b" / f"7Q2F-{KEY}.md").exists()
    assert _below(root) == []
    await files(root, other, folder="").kept({})


@pytest.mark.parametrize("where", ["weekly", "weekly/deep"])
async def test_links_are_not_followed(root: Path, tmp_path: Path, where: str) -> None:
    """Neither the folder nor any part of the way may be one, wherever it leads."""
    inside, outside = root / "real", tmp_path / "elsewhere"
    inside.mkdir()
    outside.mkdir()
    for target in (inside, outside):
        (root / "weekly").symlink_to(target)
        place = files(root, folder=where)
        with pytest.raises(DestinationRefused):
            await place.send(TO, place.render(CARD)[0], KEY)
        (root / "weekly").unlink()
    assert _below(outside) == _below(inside) == []


async def test_a_link_of_the_files_name_is_replaced(root: Path, tmp_path: Path) -> None:
    """What it led to stays as it was."""
    precious = tmp_path / "precious"
    precious.write_text("mine")
    (root / "weekly").mkdir()
    (root / "weekly" / f"7Q2F-{KEY}.md").symlink_to(precious)
    place = files(root)
    await place.send(TO, place.render(CARD)[0], KEY)
    assert precious.read_text() == "mine"
    assert not (root / "weekly" / f"7Q2F-{KEY}.md").is_symlink()


@pytest.mark.parametrize("name", ["../../evil.md", "/etc/passwd", ".hidden.md", "a/b.md", ""])
async def test_a_receipt_names_no_other_file(root: Path, name: str) -> None:
    """Even one that was tampered with."""
    place = files(root)
    with pytest.raises(DestinationRefused):
        await place.edit(TO, Receipt("weekly", name, NOW), place.render(CARD)[0])


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_text_stays_inside(root: Path, text: str) -> None:
    """Names never come from what was collected."""
    place, card = files(root, form="json"), hostile(text)
    (payload,) = place.render(Card(card.title, card.blocks, card.language, run="../../x"))
    await place.send(TO, payload, KEY)
    assert _below(root) == ["weekly", f"weekly/card-{KEY}.json"]
    assert json.loads((root / "weekly" / f"card-{KEY}.json").read_bytes())["version"] == 1


async def test_a_root_that_is_away_is_waited_for(tmp_path: Path) -> None:
    """It is not made: it may be a disk that is not mounted."""
    place = files(tmp_path / "mnt")
    for attempt in (place.send(TO, place.render(CARD)[0], KEY), place.find(TO, KEY, NOW)):
        with pytest.raises(DestinationUnavailable) as caught:
            await attempt
        assert not caught.value.ambiguous
    assert not (tmp_path / "mnt").exists()


async def test_a_file_in_the_folders_place(root: Path) -> None:
    """It says no for good, and why."""
    (root / "weekly").write_text("not a folder")
    place = files(root)
    with pytest.raises(DestinationRefused, match=os.strerror(errno.ENOTDIR)):
        await place.send(TO, place.render(CARD)[0], KEY)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A real disk of 64 KiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk)
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this machine does not let a test mount a disk")
    yield disk
    subprocess.run(("umount", disk), check=True)


async def test_a_full_disk_is_waited_for(disk: Path) -> None:
    """Nothing of the file is there, nothing else is lost, and it goes on when there is room."""
    place = files(disk)
    receipt = await place.send(TO, place.render(CARD)[0], KEY)
    (disk / "filler").write_bytes(b"x" * 40_000)
    (large,) = place.render(Card("Weekly", words("word"), "en", run="7Q2F"))
    for attempt in (place.send(TO, large, delivery_id()), place.edit(TO, receipt, large)):
        with pytest.raises(DestinationUnavailable, match=os.strerror(errno.ENOSPC)) as caught:
            await attempt
        assert not caught.value.ambiguous
    assert _below(disk) == ["filler", "weekly", f"weekly/{receipt.message}"]
    assert "Merged 41." in (disk / "weekly" / receipt.message).read_text("utf-8")
    (disk / "filler").unlink()
    assert await place.edit(TO, receipt, large) == receipt


async def test_killed_while_writing(root: Path, beds: Nursery, scaled: Callable[[int], int]) -> None:
    """Whenever: the file is there whole or not at all, and the next try leaves one file and no draft."""
    for _ in range(scaled(40)):
        scribe = beds.start("tests.writers.scribe", root, KEY, env=os.environ, cwd=root)
        scribe.line()
        await asyncio.sleep(0.001 * (SystemClock().now().microsecond % 30))
        scribe.kill()
        found = (root / "weekly" / f"7Q2F-{KEY}.txt").read_text("utf-8").split()[1:]
        assert len(found) == 9000
        assert len(set(found)) == 1
        place = files(root, form="txt")
        assert await place.find(TO, KEY, NOW) is not None
        await place.send(TO, place.render(CARD)[0], KEY)
        assert _below(root) == ["weekly", f"weekly/7Q2F-{KEY}.txt"]


def test_the_payload_is_the_card(root: Path) -> None:
    """Frozen as data; what only works in a chat is left out, and what is missing is said."""
    (payload,) = files(root).render(CARD)
    assert isinstance(payload, Payload)
    card = payload.body["card"]
    assert isinstance(card, dict)
    assert (card["title"], card["actions"], payload.degraded) == ("Weekly", [], ())
