"""Backup archives: a file in which nothing can be changed, moved, left out or cut off without being seen.

    "ARBBAK01" · length of the header (2 bytes) · header (JSON) · length of the sealed key (2) · sealed key
    · nonce prefix (7) · chunks

Every archive has a key of its own, sealed by the installation's first key and bound to the header. The chunks, 1 MiB of
deflated data each, are AES-256-GCM in the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár: Online
Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance, 2015): nonce = prefix · counter (4) · last one (1); the
additional data is the hash of all that stands before them. Memory stays the same at any size.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from model.errors import BackupError, SealBroken
from model.language import Message
from storage.sealing import Keyring, fresh_key

_FAMILY, _MAGIC = b"ARBBAK", b"ARBBAK01"
_CHUNK, _TAG, _PREFIX = 1 << 20, 16, 7  # bytes
_LONGEST = 4096  # bytes of a header
_MOST = 1 << 32  # chunks: the counter's end, 4 PiB
_PLACE = {"workspace": "", "table": "backup"}  # what the key is sealed for


class Header(BaseModel):
    """What an archive says of itself; anybody can read it, nobody can change it."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    engine: Literal["sqlite", "postgresql"]
    head: str  # the migration that the tables stand at
    made: AwareDatetime
    key: str  # the id of the key that seals the archive's own
    mark: str  # what that key is known by
    schema_name: str = ""  # PostgreSQL: where the tables are
    server: int = 0  # PostgreSQL: the server's major version


@dataclass(frozen=True, slots=True)
class Written:
    """An archive that was written."""

    size: int  # bytes
    digest: str  # SHA-256 of the file, in hex


def write_archive(file: BinaryIO, header: Header, keyring: Keyring, plain: Iterable[bytes]) -> Written:
    """Write an archive of the data, and have it on the disk when it returns."""
    key, prefix = fresh_key(), os.urandom(_PREFIX)
    told = header.model_dump_json().encode()
    start = _MAGIC + _sized(told)
    start += _sized(keyring.seal(key, **_PLACE, row=_digest(start))) + prefix
    cipher, bound = AESGCM(key), hashlib.sha256(start).digest()
    digest, size = hashlib.sha256(start), len(start)
    file.write(start)
    for counter, (chunk, last) in enumerate(_marked(_packed(plain))):
        if counter >= _MOST:
            raise BackupError("The backup is too large for one archive.")
        sealed = cipher.encrypt(_nonce(prefix, counter, last=last), chunk, bound)
        digest.update(sealed)
        size += len(sealed)
        file.write(sealed)
    file.flush()
    os.fsync(file.fileno())
    return Written(size, digest.hexdigest())


class Archive:
    """An archive whose header is genuine; what it holds is checked while it is read."""

    def __init__(self, path: Path, header: Header, cipher: AESGCM, prefix: bytes, start: bytes) -> None:
        self.path = path
        self.header = header
        self._cipher = cipher
        self._prefix = prefix
        self._bound = hashlib.sha256(start).digest()
        self._offset = len(start)

    @classmethod
    def open(cls, path: Path, keyring: Keyring) -> Archive:
        """Open an archive; raises BackupError where it is none, is damaged, or was sealed by a key that is not here."""
        try:
            with path.open("rb") as file:
                return cls._opened(path, file, keyring)
        except OSError as error:
            raise unreadable(path, error) from None

    @classmethod
    def _opened(cls, path: Path, file: BinaryIO, keyring: Keyring) -> Archive:
        magic = file.read(len(_MAGIC))
        if not magic.startswith(_FAMILY):
            raise BackupError("{file} is no backup that ARB made.", file=path.name)
        if magic != _MAGIC:
            raise BackupError(
                "{file} is damaged, or was written by a newer version of ARB.",
                hint=Message("Use the version that made it, or another backup."),
                file=path.name,
            )
        told, told_size = _sized_read(file, path)
        header = _header(told, path)
        _refuse_unknown_key(header, keyring, path)
        sealed, sealed_size = _sized_read(file, path)
        prefix = file.read(_PREFIX)
        bound = _digest(magic + told_size + told)
        try:
            key = keyring.open_sealed(sealed, **_PLACE, row=bound)
        except SealBroken:
            raise damaged(path) from None
        if len(key) != 32 or len(prefix) != _PREFIX:
            raise damaged(path)
        return cls(path, header, AESGCM(key), prefix, magic + told_size + told + sealed_size + sealed + prefix)

    def verify(self) -> int:
        """Read all of it and return how many bytes it holds; raises BackupError where a single one was changed."""
        return sum(len(piece) for piece in self.plain())

    def plain(self) -> Iterator[bytes]:
        """Yield what it holds, piece by piece, each checked before; only the end says that it was all of it."""
        inflate = zlib.decompressobj()
        try:
            for chunk in self._chunks():
                rest = chunk
                while rest and not inflate.eof:
                    yield inflate.decompress(rest, _CHUNK)
                    rest = inflate.unconsumed_tail
            yield inflate.flush()
        except zlib.error:
            raise damaged(self.path) from None
        if not inflate.eof or inflate.unused_data:
            raise damaged(self.path)

    def _chunks(self) -> Iterator[bytes]:
        try:
            with self.path.open("rb") as file:
                file.seek(self._offset)
                for counter, (sealed, last) in enumerate(_marked(_blocks(file))):
                    yield self._cipher.decrypt(_nonce(self._prefix, counter, last=last), sealed, self._bound)
        except (InvalidTag, ValueError, OverflowError):
            raise damaged(self.path) from None
        except OSError as error:
            raise unreadable(self.path, error) from None


def unreadable(path: Path, error: OSError) -> BackupError:
    """Return the error for a file that cannot be opened or read."""
    return BackupError("{file} cannot be read: {reason}.", file=path.name, reason=error.strerror or "?")


def damaged(path: Path) -> BackupError:
    """Return the error for an archive that is not as it was written."""
    return BackupError(
        "{file} is damaged, was cut short or changed: it is not restored.",
        hint=Message("The database is as it was. Use another backup."),
        file=path.name,
    )


def _refuse_unknown_key(header: Header, keyring: Keyring, path: Path) -> None:
    mark = keyring.mark(header.key)
    if mark is None:
        raise BackupError(
            "{file} was sealed with the key {id}, which is not among the keys here.",
            hint=Message("Put back the key file of that time, or add that key to ARB_MASTER_KEYS."),
            file=path.name,
            id=header.key,
        )
    if mark != header.mark:
        raise BackupError(
            "{file} was sealed with another key than the one called {id} here.",
            hint=Message("Put back the key file of that time, or add that key to ARB_MASTER_KEYS."),
            file=path.name,
            id=header.key,
        )


def _header(told: bytes, path: Path) -> Header:
    try:
        return Header.model_validate_json(told)
    except ValidationError:
        raise damaged(path) from None


def _packed(plain: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the data deflated, in chunks of the full size but for the last."""
    deflate, held = zlib.compressobj(level=1), bytearray()
    for piece in plain:
        held += deflate.compress(piece)
        while len(held) > _CHUNK:
            yield bytes(held[:_CHUNK])
            del held[:_CHUNK]
    held += deflate.flush()
    while len(held) > _CHUNK:
        yield bytes(held[:_CHUNK])
        del held[:_CHUNK]
    yield bytes(held)


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    while block := file.read(_CHUNK + _TAG):
        yield block


def _marked(pieces: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Yield each piece and whether it is the last one."""
    held = next(pieces, b"")
    for piece in pieces:
        yield held, False
        held = piece
    yield held, True


def _nonce(prefix: bytes, counter: int, *, last: bool) -> bytes:
    return prefix + counter.to_bytes(4, "big") + bytes((last,))


def _sized(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


def _sized_read(file: BinaryIO, path: Path) -> tuple[bytes, bytes]:
    """Read what stands behind its length; return it and the length's bytes."""
    size = file.read(2)
    length = int.from_bytes(size, "big")
    data = file.read(length) if length <= _LONGEST else b""
    if len(size) != 2 or not data or len(data) != length:
        raise damaged(path)
    return data, size


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
