"""Archives: what is written is read again, and whatever is changed in one is refused."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from model.errors import BackupError
from storage.archive import Archive, Header, write_archive
from storage.sealing import Keyring, fresh_key

CHUNK = (1 << 20) + 16  # bytes of a sealed chunk
MADE = datetime(2026, 11, 20, 2, tzinfo=UTC)


@pytest.fixture
def keyring() -> Keyring:
    return Keyring({"new": fresh_key(), "old": fresh_key()})


def write(path: Path, keyring: Keyring, *pieces: bytes, mark: str | None = None) -> Path:
    header = Header(engine="sqlite", head="0003", made=MADE, key="new", mark=mark or keyring.mark("new") or "")
    with path.open("wb") as file:
        write_archive(file, header, keyring, pieces)
    return path


def read(path: Path, keyring: Keyring) -> bytes:
    return b"".join(Archive.open(path, keyring).plain())


@pytest.mark.parametrize("size", [0, 1, 1000, (1 << 20) - 7, 1 << 20, 3_500_000])
def test_what_is_written_is_read_again(tmp_path: Path, keyring: Keyring, size: int) -> None:
    data = os.urandom(size)
    path = write(tmp_path / "a", keyring, data[: size // 3], b"", data[size // 3 :])
    assert read(path, keyring) == data
    assert Archive.open(path, keyring).verify() == size
    assert Archive.open(path, keyring).header.made == MADE


def test_nothing_of_it_can_be_read_in_the_file(tmp_path: Path, keyring: Keyring) -> None:
    path = write(tmp_path / "a", keyring, b"canary of somebody" * 40)
    again = write(tmp_path / "b", keyring, b"canary of somebody" * 40)
    assert b"canary" not in path.read_bytes()
    assert path.read_bytes()[-200:] != again.read_bytes()[-200:]  # a key and a nonce of its own each time


def test_every_byte_counts(tmp_path: Path, keyring: Keyring, scaled: Callable[[int], int]) -> None:
    """Any single byte changed, wherever it is."""
    path = write(tmp_path / "a", keyring, os.urandom(2000))
    whole = path.read_bytes()
    draw = random.Random(7)
    front = range(260)  # header, sealed key, nonce: all of them always
    rest = draw.sample(range(len(front), len(whole)), scaled(1000))
    for at in (*front, *rest):
        changed = bytearray(whole)
        changed[at] ^= 1 << draw.randrange(8)
        path.write_bytes(changed)
        with pytest.raises(BackupError):
            Archive.open(path, keyring).verify()
    path.write_bytes(whole)
    assert Archive.open(path, keyring).verify() == 2000


def test_every_truncation_counts(tmp_path: Path, keyring: Keyring, scaled: Callable[[int], int]) -> None:
    """Also at the end of a chunk, and one byte too many."""
    path = write(tmp_path / "a", keyring, os.urandom(2_500_000))
    whole = path.read_bytes()
    first = len(whole) % CHUNK or CHUNK
    borders = [len(whole) - n for n in (1, 16, 17)]
    borders += [size for size in _borders(whole, path, keyring) if size < len(whole)]
    random_ones = [random.Random(size).randrange(len(whole)) for size in range(scaled(100))]
    for size in (0, 1, 8, 12, first, *borders, *random_ones):
        path.write_bytes(whole[:size])
        with pytest.raises(BackupError):
            Archive.open(path, keyring).verify()
    path.write_bytes(whole + b"\0")
    with pytest.raises(BackupError):
        Archive.open(path, keyring).verify()


def _borders(whole: bytes, path: Path, keyring: Keyring) -> Iterator[int]:
    """Yield where chunks end."""
    path.write_bytes(whole)
    start = Archive.open(path, keyring)._offset
    yield from range(start, len(whole), CHUNK)


def test_chunks_cannot_be_moved_left_out_or_doubled(tmp_path: Path, keyring: Keyring) -> None:
    """Each stands under its number, and only the last one ends an archive."""
    data = os.urandom(3_500_000)
    path = write(tmp_path / "a", keyring, data)
    other = write(tmp_path / "b", keyring, data)
    whole, start = path.read_bytes(), Archive.open(path, keyring)._offset
    front, body = whole[:start], whole[start:]
    chunks = [body[at : at + CHUNK] for at in range(0, len(body), CHUNK)]
    assert len(chunks) == 4
    foreign = other.read_bytes()[start : start + CHUNK]
    for wrong in (
        [chunks[1], chunks[0], *chunks[2:]],
        [chunks[0], chunks[2], chunks[3]],
        [chunks[0], chunks[0], *chunks[1:]],
        chunks[:3],
        [*chunks, chunks[3]],
        [foreign, *chunks[1:]],
        [],
    ):
        path.write_bytes(front + b"".join(wrong))
        with pytest.raises(BackupError):  # the chunks alone tell, whatever the data in them would say
            list(Archive.open(path, keyring)._chunks())


def test_each_refusal_says_what_it_is(tmp_path: Path, keyring: Keyring) -> None:
    """A foreign file, another format, a key that is not here, a key of the same name, a directory, nothing."""
    path = write(tmp_path / "a", keyring, b"data")
    whole = path.read_bytes()
    says = {
        "no backup": (b"SQLite format 3\0", keyring),
        "newer version": (b"ARBBAK02" + whole[8:], keyring),
        "not among the keys": (whole, Keyring({"other": fresh_key()})),
        "another key than the one called new": (whole, Keyring({"new": fresh_key()})),
        "damaged": (whole[:8] + b"\xff\xff" + whole[10:], keyring),
    }
    for told, (content, keys) in says.items():
        path.write_bytes(content)
        with pytest.raises(BackupError, match=told):
            Archive.open(path, keys)
    with pytest.raises(BackupError, match="cannot be read"):
        Archive.open(tmp_path / "nothing", keyring)
    with pytest.raises(BackupError, match="cannot be read"):
        Archive.open(tmp_path, keyring)


def test_a_key_that_was_replaced_still_opens_it(tmp_path: Path) -> None:
    first, second = fresh_key(), fresh_key()
    path = write(tmp_path / "a", Keyring({"new": first}), b"data")
    assert read(path, Keyring({"newer": second, "new": first})) == b"data"


def test_a_mark_that_lies_opens_nothing(tmp_path: Path, keyring: Keyring) -> None:
    """The header is bound to the key: whoever writes another mark into it changes what is sealed."""
    path = write(tmp_path / "a", keyring, b"data")
    lied = path.read_bytes().replace(str(keyring.mark("new")).encode(), b"0" * 16)
    path.write_bytes(lied)
    with pytest.raises(BackupError):
        Archive.open(path, keyring)
